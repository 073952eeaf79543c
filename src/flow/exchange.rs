//! One HTTP exchange: sent, observed, and read as JSON.

use super::server_time::note_date;
use crate::ports::{Event, Ports, Request, Response, UnixMillis};
use crate::protocol::json::{Object, Value};
use crate::protocol::{Url, fresh_seconds};
use crate::{Code, Error, Result, Step};

/// An answer, its body parsed where it is a JSON object.
pub(super) struct Answer {
    pub status: u16,
    pub www_authenticate: Option<String>,
    pub retry_after: Option<u64>,
    pub document: Option<Object>,
    /// The body as it came.
    pub text: String,
    /// How long a document may be used.
    pub fresh_seconds: u64,
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Sends a request and reads its answer.
pub(super) async fn exchange<P: Ports>(ports: &P, mut request: Box<Request>) -> Result<Box<Answer>> {
    request.via = ports.via(request.step, &request.url)?;
    let started = ports.now();
    let outcome = ports.send(&request).await;
    observe(
        ports,
        request.step,
        if request.body.is_some() { "POST" } else { "GET" },
        request.url.without_query(),
        request.via.as_ref(),
        outcome.as_ref().ok().map(|response| response.status),
        started,
    );
    let response = outcome.map_err(|error| error.at(request.step, &request.url, request.via.as_ref()))?;
    // What another origin says is not this server's word.
    let stayed = |text: String| Url::parse(&text).is_ok_and(|url| url.origin() == request.target().origin());
    if !response.redirected_to.is_none_or(stayed) {
        return Err(Error::new(
            Code::InvalidResponse,
            request.step,
            [request.url.without_query(), " redirects to another origin."].concat(),
        )
        .with_url(request.url.without_query()));
    }
    if request.body.is_some() {
        note_date(ports, &request.url, response.date);
    }
    if let Some(nonce) = response.dpop_nonce {
        ports.keep_nonce(request.url.origin(), nonce);
    }
    let document = match ports.parse_json(&response.body) {
        Some(Value::Object(object)) => Some(object),
        _ => None,
    };
    let Response { status, www_authenticate, retry_after, cache_control, body: text, .. } = response;
    let fresh_seconds = fresh_seconds(cache_control.as_deref().unwrap_or_default());
    Ok(Box::new(Answer { status, www_authenticate, retry_after, document, text, fresh_seconds }))
}

/// Tells the observer of an exchange that ended.
pub(super) fn observe<P: Ports>(
    ports: &P,
    step: Step,
    method: &str,
    url: &str,
    via: Option<&Url>,
    status: Option<u16>,
    started: UnixMillis,
) {
    let duration = ports.now().0.saturating_sub(started.0);
    let via = via.map(Url::without_query);
    ports.notify(&Event::Exchange { step, method, url, status, duration, via });
}

/// Asks for a document.
pub(super) fn get(step: Step, url: &Url) -> Box<Request> {
    Request::new(step, url, None)
}

/// The JSON document of an answer from a URL.
pub(super) fn document<'a>(step: Step, url: &Url, answer: &'a Answer) -> Result<&'a Object> {
    let (code, message) = match &answer.document {
        Some(document) if answer.is_success() => return Ok(document),
        None if answer.is_success() => (Code::InvalidResponse, " did not answer with a JSON object."),
        _ => (Code::HttpStatus, " has no metadata."),
    };
    Err(Error::new(code, step, [url.without_query(), message].concat())
        .with_url(url.without_query())
        .with_status(answer.status))
}
