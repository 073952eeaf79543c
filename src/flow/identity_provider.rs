//! The identity provider of an organisation. The user signs in there once (OpenID Connect Core §3.1). The tokens it issues
//! identify the user to each of the organisation's MCP servers (SEP-990).

use serde::Serialize;

use super::account::Account;
use super::client::{Client, SignInProvider};
use super::discover::{DiscoveredServer, discover_listed};
use super::dpop::Binding;
use super::endpoint::Endpoint;
use super::record::{self, VERSION};
use super::response::response;
use super::server_time::seconds_at;
use crate::ports::{AuthorizationPage, Event, FoundServer, Ports, UnixMillis, UserAgent};
use crate::protocol::form::Form;
use crate::protocol::json::{Object, Value};
use crate::protocol::{
    AuthorizationParameters, AuthorizationRequest, AuthorizationServerMetadata, ClientAuthentication,
    ClientCredentials, CodeVerifier, ExpectedIdToken, Issuer, Nonce, PendingRequest, RedirectUri, Resource, Scope,
    Secret, State, SubjectTokenType, TokenResponse, Url, UserInfo, code_request, id_jag_exchange, jwt, refresh_request,
    revocation_request,
};
use crate::{Code, Error, Result, Step};

/// An ID token is not used in the last seconds before it expires: it must still be valid when the provider checks it.
const MARGIN_SECONDS: u64 = 30;

/// After how many refused tokens the user signs in: the stored one and the refreshed one.
const MAX_REFUSED: usize = 2;

/// The provider, and the client that signs the user in there.
pub(super) struct Provider<'a, P> {
    pub ports: &'a P,
    pub client: &'a Client,
    pub own: &'a SignInProvider,
}

/// What the provider issued for the user.
pub(super) struct UserIdentity {
    /// Who the user is.
    pub user: UserInfo,
    id_token: Secret,
    /// Seconds since 1970, at the provider.
    expires_at: u64,
    /// The `nonce` of the sign-in. A refreshed ID token has the same or none.
    nonce: String,
    refresh_token: Option<Secret>,
    endpoints: Endpoints,
    /// Whether it comes from a sign-in that has just ended.
    is_new: bool,
}

/// The provider's endpoints, and the client.
struct Endpoints {
    issuer: Issuer,
    client: ClientCredentials,
    token: Url,
    revocation: Option<Url>,
}

/// What is stored of it.
#[derive(Serialize)]
struct IdentityRecord<'a> {
    v: u64,
    id_token: &'a str,
    nonce: &'a str,
    refresh_token: Option<&'a str>,
    issuer: &'a str,
    token_endpoint: &'a str,
    revocation_endpoint: Option<&'a str>,
    token_endpoint_auth_method: &'static str,
}

/// A sign-in whose page is open. A sign-out deletes it, so a later response is dropped.
#[derive(Serialize)]
struct OpenSignIn<'a> {
    v: u64,
    nonce: &'a str,
}

impl UserIdentity {
    /// The token that identifies the user.
    fn subject_token(&self, kind: SubjectTokenType) -> (&Secret, SubjectTokenType) {
        match (kind, &self.refresh_token) {
            (SubjectTokenType::RefreshToken, Some(refresh_token)) => (refresh_token, kind),
            _ => (&self.id_token, SubjectTokenType::IdToken),
        }
    }

    fn is_good(&self, kind: SubjectTokenType, now: u64) -> bool {
        let (_, used) = self.subject_token(kind);
        used == SubjectTokenType::RefreshToken || self.expires_at > now.saturating_add(MARGIN_SECONDS)
    }

    /// Until when it identifies the user without another sign-in, as far as this client knows.
    fn usable_until(&self) -> UnixMillis {
        let seconds = self.expires_at.saturating_sub(MARGIN_SECONDS);
        UnixMillis(if self.refresh_token.is_some() { u64::MAX } else { seconds.saturating_mul(1000) })
    }
}

