//! The user, and the page of the authorization server.

use crate::error::OwnCode;
use crate::protocol::json::Object;
use crate::protocol::{AuthorizationParameters, Issuer, Secret, State, Url};
use crate::{Code, Result};

/// The user, and the window or browser that shows the authorization server's page.
pub trait UserAgent {
    /// Chooses one of several authorization servers by its place in the list. MCP 2026-07-28: the
    /// choice is the client's, or its user's.
    async fn choose(&mut self, issuers: &[Issuer]) -> Result<usize>;
    /// The app's client at an authorization server, if it was registered by hand or the user enters one. MCP 2026-07-28
    /// client-registration: pre-registered client information comes first, and if there is no other way, the user is
    /// asked. `can_register` says whether there is another way. If that fails, this is called again with `false`.
    async fn identity(&mut self, _server: &FoundServer<'_>, _can_register: bool) -> Result<Option<GivenIdentity>> {
        Ok(None)
    }
    /// More parameters for the authorization request at an authorization server, in addition to the client's.
    async fn authorization_parameters(&mut self, _server: &FoundServer<'_>) -> Result<AuthorizationParameters> {
        Ok(AuthorizationParameters::default())
    }
    /// How many milliseconds the response may take, if opening the page ends this program. Then everything that is
    /// needed to check the response is stored first, and another run finishes the sign-in with
    /// [`restore`](crate::flow::restore). `None` if this program waits.
    fn redirect_timeout(&self) -> Option<u64> {
        None
    }
    /// Shows the user which server they will sign in at, before the page is opened.
    async fn confirm(&mut self, _server: &str, _issuer: &Issuer) -> Result<()> {
        Ok(())
    }
    /// Opens the authorization server's page.
    ///
    /// # Errors
    ///
    /// One of [`USER_AGENT_CODES`], or the reason why the page can't be opened.
    fn open(&mut self, page: &AuthorizationPage<'_>) -> Result<()>;
    /// Whether [`UserAgent::open`] shows the page. Otherwise the user opens it by a link, and
    /// [`Event::Authorizing`](super::Event::Authorizing) has its URL.
    fn shows_page(&self) -> bool {
        true
    }
    /// Waits for the next response at the redirect URI. It may belong to another sign-in.
    async fn response(&mut self) -> Result<CallbackQuery>;
    /// The last response belongs to this sign-in: its page may close.
    fn done(&mut self) {}
}

/// The authorization server that discovery found for an MCP server.
pub struct FoundServer<'a> {
    /// The MCP server.
    pub server: &'a str,
    /// The authorization server.
    pub issuer: &'a Issuer,
    /// Its metadata document (RFC 8414 §2); `None` if it has none (MCP 2025-03-26).
    pub metadata: Option<&'a Object>,
}

/// The authorization server's page, and the sign-in that it is for.
pub struct AuthorizationPage<'a> {
    /// Its URL: the authorization request.
    pub url: &'a Url,
    /// The `state` of the response.
    pub state: &'a State,
    /// The MCP server.
    pub server: &'a str,
    /// The authorization server.
    pub issuer: &'a Issuer,
}

/// A client that was registered by hand at an authorization server.
pub struct GivenIdentity {
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`, if there is one.
    pub secret: Option<Secret>,
}

/// The unchecked query of a response at the redirect URI.
pub struct CallbackQuery {
    /// The query, with or without its `?`.
    pub query: Secret,
    /// Whether it is known to come from the page that [`UserAgent::open`] opened, rather than over a
    /// channel that other sign-ins share.
    pub from_own_popup: bool,
}

/// The browser blocked the popup.
pub const POPUP_BLOCKED: Code = Code::Own(&OwnCode {
    name: "popup_blocked",
    cause: "The browser blocked the popup.",
    remedy: "Call signIn or openUrl directly in a click handler, before any await.",
    user_message: "Your browser blocked the window.",
});

/// The popup was closed before the sign-in had finished.
pub const POPUP_CLOSED: Code = Code::Own(&OwnCode {
    name: "popup_closed",
    cause: "The popup was closed before the sign-in was done.",
    remedy: "Let the user click again.",
    user_message: "The sign-in window was closed before you were signed in.",
});

/// The popup of another sign-in is open. It was brought to the front.
pub const POPUP_OPEN: Code = Code::Own(&OwnCode {
    name: "popup_open",
    cause: "The popup of another sign-in is open; it was brought to the front.",
    remedy: "Let the user finish there or close it, or abort the other sign-in first.",
    user_message: "Another sign-in window is open. Please finish there first.",
});

/// The user came back to the app's page before the sign-in had finished, for example by the back button, from the
/// sign-in page or from an error page in its place.
pub const REDIRECT_ABANDONED: Code = Code::Own(&OwnCode {
    name: "redirect_abandoned",
    cause: "The user came back to the app's page before the sign-in was done, usually by the back button: from the sign-in page, or from the browser's error page.",
    remedy: "Let the user click again.",
    user_message: "You came back before you were signed in.",
});

/// The codes of user agents. [`UserAgent::response`] fails with one of them if the user gives up.
pub const USER_AGENT_CODES: &[Code] = &[POPUP_BLOCKED, POPUP_CLOSED, POPUP_OPEN, REDIRECT_ABANDONED];
