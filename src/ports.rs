//! What a flow needs from where it runs. Small traits; [`Ports`] is all of them together.
//!
//! Futures here need not be `Send`: a page has one thread. Dropping a future ends what it waits for.
#![allow(async_fn_in_trait)]

mod user_agent;

use std::error::Error as StdError;
use std::fmt;

use serde::Serialize;

use crate::protocol::form::Form;
use crate::protocol::json::Value;
use crate::protocol::{Issuer, PublicKey, Resource, Secret, ServerUrl, StepUpDemand, Url};
use crate::{Code, Error, Result, Step};

pub use user_agent::{
    AuthorizationPage, CallbackQuery, FoundServer, GivenIdentity, POPUP_BLOCKED, POPUP_CLOSED, POPUP_OPEN,
    REDIRECT_ABANDONED, USER_AGENT_CODES, UserAgent,
};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixMillis(pub u64);

impl UnixMillis {
    /// The last one that JSON has exactly (RFC 8259 §6), far beyond any clock.
    const LAST: u64 = (1 << 53) - 1;

    /// So many milliseconds later.
    pub fn after(self, milliseconds: u64) -> Self {
        Self(self.0.saturating_add(milliseconds).min(Self::LAST))
    }
}

/// What a document or a token is asked for as.
const JSON: &str = "application/json";

/// Streamable HTTP: "The client MUST include an `Accept` header, listing both `application/json` and
/// `text/event-stream`".
const JSON_OR_EVENTS: &str = "application/json, text/event-stream";

/// `ping`, the request without consequences.
const PING: &str = r#"{"jsonrpc":"2.0","id":0,"method":"ping"}"#;

/// A request of the flow's own. Never one to the MCP server with a token in it.
pub struct Request {
    /// What it is for.
    pub step: Step,
    /// Where it goes.
    pub url: Url,
    /// POST with this body, else GET.
    pub body: Option<Body>,
    /// The `Accept` header (RFC 9110 §12.5.1).
    pub accept: &'static str,
    /// Whether the body of the answer is read. It is left alone where it may be a stream that never ends.
    pub reads_body: bool,
    /// Whether redirects are followed. Where they lead to another origin, the answer does not count.
    pub follows_redirects: bool,
    /// The `Authorization` header (RFC 6749 §2.3.1).
    pub authorization: Option<Secret>,
    /// The `DPoP` header (RFC 9449 §4.1).
    pub dpop: Option<Secret>,
    /// Where it is sent in place of its URL: [`Http::proxy_url`]'s answer.
    pub proxy_url: Option<Url>,
}

impl Request {
    fn new(step: Step, url: &Url, body: Option<Body>) -> Box<Self> {
        Box::new(Self {
            step,
            url: url.clone(),
            // What is in a form is for this URL alone.
            follows_redirects: body.is_none(),
            body,
            accept: JSON,
            reads_body: true,
            authorization: None,
            dpop: None,
            proxy_url: None,
        })
    }

    /// Asks for a document. Boxed, since it is handed on and on.
    pub fn get(step: Step, url: &Url) -> Box<Self> {
        Self::new(step, url, None)
    }

    /// Posts a body.
    pub fn post(step: Step, url: &Url, body: Body) -> Box<Self> {
        Self::new(step, url, Some(body))
    }

    /// Asks an MCP server for its challenge: what it answers without a token. It is a POST, since some
    /// servers answer GET with 404 or 405 before they ask for a token; and it goes as text, since JSON
    /// would cost a preflight, and a server asks for the token before it looks at the body.
    pub fn probe(server: &ServerUrl) -> Box<Self> {
        let mut probe = Self::new(Step::Challenge, server.url(), Some(Body::Text(PING)));
        probe.accept = JSON_OR_EVENTS;
        probe.reads_body = false;
        // As calls do: frameworks redirect /mcp to /mcp/.
        probe.follows_redirects = true;
        probe
    }

