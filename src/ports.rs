//! What a flow needs from its environment: small traits, which [`Ports`] combines.
//!
//! Futures need not be `Send`: a page has one thread. Dropping a future cancels what it waits for.
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
    /// The last one that is exact in JSON (RFC 8259 §6), far beyond any clock.
    const LAST: u64 = (1 << 53) - 1;

    /// This time plus some milliseconds.
    pub fn after(self, milliseconds: u64) -> Self {
        Self(self.0.saturating_add(milliseconds).min(Self::LAST))
    }
}

/// The media type of documents and tokens.
const JSON: &str = "application/json";

/// Streamable HTTP: "The client MUST include an `Accept` header, listing both `application/json` and
/// `text/event-stream`".
const JSON_OR_EVENTS: &str = "application/json, text/event-stream";

/// `ping`, a request without consequences.
const PING: &str = r#"{"jsonrpc":"2.0","id":0,"method":"ping"}"#;

/// A request of the flow itself. Requests to the MCP server with a token are not among them.
pub struct Request {
    /// What it is for.
    pub step: Step,
    /// The URL.
    pub url: Url,
    /// If there is a body, the method is POST, otherwise GET.
    pub body: Option<Body>,
    /// The `Accept` header (RFC 9110 §12.5.1).
    pub accept: &'static str,
    /// Whether to read the response's body. Some bodies are streams that never end.
    pub reads_body: bool,
    /// Whether to follow redirects. A response from another origin does not count.
    pub follows_redirects: bool,
    /// The `Authorization` header (RFC 6749 §2.3.1).
    pub authorization: Option<Secret>,
    /// The `DPoP` header (RFC 9449 §4.1).
    pub dpop: Option<Secret>,
    /// Where to send it instead of its URL: the result of [`Http::proxy_url`].
    pub proxy_url: Option<Url>,
}

impl Request {
    fn new(step: Step, url: &Url, body: Option<Body>) -> Box<Self> {
        Box::new(Self {
            step,
            url: url.clone(),
            // A form contains secrets that are only for this URL.
            follows_redirects: body.is_none(),
            body,
            accept: JSON,
            reads_body: true,
            authorization: None,
            dpop: None,
            proxy_url: None,
        })
    }

    /// Requests a document. Boxed, because it is passed through many functions.
    pub fn get(step: Step, url: &Url) -> Box<Self> {
        Self::new(step, url, None)
    }

    /// Posts a body.
    pub fn post(step: Step, url: &Url, body: Body) -> Box<Self> {
        Self::new(step, url, Some(body))
    }

    /// Requests an MCP server's challenge, without a token. It is a POST, because some servers answer GET with
    /// 404 or 405 before they ask for a token. Its body is text, because JSON would need a preflight, and servers
    /// ask for the token before they read the body.
    pub fn probe(server: &ServerUrl) -> Box<Self> {
        let mut probe = Self::new(Step::Challenge, server.url(), Some(Body::Text(PING)));
        probe.accept = JSON_OR_EVENTS;
        probe.reads_body = false;
        // Like calls: frameworks redirect /mcp to /mcp/.
        probe.follows_redirects = true;
        probe
    }

    /// POST if there is a body, otherwise GET.
    pub fn method(&self) -> &'static str {
        if self.body.is_some() { "POST" } else { "GET" }
    }

    /// The URL that it is sent to.
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

/// A response.
pub struct Response {
    /// The HTTP status; 0 for a redirect that was not followed, if the platform hides its status.
    pub status: u16,
    /// The final URL, if redirects were followed. For a redirect that was not followed, `Location` (RFC 9110 §10.2.2) if
    /// it may be read.
    pub redirected_to: Option<String>,
    /// `WWW-Authenticate`, with all fields joined by commas, if it may be read.
    pub www_authenticate: Option<String>,
    /// `Cache-Control` (RFC 9111 §5.2), if it may be read.
    pub cache_control: Option<String>,
    /// `DPoP-Nonce` (RFC 9449 §8), if it may be read.
    pub dpop_nonce: Option<String>,
    /// `Retry-After` (RFC 9110 §10.2.3) in seconds, if it may be read.
    pub retry_after: Option<u64>,
    /// `Date` (RFC 9110 §6.6.1), where it may be read.
    pub date: Option<UnixMillis>,
    /// The body, at most [`LONGEST_BODY`] bytes.
    pub body: String,
}

/// The maximum length of a body: 1 MiB. Metadata has a few kilobytes.
pub const LONGEST_BODY: usize = 1 << 20;

/// The cause of an error, if there is one.
pub type Cause = Option<Box<dyn StdError>>;

/// Why there is no response.
#[derive(Debug)]
pub enum TransportError {
    /// There was no response.
    Unreachable(Cause),
    /// This device has no network.
    Offline(Cause),
    /// The response did not arrive within the time limit.
    TimedOut(Cause),
    /// The response is longer than [`LONGEST_BODY`].
    TooLarge(Cause),
    /// There is a response, but a page may not read it (CORS).
    Blocked {
        /// Why, as far as it is known: what the server has to send, or what is wrong with its headers.
        why: String,
        /// What the browser threw.
        cause: Cause,
    },
}

