//! A session: tokens for one MCP server, kept, refreshed and given up.

use std::cell::RefCell;
use std::rc::Rc;

use super::client::{Client, is_listed};
use super::dpop::Binding;
use super::grant::tokens_by_grant;
use super::identify::bind;
use super::record::{self, forget_registration};
use super::step_up::StepUps;
use super::token::Endpoint;
use crate::ports::{Event, Ports, UnixMillis};
use crate::protocol::json::{Object, Writer};
use crate::protocol::{
    ClientCredentials, Issuer, Resource, Scope, Secret, ServerUrl, TokenResponse, TokenType, Url, refresh_request,
    revocation_request,
};
use crate::{Code, Error, Result, Step};

/// A user who is signed in to one MCP server. Clones are the same session.
#[derive(Clone)]
pub struct Session<P> {
    ports: P,
    client: Rc<Client>,
    server: ServerUrl,
    state: Rc<RefCell<State>>,
}

struct State {
    /// Without secrets once the session has ended.
    tokens: Rc<Tokens>,
    ended: bool,
    /// The store's count of changes when the tokens were read from it or written to it.
    seen: u32,
    /// The store refused the tokens: it holds older ones, whose refresh token is spent.
    unsaved: bool,
    /// The refreshes that failed in a row and may succeed later, and when the next one is due.
    failures: u32,
    failed_at: UnixMillis,
    retry_at: UnixMillis,
    last_failure: Option<(Code, Option<u16>)>,
    step_ups: StepUps,
}

/// What a session is made of.
#[derive(Clone)]
pub(super) struct Tokens {
    pub resource: Resource,
    pub issuer: Issuer,
    pub client: Rc<ClientCredentials>,
    pub token_endpoint: Url,
    pub revocation_endpoint: Option<Url>,
    /// What was asked for. Step-up asks for it again.
    pub requested: Scope,
    /// What was granted.
    pub granted: Scope,
    pub access_token: Secret,
    pub token_type: TokenType,
    pub refresh_token: Option<Secret>,
    /// When the tokens came. The times after it are by the same clock.
    pub issued_at: UnixMillis,
    pub expires_at: Option<UnixMillis>,
    /// When to refresh, so that the token does not run out on its way.
    pub refresh_at: Option<UnixMillis>,
    /// After a refresh that failed: when that was, and when the next one is due, for all that share the
    /// store.
    pub failed_at: UnixMillis,
    pub retry_at: Option<UnixMillis>,
}

/// How an attempt to get newer tokens ended.
enum Attempt {
    Done,
    /// Another one failed meanwhile, and the next one is not due.
    NotDue,
}

/// Whether a refresh that failed may succeed later: nobody answered, or the server is overloaded.
pub(super) fn may_pass(error: &Error) -> bool {
    matches!(error.code(), Code::Network | Code::CorsBlocked | Code::Timeout)
        || matches!(error.status(), Some(429 | 500..))
}

/// How far a clock may differ between two looks at it, without that anybody has set it.
const UNSTEADY_MS: u64 = 60_000;

/// Whether a time has come that was ahead when it was noted. Times are kept by the local clock, as the
/// lives that servers tell in seconds from then: how far that clock is from others' does not matter.
/// One that was set ahead since then makes a token look old, which costs a refresh. One that was set
/// back would make it good for too long, and a pause last: it shows, as now is before what was noted.
fn has_come(at: UnixMillis, noted: UnixMillis, now: UnixMillis) -> bool {
    at <= now || now.0.saturating_add(UNSTEADY_MS) < noted.0
}

/// A token is refreshed when a tenth of its life is left, but not more than a minute ahead.
const LONGEST_MARGIN_MS: u64 = 60_000;

/// How long the answer to a request may take that went with the token before.
const JUST_NOW_MS: u64 = 10_000;

/// After a first refresh that failed; each further one doubles it.
const BACK_OFF_MS: u64 = 1000;

/// How long a caller waits for refreshes that are tried again.
const PATIENCE_MS: u64 = 5000;

