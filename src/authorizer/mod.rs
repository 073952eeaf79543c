//! The entry point for programs in Rust: an app together with the platform it runs on.
//!
//! [`flow`](crate::flow) has the functions behind it, which take the same parts as arguments.

mod builder;
#[cfg(target_arch = "wasm32")]
mod in_popup;

use std::rc::Rc;

use crate::flow::{self, Account, Client, Session};
use crate::ports::{Ports, UserAgent};
use crate::protocol::{Issuer, Scope, ServerUrl};
use crate::{Result, Step};

pub use builder::AuthorizerBuilder;

/// Signs users in to MCP servers. Clones share their state.
#[derive(Clone)]
pub struct Authorizer<P> {
    ports: P,
    client: Rc<Client>,
}

impl<P: Ports> Authorizer<P> {
    /// Starts with the two things that every app needs: the `name` that users read when they consent, and the
    /// `redirect_uri` where they come back. Everything else has a default, which the builder's methods change.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidUrl`](crate::Code::InvalidUrl) and [`Code::InsecureUrl`](crate::Code::InsecureUrl) for the
    /// redirect URI. It has to be an absolute URL: https, http on loopback, or a scheme that opens the app (RFC 8252 §7.1).
    pub fn builder(ports: P, name: &str, redirect_uri: &str) -> Result<AuthorizerBuilder<P>> {
        AuthorizerBuilder::new(ports, name, redirect_uri)
    }

    /// Signs the user in. `server` is the MCP server's URL. The server suggests the scopes, unless the app
    /// has its own.
    ///
    /// # Errors
    ///
    /// Each step has its own errors ([`Error::step`](crate::Error::step)), which [`flow::sign_in`] describes.
    pub async fn sign_in(&self, server: &str, user_agent: &mut impl UserAgent) -> Result<Session<P>> {
        self.sign_in_as(&server_url(server)?.into(), None, user_agent).await
    }

    /// Signs the user in to one of their accounts at a server, and asks for `scopes`, if given. Each account has a
    /// session of its own.
    ///
    /// # Errors
    ///
    /// As [`sign_in`](Self::sign_in).
    pub async fn sign_in_as(
        &self,
        account: &Account,
        scopes: Option<&Scope>,
        user_agent: &mut impl UserAgent,
    ) -> Result<Session<P>> {
        flow::sign_in(&self.ports, &self.client, account, scopes, user_agent).await
    }

    /// The session that an earlier run of the program stored, if there is one. Sends no requests.
    /// In a browser it finishes the sign-in from which the user has just come back.
    ///
    /// # Errors
    ///
    /// The errors of the store, and of a sign-in that is finished.
    pub async fn restore(&self, server: &str) -> Result<Option<Session<P>>> {
        self.restore_as(&server_url(server)?.into()).await
    }

    /// The session of one of the user's accounts.
    ///
    /// # Errors
    ///
    /// As [`restore`](Self::restore).
    pub async fn restore_as(&self, account: &Account) -> Result<Option<Session<P>>> {
        flow::restore(&self.ports, &self.client, account).await
    }

    /// Deletes the app's registration at an authorization server, and the binding of its client id to it.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidUrl`](crate::Code::InvalidUrl), and the errors of the store.
    pub async fn forget_client(&self, issuer: &str) -> Result<()> {
        let issuer = Issuer::parse(issuer).map_err(|error| error.at(Step::Setup, "issuer", issuer))?;
        flow::forget_client(&self.ports, &self.client, &issuer).await
    }

    /// The platform it runs on.
    pub fn ports(&self) -> &P {
        &self.ports
    }
}

fn server_url(text: &str) -> Result<ServerUrl> {
    ServerUrl::parse(text).map_err(|error| error.at(Step::Setup, "The server's URL", text))
}
