//! The MCP server's URL as an argument of a call.

use wasm_bindgen::JsValue;

use crate::protocol::ServerUrl;
use crate::{Code, Error, Result, Step};

/// Checks the URL.
pub(super) fn server_url(server: &JsValue) -> Result<ServerUrl> {
    let invalid = || Error::new(Code::InvalidUrl, Step::Setup, "The server must be a URL.");
    let text = server.as_string().ok_or_else(invalid)?;
    ServerUrl::parse(&text).map_err(|error| error.at(Step::Setup, "The server's URL", &text))
}
