//! Sign-out: deletes the tokens, and revokes them if the server offers that (RFC 7009).

use std::rc::Rc;

use super::Session;
use super::tokens::SessionTokens;
use crate::Result;
use crate::Step;
use crate::flow::client::Client;
use crate::flow::dpop::Binding;
use crate::ports::{Event, Ports, SignOutReason};
use crate::protocol::revocation_request;

impl<P: Ports> Session<P> {
    /// Deletes the tokens, and revokes them if the server offers that. Returns whether the server confirmed the
    /// revocation of the refresh token or, without one, of the access token.
    ///
    /// # Errors
    ///
    /// The errors of the store: the tokens may still be in it.
    pub async fn sign_out(&self) -> Result<bool> {
        // A session ends only once.
        let Some(tokens) = self.take_tokens().await? else { return Ok(false) };
        self.notify_of_end(SignOutReason::SignOut);
        Ok(self.revoke(&tokens).await)
    }

    /// Deletes the tokens without revoking them.
    pub(in crate::flow) async fn forget_here(&self) -> Result<()> {
        let taken = self.take_tokens().await?;
        if taken.is_some() {
            self.notify_of_end(SignOutReason::SignOut);
        }
        Ok(())
    }

    pub(super) fn notify_of_end(&self, reason: SignOutReason) {
        let (server, account) = (self.server().as_str(), self.account.name());
        self.ports.notify(&Event::SignedOut { server, account, reason });
    }

    /// Deletes the tokens for all tabs, and returns them.
    async fn take_tokens(&self) -> Result<Option<Rc<SessionTokens>>> {
        let _guard = self.ports.lock(&self.key()).await?;
        // If another tab has refreshed meanwhile, its tokens have to be revoked.
        let stored = self.stored().await?;
        let tokens = stored.map(|record| record.tokens).or_else(|| self.tokens().ok());
        self.forget().await?;
        Ok(tokens)
    }

    /// Revokes an access token that was replaced. Its refresh token is not revoked: that would end the whole grant
    /// (RFC 7009 §2.1), and with it the new tokens.
    pub(super) async fn revoke_access_token(&self, tokens: &SessionTokens) {
        let parties = &tokens.granted.parties;
        if let Some(url) = &parties.revocation_endpoint {
            let endpoint = parties.endpoint(&self.ports, &self.client, url, Binding::Off);
            // If this fails, the token expires by itself. The session continues.
            let _ = endpoint.post(Step::Revocation, revocation_request(&tokens.access_token, "access_token")).await;
        }
    }

    /// Revokes both tokens. Returns whether the server confirmed the first.
    pub(super) async fn revoke(&self, tokens: &SessionTokens) -> bool {
        revoke(&self.ports, &self.client, tokens).await
    }
}

/// Revokes both tokens, if the server offers that. Returns whether it confirmed the first.
pub(in crate::flow) async fn revoke<P: Ports>(ports: &P, client: &Client, tokens: &SessionTokens) -> bool {
    let parties = &tokens.granted.parties;
    let Some(url) = &parties.revocation_endpoint else { return false };
    let endpoint = parties.endpoint(ports, client, url, Binding::Off);
    // §2.1: with the refresh token, the server SHOULD also revoke its access tokens. Not all do, so both are
    // revoked. A server may be unable to revoke a self-contained access token (§2.2.1).
    let refresh_token = tokens.refresh_token.as_ref().map(|token| (token, "refresh_token"));
    let mut confirmed = None;
    for (token, hint) in refresh_token.into_iter().chain([(&tokens.access_token, "access_token")]) {
        let answer = endpoint.post(Step::Revocation, revocation_request(token, hint)).await;
        confirmed.get_or_insert(answer.is_ok_and(|answer| answer.is_success()));
    }
    confirmed.unwrap_or_default()
}