impl Tokens {
    /// Takes over what a token response brought.
    pub fn renewed(&self, response: &TokenResponse, now: UnixMillis) -> Rc<Self> {
        let life = response.expires_in.map(|seconds| seconds.saturating_mul(1000));
        let after = |ms: u64| UnixMillis(now.0.saturating_add(ms));
        let mut tokens = self.clone();
        tokens.retry_at = None;
        tokens.issued_at = now;
        tokens.expires_at = life.map(after);
        tokens.refresh_at = life.map(|life| after(life - (life / 10).min(LONGEST_MARGIN_MS)));
        tokens.access_token = response.access_token.clone();
        tokens.token_type = response.token_type;
        // RFC 6749 §6: the server MAY issue a new refresh token; else the old one stays.
        if response.refresh_token.is_some() {
            tokens.refresh_token = response.refresh_token.clone();
        }
        // RFC 6749 §5.1: absent where it is identical to what was asked for.
        if let Some(granted) = &response.scope {
            tokens.granted = granted.clone();
        }
        Rc::new(tokens)
    }

    /// The `resource` of a token request; nothing where the app knows the server to refuse it.
    pub fn resource_parameter(&self, client: &Client) -> Option<&Resource> {
        Some(&self.resource).filter(|_| !is_listed(&client.omit_resource, &self.issuer))
    }

    /// An endpoint of the authorization server.
    pub fn endpoint<'a, P>(
        &'a self,
        ports: &'a P,
        client: &'a Client,
        url: &'a Url,
        binding: Binding,
    ) -> Endpoint<'a, P> {
        Endpoint { ports, issuer: &self.issuer, url, client: &self.client, key_id: client.key_id.as_deref(), binding }
    }

    /// Under what name they are kept.
    fn key(&self) -> String {
        ["session ", self.issuer.as_str(), " ", &self.client.client_id, " ", self.resource.as_str()].concat()
    }

    fn to_record(&self) -> Secret {
        self.write(record::writer()).finish().into()
    }

    /// Adds them to a record.
    pub fn write(&self, writer: Writer) -> Writer {
        record::write_client(writer, &self.client)
            .string("resource", self.resource.as_str())
            .string("issuer", self.issuer.as_str())
            .string("token_endpoint", self.token_endpoint.as_str())
            .optional("revocation_endpoint", self.revocation_endpoint.as_ref().map(Url::as_str))
            .strings("requested", self.requested.tokens())
            .strings("granted", self.granted.tokens())
            .string("access_token", self.access_token.expose())
            .string("token_type", self.token_type.name())
            .optional("refresh_token", self.refresh_token.as_ref().map(Secret::expose))
            .number("issued_at", self.issued_at.0)
            .optional_number("expires_at", self.expires_at.map(|at| at.0))
            .optional_number("refresh_at", self.refresh_at.map(|at| at.0))
            .number("failed_at", self.failed_at.0)
            .optional_number("retry_at", self.retry_at.map(|at| at.0))
    }

    /// Reads them from a record.
    pub fn from_record(record: &Object, server: &ServerUrl) -> Option<Rc<Self>> {
        let fields = record::fields(record);
        let issuer = Issuer::parse(fields.required_string("issuer")).ok()?;
        let scope = |name| Scope::from_tokens(fields.strings(name).unwrap_or_default());
        let time = |name| fields.whole_number(name).map(UnixMillis);
        let tokens = Rc::new(Self {
            resource: Resource::named_for(fields.required_string("resource"), server)?,
            client: record::read_client(&fields)?,
            token_endpoint: fields.url("token_endpoint", issuer.url())?,
            revocation_endpoint: fields.url("revocation_endpoint", issuer.url()),
            issuer,
            requested: scope("requested"),
            granted: scope("granted"),
            access_token: fields.string("access_token")?.into(),
            token_type: TokenType::from_name(fields.required_string("token_type"))?,
            refresh_token: fields.string("refresh_token").map(Into::into),
            issued_at: time("issued_at")?,
            expires_at: time("expires_at"),
            refresh_at: time("refresh_at"),
            failed_at: time("failed_at")?,
            retry_at: time("retry_at"),
        });
        fields.end().ok().map(|()| tokens)
    }
}

