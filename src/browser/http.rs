//! The library's own requests, and their responses.

use std::pin::pin;

use futures_util::future::{Either, select};
use gloo_net::http::{Method, Response as Incoming};
use web_sys::{Headers, RequestRedirect};

use super::Browser;
use super::abort::{AbortGuard, timeout};
use super::body;
use super::fetch::{Init, header};
use super::redirects::RedirectedTo;
use super::reflect::JsCause;
use crate::Step;
use crate::ports::{Body, Http, Request, Response, TransportError, UnixMillis};
use crate::protocol::json::digits;
use crate::protocol::{Url, cors};

impl Http for Browser {
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let body = request.body.as_ref();
        let guard = AbortGuard::new()?;
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let mut headers = vec![("accept", request.accept)];
        headers.extend(request.authorization.as_ref().map(|value| ("authorization", value.expose())));
        headers.extend(request.dpop.as_ref().map(|value| ("dpop", value.expose())));
        headers.extend(body.map(|body| ("content-type", body.content_type())));
        let mut init = Init::new(method, headers, guard.signal());
        init.body = body.map(Body::as_str);
        // Not "error", which Cloudflare Workers don't support. If the app's backend passes a redirect on, only that
        // backend can reach its target.
        if !request.follows_redirects || request.proxy_url.is_some() {
            init.redirect = RequestRedirect::Manual;
        }
        let (answer, redirected_to, body) = self.exchange(request.target(), init, request.reads_body).await?;
        // In a browser, a redirect that is not followed has the status 0 and no headers.
        if answer.status() == 0 && request.follows_redirects {
            return Err(JsCause(web_sys::Response::from(answer).into()).into());
        }
        let headers = answer.headers().into_raw();
        let unfollowed = |headers| header(headers, "location").filter(|_| !request.follows_redirects);
        Ok(Response {
            status: answer.status(),
            redirected_to: redirected_to.or_else(|| unfollowed(&headers)),
            www_authenticate: header(&headers, "www-authenticate"),
            cache_control: header(&headers, "cache-control"),
            dpop_nonce: header(&headers, "dpop-nonce"),
            retry_after: retry_after(&headers),
            date: date(&headers),
            body,
        })
    }

    fn proxy_url(&self, step: Step, url: &Url) -> crate::Result<Option<Url>> {
        self.proxied(step, url.as_str())
    }
}

/// The thrown value, if nothing else is known.
impl From<JsCause> for TransportError {
    fn from(thrown: JsCause) -> Self {
        Self::Unreachable(Some(Box::new(thrown)))
    }
}

impl Browser {
    /// Sends a request, and reads the response's body.
    pub(super) async fn exchange(
        &self,
        url: &Url,
        init: Init<'_>,
        reads_body: bool,
    ) -> Result<(Incoming, RedirectedTo, String), TransportError> {
        let preflighted = cors::preflighted(&init.headers);
        let work = async {
            match self.fetch_on(url, init).await {
                Ok((answer, redirected_to)) => {
                    let body = body::read(answer.body(), reads_body).await?;
                    Ok(Ok((answer, redirected_to, body)))
                }
                Err(thrown) => Ok(Err(thrown)),
            }
        };
        match self.in_time(work).await? {
            Ok(answer) => Ok(answer),
            Err(thrown) => Err(self.unreadable(url, &preflighted, thrown).await),
        }
    }

    /// Waits for the time limit of a request.
    pub(super) async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, TransportError>>,
    ) -> Result<T, TransportError> {
        match select(pin!(work), timeout(self.request_timeout_ms)).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Err(TransportError::TimedOut(None)),
        }
    }
}

/// A header that is a date, in milliseconds since 1970.
fn date_in(headers: &Headers, name: &str) -> Option<f64> {
    header(headers, name).map(|text| js_sys::Date::parse(&text))
}

/// `Retry-After = HTTP-date / delay-seconds` (RFC 9110 §10.2.3), in seconds from now.
fn retry_after(headers: &Headers) -> Option<u64> {
    const NAME: &str = "retry-after";
    let seconds = (date_in(headers, NAME)? - js_sys::Date::now()) / 1000.0;
    digits(&header(headers, NAME)?).or((seconds > 0.0).then_some(seconds as u64 + 1))
}

/// `Date` (RFC 9110 §6.6.1), if it may be read.
pub(super) fn date(headers: &Headers) -> Option<UnixMillis> {
    Some(UnixMillis(date_in(headers, "date")? as u64)).filter(|date| date.0 > 0)
}
