//! The parser of the URL standard (<https://url.spec.whatwg.org>): the browser's own in a browser, which
//! then fetches what it parsed, and the `url` crate elsewhere.

/// An absolute URL in the form of the standard; `None` if the text is not one.
#[cfg(target_arch = "wasm32")]
pub(super) fn href(text: &str) -> Option<String> {
    web_sys::Url::new(text).ok().map(|url| url.href())
}

/// An absolute URL in the form of the standard; `None` if the text is not one.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn href(text: &str) -> Option<String> {
    url::Url::parse(text).ok().map(Into::into)
}