impl<P: Ports> Session<P> {
    fn new(ports: P, client: Rc<Client>, server: ServerUrl, tokens: Rc<Tokens>) -> Self {
        let state = State {
            tokens,
            ended: false,
            seen: ports.changes(),
            unsaved: false,
            failures: 0,
            failed_at: UnixMillis(0),
            retry_at: UnixMillis(0),
            last_failure: None,
            step_ups: StepUps::default(),
        };
        Self { ports, client, server, state: Rc::new(RefCell::new(state)) }
    }

    /// The session in the store, if there is one.
    pub(super) async fn load(ports: P, client: Rc<Client>, server: ServerUrl) -> Result<Option<Self>> {
        let tokens = load_tokens(&ports, &client, &server).await?;
        Ok(tokens.map(|tokens| Self::new(ports, client, server, tokens)))
    }

    /// A new session with its first tokens, stored.
    pub(super) async fn begin(
        ports: &P,
        client: &Rc<Client>,
        server: &ServerUrl,
        tokens: Rc<Tokens>,
        response: Box<TokenResponse>,
    ) -> Result<Self> {
        bind(ports, client, &tokens.issuer).await?;
        let tokens = tokens.renewed(&response, ports.now());
        let session = Self::new(ports.clone(), client.clone(), server.clone(), tokens.clone());
        session.store(&tokens).await?;
        session.ports.notify(&Event::SignedIn { server: session.server.as_str() });
        Ok(session)
    }

    /// Goes on with tokens that the user has agreed to.
    pub(super) async fn adopt(&self, tokens: Rc<Tokens>, response: Box<TokenResponse>) -> Result<()> {
        // Signed out meanwhile: that stays so.
        self.tokens()?;
        let tokens = tokens.renewed(&response, self.ports.now());
        self.store(&tokens).await?;
        self.use_tokens(tokens);
        self.ports.notify(&Event::SteppedUp { server: self.server.as_str(), scopes: &self.scope() });
        Ok(())
    }

    async fn store(&self, tokens: &Tokens) -> Result<()> {
        let (index, key) = (self.index(), tokens.key());
        let before = record::load_string(&self.ports, &index, SESSION).await?;
        if let Some(before) = before.as_ref().filter(|before| **before != key) {
            // Another authorization server's, client's or resource's: it is nobody's any more.
            let _guard = self.ports.lock(before).await?;
            self.ports.delete(before).await?;
        }
        let _guard = self.ports.lock(&key).await?;
        self.ports.set(&key, tokens.to_record()).await?;
        match before {
            Some(before) if before == key => Ok(()),
            _ => record::store_string(&self.ports, &index, SESSION, &key).await,
        }
    }

    pub(super) fn with_step_ups<T>(&self, look: impl FnOnce(&mut StepUps) -> T) -> T {
        look(&mut self.state.borrow_mut().step_ups)
    }

    fn key(&self) -> String {
        self.current().key()
    }

