//! Sign-in: discovers the server, identifies the client, asks the user, exchanges the code, stores the tokens.

use std::rc::Rc;

use super::account::Account;
use super::client::Client;
#[cfg(feature = "enterprise")]
use super::client::{Grant, SignInProvider};
use super::device_authorization::{announce, device_codes, tokens_when_the_user_is_done};
use super::discover::{
    AuthorizationServers, DiscoveredResource, DiscoveredServer, discover_listed, discover_origin, discover_resource,
};
use super::discovered::DiscoveredServers;
#[cfg(feature = "enterprise")]
use super::grant::tokens_by_assertion;
use super::grant::tokens_by_grant;
use super::grant_request::GrantRequest;
use super::identify::{confirm_identity, doubt_identity, identify};
#[cfg(feature = "enterprise")]
use super::identity_provider::Provider;
use super::kept_discovery::KeptDiscovery;
use super::kept_registration::Registration;
use super::pending::PendingSignIn;
use super::pushed_authorization_request::authorization_url;
use super::response::response;
use super::session::{Session, SessionTokens, while_signed_in};
use crate::ports::{AuthorizationPage, Event, FoundServer, Ports, UserAgent};
use crate::protocol::{
    AuthorizationParameters, AuthorizationServerMetadata, Issuer, RedirectUri, Scope, ServerUrl, TokenType, cors,
};
use crate::{Code, Error, Result, Step};

/// Signs the user in. `scopes` are requested instead of those that the server suggests.
///
/// The store only changes after the sign-in has succeeded, except that a registration is stored at once.
///
/// # Errors
///
/// Each step has its own errors ([`Error::step`]): a server can't be reached or read, a document violates the
/// specification, the client or the consent is refused, the user gives up, the store fails.
pub async fn sign_in<P: Ports>(
    ports: &P,
    client: &Rc<Client>,
    account: &Account,
    scopes: Option<&Scope>,
    user_agent: &mut impl UserAgent,
) -> Result<Session<P>> {
    sign_in_with(ports, client, account, scopes, &AuthorizationParameters::default(), user_agent).await
}

/// The same with more parameters for the authorization request of this sign-in, such as `prompt` or `login_hint`.
///
/// # Errors
///
/// As [`sign_in`].
pub async fn sign_in_with<P: Ports>(
    ports: &P,
    client: &Rc<Client>,
    account: &Account,
    scopes: Option<&Scope>,
    parameters: &AuthorizationParameters,
    user_agent: &mut impl UserAgent,
) -> Result<Session<P>> {
    let scope = |found: &DiscoveredResource| scopes.or(client.scopes.as_ref()).unwrap_or(&found.scope).clone();
    let tokens = SignIn { ports, client, account, stepping_up: None, parameters, user_agent }.authorize(&scope).await?;
    Session::begin(ports, client, account, tokens).await
}

/// What a sign-in needs: the ports, the client, the server and the account.
pub(super) struct SignIn<'a, P, U> {
    pub ports: &'a P,
    pub client: &'a Client,
    pub account: &'a Account,
    /// The session that gets more scopes, at a step-up.
    pub stepping_up: Option<SteppingUp<'a, P>>,
    /// More parameters for the authorization request of this sign-in.
    pub parameters: &'a AuthorizationParameters,
    pub user_agent: &'a mut U,
}

/// What a step-up must not change.
pub(super) struct SteppingUp<'a, P> {
    pub session: &'a Session<P>,
    pub issuer: &'a Issuer,
    pub token_type: TokenType,
    /// Whether to ask the user for consent again, although the server has it.
    pub consent: bool,
}

/// Chooses what to ask for, from the result of discovery.
type WantedScope<'a> = &'a dyn Fn(&DiscoveredResource) -> Scope;

/// Everything that is known before the user is asked.
struct Prepared {
    discovered: DiscoveredServers,
    grant: GrantRequest,
    /// Where the client comes from.
    registration: Registration,
    /// More parameters for the authorization request.
    parameters: AuthorizationParameters,
}

