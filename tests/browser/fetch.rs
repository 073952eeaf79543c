use std::error::Error as _;

use js_sys::Function;
use mcp_authorize::browser::{Browser, BrowserOptions, JsCause, Storage};
use mcp_authorize::ports::{Body, Clock, Http, LONGEST_BODY, Request, Response, TransportError, UnixMillis};
use mcp_authorize::protocol::form::Form;
use mcp_authorize::protocol::{Secret, ServerUrl, Url};
use mcp_authorize::{Code, Step};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{bound, browser, eval, function, is_pending, property, run};

fn with_fetch(fetch: Function, request_timeout_ms: u32) -> Browser {
    Browser::new(BrowserOptions {
        fetch: Some(fetch),
        storage: Storage::Memory,
        request_timeout_ms,
        ..BrowserOptions::default()
    })
}

pub fn get(step: Step) -> Request {
    *Request::get(step, &Url::parse("https://a.example/x?y").unwrap())
}

fn probe() -> Request {
    *Request::probe(&ServerUrl::parse("https://a.example/x?y").unwrap())
}

/// Sends a request that `fetch` answers with the value of a JavaScript expression.
async fn answered(response: &str) -> Result<Response, TransportError> {
    with_fetch(function(&["return ", response].concat()), 10_000).send(&get(Step::Token)).await
}

/// Sends a request; returns the arguments of `fetch` as JSON: `{ url, init }`.
async fn sent(request: Request) -> JsValue {
    let seen = eval("{}");
    let record = bound(
        &[&seen],
        "seen, url, init",
        "seen.url = url; seen.init = { ...init, signal: init.signal instanceof AbortSignal }; return new Response('')",
    );
    with_fetch(record, 10_000).send(&request).await.unwrap();
    js_sys::JSON::stringify(&seen).unwrap().into()
}

#[wasm_bindgen_test]
async fn a_get_is_a_simple_request() {
    // Fetch §3.2.2: only safelisted headers, so that there is no preflight, which some servers refuse.
    let expected = eval(
        r#"JSON.stringify({ url: "https://a.example/x?y", init: { method: "GET", redirect: "follow",
            headers: { accept: "application/json" }, credentials: "omit", referrerPolicy: "no-referrer", signal: true } })"#,
    );
    assert_eq!(sent(get(Step::ResourceMetadata)).await, expected);
}

#[wasm_bindgen_test]
async fn a_post_does_not_follow_redirects() {
    // A redirect would take the code or the client's secret to another server.
    let body = Body::Form(Form::new().add("code", "c/1"));
    let mut request = *Request::post(Step::Token, &Url::parse("https://a.example/x?y").unwrap(), body);
    request.authorization = Some(Secret::from("Basic eDp5"));
    let expected = eval(
        r#"JSON.stringify({ url: "https://a.example/x?y", init: { method: "POST", redirect: "manual", body: "code=c%2F1",
            headers: { accept: "application/json", authorization: "Basic eDp5", "content-type": "application/x-www-form-urlencoded" },
            credentials: "omit", referrerPolicy: "no-referrer", signal: true } })"#,
    );
    assert_eq!(sent(request).await, expected);
}

#[wasm_bindgen_test]
async fn the_servers_date_is_read_and_stored_by_origin() {
    // RFC 9110 §6.6.1: `Date = HTTP-date`, in any of §5.6.7's forms.
    let date = async |field: &str| {
        let response = ["new Response('', { headers: { date: '", field, "' } })"].concat();
        answered(&response).await.unwrap().date
    };
    assert_eq!(date("Sun, 06 Nov 1994 08:49:37 GMT").await, Some(UnixMillis(784_111_777_000)));
    assert_eq!(date("Sun Nov  6 08:49:37 1994 GMT").await, Some(UnixMillis(784_111_777_000)));
    assert_eq!(date("yesterday").await, None);
    assert_eq!(answered("new Response('')").await.unwrap().date, None);
    let browser = browser(Storage::Memory);
    browser.keep_clock_offset("https://a.example", -600_000);
    assert_eq!((browser.clock_offset("https://a.example"), browser.clock_offset("https://b.example")), (-600_000, 0));
}

#[wasm_bindgen_test]
async fn the_browsers_fetch_is_the_default() {
    let url = eval("`${location.origin}/tests/nothing/here`").as_string().unwrap();
    let request = Request { url: Url::parse(&url).unwrap(), ..get(Step::ResourceMetadata) };
    assert_eq!(browser(Storage::Memory).send(&request).await.unwrap().status, 404);
    // Nothing listens there.
    let request = Request { url: Url::parse("http://127.0.0.1:9/").unwrap(), ..get(Step::ResourceMetadata) };
    let error = browser(Storage::Memory).send(&request).await.err().unwrap();
    assert_eq!(error.code(), Code::Network);
    assert!(error.source().unwrap().downcast_ref::<JsCause>().unwrap().0.is_instance_of::<js_sys::TypeError>());
}

