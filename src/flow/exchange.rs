//! One HTTP exchange: sent, observed, and read as JSON.

use super::server_time::note_date;
use crate::ports::{Event, Ports, Request, Response, UnixMillis};
use crate::protocol::json::{Object, Value};
use crate::protocol::{Url, form, fresh_seconds, presentable};
use crate::{Code, Error, Result, Step};

/// A response. Its body is parsed if it is a JSON object.
pub(super) struct JsonResponse {
    pub status: u16,
    pub www_authenticate: Option<String>,
    pub retry_after: Option<u64>,
    pub document: Option<Object>,
    /// Until when the document may be used.
    pub fresh_until: UnixMillis,
}

/// A document as it was received, and until when it may be used.
#[derive(Debug)]
pub(super) struct Document {
    pub object: Object,
    /// Where it was found; `None` if it comes from the store.
    pub url: Option<Url>,
    pub fresh_until: UnixMillis,
}

impl JsonResponse {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The metadata at a URL.
    pub fn take_metadata(&mut self, step: Step, url: &Url) -> Result<Box<Document>> {
        let is_success = self.is_success();
        let (code, message) = match self.document.take() {
            Some(object) if is_success => {
                return Ok(Box::new(Document { object, url: Some(url.clone()), fresh_until: self.fresh_until }));
            }
            None if is_success => (Code::InvalidResponse, " did not answer with a JSON object.".to_owned()),
            _ => (Code::HttpStatus, format!(" answered {} instead of metadata.", self.status)),
        };
        Err(self.error_with(Error::new(code, step, [url.without_query(), &message].concat()), url))
    }

    /// An error about this response of a URL.
    pub fn error_with(&self, error: Error, url: &Url) -> Error {
        error.with_url(url.without_query()).with_status(self.status).with_retry_after(self.retry_after)
    }
}

/// Sends a request and reads the response.
pub(super) async fn exchange<P: Ports>(ports: &P, mut request: Box<Request>) -> Result<Box<JsonResponse>> {
    request.proxy_url = ports.proxy_url(request.step, &request.url)?;
    let started = ports.now();
    let outcome = ports.send(&request).await;
    observe(
        ports,
        request.step,
        request.method(),
        request.url.without_query(),
        request.proxy_url.as_ref(),
        outcome.as_ref().ok().map(|response| response.status),
        started,
    );
    let response = outcome.map_err(|error| error.at(request.step, &request.url, request.proxy_url.as_ref()))?;
    // Another origin does not speak for this server, and a redirected POST would send it a code or a secret. For
    // redirects that are not followed, browsers hide the target and set the status 0.
    let is_followed = request.follows_redirects || !matches!(response.status, 0 | 300..400);
    let stayed = |text: &str| Url::parse(text).is_ok_and(|url| url.origin() == request.target().origin());
    let target = response.redirected_to.as_deref().filter(|target| !is_followed || !stayed(target));
    if !is_followed || target.is_some() {
        return Err(redirected(&request, target, (!is_followed).then_some(response.status)));
    }
    if request.body.is_some() {
        note_date(ports, &request.url, response.date);
    }
    if let Some(nonce) = response.dpop_nonce {
        ports.keep_nonce(request.url.origin(), nonce);
    }
    let document = match ports.parse_json(&response.body) {
        Some(Value::Object(object)) => Some(object),
        _ if matches!(request.step, Step::Token | Step::Refresh) => token_form(&response.body),
        _ => None,
    };
    let Response { status, www_authenticate, retry_after, cache_control, .. } = response;
    let fresh_until = ports.now().after(fresh_seconds(cache_control.as_deref().unwrap_or_default()) * 1000);
    Ok(Box::new(JsonResponse { status, www_authenticate, retry_after, document, fresh_until }))
}

/// `unfollowed`: the status of a redirect that was not followed.
fn redirected(request: &Request, target: Option<&str>, unfollowed: Option<u16>) -> Error {
    let target = presentable(target.and_then(|target| target.split(['?', '#']).next()).unwrap_or("elsewhere"));
    let (code, to, why) = match unfollowed {
        None => (Code::InvalidResponse, " redirects to another origin: ", ""),
        Some(_) => (Code::HttpStatus, " redirects to ", ", which a POST must not follow."),
    };
    let error = Error::new(code, request.step, [request.url.without_query(), to, &target, why].concat());
    let error = error.with_url(request.url.without_query());
    match unfollowed {
        None => error,
        Some(status) => error.with_status(status),
    }
}

/// A token response as a form, which some servers send instead of JSON (RFC 6749 §5.1).
fn token_form(body: &str) -> Option<Object> {
    let members = form::parse(body);
    let is_one = members.iter().any(|(name, _)| matches!(name.as_str(), "access_token" | "error"));
    is_one.then(|| Object(members.into_iter().map(|(name, value)| (name, Value::String(value))).collect()))
}

/// Reports a finished exchange to the observer.
pub(super) fn observe<P: Ports>(
    ports: &P,
    step: Step,
    method: &str,
    url: &str,
    proxy_url: Option<&Url>,
    status: Option<u16>,
    started: UnixMillis,
) {
    let duration = ports.now().0.saturating_sub(started.0);
    let proxy_url = proxy_url.map(Url::without_query);
    ports.notify(&Event::Exchange { step, method, url, status, duration, proxy_url });
}