/// HTTP.
pub trait Http {
    /// Sends a request without cookies or other credentials of the platform, and reads the response.
    /// There is a time limit.
    async fn send(&self, request: &Request) -> std::result::Result<Response, TransportError>;

    /// The URL of the app's own backend, if the app wants it to forward this request. The backend sees the
    /// whole request, including tokens.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidOption`] if the app returns something that is not a URL.
    fn proxy_url(&self, _step: Step, _url: &Url) -> Result<Option<Url>> {
        Ok(None)
    }
}

/// The platform's JSON.
pub trait Json {
    /// Parses a text; `None` if it is not JSON, or is nested more deeply than any document of the protocol.
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
    /// The current time.
    fn now(&self) -> UnixMillis;
    /// Waits.
    async fn sleep(&self, milliseconds: u64);
    /// The stored offset of an origin's clock to this one, in milliseconds, or 0. Programs that trust their clock
    /// need not store it.
    fn clock_offset(&self, _origin: &str) -> i64 {
        0
    }
    /// Stores that offset, for as long as the program runs.
    fn keep_clock_offset(&self, _origin: &str, _milliseconds: i64) {}
}

/// Cryptographically strong random bytes.
pub trait Entropy {
    /// Thirty-two bytes.
    ///
    /// # Errors
    ///
    /// The platform has none.
    fn entropy(&self) -> Result<[u8; 32]>;
}

/// Stores records. Their values contain secrets.
pub trait Store {
    /// The value of a key; empty if the value can't be read.
    async fn get(&self, key: &str) -> Result<Option<Secret>>;
    /// Stores a value.
    async fn set(&self, key: &str, value: Secret) -> Result<()>;
    /// Deletes a value.
    async fn delete(&self, key: &str) -> Result<()>;
    /// How often a session's record was changed by this program, or by others that share the store, as far as that
    /// is known.
    fn changes(&self) -> u32;
    /// Waits for the next change, if changes can be noticed.
    fn changed(&self) -> impl Future<Output = ()> {
        std::future::pending()
    }
}

/// Locks by name, among all programs that share the store.
pub trait Lock {
    /// Releases on drop.
    type Guard: 'static;
    /// Waits for the lock.
    async fn lock(&self, name: &str) -> Result<Self::Guard>;
}

/// Keys that tokens are bound to (RFC 9449), by name: one for each issuer and account. The private keys are not exposed.
pub trait DpopKeys {
    /// The public key with a name. Generates the pair if there is none.
    async fn dpop_key(&self, name: &str) -> Result<PublicKey>;
    /// Signs with it: ECDSA over P-256 with SHA-256, as 64 bytes (RFC 7518 §3.4).
    async fn dpop_sign(&self, name: &str, input: &str) -> Result<Vec<u8>>;
    /// Whether the key lasts as long as the records in the store. Without its key, a session is lost.
    fn keeps_dpop_keys(&self) -> bool;
}

/// The app's own key, for `private_key_jwt`. Most apps do not have one.
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
    /// Stores an origin's nonce, for as long as the program runs.
    fn keep_nonce(&self, origin: &str, nonce: String);
}

/// The assertion for a user or a workload, for grants without a sign-in.
pub trait Assertions {
    /// The workload's JWT (RFC 7523), or the user's ID token (SEP-990).
    async fn assertion(&self, _issuer: &Issuer, _resource: &Resource) -> Result<Secret> {
        Err(Error::new(Code::Unsupported, Step::Token, "The app has no assertion for a user or a workload."))
    }
}

/// Receives events. They contain no secrets.
pub trait Observer {
    /// Reports an event.
    fn notify(&self, event: &Event<'_>);
}

/// The events for an [`Observer`].
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
        /// The status, if there was a response.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// How long it took, in milliseconds.
        duration: u64,
        /// Where it was sent instead of `url`, without query and fragment.
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
        /// The resource that the tokens will be for: the server, or a parent of it.
        resource: &'a str,
        /// If the user agent does not show the page: the URL that the user has to open.
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
        /// The code to enter. Text from a server.
        user_code: &'a str,
        /// The URL at which to enter it.
        verification_uri: &'a str,
        /// A URL that contains the code.
        #[serde(skip_serializing_if = "Option::is_none")]
        verification_uri_complete: Option<&'a str>,
        /// How long the code is valid, in seconds.
        expires_in: u64,
    },
    /// It is no longer known whether the page that the user agent opened is still open.
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
    /// A session was refreshed.
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
    /// There is a problem with the storage.
    Storage {
        /// The problem.
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
        /// The reason.
        reason: SignOutReason,
    },
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignOutReason {
    /// The user signed out.
    SignOut,
    /// It can no longer be refreshed.
    Expired,
}