    /// POST where there is a body, else GET.
    pub fn method(&self) -> &'static str {
        if self.body.is_some() { "POST" } else { "GET" }
    }

    /// Where it is sent.
    pub fn target(&self) -> &Url {
        self.proxy_url.as_ref().unwrap_or(&self.url)
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
    /// The HTTP status; 0 for a redirect that was not followed, where the platform hides its own.
    pub status: u16,
    /// Where it came from at last, if redirects were followed. Where one was not, `Location` (RFC 9110 §10.2.2), if
    /// it may be read.
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

/// What was thrown below an error, where anything was.
pub type Cause = Option<Box<dyn StdError>>;

/// Why there is no answer.
#[derive(Debug)]
pub enum TransportError {
    /// Nobody answered.
    Unreachable(Cause),
    /// Nobody can be asked: this device has no network.
    Offline(Cause),
    /// The answer did not come within the time limit.
    TimedOut(Cause),
    /// The answer is longer than [`LONGEST_BODY`].
    TooLarge(Cause),
    /// There is an answer, but a page may not read it (CORS).
    Blocked {
        /// Why, as far as it is known: what the server has to send, or what is wrong with what it sends.
        why: String,
        /// What the browser threw.
        cause: Cause,
    },
}

/// HTTP.
pub trait Http {
    /// Sends a request, without cookies or other credentials of the platform, and reads the answer.
    /// There is a time limit.
    async fn send(&self, request: &Request) -> std::result::Result<Response, TransportError>;

    /// Where the app wants a request to be sent in place of its URL: to its own backend, which hands it
    /// on. That sees what is in it, tokens included.
    ///
    /// # Errors
    ///
    /// The app answers with what is no URL: [`Code::InvalidOption`].
    fn proxy_url(&self, _step: Step, _url: &Url) -> Result<Option<Url>> {
        Ok(None)
    }
}

/// The platform's JSON.
pub trait Json {
    /// Parses a text; nothing where it is no JSON, or nested more deeply than any document here is.
    fn parse_json(&self, text: &str) -> Option<Value>;
    /// Writes a value.
    ///
    /// # Errors
    ///
    /// The value can't be written.
    fn write_json(&self, value: &impl Serialize) -> Result<String>;
}

/// The time of day.
pub trait Clock {
    /// Now.
    fn now(&self) -> UnixMillis;
    /// Waits.
    async fn sleep(&self, milliseconds: u64);
    /// How far an origin's clock is ahead of this one, in milliseconds: as it was kept, or 0. A program
    /// that trusts its clock need not keep it.
    fn clock_offset(&self, _origin: &str) -> i64 {
        0
    }
    /// Keeps that, while the program runs.
    fn keep_clock_offset(&self, _origin: &str, _milliseconds: i64) {}
}

/// Random bytes of cryptographic strength.
pub trait Entropy {
    /// Thirty-two of them.
    ///
    /// # Errors
    ///
    /// The platform has none.
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
    /// Waits until that counts up after this call, where it can be known.
    fn changed(&self) -> impl Future<Output = ()> {
        std::future::pending()
    }
}

/// One holder at a time for each name, among all that share the store.
pub trait Lock {
    /// Releases on drop.
    type Guard: 'static;
    /// Waits for the lock.
    async fn lock(&self, name: &str) -> Result<Self::Guard>;
}

/// Keys that tokens are bound to (RFC 9449), by name: one for each issuer and account. They sign without being seen.
pub trait DpopKeys {
    /// The public half of the key of a name; made where there is none.
    async fn dpop_key(&self, name: &str) -> Result<PublicKey>;
    /// Signs with it: ECDSA over P-256 with SHA-256, as 64 bytes (RFC 7518 §3.4).
    async fn dpop_sign(&self, name: &str, input: &str) -> Result<Vec<u8>>;
    /// Whether that key lasts as long as what is in the store: a session that is bound to a key that is
    /// gone is lost.
    fn keeps_dpop_keys(&self) -> bool;
}

/// The app's own key, for `private_key_jwt`. Most apps have none.
pub trait ClientKey {
    /// The name of its algorithm (RFC 7518 §3.1), if there is one.
    fn client_key_algorithm(&self) -> Option<&'static str> {
        None
    }
    /// Signs with it.
    async fn client_sign(&self, _input: &str) -> Result<Vec<u8>> {
        Err(Error::new(Code::Unsupported, Step::Token, "The app has no key of its own."))
    }
}

/// The nonces that servers want in proofs (RFC 9449 §8).
pub trait Nonces {
    /// The last nonce of an origin.
    fn nonce(&self, origin: &str) -> Option<String>;
    /// Keeps an origin's nonce, while the program runs.
    fn keep_nonce(&self, origin: &str, nonce: String);
}