impl<P: Ports> Provider<'_, P> {
    /// The name of the record, and of its lock.
    fn key(&self) -> String {
        ["identity ", self.own.issuer.as_str(), " ", &self.own.client_id].concat()
    }

    /// The name of the record of an open sign-in, and of the lock that is held until its page has closed. That may take
    /// minutes, and a sign-out must not wait for it.
    fn sign_in_key(&self) -> String {
        ["signing in, ", &self.key()].concat()
    }

    /// An ID-JAG for an authorization server, and its user, who is that of the session if there is one. `sign_in` signs the
    /// user in if no token identifies them, if the provider no longer accepts it, or if they are to sign in `again`. In all
    /// tabs, only one sign-in runs at a time. The others wait for it and use its result.
    ///
    /// # Errors
    ///
    /// [`Code::SessionExpired`] if another user is signed in than that of the session.
    pub async fn id_jag(
        &self,
        session_user: Option<&UserInfo>,
        again: bool,
        (audience, resource, scope): (&Issuer, &Resource, &Scope),
        mut sign_in: impl AsyncFnMut() -> Result<UserIdentity>,
    ) -> Result<(Secret, UserInfo)> {
        let mut refused = Vec::new();
        loop {
            let identity = {
                let _sign_ins = self.ports.lock(&self.sign_in_key()).await?;
                let kept = if again { None } else { self.kept_in_turn(&refused).await? };
                match kept {
                    Some(identity) => identity,
                    None => sign_in().await?,
                }
            };
            if session_user.is_some_and(|user| user.sub != identity.user.sub) {
                let message = ["Another user is signed in at ", self.own.issuer.as_str(), ", not the session's."];
                return Err(Error::new(Code::SessionExpired, Step::Token, message.concat()));
            }
            match self.exchange(&identity, audience, resource, scope).await {
                // The provider may have ended both the token and its refresh token. The loop ends: a refused token is
                // not used again, and after a sign-in the answer counts.
                Err(error) if !identity.is_new && is_refused(&error) => {
                    refused.push(identity.subject_token(self.own.subject_token).0.clone());
                }
                answer => return answer.map(|id_jag| (id_jag, identity.user)),
            }
        }
    }

    /// An ID-JAG for the user of a session, without a sign-in. If another user is signed in at the provider by now, their
    /// tokens are not used for this session.
    ///
    /// # Errors
    ///
    /// [`Code::SessionExpired`] if the user has to sign in.
    pub async fn id_jag_without_user(
        &self,
        user: Option<&UserInfo>,
        audience: &Issuer,
        resource: &Resource,
        scope: &Scope,
    ) -> Result<Secret> {
        let wants_user = async || Err(self.wants_user());
        let user = user.ok_or_else(|| self.wants_user())?;
        let id_jag = self.id_jag(Some(user), false, (audience, resource, scope), wants_user).await;
        id_jag.map(|(id_jag, _)| id_jag)
    }

    fn wants_user(&self) -> Error {
        let message = [self.own.issuer.as_str(), " wants the user to sign in again."].concat();
        Error::new(Code::SessionExpired, Step::Token, message)
    }

    async fn exchange(
        &self,
        identity: &UserIdentity,
        audience: &Issuer,
        resource: &Resource,
        scope: &Scope,
    ) -> Result<Secret> {
        let (subject_token, kind) = identity.subject_token(self.own.subject_token);
        let exchange = id_jag_exchange(subject_token, kind, audience, resource, scope);
        let endpoint = self.endpoint(&identity.endpoints, &identity.endpoints.token);
        let answer = endpoint.post(Step::Token, exchange.request()).await?;
        endpoint.read(&answer, Step::Token, &[subject_token.expose()], |document| exchange.read(document))
    }

    async fn kept_in_turn(&self, refused: &[Secret]) -> Result<Option<UserIdentity>> {
        let turn = self.ports.lock(&self.key()).await?;
        let (_turn, kept) = self.kept(turn, refused).await?;
        Ok(kept)
    }

    /// The stored tokens, refreshed if they have expired. Tokens that were `refused` are not used again.
    async fn kept(&self, turn: P::Guard, refused: &[Secret]) -> Result<(P::Guard, Option<UserIdentity>)> {
        let Some(identity) = self.load().await? else { return Ok((turn, None)) };
        let now = seconds_at(self.ports, &identity.endpoints.token);
        let is_refused = refused.contains(identity.subject_token(self.own.subject_token).0);
        if !is_refused && identity.is_good(self.own.subject_token, now) {
            return Ok((turn, Some(identity)));
        }
        let can_refresh = identity.refresh_token.as_ref().is_some_and(|token| !refused.contains(token));
        let (turn, refreshed) = match can_refresh && refused.len() < MAX_REFUSED {
            true => self.refresh_detached(turn, identity).await,
            false => (turn, Err(self.wants_user())),
        };
        match refreshed {
            Ok(refreshed) => Ok((turn, Some(refreshed))),
            // This may succeed later.
            Err(error) if error.is_transient() => Err(error),
            // It may have been refused for one server only.
            Err(_) if is_refused => Ok((turn, None)),
            Err(_) => self.ports.delete(&self.key()).await.map(|()| (turn, None)),
        }
    }

    /// Refreshes to its end, even if nobody waits for it any more: a refresh token is spent once it is sent.
    async fn refresh_detached(&self, turn: P::Guard, identity: UserIdentity) -> (P::Guard, Result<UserIdentity>) {
        let (ports, client, own) = (self.ports.clone(), self.client.clone(), self.own.clone());
        let work = async move {
            let provider = Provider { ports: &ports, client: &client, own: &own };
            let refreshed = provider.refresh(identity).await;
            (turn, refreshed)
        };
        self.ports.spawn_detached(work).await
    }

    /// A new ID token for the same user (OpenID Connect Core §12).
    async fn refresh(&self, identity: UserIdentity) -> Result<UserIdentity> {
        const STEP: Step = Step::Refresh;
        let Some(refresh_token) = identity.refresh_token else { return Err(self.wants_user()) };
        let endpoint = self.endpoint(&identity.endpoints, &identity.endpoints.token);
        let form = refresh_request(&refresh_token, None);
        let response = endpoint.request_tokens(STEP, form, &[refresh_token.expose()]).await?;
        let nonce = Nonce::SentOrNone(&identity.nonce);
        let (user, expires_at, id_token) = self.checked(&response, nonce, &identity.endpoints, STEP)?;
        if user.sub != identity.user.sub {
            return Err(Error::new(Code::InvalidResponse, STEP, "The refreshed ID token is another user's."));
        }
        let refreshed = UserIdentity {
            user,
            id_token,
            expires_at,
            refresh_token: response.refresh_token.clone().or(Some(refresh_token)),
            ..identity
        };
        self.store(&refreshed).await?;
        Ok(refreshed)
    }

    /// Signs the user in, and stores what the provider issues.
    pub async fn sign_in(
        &self,
        account: &Account,
        parameters: &AuthorizationParameters,
        user_agent: &mut impl UserAgent,
    ) -> Result<UserIdentity> {
        let issuer = &self.own.issuer;
        let found = discover_listed(self.ports, issuer, &self.client.issuer_policy, self.client.prefetch).await?;
        let server = account.server().as_str();
        let asked = FoundServer {
            server,
            issuer: &found.metadata.issuer,
            metadata: found.document.as_ref().map(|document| &document.object),
        };
        let own = user_agent.authorization_parameters(&asked).await?;
        let again = parameters.ask_user();
        let parameters = self.client.authorization_parameters.and(&own).and(parameters);
        let attempt = Attempt::new(self.ports, self.client)?;
        let url = attempt.url(self, &found.metadata, &parameters)?;
        user_agent.confirm(server, &found.metadata.issuer).await?;
        self.begin(&attempt, again).await?;
        user_agent.open(&AuthorizationPage {
            url: &url,
            state: &attempt.state,
            server,
            issuer: &found.metadata.issuer,
        })?;
        self.ports.notify(&Event::Authorizing {
            server,
            account: account.name(),
            issuer: found.metadata.issuer.as_str(),
            resource: server,
            url: Some(url.as_str()).filter(|_| !user_agent.shows_page()),
        });
        let request = attempt.request(self.client, &found.metadata);
        let code = response(&request, user_agent).await?;
        let form = code_request(&code, &request);
        let secrets = [code.expose(), attempt.verifier.expose()];
        let identity = self.exchange_code(&found, &attempt.nonce, form, &secrets).await?;
        self.keep_new(identity).await
    }

    /// Deletes refused tokens, so that they are not used again if this sign-in fails. Where the user is to sign in `again`,
    /// the tokens are good, and remain.
    async fn begin(&self, attempt: &Attempt, again: bool) -> Result<()> {
        let _turn = self.ports.lock(&self.key()).await?;
        if !again {
            self.ports.delete(&self.key()).await?;
        }
        let open = OpenSignIn { v: VERSION, nonce: &attempt.nonce };
        self.ports.set(&self.sign_in_key(), record::text(self.ports, &open)?).await
    }

    /// Stores the result of a sign-in, unless the user has signed out since it began.
    async fn keep_new(&self, identity: UserIdentity) -> Result<UserIdentity> {
        let _turn = self.ports.lock(&self.key()).await?;
        let open = record::load_string(self.ports, &self.sign_in_key(), "nonce").await?;
        if open.as_deref() != Some(&*identity.nonce) {
            self.revoke(&identity).await;
            let message = "The user signed out of the identity provider while its sign-in page was open.";
            return Err(Error::new(Code::SignedOut, Step::Token, message));
        }
        self.ports.delete(&self.sign_in_key()).await?;
        self.store(&identity).await?;
        Ok(identity)
    }

    /// Exchanges the code.
    async fn exchange_code(
        &self,
        found: &DiscoveredServer,
        nonce: &str,
        form: Form,
        secrets: &[&str],
    ) -> Result<UserIdentity> {
        let DiscoveredServer { metadata, .. } = found;
        let endpoints = Endpoints {
            issuer: metadata.issuer.clone(),
            client: self.credentials(self.own.method.unwrap_or_else(|| match self.own.secret {
                Some(_) => ClientAuthentication::for_secret(metadata.token_endpoint_auth_methods.as_deref()),
                None => ClientAuthentication::None,
            })),
            token: metadata.token_endpoint.clone(),
            revocation: metadata.revocation_endpoint.clone(),
        };
        let response = self.endpoint(&endpoints, &endpoints.token).request_tokens(Step::Token, form, secrets).await?;
        let (user, expires_at, id_token) = self.checked(&response, Nonce::Sent(nonce), &endpoints, Step::Token)?;
        Ok(UserIdentity {
            user,
            id_token,
            expires_at,
            nonce: nonce.to_owned(),
            refresh_token: response.refresh_token.clone(),
            endpoints,
            is_new: true,
        })
    }

    /// Revokes the refresh token, if the provider offers that (RFC 7009). Returns whether the provider confirmed it.
    async fn revoke(&self, identity: &UserIdentity) -> bool {
        let (Some(url), Some(token)) = (&identity.endpoints.revocation, &identity.refresh_token) else { return false };
        let endpoint = self.endpoint(&identity.endpoints, url);
        let answer = endpoint.post(Step::Revocation, revocation_request(token, "refresh_token")).await;
        answer.is_ok_and(|answer| answer.is_success())
    }

    /// The ID token of a response (OpenID Connect Core §3.1.3.7), its user, and when it expires.
    fn checked(
        &self,
        response: &TokenResponse,
        nonce: Nonce<'_>,
        endpoints: &Endpoints,
        step: Step,
    ) -> Result<(UserInfo, u64, Secret)> {
        let Endpoints { issuer, token: url, .. } = endpoints;
        let wrong = |message: &str| Error::new(Code::InvalidResponse, step, message).with_url(url.without_query());
        let Some(id_token) = &response.id_token else {
            return Err(wrong("The identity provider sent no \"id_token\"."));
        };
        let claims = self.claims(id_token).ok_or_else(|| wrong("\"id_token\" is not a JWT."))?;
        let now = seconds_at(self.ports, url);
        let expected = ExpectedIdToken { issuer, client_id: &self.own.client_id, nonce, now };
        let exp = claims.seconds("exp").unwrap_or_default();
        let user = expected.user(&claims).ok_or_else(|| match exp > now {
            true => wrong("\"id_token\" is not for this sign-in: its iss, aud, azp, nonce, exp or sub does not match."),
            // Pages can't read `Date` of another origin, so the local clock counts.
            false => wrong("\"id_token\" has no exp, or has expired: check whether the clock of this device is ahead."),
        })?;
        Ok((user, exp, id_token.clone()))
    }

    fn claims(&self, id_token: &Secret) -> Option<Object> {
        match self.ports.parse_json(&jwt::claims(id_token.expose())?)? {
            Value::Object(claims) => Some(claims),
            _ => None,
        }
    }

    fn credentials(&self, method: ClientAuthentication) -> ClientCredentials {
        let (client_id, secret) = (self.own.client_id.clone(), self.own.secret.clone());
        ClientCredentials { client_id, secret, secret_expires_at: None, method }
    }

    fn endpoint<'a>(&'a self, endpoints: &'a Endpoints, url: &'a Url) -> Endpoint<'a, P> {
        let key_id = self.client.key_id.as_deref();
        let (ports, issuer, client) = (self.ports, &endpoints.issuer, &endpoints.client);
        Endpoint { ports, issuer, dpop_key: "", url, client, key_id, binding: Binding::Off }
    }

    async fn store(&self, identity: &UserIdentity) -> Result<()> {
        let UserIdentity { id_token, nonce, refresh_token, endpoints, .. } = identity;
        let record = IdentityRecord {
            v: VERSION,
            id_token: id_token.expose(),
            nonce,
            refresh_token: refresh_token.as_ref().map(Secret::expose),
            issuer: endpoints.issuer.as_str(),
            token_endpoint: endpoints.token.as_str(),
            revocation_endpoint: endpoints.revocation.as_ref().map(Url::as_str),
            token_endpoint_auth_method: endpoints.client.method.name(),
        };
        self.ports.set(&self.key(), record::text(self.ports, &record)?).await
    }

    async fn load(&self) -> Result<Option<UserIdentity>> {
        let key = self.key();
        let Some(record) = record::load(self.ports, &key).await? else { return Ok(None) };
        let identity = self.read(&record);
        if identity.is_none() {
            record::drop_unreadable(self.ports, &key).await?;
        }
        Ok(identity)
    }

    fn read(&self, record: &Object) -> Option<UserIdentity> {
        // Checked in the same way as the metadata that they come from.
        let endpoint = |text: &str| {
            let url = Url::parse(text).ok()?;
            self.own.issuer.url().may_lead_to(&url).ok().map(|()| url)
        };
        let id_token = Secret::from(record.text("id_token")?);
        let claims = self.claims(&id_token)?;
        let method = ClientAuthentication::from_name(record.text("token_endpoint_auth_method")?)?;
        Some(UserIdentity {
            user: UserInfo::read(&claims)?,
            expires_at: claims.seconds("exp")?,
            id_token,
            nonce: record.text("nonce")?.to_owned(),
            refresh_token: record.text("refresh_token").map(Secret::from),
            endpoints: Endpoints {
                issuer: Issuer::parse(record.text("issuer")?).ok()?,
                client: self.credentials(method),
                token: endpoint(record.text("token_endpoint")?)?,
                revocation: match record.text("revocation_endpoint") {
                    Some(text) => Some(endpoint(text)?),
                    None => None,
                },
            },
            is_new: false,
        })
    }
}

