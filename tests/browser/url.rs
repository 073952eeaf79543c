//! The policy for URLs on top of the browser's own parser.

use mcp_authorize::protocol::{Url, UrlError};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn accepted_urls_are_read_as_the_browser_reads_them() {
    for (text, href) in [
        ("HTTPS://Example.COM:443/A/b/?q=é#f", "https://example.com/A/b/?q=%C3%A9#f"),
        ("https://É.example/é", "https://xn--9ca.example/%C3%A9"),
        ("http://[0:0:0:0:0:0:0:1]:80/", "http://[::1]/"),
    ] {
        assert_eq!(Url::parse(text).unwrap().as_str(), href);
    }
}

#[wasm_bindgen_test]
fn urls_that_the_browser_would_repair_are_refused() {
    for text in [
        "https:\\\\a.example",
        " https://a.example",
        "https://a.example/\t",
        "http://127.1/",
        "https://[::%31]/",
        "https://a.example/../b",
    ] {
        assert_eq!(Url::parse(text), Err(UrlError::Invalid), "{text:?}");
    }
    assert_eq!(Url::parse("https://me@a.example"), Err(UrlError::UserInformation));
    assert_eq!(Url::parse("javascript:alert(1)"), Err(UrlError::Insecure));
}
