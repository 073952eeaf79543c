//! Exchanges as a page sees them.
#![allow(async_fn_in_trait)]

use crate::Code;
use crate::ports::Json;
use crate::protocol::Url;
use crate::protocol::json::{Object, Value};

/// A request of a diagnosis. It holds no secret.
pub struct Probe {
    /// GET, POST or HEAD.
    pub method: &'static str,
    /// Where it goes.
    pub url: Url,
    /// Names in lower case.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The body, where the method has one.
    pub body: Option<String>,
    /// Whether the body of the answer is of interest; an MCP server may answer with a stream that never ends.
    pub read: bool,
}

impl Probe {
    /// GETs a document, by a request that needs no preflight.
    pub fn get(url: &Url) -> Self {
        let headers = vec![("accept", "application/json")];
        Self { method: "GET", url: url.clone(), headers, body: None, read: true }
    }

    /// POSTs a body of a type.
    pub fn post(url: &Url, content_type: &'static str, body: impl Into<String>) -> Self {
        let headers = vec![("accept", "application/json"), ("content-type", content_type)];
        Self { method: "POST", url: url.clone(), headers, body: Some(body.into()), read: true }
    }

    /// With one more header.
    pub fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The headers for which a page's request needs leave (Fetch §2.2.2), by name.
    pub fn preflighted(&self) -> Vec<&'static str> {
        let simple = ["application/x-www-form-urlencoded", "text/plain"];
        let safelisted = |name, value| name == "accept" || (name == "content-type" && simple.contains(value));
        self.headers.iter().filter(|(name, value)| !safelisted(*name, value)).map(|(name, _)| *name).collect()
    }
}

/// What came of a probe.
pub enum Outcome {
    /// An answer that the page may read.
    Answer(Answer),
    /// There is an answer, but the page may not read it. Why, as far as it is known.
    Blocked(String),
    /// [`Code::Network`], [`Code::Timeout`] or [`Code::ResponseTooLarge`].
    Failed(Code),
}

/// An answer.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Where it came from at last, if a redirect led elsewhere.
    pub redirected_to: Option<String>,
    /// The headers that the page may read; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The names of those that it may not, where they are known.
    pub hidden: Option<Vec<String>>,
    /// The body, as far as it was wanted.
    pub body: String,
}

impl Answer {
    /// A header that the page may read.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Whether a header came that the page may not read.
    pub fn hides(&self, name: &str) -> bool {
        self.hidden.as_ref().is_some_and(|hidden| hidden.iter().any(|hidden| hidden == name))
    }

    /// Whether it is a success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

pub(super) fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// HTTP as a page has it, and the platform's JSON parser.
pub trait Wire: Json {
    /// Sends a request without cookies. Redirects are followed for GET. There is a time limit.
    async fn send(&self, probe: &Probe) -> Outcome;

    /// A body as a JSON object.
    fn object(&self, body: &str) -> Option<Object> {
        match self.parse_json(body) {
            Some(Value::Object(object)) => Some(object),
            _ => None,
        }
    }
}