/// One sign-in at the provider.
struct Attempt {
    redirect_uri: RedirectUri,
    state: State,
    verifier: CodeVerifier,
    nonce: String,
}

impl Attempt {
    fn new(ports: &impl Ports, client: &Client) -> Result<Self> {
        let Some(redirect_uri) = client.redirect_uri.clone() else {
            let message = "The sign-in at the identity provider needs a redirect URI.";
            return Err(Error::new(Code::InvalidOption, Step::Authorization, message));
        };
        Ok(Self {
            redirect_uri,
            state: State::from_entropy(ports.entropy()?),
            verifier: CodeVerifier::from_entropy(ports.entropy()?),
            nonce: State::from_entropy(ports.entropy()?).as_str().to_owned(),
        })
    }

    fn request<'a>(&'a self, client: &Client, server: &'a AuthorizationServerMetadata) -> PendingRequest<'a> {
        PendingRequest {
            issuer: &server.issuer,
            iss_in_response: server.iss_in_response || client.require_iss,
            redirect_uri: &self.redirect_uri,
            resource: None,
            state: &self.state,
            verifier: &self.verifier,
        }
    }

    /// The provider issues a refresh token for `offline_access` (OpenID Connect Core §11), if it lists that scope.
    fn url<P>(
        &self,
        provider: &Provider<'_, P>,
        server: &AuthorizationServerMetadata,
        parameters: &AuthorizationParameters,
    ) -> Result<Url> {
        const OFFLINE: &str = "offline_access";
        server.require_code()?;
        let mut scope = Scope::from_tokens(["openid"]).union(&provider.own.scopes);
        if server.scopes_supported.contains(OFFLINE) {
            scope = scope.union(&Scope::from_tokens([OFFLINE]));
        }
        let request = AuthorizationRequest {
            server,
            client_id: &provider.own.client_id,
            scope: &scope,
            dpop_jkt: None,
            nonce: Some(&self.nonce),
            consent: false,
            own: parameters,
            pending: self.request(provider.client, server),
        };
        request.url()
    }
}