/// What stands for the user, or for a workload, where nobody signs in.
pub trait Assertions {
    /// The workload's JWT (RFC 7523), or the user's ID token (SEP-990).
    async fn assertion(&self, _issuer: &Issuer, _resource: &Resource) -> Result<Secret> {
        Err(Error::new(Code::Unsupported, Step::Token, "There is nothing that stands for a user or a workload."))
    }
}

/// Learns what happens. No secrets are in it.
pub trait Observer {
    /// Something happened.
    fn notify(&self, event: &Event<'_>);
}

/// What an [`Observer`] learns.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", content = "detail", rename_all = "kebab-case", rename_all_fields = "camelCase")]
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
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// How long it took, in milliseconds.
        duration: u64,
        /// Where it was sent in place of `url`, without query and fragment.
        #[serde(rename = "via", skip_serializing_if = "Option::is_none")]
        proxy_url: Option<&'a str>,
    },
    /// The user agent was sent to the authorization server.
    Authorizing {
        /// The MCP server.
        server: &'a str,
        /// The app's name for the user's account there; empty for the default one.
        #[serde(skip_serializing_if = "str::is_empty")]
        account: &'a str,
        /// The authorization server.
        issuer: &'a str,
        /// What the tokens will be for: the server, or a parent of it.
        resource: &'a str,
        /// Where the user agent does not show the page: the URL that the user has to open.
        #[serde(skip_serializing_if = "Option::is_none")]
        url: Option<&'a str>,
    },
    /// The user has to enter a code on another device (RFC 8628 §3.3).
    DeviceCode {
        /// The MCP server.
        server: &'a str,
        /// The app's name for the user's account there; empty for the default one.
        #[serde(skip_serializing_if = "str::is_empty")]
        account: &'a str,
        /// What the user enters. Text from a server.
        user_code: &'a str,
        /// Where they enter it.
        verification_uri: &'a str,
        /// Where they need not enter it.
        #[serde(skip_serializing_if = "Option::is_none")]
        verification_uri_complete: Option<&'a str>,
        /// How long the code is good, in seconds.
        expires_in: u64,
    },
    /// The page that the user agent was sent to can't be watched any more: it may be closed or not.
    Waiting {
        /// The MCP server.
        server: &'a str,
        /// The app's name for the user's account there; empty for the default one.
        #[serde(skip_serializing_if = "str::is_empty")]
        account: &'a str,
    },
    /// A session began.
    SignedIn {
        /// The MCP server.
        server: &'a str,
        /// The app's name for the user's account there; empty for the default one.
        #[serde(skip_serializing_if = "str::is_empty")]
        account: &'a str,
    },
    /// New tokens came.
    Refreshed {
        /// The MCP server.
        server: &'a str,
        /// The app's name for the user's account there; empty for the default one.
        #[serde(skip_serializing_if = "str::is_empty")]
        account: &'a str,
    },
    /// A session got tokens for more scopes.
    #[serde(rename = "step-up")]
    SteppedUp {
        /// The MCP server.
        server: &'a str,
        /// The app's name for the user's account there; empty for the default one.
        #[serde(skip_serializing_if = "str::is_empty")]
        account: &'a str,
        /// The granted scopes.
        scopes: &'a [String],
    },
    /// The storage is not what it should be.
    Storage {
        /// In which way.
        #[serde(rename = "reason")]
        problem: StorageProblem,
    },
    /// A session ended.
    SignedOut {
        /// The MCP server.
        server: &'a str,
        /// The app's name for the user's account there; empty for the default one.
        #[serde(skip_serializing_if = "str::is_empty")]
        account: &'a str,
        /// Why.
        reason: SignOutReason,
    },
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignOutReason {
    /// The user signed out.
    SignOut,
    /// It can't be refreshed any more.
    Expired,
}

/// What is wrong with a storage. No request fails for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StorageProblem {
    /// A record could not be read, and was dropped. If it was a session, the user has to sign in again.
    Unreadable,
    /// There is none that lasts: from now on records are kept in memory.
    Unavailable,
}

