//! The parser of the URL standard (<https://url.spec.whatwg.org>): the browser's own in a browser, which
//! then fetches what it parsed, and the `url` crate elsewhere.

/// An absolute URL in the form of the standard; `None` if the text is not one.
pub(super) fn href(text: &str) -> Option<String> {
    #[cfg(target_arch = "wasm32")]
    let href = web_sys::Url::new(text).ok().map(|url| url.href());
    #[cfg(not(target_arch = "wasm32"))]
    let href = url::Url::parse(text).ok().map(String::from);
    href
}
