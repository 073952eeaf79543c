//! The option `proxy`: "servers without CORS can be reached through the app's own backend: an option maps
//! chosen requests (never silently) to another URL".

use std::error::Error as _;

use mcp_authorize::browser::{AppRequest, Browser, BrowserOptions, JsCause, Storage};
use mcp_authorize::ports::{Http, ResourceRequest};
use mcp_authorize::protocol::{Secret, Url};
use mcp_authorize::{Code, Step};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::fetch::get;
use crate::support::{bound, eval, property, run};

fn with_proxy(proxy: &str, fetch: Option<js_sys::Function>) -> Browser {
    Browser::new(BrowserOptions {
        fetch,
        proxy: Some(eval(proxy).unchecked_into()),
        storage: Storage::Memory,
        request_timeout_ms: 10_000,
        ..BrowserOptions::default()
    })
}

fn via(proxy: &str) -> mcp_authorize::Result<Option<String>> {
    let url = Url::parse("https://a.example/x?y").unwrap();
    with_proxy(proxy, None).proxy_url(Step::Token, &url).map(|via| via.map(|via| via.as_str().to_owned()))
}

#[wasm_bindgen_test]
fn the_app_chooses_the_proxy_by_url_and_step() {
    assert_eq!(via("() => undefined").unwrap(), None);
    assert_eq!(via("() => null").unwrap(), None);
    let page = eval("location.origin").as_string().unwrap();
    let own = [&page, "/forward?url=https%3A%2F%2Fa.example%2Fx%3Fy&step=token"].concat();
    let text = "(url, step) => '/forward?url=' + encodeURIComponent(url) + '&step=' + step";
    assert_eq!(via(text).unwrap(), Some(own));
    assert_eq!(via("() => new URL('https://b.example/')").unwrap().as_deref(), Some("https://b.example/"));
}

#[wasm_bindgen_test]
fn any_other_return_value_is_refused() {
    // As text, a promise would be the path /[object Promise] of the page, and a code would be sent there.
    for answer in [
        "async () => 'https://b.example/'",
        "() => ({})",
        "() => 7",
        "() => true",
        "() => ''  + 'javascript:alert(1)'",
        "() => 'http://b.example/'",
        "() => 'data:text/plain,x'",
    ] {
        let error = via(answer).unwrap_err();
        assert_eq!((error.code(), error.step()), (Code::InvalidOption, Step::Token), "{answer}");
    }
    let error = via("() => { throw new Error('mine') }").unwrap_err();
    assert_eq!(error.source().unwrap().downcast_ref::<JsCause>().unwrap().to_string(), "mine");
}

#[wasm_bindgen_test]
async fn no_redirect_of_the_proxy_is_followed() {
    // A redirect that the backend passes on would make the page request its target without the backend.
    let seen = eval("{}");
    let fetch = bound(&[&seen], "seen, url, init", "Object.assign(seen, init, { url }); return new Response('')");
    let browser = with_proxy("() => 'https://b.example/'", Some(fetch));
    let mut request = get(Step::ResourceMetadata);
    request.proxy_url = browser.proxy_url(request.step, &request.url).unwrap();
    browser.send(&request).await.unwrap();
    for (name, value) in [("url", "https://b.example/"), ("redirect", "manual"), ("credentials", "omit")] {
        assert_eq!(property(&seen, name), value, "{name}");
    }
}

#[wasm_bindgen_test]
async fn the_apps_requests_reach_the_proxy_unchanged() {
    // A `Request` can't be copied for another URL together with its body, a stream, which HTTP/1.1 can't send.
    let seen = eval("{}");
    let fetch = bound(&[&seen], "seen, url, init", "Object.assign(seen, init, { url }); return new Response('')");
    let browser = with_proxy("(url) => 'https://b.example/?' + encodeURIComponent(url)", Some(fetch));
    let given =
        "return new Request('https://a.example/mcp?q=1#f', { method: 'POST', body: 'ping', credentials: 'include',
        headers: { 'x-mine': 'y' }, cache: 'no-store' })";
    let mut request = AppRequest::new(&browser, run(given, &JsValue::UNDEFINED).await, JsValue::UNDEFINED);
    let via = request.proxy_url().unwrap().unwrap();
    assert_eq!(via.as_str(), "https://b.example/?https%3A%2F%2Fa.example%2Fmcp%3Fq%3D1%23f");
    // The token is checked against the server's URL, not the backend's.
    assert_eq!(request.url().unwrap().as_str(), "https://a.example/mcp");
    // Twice, as after a refresh.
    for token in ["Bearer 1", "Bearer 2"] {
        request.send(&Secret::from(token), None).await.ok().unwrap();
        let summary = "return [a.url, a.method, new TextDecoder().decode(a.body), a.headers.get('authorization'),
            a.headers.get('x-mine'), a.credentials, a.referrerPolicy, a.redirect, a.cache].join(' ')";
        let expected = ["POST ping ", token, " y omit no-referrer manual no-store"].concat();
        assert_eq!(run(summary, &seen).await.as_string().unwrap(), [via.as_str(), " ", &expected].concat());
    }
}