#[wasm_bindgen_test]
async fn a_response_is_read_and_an_invalid_one_is_a_network_error() {
    let answer =
        answered("new Response('{}', { status: 401, headers: { 'WWW-Authenticate': 'Bearer' } })").await.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (401, "{}"));
    assert_eq!(answer.www_authenticate.as_deref(), Some("Bearer"));
    assert_eq!(answer.redirected_to, None);
    let redirected = "{ status: 200, redirected: true, url: 'https://b.example/', headers: new Headers(), body: null }";
    let answer = answered(redirected).await.unwrap();
    assert_eq!((answer.redirected_to.as_deref(), answer.body.as_str()), (Some("https://b.example/"), ""));
    // Fetch §5.5: the response to a redirect with `redirect: "manual"`.
    let refused = "{ type: 'opaqueredirect', status: 0, redirected: false, headers: new Headers(), body: null }";
    assert_eq!(answered(refused).await.err().unwrap().code(), Code::Network);
    assert_eq!(answered("{}").await.err().unwrap().code(), Code::Network);
    assert_eq!(answered("undefined").await.err().unwrap().code(), Code::Network);
    // Streams §4.2.4: `getReader` throws if there is another reader.
    let locked = "((response) => (response.body.getReader(), response))(new Response('{}'))";
    assert_eq!(answered(locked).await.err().unwrap().code(), Code::Network);
}

#[wasm_bindgen_test]
async fn bodies_are_decoded_as_utf_8() {
    // RFC 8259 §8.1: a byte order mark may be ignored. An invalid byte spoils only one character.
    let answer = answered("new Response(new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0xfc, 0x7d]))").await.unwrap();
    assert_eq!(answer.body, "{\u{fffd}}");
    // A character may be split between two chunks.
    let chunks = "new Response(new ReadableStream({ start(c) {
        c.enqueue(new Uint8Array([0xc3])); c.enqueue(new Uint8Array([0xbc])); c.close() } }))";
    assert_eq!(answered(chunks).await.unwrap().body, "ü");
}

#[wasm_bindgen_test]
async fn no_more_than_1_mib_is_read() {
    let sized = |size: usize| ["new Response(' '.repeat(", &size.to_string(), "))"].concat();
    assert_eq!(answered(&sized(LONGEST_BODY)).await.unwrap().body.len(), LONGEST_BODY);
    assert_eq!(answered(&sized(LONGEST_BODY + 1)).await.err().unwrap().code(), Code::ResponseTooLarge);

    let state = eval("{ chunks: 0 }");
    let fetch = bound(
        &[&state],
        "state, url, init",
        "state.signal = init.signal; return new Response(new ReadableStream({
            pull(c) { state.chunks++; c.enqueue(new Uint8Array(1 << 16)) }, cancel() { state.cancelled = true } }))",
    );
    let error = with_fetch(fetch, 10_000).send(&get(Step::Token)).await.err().unwrap();
    assert_eq!(error.code(), Code::ResponseTooLarge);
    assert_eq!(property(&state, "cancelled"), true);
    assert_eq!(property(&property(&state, "signal"), "aborted"), true);
    assert!(property(&state, "chunks").as_f64().unwrap() < 20.0);
}

/// A `fetch` that never finishes. It keeps its signal, and whether the body was cancelled, in `state`.
fn endless(state: &JsValue, status: u16, kind: &str) -> Function {
    bound(
        &[state, &status.into(), &kind.into()],
        "state, status, kind, url, init",
        "state.signal = init.signal;
         if (!status) return new Promise((_, reject) => init.signal.onabort = () => reject(init.signal.reason));
         const body = new ReadableStream({ start(c) { c.enqueue(new Uint8Array(3)) }, cancel() { state.cancelled = true } });
         return Promise.resolve(new Response(body, { status, headers: { 'content-type': kind } }))",
    )
}

#[wasm_bindgen_test]
async fn the_time_limit_covers_headers_and_body() {
    for status in [0, 200] {
        let state = eval("{}");
        let error = with_fetch(endless(&state, status, ""), 20).send(&get(Step::Token)).await.err().unwrap();
        assert_eq!(error.code(), Code::Timeout);
        assert_eq!(property(&property(&state, "signal"), "aborted"), true);
        assert!(status == 0 || property(&state, "cancelled") == true);
    }
}

#[wasm_bindgen_test]
async fn dropping_a_request_aborts_it() {
    let state = eval("{}");
    let browser = with_fetch(endless(&state, 0, ""), 10_000);
    let request = get(Step::Token);
    let mut sending = Box::pin(browser.send(&request));
    assert!(is_pending(&mut sending).await);
    assert_eq!(property(&property(&state, "signal"), "aborted"), false);
    drop(sending);
    assert_eq!(property(&property(&state, "signal"), "aborted"), true);
}

