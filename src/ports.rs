//! What a flow needs from where it runs. Small traits; [`Ports`] is all of them together.
//!
//! Futures here need not be `Send`: a page has one thread. Dropping a future ends what it waits for.
#![allow(async_fn_in_trait)]

use std::error::Error as StdError;

use crate::protocol::form::Form;
use crate::protocol::json::Value;
use crate::protocol::{Issuer, PublicKey, Resource, Scope, Secret, State, Url};
use crate::{Error, Result, Step};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixMillis(pub u64);

/// A request of the flow's own. Never one to the MCP server with a token in it.
pub struct Request {
    /// What it is for.
    pub step: Step,
    /// Where it goes.
    pub url: Url,
    /// POST with this body, else GET.
    pub body: Option<Body>,
    /// The `Authorization` header (RFC 6749 §2.3.1).
    pub authorization: Option<Secret>,
    /// The `DPoP` header (RFC 9449 §4.1).
    pub dpop: Option<Secret>,
    /// Where it is sent in place of its URL: [`Http::via`]'s answer.
    pub via: Option<Url>,
}

impl Request {
    /// A GET, or a POST with a body. Boxed, since it is handed on and on.
    pub fn new(step: Step, url: &Url, body: Option<Body>) -> Box<Self> {
        Box::new(Self { step, url: url.clone(), body, authorization: None, dpop: None, via: None })
    }

    /// Where it is sent.
    pub fn target(&self) -> &Url {
        self.via.as_ref().unwrap_or(&self.url)
    }
}

/// The body of a POST.
pub enum Body {
    /// `application/x-www-form-urlencoded`.
    Form(Form),
    /// `application/json`.
    Json(String),
    /// `text/plain`, which needs no preflight from another origin.
    Text(&'static str),
}

impl Body {
    /// The media type.
    pub fn content_type(&self) -> &'static str {
        match self {
            Body::Form(_) => "application/x-www-form-urlencoded",
            Body::Json(_) => "application/json",
            Body::Text(_) => "text/plain",
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        match self {
            Body::Form(form) => form.as_str(),
            Body::Json(text) => text,
            Body::Text(text) => text,
        }
    }
}

/// An answer.
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Where it came from at last, if redirects were followed.
    pub redirected_to: Option<String>,
    /// `WWW-Authenticate`, all fields of it joined by commas, where it may be read.
    pub www_authenticate: Option<String>,
    /// `Cache-Control` (RFC 9111 §5.2), where it may be read.
    pub cache_control: Option<String>,
    /// `DPoP-Nonce` (RFC 9449 §8), where it may be read.
    pub dpop_nonce: Option<String>,
    /// `Retry-After` (RFC 9110 §10.2.3) in seconds, where it may be read.
    pub retry_after: Option<u64>,
    /// `Date` (RFC 9110 §6.6.1), where it may be read.
    pub date: Option<UnixMillis>,
    /// The body, at most [`LONGEST_BODY`] bytes.
    pub body: String,
}

/// The most of a body that is read: 1 MiB. Metadata is a few kilobytes.
pub const LONGEST_BODY: usize = 1 << 20;

/// Why there is no answer.
#[derive(Debug)]
pub struct NoResponse {
    /// [`Code::Network`](crate::Code::Network), [`Code::CorsBlocked`](crate::Code::CorsBlocked),
    /// [`Code::Timeout`](crate::Code::Timeout) or [`Code::ResponseTooLarge`](crate::Code::ResponseTooLarge).
    pub code: crate::Code,
    /// With `CorsBlocked`: what the server has to send, as the end of a sentence.
    pub missing: String,
    /// What was thrown below.
    pub source: Option<Box<dyn StdError>>,
}

/// HTTP.
pub trait Http {
    /// Sends a request with `Accept: application/json`, without cookies or other credentials of the
    /// platform, and reads the answer whole. Redirects are followed for GET, and refused for POST.
    /// There is a time limit.
    async fn send(&self, request: &Request) -> std::result::Result<Response, NoResponse>;

    /// Where the app wants a request to be sent in place of its URL: to its own backend, which hands it
    /// on. That sees what is in it, tokens included.
    fn via(&self, _step: Step, _url: &Url) -> Result<Option<Url>> {
        Ok(None)
    }
}

/// The platform's JSON parser.
pub trait Json {
    /// Parses a text; nothing where it is no JSON, or nested more deeply than any document here is.
    fn parse_json(&self, text: &str) -> Option<Value>;
}

/// The time of day.
pub trait Clock {
    /// Now.
    fn now(&self) -> UnixMillis;
    /// Waits.
    async fn sleep(&self, milliseconds: u64);
    /// How far an origin's clock is ahead of this one, in milliseconds: as it was kept, or 0. A program
    /// that trusts its clock need not keep it.
    fn ahead(&self, _origin: &str) -> i64 {
        0
    }
    /// Keeps that, while the program runs.
    fn keep_ahead(&self, _origin: &str, _milliseconds: i64) {}
}

