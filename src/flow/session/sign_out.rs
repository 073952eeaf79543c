//! Sign-out: the tokens are forgotten, and revoked where the server offers it (RFC 7009).

use std::rc::Rc;

use super::Session;
use super::tokens::Tokens;
use crate::Result;
use crate::Step;
use crate::flow::client::Client;
use crate::flow::dpop::Binding;
use crate::ports::{Event, Ports, SignOutReason};
use crate::protocol::revocation_request;

impl<P: Ports> Session<P> {
    /// Forgets the tokens, and revokes them where the server offers it. Tells whether the server confirmed
    /// that for the refresh token or, where there is none, for the access token.
    ///
    /// # Errors
    ///
    /// Those of the store: the tokens may still be in it.
    pub async fn sign_out(&self) -> Result<bool> {
        // A session that has ended already ends once.
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

    /// Takes the tokens from all that share the session.
    async fn take_tokens(&self) -> Result<Option<Rc<Tokens>>> {
        let _guard = self.ports.lock(&self.key()).await?;
        // What another tab refreshed meanwhile is what has to be revoked.
        let stored = self.stored().await?;
        let tokens = stored.map(|record| record.tokens).or_else(|| self.tokens().ok());
        self.forget().await?;
        Ok(tokens)
    }

    /// Revokes an access token in whose place another one has come. The refresh token of before stays as it is:
    /// servers that revoke it end the whole grant (RFC 7009 §2.1), to which the new tokens belong too.
    pub(super) async fn revoke_access_token(&self, tokens: &Tokens) {
        let parties = &tokens.granted.parties;
        if let Some(url) = &parties.revocation_endpoint {
            let endpoint = parties.endpoint(&self.ports, &self.client, url, Binding::Off);
            // Whether it is revoked or runs out, the session goes on.
            let _ = endpoint.post(Step::Revocation, revocation_request(&tokens.access_token, "access_token")).await;
        }
    }

    /// Revokes both tokens. Tells whether the server confirmed that for the first.
    pub(super) async fn revoke(&self, tokens: &Tokens) -> bool {
        revoke(&self.ports, &self.client, tokens).await
    }
}

/// Revokes both tokens, where the server offers it. Tells whether it confirmed that for the first.
pub(in crate::flow) async fn revoke<P: Ports>(ports: &P, client: &Client, tokens: &Tokens) -> bool {
    let parties = &tokens.granted.parties;
    let Some(url) = &parties.revocation_endpoint else { return false };
    let endpoint = parties.endpoint(ports, client, url, Binding::Off);
    // §2.1: with the refresh token the server SHOULD end its access tokens too. Not all do, so both
    // are given up; a server may not know how to revoke a self-contained access token (§2.2.1).
    let refresh_token = tokens.refresh_token.as_ref().map(|token| (token, "refresh_token"));
    let mut confirmed = None;
    for (token, hint) in refresh_token.into_iter().chain([(&tokens.access_token, "access_token")]) {
        let answer = endpoint.post(Step::Revocation, revocation_request(token, hint)).await;
        confirmed.get_or_insert(answer.is_ok_and(|answer| answer.is_success()));
    }
    confirmed.unwrap_or_default()
}