/// Whether the provider refuses the token that identifies the user. RFC 8693 §2.2.2: "the error parameter MUST be the
/// `invalid_request` error code"; the draft of the ID-JAG and most providers use `invalid_grant` of RFC 6749 §5.2.
fn is_refused(error: &Error) -> bool {
    matches!(error.server_error(), Some("invalid_grant" | "invalid_request" | "invalid_token"))
}

/// Until when sign-ins need no page, because the identity provider's tokens identify the user. `None` if the user has to
/// sign in, or if the client does not use an identity provider.
///
/// # Errors
///
/// The errors of the store.
pub async fn identity_usable_until<P: Ports>(ports: &P, client: &Client) -> Result<Option<UnixMillis>> {
    let Some(own) = client.sign_in_provider() else { return Ok(None) };
    let kept = Provider { ports, client, own }.load().await?;
    Ok(kept.map(|identity| identity.usable_until()))
}

/// Deletes what the identity provider issued for the user, and revokes its refresh token if the provider offers that
/// (RFC 7009). Sessions stay until their tokens run out. A sign-in whose page is open fails with [`Code::SignedOut`].
/// Returns whether the provider confirmed the revocation.
///
/// # Errors
///
/// The errors of the store: the tokens may still be in it.
pub async fn sign_out_of_identity_provider<P: Ports>(ports: &P, client: &Client) -> Result<bool> {
    let Some(own) = client.sign_in_provider() else { return Ok(false) };
    let provider = Provider { ports, client, own };
    let _turn = ports.lock(&provider.key()).await?;
    ports.delete(&provider.sign_in_key()).await?;
    let Some(identity) = provider.load().await? else { return Ok(false) };
    ports.delete(&provider.key()).await?;
    Ok(provider.revoke(&identity).await)
}