    fn index(&self) -> String {
        index(&self.client, &self.server)
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

    fn use_tokens(&self, tokens: Rc<Tokens>) {
        let mut state = self.state.borrow_mut();
        state.seen = self.ports.changes();
        state.tokens = tokens;
        state.unsaved = false;
        state.failures = 0;
    }

    fn end(&self) {
        let mut tokens = Tokens::clone(&self.current());
        tokens.access_token = Secret::from("");
        tokens.refresh_token = None;
        let mut state = self.state.borrow_mut();
        state.tokens = Rc::new(tokens);
        state.ended = true;
    }

    /// Takes over what others did meanwhile: refreshed, signed in with more scopes, signed out.
    async fn catch_up(&self) -> Result<()> {
        self.tokens()?;
        if self.state.borrow().unsaved || self.state.borrow().seen == self.ports.changes() {
            return Ok(());
        }
        match self.stored().await? {
            Some(tokens) => self.use_tokens(tokens),
            None => self.end(),
        }
        Ok(())
    }

    async fn forget(&self) -> Result<()> {
        self.end();
        self.ports.delete(&self.key()).await?;
        self.ports.delete(&self.index()).await
    }

    async fn stored(&self) -> Result<Option<Rc<Tokens>>> {
        load_tokens(&self.ports, &self.client, &self.server).await
    }

    /// Whether a refresh failed, and the next one is not due.
    fn backs_off(&self) -> bool {
        let state = self.state.borrow();
        state.failures > 0 && !has_come(state.retry_at, state.failed_at, self.ports.now())
    }

    /// The ports that the session works through.
    pub fn ports(&self) -> &P {
        &self.ports
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
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

    /// Whether new tokens can be had without the user.
    pub fn can_refresh(&self) -> bool {
        self.current().refresh_token.is_some() || self.client.grant.is_some()
    }

    /// An access token, refreshed first if its end is near.
    pub async fn access_token(&self) -> Result<Secret> {
        Ok(self.fresh_tokens().await?.access_token.clone())
    }

    /// The same for who sends it as a Bearer token. One that is bound to a key is none (RFC 9449 §7.1).
    pub async fn bearer_token(&self) -> Result<Secret> {
        let tokens = self.fresh_tokens().await?;
        match tokens.token_type {
            TokenType::Bearer => Ok(tokens.access_token.clone()),
            TokenType::Dpop => {
                let message = "The token is bound to a key, and of no use without its proofs: use session.fetch.";
                Err(Error::new(Code::Unsupported, Step::Request, message))
            }
        }
    }

    /// The tokens, refreshed first if their end is near.
    pub(super) async fn fresh_tokens(&self) -> Result<Rc<Tokens>> {
        self.catch_up().await?;
        let tokens = self.tokens()?;
        let now = self.ports.now();
        let due = tokens.refresh_at.is_some_and(|at| has_come(at, tokens.issued_at, now)) && self.can_refresh();
        if due {
            // Refreshing ahead of time is a courtesy: a token that is still good goes on.
            let still_good = tokens.expires_at.is_some_and(|at| !has_come(at, tokens.issued_at, now));
            let patience = if still_good { 0 } else { PATIENCE_MS };
            if let Err(error) = self.renew(&tokens.access_token, patience).await
                && (!still_good || self.tokens().is_err())
            {
                return Err(error);
            }
        }
        self.tokens()
    }

    /// Gets new tokens now.
    pub async fn refresh(&self) -> Result<()> {
        let used = self.tokens()?.access_token.clone();
        self.renew(&used, PATIENCE_MS).await
    }

    /// Gets new tokens because a request was answered with 401, and it is not known with which token it
    /// went. One that has just come is not what was refused; and if it is, another one helps no more.
    pub async fn refresh_refused(&self) -> Result<()> {
        self.catch_up().await?;
        let issued = self.tokens()?.issued_at;
        if has_come(UnixMillis(issued.0.saturating_add(JUST_NOW_MS)), issued, self.ports.now()) {
            return self.refresh().await;
        }
        Ok(())
    }

    /// Gets tokens in place of those that the server refused.
    pub(super) async fn replace(&self, refused: &Secret) -> Result<()> {
        self.renew(refused, PATIENCE_MS).await
    }

    /// Gets tokens newer than `used`: those that somebody else got meanwhile, or by a refresh. What may
    /// pass by waiting is tried again, as long as the caller's patience lasts.
    async fn renew(&self, used: &Secret, patience_ms: u64) -> Result<()> {
        let give_up = UnixMillis(self.ports.now().0.saturating_add(patience_ms));
        loop {
            let retry_at = self.state.borrow().retry_at;
            let now = self.ports.now();
            if self.backs_off() {
                if give_up < retry_at {
                    return Err(self.not_yet());
                }
                self.ports.sleep(retry_at.0.saturating_sub(now.0)).await;
            }
            match self.renew_once(used).await {
                Ok(Attempt::Done) => return Ok(()),
                Ok(Attempt::NotDue) => {}
                Err(error) if may_pass(&error) && self.state.borrow().retry_at <= give_up => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// All callers wait for the same next try.
    fn back_off(&self, error: &Error) -> UnixMillis {
        let mut state = self.state.borrow_mut();
        let own = BACK_OFF_MS << state.failures.min(10);
        let asked = error.retry_after().unwrap_or_default().saturating_mul(1000);
        state.failures = state.failures.saturating_add(1);
        state.failed_at = self.ports.now();
        state.retry_at = UnixMillis(state.failed_at.0.saturating_add(own.max(asked)));
        state.last_failure = Some((error.code(), error.status()));
        state.retry_at
    }

    fn not_yet(&self) -> Error {
        let (code, status) = self.state.borrow().last_failure.unwrap_or((Code::Network, None));
        let error = Error::new(code, Step::Refresh, "The last refresh failed, and the next try is not due yet.");
        match status {
            Some(status) => error.with_status(status),
            None => error,
        }
    }

    async fn renew_once(&self, used: &Secret) -> Result<Attempt> {
        let guard = self.ports.lock(&self.key()).await?;
        // Whoever held the lock before may have failed.
        if self.backs_off() {
            return Ok(Attempt::NotDue);
        }
        let current = if self.state.borrow().unsaved {
            self.tokens()?
        } else {
            match self.stored().await? {
                Some(stored) => stored,
                None => {
                    self.end();
                    return self.tokens().map(|_| Attempt::Done);
                }
            }
        };
        let waits = |at: &UnixMillis| !has_come(*at, current.failed_at, self.ports.now());
        if let Some(retry_at) = current.retry_at.filter(waits) {
            let mut state = self.state.borrow_mut();
            state.failed_at = current.failed_at;
            state.retry_at = retry_at;
            state.failures = state.failures.max(1);
            return Ok(Attempt::NotDue);
        }
        if current.access_token != *used {
            if !self.state.borrow().unsaved {
                self.use_tokens(current);
            }
            return Ok(Attempt::Done);
        }
        // It goes to its end, whoever waits for it: a refresh token is spent when it is sent.
        let (session, used) = (self.clone(), used.clone());
        let work = async move {
            let _guard = guard;
            session.refresh_alone(current, &used).await
        };
        self.ports.to_the_end(work).await.map(|()| Attempt::Done)
    }

    async fn refresh_alone(&self, stored: Rc<Tokens>, used: &Secret) -> Result<()> {
        let renewed = {
            let endpoint =
                stored.endpoint(&self.ports, &self.client, &stored.token_endpoint, Binding::of(stored.token_type));
            match (&stored.refresh_token, &self.client.grant) {
                (Some(refresh_token), _) => {
                    let secrets = [refresh_token.expose(), used.expose()];
                    let form = refresh_request(refresh_token, stored.resource_parameter(&self.client));
                    endpoint.request_tokens(Step::Refresh, form, &secrets).await
                }
                (None, Some(grant)) => tokens_by_grant(&endpoint, grant, &stored.resource, &stored.requested).await,
                (None, None) => return Err(self.expire(None).await),
            }
        };
        let response = match renewed {
            Ok(response) => response,
            // RFC 6749 §5.2: these two do not pass by waiting.
            Err(error) if matches!(error.server_error(), Some("invalid_grant" | "invalid_client")) => {
                // A store that was late with what another tab wrote: the refresh token was spent there, and the
                // tokens that it brought are the session's.
                if let Ok(Some(newer)) = self.stored().await
                    && newer.access_token != *used
                {
                    self.use_tokens(newer);
                    return Ok(());
                }
                if error.server_error() == Some("invalid_client") {
                    let (issuer, client_id) = (&stored.issuer, &stored.client.client_id);
                    let forgotten =
                        forget_registration(&self.ports, issuer, self.client.redirect_uri.as_ref(), client_id);
                    // If it stays, the next sign-in finds out.
                    let _ = forgotten.await;
                }
                return Err(self.expire(Some(error)).await);
            }
            Err(error) => {
                if may_pass(&error) {
                    let (key, retry_at) = (stored.key(), Some(self.back_off(&error)));
                    let failed_at = self.state.borrow().failed_at;
                    // The other tabs wait as well. If it can't be told to them, they ask for themselves.
                    let _ = self
                        .ports
                        .set(&key, Tokens { failed_at, retry_at, ..Tokens::clone(&stored) }.to_record())
                        .await;
                }
                return Err(error);
            }
        };
        let tokens = stored.renewed(&response, self.ports.now());
        // Stored first and used after, so that no rotated refresh token is lost. Where the store fails
        // just then, this session goes on with them all the same.
        let saved = self.ports.set(&tokens.key(), tokens.to_record()).await;
        self.use_tokens(tokens);
        self.state.borrow_mut().unsaved = saved.is_err();
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
            let stored = self.stored().await?;
            let tokens = stored.or_else(|| self.tokens().ok());
            self.forget().await?;
            tokens
        };
        // A session that has ended already ends once.
        let Some(tokens) = tokens else { return Ok(false) };
        self.ports.notify(&Event::SignedOut { server: self.server.as_str(), expired: false });
        let Some(url) = &tokens.revocation_endpoint else { return Ok(false) };
        let endpoint = tokens.endpoint(&self.ports, &self.client, url, Binding::Off);
        // §2.1: with the refresh token the server SHOULD end its access tokens too. Not all do, so both
        // are given up; a server may not know how to revoke a self-contained access token (§2.2.1).
        let refresh_token = tokens.refresh_token.as_ref().map(|token| (token, "refresh_token"));
        let mut confirmed = None;
        for (token, hint) in refresh_token.into_iter().chain([(&tokens.access_token, "access_token")]) {
            let answer = endpoint.post(Step::Revocation, revocation_request(token, hint)).await;
            confirmed.get_or_insert(answer.is_ok_and(|answer| answer.is_success()));
        }
        Ok(confirmed.unwrap_or_default())
    }
}

const SESSION: &str = "session";

/// Where it is kept which session an app has with a server: who issued it, and for which resource, is
/// known without the network by that alone.
fn index(client: &Client, server: &ServerUrl) -> String {
    ["server ", server.as_str(), " ", client.app()].concat()
}

async fn load_tokens<P: Ports>(ports: &P, client: &Client, server: &ServerUrl) -> Result<Option<Rc<Tokens>>> {
    let Some(key) = record::load_string(ports, &index(client, server), SESSION).await? else { return Ok(None) };
    let mut tokens = None;
    let mut read = |record: Object| {
        tokens = Tokens::from_record(&record, server).filter(|tokens| tokens.key() == key);
        tokens.is_some()
    };
    record::load(ports, &key, &mut read).await?;
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::ClientAuthentication;
    use crate::protocol::test_support::object;

    proptest::proptest! {
        /// What is kept is what comes back, whatever servers put into it: a session outlives the page.
        #[test]
        fn a_record_reads_back(
            client_id in "\\PC{1,20}", secret: Option<String>, access_token: String, refresh_token: Option<String>,
            requested in "[!#-\\[\\]-~ ]{0,30}", granted in "[!#-\\[\\]-~ ]{0,30}", times: [u32; 2],
            later: [Option<u32>; 3], dpop: bool,
        ) {
            let server = ServerUrl::parse("https://mcp.example/mcp").unwrap();
            let at = |time: Option<u32>| time.map(|time| UnixMillis(u64::from(time) * 1000));
            let tokens = Tokens {
                resource: Resource::of(&server),
                issuer: Issuer::parse("https://as.example").unwrap(),
                client: Rc::new(ClientCredentials {
                    secret: secret.map(Secret::from),
                    method: ClientAuthentication::for_secret(None),
                    ..ClientCredentials::public(client_id)
                }),
                token_endpoint: Url::parse("https://as.example/token?tenant=1").unwrap(),
                revocation_endpoint: dpop.then(|| Url::parse("https://as.example/revoke").unwrap()),
                requested: Scope::parse(&requested),
                granted: Scope::parse(&granted),
                access_token: access_token.into(),
                token_type: if dpop { TokenType::Dpop } else { TokenType::Bearer },
                refresh_token: refresh_token.map(Secret::from),
                issued_at: UnixMillis(times[0].into()),
                expires_at: at(later[0]),
                refresh_at: at(later[1]),
                failed_at: UnixMillis(times[1].into()),
                retry_at: at(later[2]),
            };
            let record = tokens.to_record();
            let read = Tokens::from_record(&object(record.expose()), &server).unwrap();
            assert_eq!(read.to_record().expose(), record.expose());
            assert_eq!(read.key(), tokens.key());
        }
    }
}
