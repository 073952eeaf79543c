//! HTTP by `fetch`.

use std::pin::pin;

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};

use super::Browser;
use super::abort::{Abort, until};
use super::cors::unreadable;
use super::reflect::{JsCause, apply, call, get, object, settled};
use crate::ports::{Body, Http, LONGEST_BODY, NoResponse, Request, Response, UnixMillis};
use crate::{Code, Step};

impl Http for Browser {
    async fn send(&self, request: &Request) -> Result<Response, NoResponse> {
        let fetch = self.fetch_function();
        match until(self.request_timeout_ms, None, pin!(exchange(&fetch, request))).await {
            Ok(result) => result,
            Err(_) => Err(NoResponse::new(Code::Timeout)),
        }
    }
}

impl From<JsValue> for NoResponse {
    fn from(thrown: JsValue) -> Self {
        Self { source: Some(Box::new(JsCause(thrown))), ..Self::new(Code::Network) }
    }
}

/// Dropping it ends the request.
async fn exchange(fetch: &JsValue, request: &Request) -> Result<Response, NoResponse> {
    let abort = Abort::new()?;
    let response = match settled(&apply(fetch, &[request.url.as_str().into(), init(request, &abort)])?).await {
        Ok(response) => response,
        Err(thrown) => return Err(unreadable(fetch, &request.url, &preflighted(request), thrown).await),
    };
    // What a browser makes of a redirect that is not followed has the status 0.
    let Some(status) = get(&response, "status").as_f64().filter(|status| *status > 0.0) else {
        return Err(response.into());
    };
    let www_authenticate = header(&response, "www-authenticate");
    let cache_control = header(&response, "cache-control");
    let dpop_nonce = header(&response, "dpop-nonce");
    let retry_after = header(&response, "retry-after").and_then(|field| seconds_from_now(&field));
    let redirected_to = if get(&response, "redirected").is_truthy() { get(&response, "url").as_string() } else { None };
    // An MCP server may answer the question for a challenge with a stream of events that never ends.
    let body = match Reader::of(&response)? {
        Some(reader) if request.step != Step::Challenge => reader.text().await?,
        _ => String::new(),
    };
    Ok(Response {
        status: status as u16,
        redirected_to,
        www_authenticate,
        cache_control,
        dpop_nonce,
        retry_after,
        date: date(&response),
        body,
    })
}

/// The headers for which a browser asks the server first.
fn preflighted(request: &Request) -> String {
    let json = matches!(request.body, Some(Body::Json(_)));
    let all =
        [(json, "content-type"), (request.authorization.is_some(), "authorization"), (request.dpop.is_some(), "dpop")];
    let names: Vec<&str> = all.iter().filter(|(sent, _)| *sent).map(|(_, name)| *name).collect();
    names.join(", ")
}

/// For GET a request that needs no preflight. No cookies, and no code or token in a `Referer`.
fn init(request: &Request, abort: &Abort) -> JsValue {
    // Streamable HTTP: the client has to accept a stream of events when it asks by GET.
    let accept = match request.step {
        Step::Challenge => "application/json, text/event-stream",
        _ => "application/json",
    };
    let headers = object(&[("accept", accept.into())]);
    let add = |name: &str, value: &str| super::reflect::set(&headers, name, &value.into());
    if let Some(authorization) = &request.authorization {
        add("authorization", authorization.expose());
    }
    if let Some(proof) = &request.dpop {
        add("dpop", proof.expose());
    }
    let (method, redirect, body) = match &request.body {
        None => ("GET", "follow", JsValue::UNDEFINED),
        // Not "error", which Cloudflare Workers don't know.
        Some(body) => {
            add("content-type", body.content_type());
            ("POST", "manual", body.as_str().into())
        }
    };
    object(&[
        ("method", method.into()),
        ("redirect", redirect.into()),
        ("body", body),
        ("headers", headers),
        ("credentials", "omit".into()),
        ("referrerPolicy", "no-referrer".into()),
        ("signal", abort.signal()),
    ])
}

/// `Retry-After = HTTP-date / delay-seconds` (RFC 9110 §10.2.3).
fn seconds_from_now(field: &str) -> Option<u64> {
    let seconds = || (js_sys::Date::parse(field) - js_sys::Date::now()) / 1000.0;
    field.parse().ok().or_else(|| Some(seconds()).filter(|it| *it > 0.0).map(|it| it as u64 + 1))
}

/// `Date` (RFC 9110 §6.6.1), where it may be read.
pub(super) fn date(response: &JsValue) -> Option<UnixMillis> {
    let milliseconds = js_sys::Date::parse(&header(response, "date")?);
    (milliseconds > 0.0).then_some(UnixMillis(milliseconds as u64))
}

/// A header of an answer, where it may be read.
pub(super) fn header(response: &JsValue, name: &str) -> Option<String> {
    call(&get(response, "headers"), "get", &[name.into()]).ok()?.as_string()
}

/// Reads a body, and cancels what is left of it on drop.
pub(super) struct Reader(JsValue);

impl Reader {
    pub(super) fn of(response: &JsValue) -> Result<Option<Self>, JsValue> {
        let stream = get(response, "body");
        if stream.is_object() { call(&stream, "getReader", &[]).map(|reader| Some(Self(reader))) } else { Ok(None) }
    }

    pub(super) async fn text(self) -> Result<String, NoResponse> {
        let mut bytes = Vec::new();
        loop {
            let chunk = settled(&call(&self.0, "read", &[])?).await?;
            if get(&chunk, "done").is_truthy() {
                break;
            }
            let chunk: Uint8Array = get(&chunk, "value").unchecked_into();
            if bytes.len() + chunk.length() as usize > LONGEST_BODY {
                return Err(NoResponse::new(Code::ResponseTooLarge));
            }
            bytes.extend_from_slice(&chunk.to_vec());
        }
        // RFC 8259 §8.1 lets a parser ignore a byte order mark.
        if bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Ok(cancelled) = call(&self.0, "cancel", &[]) {
            drop(settled(&cancelled));
        }
    }
}
