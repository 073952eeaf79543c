//! Where there is no browser: plain exchanges, judged as one would.
#![allow(async_fn_in_trait)]

use super::cors::{allows_origin, exposes, preflight_allows};
use super::wire::{Answer, Outcome, Probe, Wire};
use crate::Code;
use crate::ports::Json;
use crate::protocol::json::Value;

/// HTTP without CORS.
pub trait Raw: Json {
    /// Sends a probe with more headers, with another method where one is given.
    async fn exchange(&self, probe: &Probe, method: &str, more: &[(&str, &str)]) -> Result<RawAnswer, Code>;
}

/// An answer with all its headers.
pub struct RawAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Where it came from at last, if a redirect led elsewhere.
    pub redirected_to: Option<String>,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, as far as it was wanted.
    pub body: String,
}

/// A page of an origin.
pub struct AsPage<'a, R> {
    /// What sends.
    pub raw: &'a R,
    /// The page's origin.
    pub origin: &'a str,
}

impl<R: Raw> Json for AsPage<'_, R> {
    fn parse_json(&self, text: &str) -> Option<Value> {
        self.raw.parse_json(text)
    }
}

impl<R: Raw> Wire for AsPage<'_, R> {
    async fn send(&self, probe: &Probe) -> Outcome {
        let own_origin = probe.url.origin() == self.origin;
        let asked = probe.preflighted();
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
            match self.raw.exchange(probe, "OPTIONS", &more).await {
                Err(code) => return Outcome::Failed(code),
                Ok(answer) => {
                    if let Err(why) = preflight_allows(answer.status, &answer.headers, self.origin, &asked) {
                        return Outcome::Blocked(why);
                    }
                }
            }
        }
        let answer = match self.raw.exchange(probe, probe.method, &[("origin", self.origin)]).await {
            Ok(answer) => answer,
            Err(code) => return Outcome::Failed(code),
        };
        if !own_origin && let Err(why) = allows_origin(&answer.headers, self.origin) {
            return Outcome::Blocked(why);
        }
        let RawAnswer { status, redirected_to, headers, body } = answer;
        let readable = |name: &str| own_origin || exposes(&headers, name);
        let hidden = headers.iter().map(|(name, _)| name.clone()).filter(|name| !readable(name)).collect();
        let visible = headers.iter().filter(|(name, _)| readable(name)).cloned().collect();
        Outcome::Answer(Answer { status, redirected_to, headers: visible, hidden: Some(hidden), body })
    }
}