impl<P: Ports, U: UserAgent> SignIn<'_, P, U> {
    /// Gets tokens for the server's URL.
    ///
    /// Stored results of discovery are removed from the store when they are used, and stored again with the tokens. So
    /// outdated results can't cause the same failure twice.
    pub async fn authorize(mut self, scope: WantedScope<'_>) -> Result<Rc<SessionTokens>> {
        let prepared = self.prepare(scope).await?;
        let tokens = self.request_tokens(&prepared).await?;
        let (registered, used) = (&prepared.grant.parties.client, &tokens.granted.parties);
        confirm_identity(self.ports, self.client, prepared.registration, registered, used).await;
        let DiscoveredServers { resource, authorization_server } = &prepared.discovered;
        if let Some(metadata) = &authorization_server.document {
            KeptDiscovery::store(self.ports, self.account.server(), &resource.source, metadata).await;
        }
        Ok(tokens)
    }

    /// Decides whom to ask for what: from stored results of discovery if there are any, otherwise from the servers.
    async fn prepare(&mut self, scope: WantedScope<'_>) -> Result<Box<Prepared>> {
        let Some(kept) = KeptDiscovery::load(self.ports, self.account.server()).await else {
            return self.prepare_by(scope, None).await;
        };
        let prepared = match self.prepare_by(scope, Some(kept)).await {
            // The servers may have changed. Errors of the app itself would be the same.
            Err(error) if error.code() != Code::InvalidOption => self.prepare_by(scope, None).await?,
            prepared => prepared?,
        };
        KeptDiscovery::forget(self.ports, self.account.server()).await;
        Ok(prepared)
    }

    async fn prepare_by(&mut self, scope: WantedScope<'_>, kept: Option<KeptDiscovery>) -> Result<Box<Prepared>> {
        let Self { ports, client, .. } = *self;
        let discovered = self.discover(kept).await?;
        let (resource, server) = (&*discovered.resource, &*discovered.authorization_server.metadata);
        // A session that is bound to a key stays bound.
        let is_bound = self.stepping_up.as_ref().is_some_and(|session| session.token_type == TokenType::Dpop);
        let found = FoundServer {
            server: self.account.server().as_str(),
            issuer: &server.issuer,
            metadata: discovered.authorization_server.document.as_ref().map(|document| &document.object),
        };
        let own = self.user_agent.authorization_parameters(&found).await?;
        let parameters = client.authorization_parameters.and(&own).and(self.parameters);
        let scope = discovered.with_openid(scope(resource), &parameters);
        let wanted = discovered.wanted(ports, client, self.account.server(), &scope, is_bound)?;
        let known_scopes = wanted.scope.union(&resource.scopes_supported);
        let identity = identify(ports, client, server, &known_scopes, &found, self.user_agent)
            .await
            .map_err(|error| unless_challenge_is_hidden(self.account.server(), resource, error))?;
        let consent = self.stepping_up.as_ref().is_some_and(|session| session.consent);
        let grant = discovered.grant_request(wanted, self.account, identity.credentials, consent);
        Ok(Box::new(Prepared { discovered, grant, registration: identity.registration, parameters }))
    }

    /// Finds the server's authorization server and the metadata of both.
    async fn discover(&mut self, kept: Option<KeptDiscovery>) -> Result<DiscoveredServers> {
        let Self { ports, client, account, .. } = *self;
        let server = account.server();
        let (resource, kept) = match kept {
            Some(kept) => (kept.resource, Some(kept.server)),
            None => (discover_resource(ports, server, client.prefetch).await?, None),
        };
        let authorization_server = match &resource.authorization_servers {
            AuthorizationServers::Listed(issuers) => {
                let issuer = match &self.stepping_up {
                    Some(session) => pinned(issuers, session.issuer, client, server)?,
                    None => choose(issuers, self.user_agent).await?,
                };
                // The stored results may be of another authorization server.
                match kept.and_then(|document| DiscoveredServer::read(document, &issuer, &client.issuer_policy).ok()) {
                    Some(kept) => kept,
                    None => discover_listed(ports, &issuer, &client.issuer_policy, client.prefetch).await?,
                }
            }
            AuthorizationServers::Origin(origin) => {
                // For a server without metadata, its origin is another authorization server.
                if let Some(session) = &self.stepping_up {
                    pinned(std::slice::from_ref(origin), session.issuer, client, server)?;
                }
                discover_origin(ports, origin, client.prefetch).await?
            }
        };
        Ok(DiscoveredServers { resource, authorization_server })
    }

    /// Requests the tokens: by a grant without a user, by a code for another device, or with the user's
    /// consent on a page.
    async fn request_tokens(&mut self, prepared: &Prepared) -> Result<Rc<SessionTokens>> {
        let Self { ports, client, account, .. } = *self;
        let GrantRequest { parties, requested, .. } = &prepared.grant;
        let endpoint = prepared.grant.token_endpoint(ports, client);
        let response = match (&client.grant, &client.redirect_uri) {
            #[cfg(feature = "enterprise")]
            (Some(Grant::EnterpriseSignIn(own)), _) => return self.tokens_by_organisation(prepared, own).await,
            (Some(grant), _) => tokens_by_grant(&endpoint, grant, &parties.resource, requested).await?,
            (None, Some(redirect_uri)) => return self.tokens_by_code(prepared, redirect_uri).await,
            (None, None) => {
                let metadata = &prepared.discovered.authorization_server.metadata;
                let resource = parties.resource_parameter(client);
                let device = device_codes(&endpoint, metadata, resource, requested).await?;
                let expires_at = announce(ports, account, &device);
                tokens_when_the_user_is_done(&endpoint, &device.device_code, device.interval, expires_at, resource)
                    .await?
            }
        };
        Ok(SessionTokens::issued(&prepared.grant, &response, None, ports.now()))
    }

    /// The user may have to sign in at the identity provider.
    #[cfg(feature = "enterprise")]
    async fn tokens_by_organisation(&mut self, prepared: &Prepared, own: &SignInProvider) -> Result<Rc<SessionTokens>> {
        let Self { ports, client, account, parameters, .. } = *self;
        let GrantRequest { parties, requested, .. } = &prepared.grant;
        let provider = Provider { ports, client, own };
        let user_agent = &mut *self.user_agent;
        let session_user = self.stepping_up.as_ref().and_then(|stepping_up| stepping_up.session.user());
        let sign_in = async || provider.sign_in(account, parameters, user_agent).await;
        let wanted = (&parties.issuer, &parties.resource, requested);
        let (id_jag, user) = provider.id_jag(session_user.as_deref(), parameters.ask_user(), wanted, sign_in).await?;
        let endpoint = prepared.grant.token_endpoint(ports, client);
        let response = tokens_by_assertion(&endpoint, &id_jag, &parties.resource, requested).await?;
        Ok(SessionTokens::issued(&prepared.grant, &response, Some(Box::new(user)), ports.now()))
    }

    async fn tokens_by_code(&mut self, prepared: &Prepared, redirect_uri: &RedirectUri) -> Result<Rc<SessionTokens>> {
        let Self { ports, client, .. } = *self;
        let server = &prepared.discovered.authorization_server.metadata;
        let pending = PendingSignIn::new(ports, client, server, prepared.grant.clone(), redirect_uri)?;
        match self.ask_user(server, &pending, &prepared.parameters).await {
            Ok(tokens) => Ok(tokens),
            Err(error) => {
                let parties = &prepared.grant.parties;
                // The error to report is that of the sign-in.
                let _ = doubt_identity(ports, parties, redirect_uri, prepared.registration, &error).await;
                Err(with_consent_hint(error, &prepared.parameters, &pending.grant.requested))
            }
        }
    }

    /// Waits for the user's response, and exchanges its code.
    async fn ask_user(
        &mut self,
        server: &AuthorizationServerMetadata,
        pending: &PendingSignIn,
        parameters: &AuthorizationParameters,
    ) -> Result<Rc<SessionTokens>> {
        let url = authorization_url(self.ports, self.client, server, pending, parameters).await?;
        if let Some(limit) = self.user_agent.redirect_timeout() {
            pending.keep(self.ports, self.account, limit).await?;
        }
        let session = self.stepping_up.as_ref().map(|stepping_up| stepping_up.session);
        while_signed_in(session, self.user_agent.confirm(self.account.server().as_str(), &server.issuer)).await?;
        self.user_agent.open(&AuthorizationPage {
            url: &url,
            state: &pending.state,
            server: self.account.server().as_str(),
            issuer: &server.issuer,
        })?;
        self.ports.notify(&Event::Authorizing {
            server: self.account.server().as_str(),
            account: self.account.name(),
            issuer: server.issuer.as_str(),
            resource: pending.grant.parties.resource.as_str(),
            url: Some(url.as_str()).filter(|_| !self.user_agent.shows_page()),
        });
        let code = while_signed_in(session, response(&pending.request(self.client), self.user_agent)).await?;
        pending.exchange(self.ports, self.client, &code).await
    }
}

