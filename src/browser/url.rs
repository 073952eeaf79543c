//! URLs as the browser reads them.

use std::error::Error as _;

use wasm_bindgen::prelude::*;

use super::reflect::{get, global};
use crate::protocol::UrlError;
use crate::{Code, Error};

/// The code of an error as it is on this page: what is insecure elsewhere is blocked by the browser
/// where the page is https (Mixed Content §4).
pub fn code_of(error: &Error) -> Code {
    let plain_http = error.source().and_then(|source| source.downcast_ref()) == Some(&UrlError::PlainHttp);
    match get(&global("location"), "protocol").as_string().as_deref() {
        Some("https:") if plain_http => Code::MixedContent,
        _ => error.code(),
    }
}

#[wasm_bindgen(module = "/src/browser/url.js")]
extern "C" {
    fn absolute(text: &str) -> String;
}

/// A URL relative to the current page, where there is one. A text that the browser can't read stays
/// as it is, for the check to refuse.
pub fn absolute_url(text: &str) -> String {
    absolute(text)
}
