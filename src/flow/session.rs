//! A session: tokens for one MCP server, kept, refreshed and given up.

use std::cell::RefCell;
use std::rc::Rc;

use super::exchange::post_form;
use super::record;
use super::token::request_tokens;
use crate::ports::{Event, Ports, UnixMillis};
use crate::protocol::json::Object;
use crate::protocol::{
    ClientCredentials, Issuer, Resource, Scope, Secret, ServerUrl, TokenResponse, Url, refresh_request,
    revocation_request,
};
use crate::{Code, Error, Result, Step};

/// A user who is signed in to one MCP server. Clones are the same session.
#[derive(Clone)]
pub struct Session<P> {
    ports: P,
    server: ServerUrl,
    state: Rc<RefCell<State>>,
}

struct State {
    /// Without secrets once the session has ended.
    tokens: Rc<Tokens>,
    ended: bool,
    /// The store's count of changes when the tokens were read from it or written to it.
    seen: u32,
}

/// What a session is made of.
#[derive(Clone)]
pub(super) struct Tokens {
    pub resource: Resource,
    pub issuer: Issuer,
    pub client: ClientCredentials,
    pub token_endpoint: Url,
    pub revocation_endpoint: Option<Url>,
    /// What was asked for. Step-up asks for it again.
    pub requested: Scope,
    /// What was granted.
    pub granted: Scope,
    pub access_token: Secret,
    pub refresh_token: Option<Secret>,
    pub expires_at: Option<UnixMillis>,
    /// When to refresh, so that the token does not run out on its way.
    pub refresh_at: Option<UnixMillis>,
}

/// A token is refreshed when a tenth of its life is left, but not more than a minute ahead.
const LONGEST_MARGIN_MS: u64 = 60_000;

impl Tokens {
    /// Takes over what a token response brought.
    pub fn renewed(mut self, response: TokenResponse, now: UnixMillis) -> Self {
        let life = response.expires_in.map(|seconds| seconds.saturating_mul(1000));
        let after = |ms: u64| UnixMillis(now.0.saturating_add(ms));
        self.expires_at = life.map(after);
        self.refresh_at = life.map(|life| after(life - (life / 10).min(LONGEST_MARGIN_MS)));
        self.access_token = response.access_token;
        // RFC 6749 §6: the server MAY issue a new refresh token; else the old one stays.
        self.refresh_token = response.refresh_token.or(self.refresh_token);
        // RFC 6749 §5.1: absent where it is identical to what was asked for.
        self.granted = response.scope.unwrap_or(self.granted);
        self
    }

    fn to_record(&self) -> Secret {
        record::write_client(record::writer(), &self.client)
            .string("resource", self.resource.as_str())
            .string("issuer", self.issuer.as_str())
            .string("token_endpoint", self.token_endpoint.as_str())
            .optional("revocation_endpoint", self.revocation_endpoint.as_ref().map(Url::as_str))
            .strings("requested", self.requested.tokens())
            .strings("granted", self.granted.tokens())
            .string("access_token", self.access_token.expose())
            .optional("refresh_token", self.refresh_token.as_ref().map(Secret::expose))
            .optional_number("expires_at", self.expires_at.map(|at| at.0))
            .optional_number("refresh_at", self.refresh_at.map(|at| at.0))
            .finish()
            .into()
    }

    fn from_record(record: &Object, server: &ServerUrl) -> Option<Self> {
        let url = |name| Url::parse(record.required_string(name).ok()?).ok();
        let scope = |name| record.strings(name).ok().map(|tokens| Scope::from_tokens(tokens.unwrap_or_default()));
        let time = |name| record.whole_number(name).ok().map(|at| at.map(UnixMillis));
        Some(Self {
            resource: Resource::named_for(record.required_string("resource").ok()?, server)?,
            issuer: Issuer::parse(record.required_string("issuer").ok()?).ok()?,
            client: record::read_client(record)?,
            token_endpoint: url("token_endpoint")?,
            revocation_endpoint: url("revocation_endpoint"),
            requested: scope("requested")?,
            granted: scope("granted")?,
            access_token: record.required_string("access_token").ok()?.into(),
            refresh_token: record.string("refresh_token").ok()?.map(Into::into),
            expires_at: time("expires_at")?,
            refresh_at: time("refresh_at")?,
        })
    }
}