/// A problem with the storage. It does not cause requests to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StorageProblem {
    /// A record could not be read, and was dropped. If it was a session, the user has to sign in again.
    Unreadable,
    /// There is no persistent storage: from now on, records are in memory.
    Unavailable,
}

/// Responses that arrived while this program did not run: [`UserAgent::redirect_timeout`].
pub trait Returned {
    /// The unchecked queries of responses at the redirect URI that were not deleted yet.
    fn responses(&self) -> Vec<Secret> {
        Vec::new()
    }
    /// Deletes one of them.
    fn forget(&self, _response: &Secret) {}
}

/// Work that must not stop half-way.
pub trait Spawn {
    /// Runs a future to its end, even if the caller's own future is dropped meanwhile.
    async fn spawn_detached<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> T;
}

/// Lets the app ask its user to step up while a request waits.
pub trait StepUp {
    /// Waits until the app has finished the step-up. Returns at once if the app wants the request to fail instead. All
    /// callers for the same server and account wait for the same step-up.
    async fn wait_for_step_up(&self, _server: &str, _account: &str, _demand: &StepUpDemand) -> Result<()> {
        Ok(())
    }
}

/// Everything that a flow needs. Clones are cheap and are the same ports.
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

/// A request of the app, in the platform's own type.
pub trait ResourceRequest {
    /// The platform's response, which is returned unchanged.
    type Response: ResourceResponse;
    /// Its URL; `None` if no token may be sent there.
    fn url(&self) -> Option<Url>;
    /// GET, POST, …
    fn method(&self) -> String;
    /// Like [`Http::proxy_url`], but called once for all attempts.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidOption`] if the app returns something that is not a URL.
    fn proxy_url(&mut self) -> Result<Option<Url>> {
        Ok(None)
    }
    /// Whether it can be sent again. A body that streams can't.
    fn can_resend(&self) -> bool;
    /// Sends it with the token in its `Authorization` header (RFC 6750 §2.1), never in its URL, and
    /// with the proof in its `DPoP` header (RFC 9449 §7.1) if the token is bound to a key.
    /// Does not follow redirects: the flow decides that.
    async fn send(&mut self, authorization: &Secret, dpop: Option<&Secret>) -> Result<Self::Response>;
    /// The target of a redirect that was not followed, if it is known.
    async fn redirect_target(&self, _response: &Self::Response) -> Option<Url> {
        None
    }
    /// Changes its URL.
    fn redirect_to(&mut self, _target: &Url) {}
}

/// What a flow needs to know of a response.
pub trait ResourceResponse {
    /// The HTTP status.
    fn status(&self) -> u16;
    /// Whether it is a redirect that the app wants to follow.
    fn is_redirect(&self) -> bool {
        false
    }
    /// `WWW-Authenticate`, if it may be read.
    fn www_authenticate(&self) -> Option<String>;
    /// `DPoP-Nonce` (RFC 9449 §9), if it may be read.
    fn dpop_nonce(&self) -> Option<String>;
    /// `Date` (RFC 9110 §6.6.1), where it may be read.
    fn date(&self) -> Option<UnixMillis> {
        None
    }
    /// The `error` of a JSON body. The body can still be read.
    async fn oauth_error(&self) -> Option<String>;
}

impl TransportError {
    /// Describes it in an error.
    pub fn code(&self) -> Code {
        match self {
            TransportError::Unreachable(_) | TransportError::Offline(_) => Code::Network,
            TransportError::TimedOut(_) => Code::Timeout,
            TransportError::TooLarge(_) => Code::ResponseTooLarge,
            TransportError::Blocked { .. } => Code::CorsBlocked,
        }
    }

    /// The error of a step whose request was sent to a URL, or to another one instead of it.
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
        let (asked, of) = proxy_url.map_or(("", ""), |proxy| (proxy.without_query(), ", asked instead of "));
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

    /// A program with only the required ports.
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
    fn optional_ports_are_unsupported_or_empty_by_default() {
        assert_eq!(Bare.client_key_algorithm(), None);
        assert_eq!(pollster::block_on(Bare.client_sign("input")).unwrap_err().code(), Code::Unsupported);
        assert_eq!(Bare.clock_offset("https://as.example"), 0);
        assert!(Bare.responses().is_empty());
        // It shows the page, and waits for the response.
        assert_eq!((Bare.redirect_timeout(), Bare.shows_page()), (None, true));
        // A platform that follows redirects itself.
        assert!(!Bare.is_redirect());
        assert_eq!(Bare.date(), None);
    }

    /// RFC 8259 §6: integers "in the range [-(2**53)+1, (2**53)-1] are interoperable".
    #[test]
    fn a_time_stays_within_the_exact_integers_of_json() {
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
        // The cause is kept.
        let thrown: Box<dyn StdError> = Box::new(Error::new(Code::Network, Step::Request, "Reset."));
        assert_eq!(TransportError::Offline(Some(thrown)).source().map(ToString::to_string), Some("Reset.".into()));
    }
}
