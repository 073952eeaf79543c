//! HTTP by `fetch`.

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

use super::Browser;
use super::abort::{Abort, Work};
use super::reflect::{JsCause, get};
use crate::ports::{Body, Http, LONGEST_BODY, NoResponse, Request, Response, UnixMillis};
use crate::protocol::json::{Writer, digits, joined};
use crate::protocol::{Secret, Url};
use crate::{Code, Step};

#[wasm_bindgen(module = "/src/browser/fetch.js")]
extern "C" {
    fn exchange(
        controller: &Abort,
        fetch: Option<&Function>,
        url: &str,
        init: &str,
        limit_ms: u32,
        most: usize,
    ) -> Promise;
    fn visible(controller: &Abort, fetch: Option<&Function>, url: &str, headers: &str, limit_ms: u32) -> Promise;
    pub(super) fn header(response: &JsValue, name: &str) -> Option<String>;
    pub(super) fn date(response: &JsValue, name: &str) -> f64;
    // `catch`: else wasm-bindgen imports it past the glue, by a path that bundlers warn of.
    #[cfg(feature = "diagnose")]
    #[wasm_bindgen(catch)]
    pub(super) fn headers(response: &JsValue) -> Result<js_sys::Array, JsValue>;
    #[wasm_bindgen(js_name = oauthError)]
    pub(super) fn oauth_error(response: &JsValue, most: usize) -> Promise;
}

#[wasm_bindgen]
extern "C" {
    type Answered;
    #[wasm_bindgen(method, getter)]
    fn status(this: &Answered) -> Option<u16>;
}

impl Http for Browser {
    async fn send(&self, request: &Request) -> Result<Response, NoResponse> {
        // An MCP server may answer the question for a challenge with a stream of events that never ends.
        let read = request.step != Step::Challenge;
        let outcome = self.exchange(request.target(), &init(request).into(), read).await;
        let answer = match outcome {
            // What a browser makes of a redirect that is not followed has the status 0.
            Ok(answer) if status(&answer) > 0 => answer,
            Ok(answer) => return Err(answer.into()),
            Err(thrown) => return Err(self.unreadable(request.target(), &preflighted(request), thrown).await),
        };
        Ok(Response {
            status: status(&answer),
            redirected_to: get(&answer, "from").as_string(),
            www_authenticate: header(&answer, "www-authenticate"),
            cache_control: header(&answer, "cache-control"),
            dpop_nonce: header(&answer, "dpop-nonce"),
            retry_after: retry_after(&answer),
            date: date_of(&answer),
            body: get(&answer, "body").as_string().unwrap_or_default(),
        })
    }

    fn via(&self, step: Step, url: &Url) -> crate::Result<Option<Url>> {
        self.proxied(step, url.as_str())
    }
}

impl From<JsValue> for NoResponse {
    fn from(thrown: JsValue) -> Self {
        let code = match thrown.as_string().as_deref() {
            Some("timeout") => Code::Timeout,
            Some("too large") => Code::ResponseTooLarge,
            _ => Code::Network,
        };
        Self { source: Some(Box::new(JsCause(thrown))), ..Self::new(code) }
    }
}

impl Browser {
    /// Dropping it ends the request. `init` is JSON.
    pub(super) fn exchange(&self, url: &Url, init: &Secret, read: bool) -> Work {
        let most = if read { LONGEST_BODY } else { 0 };
        let fetch = self.fetch.as_ref();
        Work::start(|abort| exchange(abort, fetch, url.as_str(), init.expose(), self.request_timeout_ms, most))
    }

    /// How much of a URL's answers this page sees.
    pub(super) fn visible(&self, url: &Url, headers: &str) -> Work {
        let fetch = self.fetch.as_ref();
        Work::start(|abort| visible(abort, fetch, url.as_str(), headers, self.request_timeout_ms))
    }
}

/// The status of an answer.
pub(super) fn status(answer: &JsValue) -> u16 {
    answer.unchecked_ref::<Answered>().status().unwrap_or_default()
}

/// The headers for which a browser asks the server first.
fn preflighted(request: &Request) -> String {
    let json = matches!(request.body, Some(Body::Json(_)));
    let all =
        [(json, "content-type"), (request.authorization.is_some(), "authorization"), (request.dpop.is_some(), "dpop")];
    joined(all.iter().filter(|(sent, _)| *sent).map(|(_, name)| *name), ", ")
}

/// For GET a request that needs no preflight.
fn init(request: &Request) -> String {
    // Streamable HTTP: the client has to accept a stream of events when it asks by GET.
    let accept = match request.step {
        Step::Challenge => "application/json, text/event-stream",
        _ => "application/json",
    };
    let body = request.body.as_ref();
    let headers = Writer::new()
        .string("accept", accept)
        .optional("authorization", request.authorization.as_ref().map(Secret::expose))
        .optional("dpop", request.dpop.as_ref().map(Secret::expose))
        .optional("content-type", body.map(Body::content_type));
    // Not "error", which Cloudflare Workers don't know.
    let method = if body.is_some() { "POST" } else { "GET" };
    // Where a backend of the app's hands a redirect back, it leads to where only that backend gets.
    let redirect = if body.is_some() || request.via.is_some() { "manual" } else { "follow" };
    Writer::new()
        .string("method", method)
        .string("redirect", redirect)
        .optional("body", body.map(Body::as_str))
        .object("headers", &headers.finish())
        .finish()
}

/// `Retry-After = HTTP-date / delay-seconds` (RFC 9110 §10.2.3), in seconds from now.
fn retry_after(answer: &JsValue) -> Option<u64> {
    const NAME: &str = "retry-after";
    let seconds = (date(answer, NAME) - js_sys::Date::now()) / 1000.0;
    digits(&header(answer, NAME)?).or((seconds > 0.0).then_some(seconds as u64 + 1))
}

/// `Date` (RFC 9110 §6.6.1), where it may be read.
pub(super) fn date_of(answer: &JsValue) -> Option<UnixMillis> {
    Some(UnixMillis(date(answer, "date") as u64)).filter(|date| date.0 > 0)
}
