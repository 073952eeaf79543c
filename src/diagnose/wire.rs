//! Exchanges as a page sees them.
#![allow(async_fn_in_trait)]

use crate::ports::{Json, Request, TransportError};
use crate::protocol::Url;
use crate::protocol::cors::{header, preflighted};
use crate::protocol::json::{Object, Value};

/// A request of a diagnosis. It contains no secrets.
pub struct Probe {
    /// GET, POST or HEAD.
    pub method: &'static str,
    /// The URL.
    pub url: Url,
    /// Names in lower case.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The body, if the method has one.
    pub body: Option<String>,
    /// Whether to read the response's body. An MCP server may send a stream that never ends.
    pub read: bool,
    /// Whether to follow redirects.
    pub follow: bool,
    /// Whether to return a response that a page may not read, if the platform can.
    pub reads_on: bool,
}

/// A request of a flow, to check whether a page can send it.
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
    /// GETs a document, with a request that needs no preflight.
    pub fn get(url: &Url) -> Self {
        let headers = vec![("accept", "application/json")];
        Self { method: "GET", url: url.clone(), headers, body: None, read: true, follow: true, reads_on: false }
    }

    /// POSTs a body of a media type.
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

    /// Also returns a response that a page may not read.
    pub fn reading_on(mut self) -> Self {
        self.reads_on = true;
        self
    }

    /// Adds a header.
    pub fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The names of headers that need a preflight.
    pub fn preflighted(&self) -> Vec<&'static str> {
        preflighted(&self.headers)
    }
}

/// A response, as far as the page may read it.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Its URL, if a redirect led elsewhere.
    pub redirected_to: Option<String>,
    /// The headers that the page may read; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The names of those that it may not read, if they are known.
    pub hidden: Option<Vec<String>>,
    /// The body, if it was wanted.
    pub body: String,
    /// The names of the headers that the server exposes to pages, if that is known.
    pub exposed: Option<String>,
    /// Why a page may not read it, if it was read all the same.
    pub blocked: Option<String>,
    /// Whether the response may rely on `*` for Authorization, which other browsers refuse. This one does not say so.
    pub doubted: bool,
}

impl Answer {
    /// A header that the page may read.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Whether there is a header that the page may not read.
    pub fn hides(&self, name: &str) -> bool {
        self.hidden.as_ref().is_some_and(|hidden| hidden.iter().any(|hidden| hidden == name))
    }

    /// Whether it is a success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// HTTP as a page sees it, and the platform's JSON.
pub trait Wire: Json {
    /// Sends a request without cookies. Redirects are followed for GET. There is a time limit.
    async fn send(&self, probe: &Probe) -> Result<Answer, TransportError>;

    /// Why there is no response, and what to do about it, if the platform knows.
    fn reason(&self, _failure: &TransportError) -> Option<(String, &'static str)> {
        None
    }

    /// The status of a response to GET that a page may not read; `None` if the platform hides it.
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