/// What came back while this program was away: [`UserAgent::redirect_timeout`].
pub trait Returned {
    /// The queries that came back to the redirect URI and were not forgotten, unchecked.
    fn responses(&self) -> Vec<Secret> {
        Vec::new()
    }
    /// Forgets one of them.
    fn forget(&self, _response: &Secret) {}
}

/// Work that must not stop half-way.
pub trait Spawn {
    /// Runs a future to its end, even if the caller's own future is dropped meanwhile.
    async fn spawn_detached<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> T;
}

/// The app, as far as it has its user step up while a request waits.
pub trait StepUp {
    /// Waits until the app says that it is over, or not at all where it wants to be told by the
    /// request's error. All that wait for the same server and account wait for the same answer.
    async fn wait_for_step_up(&self, _server: &str, _account: &str, _demand: &StepUpDemand) -> Result<()> {
        Ok(())
    }
}

/// Everything that a flow needs, together. Cloning is cheap and gives the same ports.
pub trait Ports:
    Http
    + Json
    + Clock
    + Entropy
    + Store
    + Lock
    + DpopKeys
    + ClientKey
    + Nonces
    + Assertions
    + Observer
    + Returned
    + StepUp
    + Spawn
    + Clone
    + 'static
{
}

impl<T> Ports for T where
    T: Http
        + Json
        + Clock
        + Entropy
        + Store
        + Lock
        + DpopKeys
        + ClientKey
        + Nonces
        + Assertions
        + Observer
        + Returned
        + StepUp
        + Spawn
        + Clone
        + 'static
{
}

/// A request of the app's, as the platform has it.
pub trait ResourceRequest {
    /// The platform's answer, which passes through untouched.
    type Response: ResourceResponse;
    /// Where it goes; nothing where that is no URL that a token may go to.
    fn url(&self) -> Option<Url>;
    /// GET, POST, …
    fn method(&self) -> String;
    /// As [`Http::proxy_url`], once for all that is sent.
    ///
    /// # Errors
    ///
    /// The app answers with what is no URL: [`Code::InvalidOption`].
    fn proxy_url(&mut self) -> Result<Option<Url>> {
        Ok(None)
    }
    /// Whether it can be sent a second time: a body that streams can't.
    fn can_resend(&self) -> bool;
    /// Sends it with the token in its `Authorization` header (RFC 6750 §2.1), never in its URL, and
    /// with the proof in its `DPoP` header (RFC 9449 §7.1) where the token is bound to a key.
    /// A redirect is not followed: that is for the flow to decide.
    async fn send(&mut self, authorization: &Secret, dpop: Option<&Secret>) -> Result<Self::Response>;
    /// Where a redirect leads that was not followed, as far as that can be known.
    async fn redirect_target(&self, _response: &Self::Response) -> Option<Url> {
        None
    }
    /// From now on it goes there.
    fn redirect_to(&mut self, _target: &Url) {}
}

/// What is looked at in an answer.
pub trait ResourceResponse {
    /// The HTTP status.
    fn status(&self) -> u16;
    /// Whether it is a redirect that the app would have had followed.
    fn is_redirect(&self) -> bool {
        false
    }
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

impl TransportError {
    /// What a flow's error says of it.
    pub fn code(&self) -> Code {
        match self {
            TransportError::Unreachable(_) | TransportError::Offline(_) => Code::Network,
            TransportError::TimedOut(_) => Code::Timeout,
            TransportError::TooLarge(_) => Code::ResponseTooLarge,
            TransportError::Blocked { .. } => Code::CorsBlocked,
        }
    }

    /// The error of a step, whose request went to a URL or to another one in place of it.
    pub(crate) fn at(self, step: Step, url: &Url, proxy_url: Option<&Url>) -> Error {
        let code = self.code();
        let message = self.message();
        let (why, cause) = match self {
            TransportError::Blocked { why, cause } => (why, cause),
            TransportError::Unreachable(cause)
            | TransportError::Offline(cause)
            | TransportError::TimedOut(cause)
            | TransportError::TooLarge(cause) => (String::new(), cause),
        };
        let (asked, of) = proxy_url.map_or(("", ""), |proxy| (proxy.without_query(), ", asked in place of "));
        Error::new(code, step, [asked, of, url.without_query(), message, &why].concat())
            .with_url(url.without_query())
            .with_source(cause)
    }

