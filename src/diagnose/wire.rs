//! Exchanges as a page sees them.
#![allow(async_fn_in_trait)]

use crate::ports::{Json, Request, TransportError};
use crate::protocol::Url;
use crate::protocol::cors::{header, preflighted};
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
    /// Whether redirects are followed.
    pub follow: bool,
    /// Whether an answer is wanted that a page may not read, where it is to be had.
    pub reads_on: bool,
}

/// A request of a flow, to see what a page makes of it.
impl From<Box<Request>> for Probe {
    fn from(request: Box<Request>) -> Self {
        let mut headers = vec![("accept", request.accept)];
        headers.extend(request.body.as_ref().map(|body| ("content-type", body.content_type())));
        Self {
            method: request.method(),
            headers,
            body: request.body.as_ref().map(|body| body.as_str().to_owned()),
            read: request.reads_body,
            follow: request.follows_redirects,
            reads_on: false,
            url: request.url,
        }
    }
}

impl Probe {
    /// GETs a document, by a request that needs no preflight.
    pub fn get(url: &Url) -> Self {
        let headers = vec![("accept", "application/json")];
        Self { method: "GET", url: url.clone(), headers, body: None, read: true, follow: true, reads_on: false }
    }

    /// POSTs a body of a type.
    pub fn post(url: &Url, content_type: &'static str, body: impl Into<String>) -> Self {
        let headers = vec![("accept", "application/json"), ("content-type", content_type)];
        Self {
            method: "POST",
            url: url.clone(),
            headers,
            body: Some(body.into()),
            read: true,
            follow: false,
            reads_on: false,
        }
    }

    /// For an answer that is read on, though a page may not.
    pub fn reading_on(mut self) -> Self {
        self.reads_on = true;
        self
    }

    /// With one more header.
    pub fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The headers for which a page asks first, by name.
    pub fn preflighted(&self) -> Vec<&'static str> {
        preflighted(&self.headers)
    }
}

/// An answer, as far as the page may read it.
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
    /// The names of the headers that the server exposes to pages, where that is known.
    pub exposed: Option<String>,
    /// Why a page may not read it, where it was read all the same.
    pub blocked: Option<String>,
    /// Whether `*` may have stood for Authorization, which other browsers don't take, and this one does not tell.
    pub doubted: bool,
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

/// HTTP as a page has it, and the platform's JSON.
pub trait Wire: Json {
    /// Sends a request without cookies. Redirects are followed for GET. There is a time limit.
    async fn send(&self, probe: &Probe) -> Result<Answer, TransportError>;

    /// Why nobody answered, and what to do about it, where the platform knows.
    fn reason(&self, _failure: &TransportError) -> Option<(String, &'static str)> {
        None
    }

    /// The status of an answer to GET that a page may not read; nothing where that is not to be had.
    async fn status_of(&self, _url: &Url) -> Option<u16> {
        None
    }

    /// A body as a JSON object.
    fn object(&self, body: &str) -> Option<Object> {
        match self.parse_json(body) {
            Some(Value::Object(object)) => Some(object),
            _ => None,
        }
    }
}