/// With `prompt=consent`, an identity provider may ask for an administrator.
const CONSENT_HINT: &str = " The request had prompt=consent, since it asked for offline_access. If the provider does not \
                            take that from this user, drop it: authorizationParameters: { prompt: null }.";

fn with_consent_hint(error: Error, parameters: &AuthorizationParameters, requested: &Scope) -> Error {
    let asked_for_consent = requested.contains("offline_access") && !parameters.has("prompt");
    match error.server_error() {
        Some("consent_required" | "access_denied" | "interaction_required") if asked_for_consent => {
            error.with_hint(CONSENT_HINT)
        }
        _ => error,
    }
}

/// A server that looked like one of 2025-03-26 but is not may be one whose challenge, which names its metadata, is hidden.
fn unless_challenge_is_hidden(server: &ServerUrl, resource: &DiscoveredResource, error: Error) -> Error {
    let is_listed = matches!(resource.authorization_servers, AuthorizationServers::Listed(_));
    if is_listed || !resource.challenge_hidden {
        return error;
    }
    let message = [
        server.as_str(),
        " hides its challenge, and has no metadata at the well-known places: it must send ",
        cors::EXPOSE_CHALLENGE,
        ".",
    ];
    Error::new(Code::MetadataNotFound, Step::ResourceMetadata, message.concat())
        .with_url(server.url().without_query())
        .with_source(Some(Box::new(error)))
}

/// The authorization server of a session, as the MCP server lists it. Only a sign-in can replace it by
/// another ("separate credentials and tokens for each", MCP 2026-07-28).
fn pinned(issuers: &[Issuer], known: &Issuer, client: &Client, server: &ServerUrl) -> Result<Issuer> {
    let is_it = |listed: &&Issuer| client.issuer_policy.named(listed, known.as_str()).is_some();
    issuers.iter().find(is_it).cloned().ok_or_else(|| {
        let message = format!(
            "{} no longer names {}, which issued the session, as its authorization server: sign out, and sign in again.",
            server.as_str(),
            known.as_str()
        );
        Error::new(Code::IssuerMismatch, Step::ResourceMetadata, message)
    })
}

/// The only authorization server, or the one that the client or its user chooses.
async fn choose(issuers: &[Issuer], user_agent: &mut impl UserAgent) -> Result<Issuer> {
    let index = if issuers.len() > 1 { user_agent.choose(issuers).await? } else { 0 };
    issuers.get(index).cloned().ok_or_else(|| {
        let message = "The MCP server does not name the chosen authorization server.";
        Error::new(Code::InvalidOption, Step::AuthorizationServerMetadata, message)
    })
}
