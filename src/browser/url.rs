//! URLs as the browser reads them.

use std::error::Error as _;

use web_sys::Url;

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

/// A URL relative to the current page, where there is one. A text that the browser can't read stays
/// as it is, for the check to refuse.
pub fn absolute_url(text: &str) -> String {
    let page = || get(&global("location"), "href").as_string();
    // Most are absolute, and each request of the app's comes through here.
    let base = if is_absolute(text) { None } else { page() };
    // A page at about:srcdoc or in a blob is no base for anything.
    let url = base.and_then(|base| Url::new_with_base(text, &base).ok()).or_else(|| Url::new(text).ok());
    url.map_or_else(|| text.to_owned(), |url| url.href())
}

/// With the slashes: `https:x` is relative to a page that is https.
pub(super) fn is_absolute(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}
