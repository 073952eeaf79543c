//! Why `fetch` threw. Browsers say the same of a dead network and of an answer that a page may not
//! read, so this looks again: by HEAD at the same URL, with nothing of the request but the names of
//! its headers.

use wasm_bindgen::JsValue;

use super::Browser;
use super::reflect::{get, global};
use crate::Code;
use crate::ports::NoResponse;
use crate::protocol::Url;

impl Browser {
    /// What a thrown value stands for. `headers` are those for which the browser sent a preflight, joined
    /// by commas.
    pub(super) async fn unreadable(&self, url: &Url, headers: &str, thrown: JsValue) -> NoResponse {
        // Outside of browsers there is no CORS, nor is there at the page's own origin.
        let origin = get(&global("location"), "origin").as_string().filter(|origin| origin != url.origin());
        let (Some(origin), Some("TypeError")) = (origin, get(&thrown, "name").as_string().as_deref()) else {
            return thrown.into();
        };
        let allow_origin = ["Access-Control-Allow-Origin: ", &origin].concat();
        let allow_headers = [" to OPTIONS, with status 204, Access-Control-Allow-Headers: ", headers].concat();
        let seen = self.visible(url, headers).await.unwrap_or_default().as_f64();
        let missing: &[&str] = match seen {
            Some(1.0) if headers.is_empty() => &[" ", &allow_origin],
            Some(1.0) => &[" ", &allow_origin, ", and", &allow_headers],
            Some(2.0) => &[&allow_headers],
            _ => return thrown.into(),
        };
        NoResponse {
            code: Code::CorsBlocked,
            missing: ["it has to send", &missing.concat(), "."].concat(),
            ..NoResponse::from(thrown)
        }
    }
}
