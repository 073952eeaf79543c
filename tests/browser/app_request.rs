//! The arguments of `session.fetch`, which may be anything if the app does not check types.

use std::error::Error as _;

use mcp_authorize::browser::{AppRequest, Browser, BrowserOptions, JsCause, Storage};
use mcp_authorize::ports::ResourceRequest;
use mcp_authorize::protocol::Secret;
use mcp_authorize::{Code, Step};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{browser, eval};

#[wasm_bindgen_test]
fn a_getter_that_throws_reads_as_missing() {
    let browser = browser(Storage::Memory);
    let init = eval("{ get method() { throw 1 }, get signal() { throw 1 }, get redirect() { throw 1 } }");
    let request = AppRequest::new(&browser, "https://a.example/mcp".into(), init);
    assert_eq!((request.method().as_str(), request.signal()), ("", None));
    assert_eq!(request.url().unwrap().as_str(), "https://a.example/mcp");
    let request = AppRequest::new(&browser, eval("{ clone() {}, get url() { throw 1 } }"), JsValue::UNDEFINED);
    assert!(request.url().is_none() && request.can_resend());
}

#[wasm_bindgen_test]
async fn invalid_headers_fail_with_the_thrown_error() {
    // Fetch §5.1: "If name is not a header name or value is not a header value, then throw a TypeError."
    let init = eval("{ headers: { 'not a name': 'x' } }");
    let mut request = AppRequest::new(&browser(Storage::Memory), "https://a.example/mcp".into(), init);
    let error = request.send(&Secret::from("Bearer 1"), None).await.err().unwrap();
    assert_eq!((error.code(), error.step()), (Code::Network, Step::Request));
    let JsCause(thrown) = error.source().unwrap().downcast_ref().unwrap();
    assert!(thrown.is_instance_of::<js_sys::TypeError>());
}

#[wasm_bindgen_test]
async fn a_fetch_that_does_not_return_a_response_fails() {
    for answer in ["undefined", "{}", "{ headers: {} }", "'text'"] {
        let fetch = Some(eval(&["() => (", answer, ")"].concat()).unchecked_into());
        let options =
            BrowserOptions { fetch, storage: Storage::Memory, request_timeout_ms: 10_000, ..BrowserOptions::default() };
        let mut request = AppRequest::new(&Browser::new(options), "https://a.example/mcp".into(), JsValue::UNDEFINED);
        let error = request.send(&Secret::from("Bearer 1"), None).await.err().unwrap();
        assert_eq!(error.code(), Code::Network, "{answer}");
    }
}
