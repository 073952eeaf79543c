//! Refresh: one of all tabs refreshes, before the token expires or because a server refused it.

use std::rc::Rc;

use super::Session;
use super::due::is_due;
use super::record::SessionRecord;
use super::tokens::SessionTokens;
use crate::flow::client::Grant;
use crate::flow::dpop::Binding;
use crate::flow::grant::tokens_by_grant;
use crate::flow::identify::another_issuer;
use crate::flow::kept_registration::forget_registration;
#[cfg(feature = "enterprise")]
use crate::flow::{grant::tokens_by_assertion, identity_provider::Provider};
use crate::ports::{Event, Ports, SignOutReason};
use crate::protocol::{Secret, ServerUrl, TokenResponse, TokenType, refresh_request};
use crate::{Code, Error, Result, Step};

/// How long a caller waits for further attempts.
const PATIENCE_MS: u64 = 5000;

/// How long nobody refreshes after a refresh that returned the same access token.
const SAME_TOKEN_PAUSE_MS: u64 = 60_000;

/// Why new tokens are wanted.
#[derive(Clone, Copy, PartialEq)]
enum Why {
    /// The server refused the current tokens.
    Refused,
    /// The app asks for them, or the current tokens expire soon.
    Asked,
}

/// How an attempt to get newer tokens ended.
enum RefreshAttempt {
    Done,
    /// Another attempt has failed meanwhile, and the next one is not due yet.
    NotDue,
}

impl<P: Ports> Session<P> {
    /// The access token. If it expires soon, it is refreshed first.
    ///
    /// # Errors
    ///
    /// [`Code::SignedOut`], and the errors of [`Session::refresh`] if the token has expired.
    pub async fn access_token(&self) -> Result<Secret> {
        Ok(self.fresh_tokens().await?.access_token.clone())
    }

    /// The access token for callers that send it as a Bearer token. A token that is bound to a key can't be sent that way
    /// (RFC 9449 §7.1).
    ///
    /// # Errors
    ///
    /// The errors of [`Session::access_token`], and [`Code::Unsupported`] for a token that is bound to a key.
    pub async fn bearer_token(&self) -> Result<Secret> {
        let tokens = self.fresh_tokens().await?;
        match tokens.token_type {
            TokenType::Bearer => Ok(tokens.access_token.clone()),
            TokenType::Dpop => {
                let message = "The token is bound to a key and useless without its proofs: use session.fetch.";
                Err(Error::new(Code::Unsupported, Step::Request, message))
            }
        }
    }

    /// The tokens. If they expire soon, they are refreshed first.
    pub(in crate::flow) async fn fresh_tokens(&self) -> Result<Rc<SessionTokens>> {
        self.catch_up().await?;
        let tokens = self.tokens()?;
        let now = self.ports.now();
        let validity = &tokens.granted.validity;
        if validity.is_near_its_end(now) && self.can_refresh() {
            // An early refresh may fail: the token is still valid.
            let is_good = validity.is_good(now);
            let patience = if is_good { 0 } else { PATIENCE_MS };
            if let Err(error) = self.renew(&tokens.access_token, Why::Asked, patience).await
                && (!is_good || self.tokens().is_err())
            {
                return Err(error);
            }
        }
        self.tokens()
    }

    /// Gets new tokens now.
    ///
    /// # Errors
    ///
    /// [`Code::SessionExpired`] if the session can no longer be refreshed, [`Code::SignedOut`], the errors of the exchange,
    /// which may be transient ([`Error::is_transient`]), and the errors of the store.
    pub async fn refresh(&self) -> Result<()> {
        let used = self.tokens()?.access_token.clone();
        self.renew(&used, Why::Asked, PATIENCE_MS).await
    }

    /// Gets new tokens because a request was answered with 401 and its token is not known. A token that has just been
    /// issued was not the refused one. If it was, another refresh would not help.
    ///
    /// # Errors
    ///
    /// The errors of [`Session::refresh`].
    pub async fn refresh_refused(&self) -> Result<()> {
        self.catch_up().await?;
        if self.tokens()?.granted.validity.is_new(self.ports.now()) {
            return Ok(());
        }
        let used = self.tokens()?.access_token.clone();
        self.replace(&used).await
    }

