//! Outside browsers: plain exchanges, to which the rules of a browser are applied.
#![allow(async_fn_in_trait)]

use serde::Serialize;

use super::wire::{Answer, Probe, Wire};
use crate::ports::{Json, TransportError};
use crate::protocol::Url;
use crate::protocol::cors::{allows_origin, exposes, header, preflight_allows};
use crate::protocol::json::Value;

/// HTTP without CORS.
pub trait Raw: Json {
    /// Like [`Wire::reason`].
    fn reason(&self, _failure: &TransportError) -> Option<(String, &'static str)> {
        None
    }

    /// Sends a probe with more headers, and with another method if one is given.
    async fn exchange(&self, probe: &Probe, method: &str, more: &[(&str, &str)]) -> Result<RawAnswer, TransportError>;
}

/// A response with all its headers.
pub struct RawAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Its URL, if a redirect led elsewhere.
    pub redirected_to: Option<String>,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, if it was wanted.
    pub body: String,
}

/// A page of an origin.
pub struct AsPage<'a, R> {
    /// Sends the requests.
    pub raw: &'a R,
    /// The page's origin.
    pub origin: &'a str,
}

impl<R: Raw> Json for AsPage<'_, R> {
    fn parse_json(&self, text: &str) -> Option<Value> {
        self.raw.parse_json(text)
    }

    fn write_json(&self, value: &impl Serialize) -> crate::Result<String> {
        self.raw.write_json(value)
    }
}

impl<R: Raw> Wire for AsPage<'_, R> {
    fn reason(&self, failure: &TransportError) -> Option<(String, &'static str)> {
        self.raw.reason(failure)
    }

    async fn status_of(&self, url: &Url) -> Option<u16> {
        let answer = self.raw.exchange(&Probe::get(url), "GET", &[("origin", self.origin)]).await;
        answer.ok().map(|answer| answer.status)
    }

    /// Responses that a page may not read are read all the same, so that all problems are reported at once.
    async fn send(&self, probe: &Probe) -> Result<Answer, TransportError> {
        let own_origin = probe.url.origin() == self.origin;
        let asked = probe.preflighted();
        let mut refused = None;
        if !own_origin && !asked.is_empty() {
            // Fetch §4.8: the names are sorted.
            let mut names = asked.clone();
            names.sort_unstable();
            let names = names.join(",");
            let more = [
                ("origin", self.origin),
                ("access-control-request-method", probe.method),
                ("access-control-request-headers", names.as_str()),
            ];
            let answer = self.raw.exchange(probe, "OPTIONS", &more).await?;
            refused = preflight_allows(answer.status, &answer.headers, self.origin, &asked).err();
            if let Some(why) = refused.clone().filter(|_| !probe.reads_on) {
                return Err(blocked(why));
            }
        }
        let answer = self.raw.exchange(probe, probe.method, &[("origin", self.origin)]).await?;
        refused = refused.or_else(|| allows_origin(&answer.headers, self.origin).err().filter(|_| !own_origin));
        if let Some(why) = refused.clone().filter(|_| !probe.reads_on) {
            return Err(blocked(why));
        }
        let RawAnswer { status, redirected_to, headers, body } = answer;
        let readable = |name: &str| own_origin || exposes(&headers, name);
        let hidden = headers.iter().map(|(name, _)| name.clone()).filter(|name| !readable(name)).collect();
        let visible = headers.iter().filter(|(name, _)| readable(name)).cloned().collect();
        let exposed = Some(header(&headers, "access-control-expose-headers").unwrap_or_default().to_owned());
        Ok(Answer {
            status,
            redirected_to,
            headers: visible,
            hidden: Some(hidden),
            body,
            exposed,
            blocked: refused,
            doubted: false,
        })
    }
}

fn blocked(why: String) -> TransportError {
    TransportError::Blocked { why, cause: None }
}