/// Random bytes of cryptographic strength.
pub trait Entropy {
    /// Thirty-two of them.
    fn entropy(&self) -> Result<[u8; 32]>;
}

/// Where records are kept. Values hold secrets.
pub trait Store {
    /// The value under a key; an empty one where there is one that can't be made out.
    async fn get(&self, key: &str) -> Result<Option<Secret>>;
    /// Keeps a value.
    async fn set(&self, key: &str, value: Secret) -> Result<()>;
    /// Forgets a value.
    async fn delete(&self, key: &str) -> Result<()>;
    /// Counts up whenever somebody changed a session's record: this program or, as soon as it is
    /// known, another one that shares the store.
    fn changes(&self) -> u32;
}

/// One holder at a time for each name, among all that share the store.
pub trait Lock {
    /// Releases on drop.
    type Guard: 'static;
    /// Waits for the lock.
    async fn lock(&self, name: &str) -> Result<Self::Guard>;
}

/// Keys that sign without being seen.
pub trait Keys {
    /// The public half of the key that this issuer's tokens are bound to; made where there is none.
    async fn dpop_key(&self, issuer: &Issuer) -> Result<PublicKey>;
    /// Signs with it: ECDSA over P-256 with SHA-256, as 64 bytes (RFC 7518 §3.4).
    async fn dpop_sign(&self, issuer: &Issuer, input: &str) -> Result<Vec<u8>>;
    /// Whether that key lasts as long as what is in the store: a session that is bound to a key that is
    /// gone is lost.
    fn keeps_dpop_keys(&self) -> bool;
    /// The app's own key for `private_key_jwt`, if there is one: the name of its algorithm
    /// (RFC 7518 §3.1).
    fn client_key(&self) -> Option<&'static str>;
    /// Signs with it.
    async fn client_sign(&self, input: &str) -> Result<Vec<u8>>;
    /// The last nonce of an origin.
    fn nonce(&self, origin: &str) -> Option<String>;
    /// Keeps an origin's nonce, while the program runs.
    fn keep_nonce(&self, origin: &str, nonce: String);
}

/// What stands for the user, or for a workload, where nobody signs in.
pub trait Assertions {
    /// The workload's JWT (RFC 7523), or the user's ID token (SEP-990).
    async fn assertion(&self, issuer: &Issuer, resource: &Resource) -> Result<Secret>;
}

/// Learns what happens. No secrets are in it.
pub trait Observer {
    /// Something happened.
    fn notify(&self, event: &Event<'_>);
}

/// What an [`Observer`] learns.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// One HTTP exchange ended.
    Exchange {
        /// What it was for.
        step: Step,
        /// GET, POST, …
        method: &'a str,
        /// Without query and fragment.
        url: &'a str,
        /// The status, where an answer came.
        status: Option<u16>,
        /// How long it took, in milliseconds.
        duration: u64,
        /// Where it was sent in place of `url`, without query and fragment.
        via: Option<&'a str>,
    },
    /// The user agent was sent to the authorization server.
    Authorizing {
        /// The MCP server.
        server: &'a str,
        /// The authorization server.
        issuer: &'a str,
    },
    /// The user has to enter a code on another device (RFC 8628 §3.3).
    DeviceCode {
        /// The MCP server.
        server: &'a str,
        /// What the user enters. Text from a server.
        user_code: &'a str,
        /// Where they enter it.
        verification_uri: &'a str,
        /// Where they need not enter it.
        verification_uri_complete: Option<&'a str>,
        /// How long the code is good, in seconds.
        expires_in: u64,
    },
    /// The page that the user agent was sent to can't be watched any more: it may be closed or not.
    Waiting {
        /// The MCP server.
        server: &'a str,
    },
    /// A session began.
    SignedIn {
        /// The MCP server.
        server: &'a str,
    },
    /// New tokens came.
    Refreshed {
        /// The MCP server.
        server: &'a str,
    },
    /// A session got tokens for more scopes.
    SteppedUp {
        /// The MCP server.
        server: &'a str,
        /// The granted scopes.
        scopes: &'a Scope,
    },
    /// The storage is not what it should be.
    Storage {
        /// In which way.
        problem: StorageProblem,
    },
    /// A session ended.
    SignedOut {
        /// The MCP server.
        server: &'a str,
        /// Because it can't be refreshed, rather than by the user.
        expired: bool,
    },
}

/// What is wrong with a storage. No request fails for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageProblem {
    /// A record could not be read, and was dropped. If it was a session, the user has to sign in again.
    Unreadable,
    /// There is none that lasts: from now on records are kept in memory.
    Unavailable,
}

