//! URLs as the browser reads them.

use super::reflect::{construct, get, global};

/// A URL relative to the current page, where there is one. A text that the browser can't read stays
/// as it is, for the check to refuse.
pub fn absolute_url(text: &str) -> String {
    let page = get(&global("location"), "href");
    let read = |arguments: &[wasm_bindgen::JsValue]| get(&construct("URL", arguments).ok()?, "href").as_string();
    // A page at about:srcdoc or in a blob is no base for anything.
    read(&[text.into(), page]).or_else(|| read(&[text.into()])).unwrap_or_else(|| text.to_owned())
}