impl<P: Ports> Session<P> {
    fn new(ports: P, server: ServerUrl, tokens: Tokens) -> Self {
        let state = State { tokens: Rc::new(tokens), ended: false, seen: ports.changes() };
        Self { ports, server, state: Rc::new(RefCell::new(state)) }
    }

    /// The session in the store, if there is one.
    pub(super) async fn load(ports: P, server: ServerUrl) -> Result<Option<Self>> {
        let tokens = load_tokens(&ports, &server).await?;
        Ok(tokens.map(|tokens| Self::new(ports, server, tokens)))
    }

    /// A new session, stored.
    pub(super) async fn begin(ports: P, server: ServerUrl, tokens: Tokens) -> Result<Self> {
        let session = Self::new(ports, server, tokens.clone());
        let guard = session.ports.lock(&session.key()).await?;
        session.keep(tokens).await?;
        drop(guard);
        session.ports.notify(&Event::SignedIn { server: session.server.as_str() });
        Ok(session)
    }

    fn key(&self) -> String {
        key(&self.server)
    }

    fn current(&self) -> Rc<Tokens> {
        self.state.borrow().tokens.clone()
    }

    /// What the session is made of, while it lasts.
    pub(super) fn tokens(&self) -> Result<Rc<Tokens>> {
        if self.state.borrow().ended {
            let message = ["The session with ", self.server.as_str(), " has ended."].concat();
            return Err(Error::new(Code::SignedOut, Step::Request, message));
        }
        Ok(self.current())
    }

    fn use_tokens(&self, tokens: Tokens) {
        let seen = self.ports.changes();
        *self.state.borrow_mut() = State { tokens: Rc::new(tokens), ended: false, seen };
    }

    fn end(&self) {
        let mut tokens = Tokens::clone(&self.current());
        tokens.access_token = Secret::from("");
        tokens.refresh_token = None;
        *self.state.borrow_mut() = State { tokens: Rc::new(tokens), ended: true, seen: 0 };
    }

    /// Takes over what others did meanwhile: refreshed, signed in with more scopes, signed out.
    async fn catch_up(&self) -> Result<()> {
        self.tokens()?;
        if self.state.borrow().seen == self.ports.changes() {
            return Ok(());
        }
        match load_tokens(&self.ports, &self.server).await? {
            Some(tokens) => self.use_tokens(tokens),
            None => self.end(),
        }
        Ok(())
    }

    /// Stored first and used after: a rotated refresh token must not be lost.
    async fn keep(&self, tokens: Tokens) -> Result<()> {
        self.ports.set(&self.key(), tokens.to_record()).await?;
        self.use_tokens(tokens);
        Ok(())
    }

    async fn forget(&self) -> Result<()> {
        self.end();
        self.ports.delete(&self.key()).await
    }

    /// The ports that the session works through.
    pub fn ports(&self) -> &P {
        &self.ports
    }

    /// The MCP server's URL.
    pub fn server(&self) -> &ServerUrl {
        &self.server
    }

    /// What the tokens are for.
    pub fn resource(&self) -> Resource {
        self.current().resource.clone()
    }

    /// The authorization server.
    pub fn issuer(&self) -> Issuer {
        self.current().issuer.clone()
    }

    /// The client id in use.
    pub fn client_id(&self) -> String {
        self.current().client.client_id.clone()
    }

    /// The granted scopes.
    pub fn scope(&self) -> Scope {
        self.current().granted.clone()
    }

    /// When the access token runs out, if the server said so.
    pub fn expires_at(&self) -> Option<UnixMillis> {
        self.current().expires_at
    }

    /// Whether there is a refresh token.
    pub fn can_refresh(&self) -> bool {
        self.current().refresh_token.is_some()
    }

    /// An access token, refreshed first if its end is near.
    pub async fn access_token(&self) -> Result<Secret> {
        self.catch_up().await?;
        let tokens = self.tokens()?;
        let now = self.ports.now();
        let due = tokens.refresh_at.is_some_and(|at| at <= now) && tokens.refresh_token.is_some();
        if due && let Err(error) = self.renew(&tokens.access_token).await {
            // Refreshing ahead of time is a courtesy: a token that is still good goes on.
            if tokens.expires_at.is_none_or(|at| at <= now) || self.tokens().is_err() {
                return Err(error);
            }
        }
        Ok(self.tokens()?.access_token.clone())
    }