#[wasm_bindgen_test]
async fn the_body_of_a_probe_is_not_read() {
    // Streamable HTTP: a response may be a stream of events that never ends.
    let state = eval("{}");
    let answer = with_fetch(endless(&state, 200, "text/event-stream"), 10_000).send(&probe()).await.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert_eq!(property(&state, "cancelled"), true);
    assert_eq!(property(&property(&state, "signal"), "aborted"), true);
    let accept = property(
        &property(&js_sys::JSON::parse(&sent(probe()).await.as_string().unwrap()).unwrap(), "init"),
        "headers",
    );
    assert_eq!(property(&accept, "accept"), "application/json, text/event-stream");
}

#[wasm_bindgen_test]
async fn the_error_that_fetch_throws_is_the_cause() {
    let thrown = run("return new TypeError('Failed to fetch')", &JsValue::UNDEFINED).await;
    for body in ["throw e", "return Promise.reject(e)"] {
        let fetch = bound(&[&thrown], "e", body);
        let error = with_fetch(fetch, 10_000).send(&get(Step::Token)).await.err().unwrap();
        assert_eq!(error.code(), Code::Network);
        let cause = error.source().unwrap();
        assert_eq!(cause.downcast_ref::<JsCause>().unwrap().0, thrown);
        assert_eq!(cause.to_string(), "Failed to fetch");
    }
}

/// Sends a request with a `fetch` that throws a TypeError, except for HEAD requests for which `answers` is true.
/// Returns the resulting error.
async fn failure(answers: &str, request: Request) -> (Code, String) {
    let body = ["if (init.method === 'HEAD' && (", answers, ")) return new Response(null); throw new TypeError('x')"];
    let fetch = bound(&[], "url, init", &["return (async () => {", &body.concat(), "})()"].concat());
    let error = with_fetch(fetch, 10_000).send(&request).await.err().unwrap();
    assert!(error.source().unwrap().downcast_ref::<JsCause>().is_some());
    match error {
        TransportError::Blocked { why, .. } => (Code::CorsBlocked, why),
        error => (error.code(), String::new()),
    }
}

#[wasm_bindgen_test]
async fn a_cors_failure_is_told_from_a_network_failure() {
    // Fetch §4.10: a failed CORS check is a network error, which no script can tell from any other.
    let origin = eval("location.origin").as_string().unwrap();
    let json = || Request { body: Some(Body::Json("{}".into())), ..get(Step::Registration) };
    let allow_origin = ["it must send Access-Control-Allow-Origin: ", &origin].concat();
    let allow_headers = "to OPTIONS, with status 204, Access-Control-Allow-Headers: content-type.";

    let (code, missing) = failure("init.mode === 'no-cors'", get(Step::ResourceMetadata)).await;
    assert_eq!((code, missing), (Code::CorsBlocked, [&allow_origin, "."].concat()));
    let (code, missing) = failure("init.mode === 'no-cors'", json()).await;
    assert_eq!((code, missing), (Code::CorsBlocked, [&allow_origin, ", and ", allow_headers].concat()));
    let (code, missing) = failure("!init.headers['content-type']", json()).await;
    assert_eq!((code, missing), (Code::CorsBlocked, ["it must send ", allow_headers].concat()));

    assert_eq!(failure("true", json()).await.0, Code::Network);
    assert_eq!(failure("false", json()).await.0, Code::Network);
    let own = Request { url: Url::parse(&[&origin, "/x"].concat()).unwrap(), ..get(Step::Token) };
    assert_eq!(failure("true", own).await.0, Code::Network);
}

#[wasm_bindgen_test]
async fn the_requests_that_look_for_cors_headers_carry_no_secret() {
    let seen = eval("[]");
    let fetch = bound(
        &[&seen],
        "seen, url, init",
        "seen.push(JSON.stringify({ url, ...init })); return init.mode === 'no-cors' ? Promise.resolve(new Response) : Promise.reject(new TypeError('x'))",
    );
    let body = Some(Body::Form(Form::new().add("code", "s3cret")));
    let (authorization, dpop) = (Some(Secret::from("s3cret")), Some(Secret::from("s3cret")));
    let request = Request { body, authorization, dpop, ..get(Step::Token) };
    assert_eq!(with_fetch(fetch, 10_000).send(&request).await.err().unwrap().code(), Code::CorsBlocked);
    let checks: Vec<String> =
        js_sys::Array::from(&seen).iter().skip(1).map(|check| check.as_string().unwrap()).collect();
    assert_eq!(checks.len(), 2);
    assert!(checks.iter().all(|check| !check.contains("s3cret") && check.contains(r#""credentials":"omit""#)));
}
