//! The user, and what shows them the authorization server's page.

use crate::error::OwnCode;
use crate::protocol::json::Object;
use crate::protocol::{AuthorizationParameters, Issuer, Secret, State, Url};
use crate::{Code, Result};

/// The user, and what shows them the authorization server's page.
pub trait UserAgent {
    /// Chooses one of several authorization servers by its place in the list. MCP 2026-07-28: the
    /// choice is the client's, or its user's.
    async fn choose(&mut self, issuers: &[Issuer]) -> Result<usize>;
    /// The app's own identity at an authorization server, where it has one there or its user gives one. MCP 2026-07-28
    /// client-registration: pre-registered client information comes before all other ways, and where none of them is
    /// open, the user is asked. `can_register` says whether another way is open. If that one fails, this is called once
    /// more with `false`.
    async fn identity(&mut self, _server: &FoundServer<'_>, _can_register: bool) -> Result<Option<GivenIdentity>> {
        Ok(None)
    }
    /// What goes with the authorization request at an authorization server, in addition to the client's own.
    async fn authorization_parameters(&mut self, _server: &FoundServer<'_>) -> Result<AuthorizationParameters> {
        Ok(AuthorizationParameters::default())
    }
    /// For how many milliseconds the response may be on its way, where opening the page ends this
    /// program: what the response is checked against is stored before, and another run finishes by
    /// [`restore`](crate::flow::restore). Nothing where this one waits.
    fn redirect_timeout(&self) -> Option<u64> {
        None
    }
    /// Has the user see whom they are about to deal with, before the page is opened.
    async fn confirm(&mut self, _server: &str, _issuer: &Issuer) -> Result<()> {
        Ok(())
    }
    /// Opens the authorization server's page.
    ///
    /// # Errors
    ///
    /// One of [`USER_AGENT_CODES`], or what keeps the page from being opened.
    fn open(&mut self, page: &AuthorizationPage<'_>) -> Result<()>;
    /// Whether [`UserAgent::open`] shows the page. Otherwise the user opens it by a link, and
    /// [`Event::Authorizing`](super::Event::Authorizing) carries its URL.
    fn shows_page(&self) -> bool {
        true
    }
    /// Waits for the next response that comes back to the redirect URI; it may be that of another
    /// sign-in.
    async fn response(&mut self) -> Result<CallbackQuery>;
    /// The last response was the one: its page may go.
    fn done(&mut self) {}
}

/// The authorization server that discovery found for an MCP server.
pub struct FoundServer<'a> {
    /// The MCP server.
    pub server: &'a str,
    /// The authorization server.
    pub issuer: &'a Issuer,
    /// Its metadata document (RFC 8414 §2); nothing where it has none (MCP 2025-03-26).
    pub metadata: Option<&'a Object>,
}

/// The authorization server's page, and the sign-in that it is for.
pub struct AuthorizationPage<'a> {
    /// Where it is: the authorization request.
    pub url: &'a Url,
    /// The response will have this state.
    pub state: &'a State,
    /// The MCP server.
    pub server: &'a str,
    /// The authorization server.
    pub issuer: &'a Issuer,
}

/// An identity that an authorization server gave to the app by hand.
pub struct GivenIdentity {
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`, where there is one.
    pub secret: Option<Secret>,
}

/// A query that came back to the redirect URI, unchecked.
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
    remedy: "Call signIn, or what opens a server's URL, directly in a click handler, before any await.",
    user_message: "Your browser blocked the window.",
});

/// The popup was closed before the sign-in was done.
pub const POPUP_CLOSED: Code = Code::Own(&OwnCode {
    name: "popup_closed",
    cause: "The popup was closed before the sign-in was done.",
    remedy: "Let the user click again.",
    user_message: "The sign-in window was closed before you were signed in.",
});

/// The popup of another sign-in is open; it was brought to the front.
pub const POPUP_OPEN: Code = Code::Own(&OwnCode {
    name: "popup_open",
    cause: "The popup of another sign-in is open; it was brought to the front.",
    remedy: "Let the user finish there or close it, or abort the other sign-in first.",
    user_message: "Another sign-in window is open. Please finish there first.",
});

/// The user came back from the sign-in page, as by the back button, before the sign-in was done.
pub const REDIRECT_ABANDONED: Code = Code::Own(&OwnCode {
    name: "redirect_abandoned",
    cause: "The user came back from the sign-in page, as by the back button, before the sign-in was done.",
    remedy: "Let the user click again.",
    user_message: "You came back before you were signed in.",
});

/// The codes of user agents. With one of them a [`UserAgent::response`] ends that the user gave up.
pub const USER_AGENT_CODES: &[Code] = &[POPUP_BLOCKED, POPUP_CLOSED, POPUP_OPEN, REDIRECT_ABANDONED];