    /// Replaces tokens that the server refused.
    pub(in crate::flow) async fn replace(&self, refused: &Secret) -> Result<()> {
        self.renew(refused, Why::Refused, PATIENCE_MS).await
    }

    /// Gets tokens newer than `used`: those that another tab got meanwhile, or by a refresh. Transient failures are tried
    /// again for as long as the caller waits.
    async fn renew(&self, used: &Secret, why: Why, patience_ms: u64) -> Result<()> {
        let give_up_at = self.ports.now().after(patience_ms);
        loop {
            let now = self.ports.now();
            let pause = self.shared.borrow().back_off.pause(now);
            if let Some(pause) = pause {
                if give_up_at < pause.retry_at {
                    return Err(self.shared.borrow().back_off.not_yet());
                }
                self.ports.sleep(pause.retry_at.0.saturating_sub(now.0)).await;
            }
            match self.renew_once(used, why).await {
                Ok(RefreshAttempt::Done) => return Ok(()),
                Ok(RefreshAttempt::NotDue) => {}
                Err(error) if error.is_transient() && self.shared.borrow().back_off.is_over_by(give_up_at) => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn renew_once(&self, used: &Secret, why: Why) -> Result<RefreshAttempt> {
        let guard = self.ports.lock(&self.key()).await?;
        // The previous holder of the lock may have failed.
        if self.shared.borrow().back_off.pause(self.ports.now()).is_some() {
            return Ok(RefreshAttempt::NotDue);
        }
        let newest = self.newest().await?;
        if let Some(pause) = newest.pause.filter(|pause| !pause.is_over(self.ports.now())) {
            self.shared.borrow_mut().back_off.join(pause);
            return Ok(RefreshAttempt::NotDue);
        }
        let is_other = newest.tokens.access_token != *used;
        // If the server returned the same token and refuses it, it will do so again.
        if is_other || why == Why::Refused && self.was_renewed_in_vain() {
            if is_other && !self.shared.borrow().unsaved {
                self.use_tokens(newest.tokens);
            }
            return Ok(RefreshAttempt::Done);
        }
        // Runs to its end even if the caller gives up: a refresh token is spent once it is sent.
        let session = self.clone();
        let work = async move {
            let _guard = guard;
            session.refresh_locked(newest.tokens).await
        };
        self.ports.spawn_detached(work).await.map(|()| RefreshAttempt::Done)
    }

    /// Whether a refresh has just returned the same token as before.
    fn was_renewed_in_vain(&self) -> bool {
        let at = self.shared.borrow().renewed_in_vain_at;
        at.is_some_and(|at| !is_due(at.after(SAME_TOKEN_PAUSE_MS), at, self.ports.now()))
    }

    /// The current tokens: the stored ones, or the session's own if they could not be stored. If there are none, the
    /// session ends.
    async fn newest(&self) -> Result<Box<SessionRecord>> {
        if !self.shared.borrow().unsaved {
            match self.stored().await? {
                Some(record) => return Ok(record),
                None => self.end(),
            }
        }
        Ok(SessionRecord::of(&self.tokens()?))
    }

    /// Refreshes. The caller must hold the lock.
    async fn refresh_locked(&self, spent: Rc<SessionTokens>) -> Result<()> {
        let response = match self.request_tokens(&spent).await {
            Ok(response) => response,
            Err(error) => return self.refresh_failed(spent, error).await,
        };
        let tokens = spent.renewed(&response, self.ports.now());
        let in_vain = tokens.access_token == spent.access_token;
        // Stored before they are used, so that no rotated refresh token is lost. If the store fails, this session uses
        // them all the same.
        let saved = SessionRecord::of(&tokens).store(&self.ports, &self.account).await;
        self.use_tokens(tokens);
        {
            let mut shared = self.shared.borrow_mut();
            shared.unsaved = saved.is_err();
            if in_vain {
                shared.renewed_in_vain_at = Some(self.ports.now());
            }
        }
        self.ports.notify(&Event::Refreshed { server: self.server().as_str(), account: self.account.name() });
        Ok(())
    }

    /// Uses the refresh token. Without one, repeats the grant of the first tokens if that needs no user.
    async fn request_tokens(&self, spent: &SessionTokens) -> Result<Box<TokenResponse>> {
        let parties = &spent.granted.parties;
        let endpoint = parties.token_endpoint(&self.ports, &self.client, Binding::of(spent.token_type));
        match (&spent.refresh_token, &self.client.grant) {
            (Some(refresh_token), _) => {
                let secrets = [refresh_token.expose(), spent.access_token.expose()];
                let form = refresh_request(refresh_token, parties.resource_parameter(&self.client));
                endpoint.request_tokens(Step::Refresh, form, &secrets).await
            }
            #[cfg(feature = "enterprise")]
            (None, Some(Grant::EnterpriseSignIn(own))) => {
                let (resource, requested) = (&parties.resource, &spent.granted.requested);
                let provider = Provider { ports: &self.ports, client: &self.client, own };
                let user = spent.granted.user.as_deref();
                match provider.id_jag_without_user(user, &parties.issuer, resource, requested).await {
                    Ok(id_jag) => tokens_by_assertion(&endpoint, &id_jag, resource, requested).await,
                    Err(error) if error.code() == Code::SessionExpired => Err(self.expire(Some(error)).await),
                    Err(error) => Err(error),
                }
            }
            (None, Some(Grant::JwtBearer)) if !self.client.has_assertion_for(&parties.issuer) => {
                let own = another_issuer("The assertion", "another authorization server", &parties.issuer);
                Err(self.expire(Some(own)).await)
            }
            (None, Some(grant)) => tokens_by_grant(&endpoint, grant, &parties.resource, &spent.granted.requested).await,
            (None, None) => Err(self.expire(None).await),
        }
    }

    async fn refresh_failed(&self, spent: Rc<SessionTokens>, error: Error) -> Result<()> {
        if error.is_definite() {
            return self.refresh_refused_for_good(&spent, error).await;
        }
        if error.is_transient() {
            let pause = self.shared.borrow_mut().back_off.fail(&error, self.ports.now());
            // The other tabs wait as well. If the store fails, they find out for themselves.
            let _ = SessionRecord { tokens: spent, pause: Some(pause) }.store(&self.ports, &self.account).await;
        }
        Err(error)
    }

    async fn refresh_refused_for_good(&self, spent: &SessionTokens, error: Error) -> Result<()> {
        // The store was late: another tab has spent the refresh token, and its new tokens are the session's.
        if let Ok(Some(newer)) = self.stored().await
            && newer.tokens.access_token != spent.access_token
        {
            self.use_tokens(newer.tokens);
            return Ok(());
        }
        if matches!(error.server_error(), Some("invalid_client" | "unauthorized_client")) {
            let (parties, redirect_uri) = (&spent.granted.parties, self.client.redirect_uri.as_ref());
            // If the registration can't be deleted, the next sign-in finds out.
            let _ = forget_registration(&self.ports, &parties.issuer, redirect_uri, &parties.client.client_id).await;
        }
        Err(self.expire(Some(error)).await)
    }

    /// Ends the session because its tokens can't be used or refreshed any more.
    async fn expire(&self, cause: Option<Error>) -> Error {
        let forgotten = self.forget().await;
        self.notify_of_end(SignOutReason::Expired);
        expired(self.server(), cause.or(forgotten.err()))
    }
}

/// The error for a session that has expired.
pub(in crate::flow) fn expired(server: &ServerUrl, cause: Option<Error>) -> Error {
    let message = ["The session with ", server.as_str(), " can't be refreshed any more."].concat();
    let error = Error::new(Code::SessionExpired, Step::Refresh, message);
    match cause {
        None => error,
        Some(cause) => {
            let server_error = cause.server_error().map(str::to_owned);
            error.with_server_error(server_error).with_source(Some(Box::new(cause)))
        }
    }
}