    /// Gets new tokens now.
    pub async fn refresh(&self) -> Result<()> {
        let used = self.tokens()?.access_token.clone();
        self.renew(&used).await
    }

    /// Gets tokens newer than `used`: those that somebody else got meanwhile, or by a refresh. Once
    /// begun it goes to its end, since a refresh token is spent when the request is sent.
    pub(super) async fn renew(&self, used: &Secret) -> Result<()> {
        let (session, used) = (self.clone(), used.clone());
        self.ports.to_the_end(async move { session.renew_alone(&used).await }).await
    }

    async fn renew_alone(&self, used: &Secret) -> Result<()> {
        let _guard = self.ports.lock(&self.key()).await?;
        let Some(stored) = load_tokens(&self.ports, &self.server).await? else {
            self.end();
            return self.tokens().map(drop);
        };
        if stored.access_token != *used {
            self.use_tokens(stored);
            return Ok(());
        }
        let Some(refresh_token) = stored.refresh_token.clone() else { return Err(self.expire(None).await) };
        let request = refresh_request(&refresh_token, &stored.resource, &stored.client);
        let secrets = [refresh_token.expose(), used.expose()];
        let answer = request_tokens(&self.ports, Step::Refresh, &stored.token_endpoint, request, &secrets).await;
        let response = match answer {
            Ok(response) => response,
            // RFC 6749 §5.2: these two do not pass by waiting.
            Err(error) if matches!(error.server_error(), Some("invalid_grant" | "invalid_client")) => {
                return Err(self.expire(Some(error)).await);
            }
            Err(error) => return Err(error),
        };
        self.keep(stored.renewed(response, self.ports.now())).await?;
        self.ports.notify(&Event::Refreshed { server: self.server.as_str() });
        Ok(())
    }

    /// Ends the session because its tokens are no good any more.
    async fn expire(&self, cause: Option<Error>) -> Error {
        let forgotten = self.forget().await;
        self.ports.notify(&Event::SignedOut { server: self.server.as_str(), expired: true });
        let message = ["The session with ", self.server.as_str(), " can't be refreshed any more."].concat();
        let error = Error::new(Code::SessionExpired, Step::Refresh, message);
        match cause.or(forgotten.err()) {
            None => error,
            Some(cause) => {
                let server_error = cause.server_error().map(str::to_owned);
                error.with_server_error(server_error).with_source(Some(Box::new(cause)))
            }
        }
    }

    /// Forgets the tokens, and revokes them where the server offers it (RFC 7009). Tells whether the
    /// server confirmed that for the refresh token or, where there is none, for the access token.
    pub async fn sign_out(&self) -> Result<bool> {
        let tokens = {
            let _guard = self.ports.lock(&self.key()).await?;
            // What another tab refreshed meanwhile is what has to be revoked.
            let stored = load_tokens(&self.ports, &self.server).await?.map(Rc::new);
            let tokens = stored.or_else(|| self.tokens().ok());
            self.forget().await?;
            tokens
        };
        self.ports.notify(&Event::SignedOut { server: self.server.as_str(), expired: false });
        let Some(tokens) = tokens else { return Ok(false) };
        let Some(endpoint) = &tokens.revocation_endpoint else { return Ok(false) };
        // §2.1: with the refresh token the server SHOULD end its access tokens too. Not all do, so both
        // are given up; a server may not know how to revoke a self-contained access token (§2.2.1).
        let refresh_token = tokens.refresh_token.as_ref().map(|token| (token, "refresh_token"));
        let mut confirmed = None;
        for (token, hint) in refresh_token.into_iter().chain([(&tokens.access_token, "access_token")]) {
            let request = revocation_request(token, hint, &tokens.client);
            let answer = post_form(&self.ports, Step::Revocation, endpoint, request).await;
            confirmed.get_or_insert(answer.is_ok_and(|answer| answer.is_success()));
        }
        Ok(confirmed.unwrap_or_default())
    }
}

fn key(server: &ServerUrl) -> String {
    ["session ", server.as_str()].concat()
}

async fn load_tokens<P: Ports>(ports: &P, server: &ServerUrl) -> Result<Option<Tokens>> {
    let record = record::load(ports, &key(server)).await?;
    Ok(record.and_then(|record| Tokens::from_record(&record, server)))
}