/// What came back while this program was away: [`UserAgent::leaves_for`].
pub trait Returned {
    /// The queries that came back to the redirect URI and were not forgotten, unchecked.
    fn responses(&self) -> Vec<Secret> {
        Vec::new()
    }
    /// Forgets one of them.
    fn forget(&self, _response: &Secret) {}
}

/// Work that must not stop half-way.
pub trait Task {
    /// Runs a future to its end, even if the caller's own future is dropped meanwhile.
    async fn to_the_end<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> T;
}

/// The app, as far as it has its user step up while a request waits.
pub trait StepUp {
    /// Waits until the app says that it is over, or not at all where it wants to be told by the
    /// request's error. All that wait for the same server wait for the same answer.
    async fn wait_for_step_up(&self, _server: &str, _scopes: &Scope) -> Result<()> {
        Ok(())
    }
}

/// Everything that a flow needs, together. Cloning is cheap and gives the same ports.
pub trait Ports:
    Http + Json + Clock + Entropy + Store + Lock + Keys + Assertions + Observer + Returned + StepUp + Task + Clone + 'static
{
}

impl<T> Ports for T where
    T: Http
        + Json
        + Clock
        + Entropy
        + Store
        + Lock
        + Keys
        + Assertions
        + Observer
        + Returned
        + StepUp
        + Task
        + Clone
        + 'static
{
}

/// The user, and what shows them the authorization server's page.
pub trait UserAgent {
    /// Chooses one of several authorization servers by its place in the list. MCP 2026-07-28: the
    /// choice is the client's, or its user's.
    async fn choose(&mut self, issuers: &[Issuer]) -> Result<usize>;
    /// For how many milliseconds the response may be on its way, where opening the page ends this
    /// program: what the response is checked against is stored before, and another run finishes by
    /// [`restore`](crate::flow::restore). Nothing where this one waits.
    fn leaves_for(&self) -> Option<u64> {
        None
    }
    /// Opens the authorization server's page. The response will have this state.
    fn open(&mut self, url: &Url, state: &State) -> Result<()>;
    /// Waits for the next response that comes back to the redirect URI; it may be that of another
    /// sign-in.
    async fn response(&mut self) -> Result<CallbackQuery>;
    /// The last response was the one: its page may go.
    fn done(&mut self) {}
}

/// A query that came back to the redirect URI, unchecked.
pub struct CallbackQuery {
    /// The query, with or without its `?`.
    pub query: Secret,
    /// Whether it surely came from the page that [`UserAgent::open`] opened, rather than over a
    /// channel that other sign-ins share.
    pub surely_ours: bool,
}

/// A request of the app's, as the platform has it.
pub trait ResourceRequest {
    /// The platform's answer, which passes through untouched.
    type Response: ResourceResponse;
    /// Where it goes; nothing where that is no URL that a token may go to.
    fn url(&self) -> Option<Url>;
    /// GET, POST, …
    fn method(&self) -> String;
    /// As [`Http::via`], once for all that is sent.
    fn via(&mut self) -> Result<Option<Url>> {
        Ok(None)
    }
    /// Whether it can be sent a second time: a body that streams can't.
    fn can_resend(&self) -> bool;
    /// Sends it with the token in its `Authorization` header (RFC 6750 §2.1), never in its URL, and
    /// with the proof in its `DPoP` header (RFC 9449 §7.1) where the token is bound to a key.
    async fn send(&mut self, authorization: &Secret, dpop: Option<&Secret>) -> Result<Self::Response>;
}

/// What is looked at in an answer.
pub trait ResourceResponse {
    /// The HTTP status.
    fn status(&self) -> u16;
    /// `WWW-Authenticate`, where it may be read.
    fn www_authenticate(&self) -> Option<String>;
    /// `DPoP-Nonce` (RFC 9449 §9), where it may be read.
    fn dpop_nonce(&self) -> Option<String>;
    /// `Date` (RFC 9110 §6.6.1), where it may be read.
    fn date(&self) -> Option<UnixMillis> {
        None
    }
    /// The `error` of a body that is JSON, and the body as it was.
    async fn oauth_error(&self) -> Option<String>;
}

impl NoResponse {
    /// For a reason that its code tells whole.
    pub fn new(code: crate::Code) -> Self {
        Self { code, missing: String::new(), source: None }
    }

    /// The error of a step, whose request went to a URL or to another one in place of it.
    pub(crate) fn at(self, step: Step, url: &Url, via: Option<&Url>) -> Error {
        let message = match self.code {
            crate::Code::Timeout => " did not answer in time.",
            crate::Code::ResponseTooLarge => " answered with more than 1 MiB.",
            crate::Code::CorsBlocked => " answers, but this page may not read it: ",
            _ => " could not be reached.",
        };
        let (asked, of) = via.map_or(("", ""), |via| (via.without_query(), ", asked in place of "));
        Error::new(self.code, step, [asked, of, url.without_query(), message, &self.missing].concat())
            .with_url(url.without_query())
            .with_source(self.source)
    }
}
