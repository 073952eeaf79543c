//! URLs as the browser parses them.

use std::error::Error as _;

use web_sys::Url;

use super::reflect::{get, global};
use crate::protocol::UrlError;
use crate::{Code, Error};

/// The code of an error on this page: an insecure URL is mixed content if the page is https, and the browser blocks it
/// (Mixed Content §4).
pub fn code_of(error: &Error) -> Code {
    let plain_http = error.source().and_then(|source| source.downcast_ref()) == Some(&UrlError::PlainHttp);
    match get(&global("location"), "protocol").as_string().as_deref() {
        Some("https:") if plain_http => Code::MixedContent,
        _ => error.code(),
    }
}

/// Resolves a URL against the current page, if there is one. Returns an invalid text unchanged, so that the check
/// refuses it.
pub fn absolute_url(text: &str) -> String {
    let page = || get(&global("location"), "href").as_string();
    // Most URLs are absolute, and each request of the app needs this.
    let base = if is_absolute(text) { None } else { page() };
    // A page at about:srcdoc or a blob: URL can't be a base.
    let url = base.and_then(|base| Url::new_with_base(text, &base).ok()).or_else(|| Url::new(text).ok());
    url.map_or_else(|| text.to_owned(), |url| url.href())
}

/// With the slashes, because `https:x` is relative to an https page.
pub(super) fn is_absolute(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}