    /// What is said of the URL that was asked.
    fn message(&self) -> &'static str {
        match self {
            TransportError::Unreachable(_) => " could not be reached.",
            TransportError::Offline(_) => " could not be reached: this device is offline.",
            TransportError::TimedOut(_) => " did not answer in time.",
            TransportError::TooLarge(_) => " answered with more than 1 MiB.",
            TransportError::Blocked { .. } => " answers, but this page may not read it: ",
        }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("The server")?;
        f.write_str(self.message())?;
        match self {
            TransportError::Blocked { why, .. } => f.write_str(why),
            _ => Ok(()),
        }
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            TransportError::Unreachable(cause)
            | TransportError::Offline(cause)
            | TransportError::TimedOut(cause)
            | TransportError::TooLarge(cause)
            | TransportError::Blocked { cause, .. } => cause.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ports of a program that has none of what is optional.
    struct Bare;

    impl ClientKey for Bare {}
    impl Assertions for Bare {}
    impl Returned for Bare {}
    impl StepUp for Bare {}

    impl Clock for Bare {
        fn now(&self) -> UnixMillis {
            UnixMillis(0)
        }
        async fn sleep(&self, _milliseconds: u64) {}
    }

    impl UserAgent for Bare {
        async fn choose(&mut self, _issuers: &[Issuer]) -> Result<usize> {
            Ok(0)
        }
        fn open(&mut self, _page: &AuthorizationPage<'_>) -> Result<()> {
            Ok(())
        }
        async fn response(&mut self) -> Result<CallbackQuery> {
            Err(Error::new(POPUP_CLOSED, Step::Authorization, "Nobody is there."))
        }
    }

    impl ResourceResponse for Bare {
        fn status(&self) -> u16 {
            307
        }
        fn www_authenticate(&self) -> Option<String> {
            None
        }
        fn dpop_nonce(&self) -> Option<String> {
            None
        }
        async fn oauth_error(&self) -> Option<String> {
            None
        }
    }

    #[test]
    fn what_a_program_does_not_have_is_unsupported_or_empty() {
        assert_eq!(Bare.client_key_algorithm(), None);
        assert_eq!(pollster::block_on(Bare.client_sign("input")).unwrap_err().code(), Code::Unsupported);
        assert_eq!(Bare.clock_offset("https://as.example"), 0);
        assert!(Bare.responses().is_empty());
        // It shows the page and waits.
        assert_eq!((Bare.redirect_timeout(), Bare.shows_page()), (None, true));
        // `fetch` has followed it.
        assert!(!Bare.is_redirect());
        assert_eq!(Bare.date(), None);
    }

    /// RFC 8259 §6: integers "in the range [-(2**53)+1, (2**53)-1] are interoperable".
    #[test]
    fn a_time_stays_within_what_json_has_exactly() {
        assert_eq!(UnixMillis(1).after(u64::MAX), UnixMillis(9_007_199_254_740_991));
        assert_eq!(UnixMillis(1).after(2), UnixMillis(3));
    }

    #[test]
    fn a_request_with_a_body_is_a_post_of_its_media_type() {
        let probe = Request::probe(&ServerUrl::parse("https://mcp.example/mcp").unwrap());
        assert_eq!(probe.method(), "POST");
        // A type that needs no preflight from another origin (Fetch §2.2.2).
        assert_eq!(probe.body.as_ref().map(Body::content_type), Some("text/plain"));
        assert_eq!(Request { body: None, ..*probe }.method(), "GET");
        assert_eq!(Body::Json("{}".into()).content_type(), "application/json");
        assert_eq!(Body::Form(Form::default()).content_type(), "application/x-www-form-urlencoded");
    }

    #[test]
    fn a_failed_request_says_what_happened() {
        let text = |error: TransportError| error.to_string();
        assert_eq!(text(TransportError::Unreachable(None)), "The server could not be reached.");
        assert_eq!(text(TransportError::TimedOut(None)), "The server did not answer in time.");
        assert_eq!(LONGEST_BODY, 1024 * 1024);
        assert_eq!(text(TransportError::TooLarge(None)), "The server answered with more than 1 MiB.");
        let blocked = TransportError::Blocked { why: "no CORS".into(), cause: None };
        assert_eq!(text(blocked), "The server answers, but this page may not read it: no CORS");
    }
}
