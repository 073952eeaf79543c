//! Sign-in: discover, identify, ask the user, exchange the code, keep the tokens.

use std::rc::Rc;

use super::client::{Client, is_listed};
use super::device_authorization::tokens_by_device_code;
use super::discover::{
    AuthorizationServers, DiscoveredResource, discover_listed, discover_origin_authorization_server,
    discover_resource_and_text,
};
use super::dpop::Binding;
use super::grant::tokens_by_grant;
use super::identify::{forget_if_unknown, identify};
use super::kept_discovery::{DiscoveryText, KeptDiscovery};
use super::pending::{PendingSignIn, finish_returned};
use super::pushed_authorization_request::authorization_url;
use super::session::{Session, Tokens};
use super::token::Endpoint;
use crate::ports::{Event, Ports, UnixMillis, UserAgent};
use crate::protocol::{
    AuthorizationCode, AuthorizationServerMetadata, CodeVerifier, Issuer, PendingRequest, Scope, Secret, ServerUrl,
    State, TokenResponse, TokenType, authorization_response,
};
use crate::{Code, Error, Result, Step};

/// Signs the user in. `scopes` are asked for in place of those that the server suggests.
///
/// What is in the store changes only when the sign-in has succeeded; a registration is kept as soon
/// as it is made.
pub async fn sign_in<P: Ports>(
    ports: &P,
    client: &Rc<Client>,
    server: &ServerUrl,
    scopes: Option<&Scope>,
    user_agent: &mut impl UserAgent,
) -> Result<Session<P>> {
    let scope = |found: &DiscoveredResource| scopes.or(client.scopes.as_ref()).unwrap_or(&found.scope).clone();
    let (session, response) = SignIn { ports, client, server, user_agent }.authorize(&scope, None).await?;
    Session::begin(ports, client, server, session, response).await
}

/// Who signs in where.
pub(super) struct SignIn<'a, P, U> {
    pub ports: &'a P,
    pub client: &'a Client,
    pub server: &'a ServerUrl,
    pub user_agent: &'a mut U,
}

/// Who is asked for what.
struct Prepared {
    authorization_server: Box<AuthorizationServerMetadata>,
    binding: Binding,
    /// The session that it will be, as yet without tokens.
    session: Rc<Tokens>,
    /// Whether the client's identity there is a registration that was made earlier.
    earlier: bool,
    /// What discovery found.
    discovery: DiscoveryText,
}

impl<P: Ports, U: UserAgent> SignIn<'_, P, U> {
    /// From the server's URL to tokens: the session that they are for, and the answer that brings them.
    /// `scope` tells what to ask for by what was discovered; a `known` authorization server is taken
    /// without a choice while it is one of the server's.
    ///
    /// What discovery found is taken out of the store when it is relied upon, and comes back with the
    /// tokens: so no failure happens twice because what was kept is no longer true.
    pub async fn authorize(
        mut self,
        scope: &dyn Fn(&DiscoveredResource) -> Scope,
        known: Option<&Issuer>,
    ) -> Result<(Rc<Tokens>, Box<TokenResponse>)> {
        let mut kept = KeptDiscovery::load(self.ports, self.server).await;
        let relied_upon = kept.is_some();
        let prepared = loop {
            let kept = kept.take();
            let again = kept.is_some();
            match self.prepare(scope, known, kept).await {
                // The servers may say something else by now. The app's own faults stay what they are.
                Err(error) if again && error.code() != Code::InvalidOption => {}
                prepared => break prepared?,
            }
        };
        if relied_upon {
            KeptDiscovery::forget(self.ports, self.server).await;
        }
        let response = self.tokens(&prepared).await?;
        prepared.discovery.store(self.ports, self.server).await;
        Ok((prepared.session, response))
    }

    /// Asks for the tokens.
    async fn tokens(&mut self, prepared: &Prepared) -> Result<Box<TokenResponse>> {
        let Prepared { authorization_server, session, .. } = prepared;
        let endpoint = session.endpoint(self.ports, self.client, &session.token_endpoint, prepared.binding);
        if let Some(grant) = &self.client.grant {
            return tokens_by_grant(&endpoint, grant, &session.resource, &session.requested).await;
        }
        let Some(redirect_uri) = self.client.redirect_uri.clone() else {
            let resource = session.resource_parameter(self.client);
            let server = self.server;
            return tokens_by_device_code(&endpoint, authorization_server, server, resource, &session.requested).await;
        };
        let pending = PendingSignIn {
            session: session.clone(),
            binding: prepared.binding,
            redirect_uri,
            iss_in_response: authorization_server.iss_in_response,
            state: State::from_entropy(self.ports.entropy()?),
            verifier: CodeVerifier::from_entropy(self.ports.entropy()?),
        };
        match self.ask(authorization_server, &pending).await {
            Err(error) => {
                let endpoint = Endpoint { binding: Binding::Off, ..endpoint };
                let redirect_uri = Some(&pending.redirect_uri);
                // What the user learns is why the sign-in failed.
                let _ = forget_if_unknown(&endpoint, redirect_uri, prepared.earlier, &error).await;
                Err(error)
            }
            response => response,
        }
    }

    /// The user's part, and the exchange of its code.
    async fn ask(
        &mut self,
        authorization_server: &AuthorizationServerMetadata,
        pending: &PendingSignIn,
    ) -> Result<Box<TokenResponse>> {
        let url = authorization_url(self.ports, self.client, authorization_server, pending).await?;
        if let Some(limit) = self.user_agent.leaves_for() {
            pending.keep(self.ports, self.server, limit).await?;
        }
        self.user_agent.open(&url, &pending.state)?;
        let (server, issuer) = (self.server.as_str(), authorization_server.issuer.as_str());
        self.ports.notify(&Event::Authorizing { server, issuer });
        let code = response(&pending.request(self.client), self.user_agent).await?;
        pending.exchange(self.ports, self.client, &code).await
    }

    /// Finds who is asked for what, from what is kept or else from the servers, and the client's identity
    /// there.
    async fn prepare(
        &mut self,
        scope: &dyn Fn(&DiscoveredResource) -> Scope,
        known: Option<&Issuer>,
        kept: Option<KeptDiscovery>,
    ) -> Result<Prepared> {
        let Self { ports, client, server, .. } = *self;
        let kept = kept.and_then(|kept| Some((kept.resource(server)?, Some(kept), None)));
        let (found, kept, text) = match kept {
            Some(kept) => kept,
            None => {
                let (found, text) = discover_resource_and_text(ports, server, client.prefetch).await?;
                (found, None, text)
            }
        };
        let (authorization_server, discovery) = match &found.authorization_servers {
            AuthorizationServers::Listed(issuers) => {
                let issuer = match known.filter(|known| issuers.contains(known)) {
                    Some(known) => known.clone(),
                    None => choose(issuers, self.user_agent).await?,
                };
                match kept.and_then(|kept| Some((kept.authorization_server(&issuer)?, kept.text))) {
                    Some(kept) => kept,
                    None => {
                        let (metadata, answer) = discover_listed(ports, &issuer, client.prefetch).await?;
                        (metadata, DiscoveryText::of(ports, text, &answer))
                    }
                }
            }
            AuthorizationServers::Origin(origin) => {
                let metadata = discover_origin_authorization_server(ports, origin, client.prefetch).await?;
                (metadata, DiscoveryText::default())
            }
        };
        let binding = Binding::between(ports, client, &authorization_server, &found)?;
        let scope = with_offline_access(&scope(&found), client, &authorization_server);
        if client.grant.is_none()
            && client.redirect_uri.is_some()
            && !is_listed(&client.trust_pkce, &authorization_server.issuer)
        {
            authorization_server.require_pkce()?;
        }
        let known_scopes = scope.union(&found.scopes_supported);
        let credentials = identify(ports, client, &authorization_server, &known_scopes).await;
        let (credentials, earlier) = credentials.map_err(|error| match &found.authorization_servers {
            AuthorizationServers::Origin(_) if found.challenge_hidden => hidden_challenge(server, error),
            _ => error,
        })?;
        let session = Rc::new(Tokens {
            resource: found.resource.clone(),
            issuer: authorization_server.issuer.clone(),
            token_endpoint: authorization_server.token_endpoint.clone(),
            revocation_endpoint: authorization_server.revocation_endpoint.clone(),
            client: credentials,
            granted: scope.clone(),
            requested: scope,
            access_token: Secret::from(""),
            token_type: TokenType::Bearer,
            refresh_token: None,
            issued_at: UnixMillis(0),
            expires_at: None,
            refresh_at: None,
            failed_at: UnixMillis(0),
            retry_at: None,
        });
        Ok(Prepared { authorization_server, binding, session, earlier, discovery })
    }
}

/// What looked like a server of 2025-03-26 and is none, may be one whose challenge names its metadata.
fn hidden_challenge(server: &ServerUrl, cause: Error) -> Error {
    let message = [
        server.as_str(),
        " hides its challenge, and has no metadata at the well-known places: it has to send \
         Access-Control-Expose-Headers: WWW-Authenticate.",
    ];
    Error::new(Code::MetadataNotFound, Step::ResourceMetadata, message.concat())
        .with_url(server.url().without_query())
        .with_source(Some(Box::new(cause)))
}

/// Brings a session back from the store, without the network; or finishes the sign-in from which the
/// user has just come back, whose errors are then those of [`sign_in`].
pub async fn restore<P: Ports>(ports: &P, client: &Rc<Client>, server: &ServerUrl) -> Result<Option<Session<P>>> {
    for response in ports.responses() {
        if let Some(session) = finish_returned(ports, client, server, &response).await? {
            return Ok(Some(session));
        }
    }
    Session::load(ports.clone(), client.clone(), server.clone()).await
}

/// The only authorization server, or the one that the client or its user chooses.
async fn choose(issuers: &[Issuer], user_agent: &mut impl UserAgent) -> Result<Issuer> {
    let index = if issuers.len() > 1 { user_agent.choose(issuers).await? } else { 0 };
    issuers.get(index).cloned().ok_or_else(|| {
        let message = "The chosen authorization server is none of those that the MCP server names.";
        Error::new(Code::InvalidOption, Step::AuthorizationServerMetadata, message)
    })
}

/// MCP 2026-07-28 authorization, refresh tokens: `offline_access` is asked for only where the
/// authorization server lists it. It goes with other scopes alone: on its own it would replace the
/// server's default ones. Without a user there is nobody to be offline.
fn with_offline_access(scope: &Scope, client: &Client, server: &AuthorizationServerMetadata) -> Scope {
    const OFFLINE: &str = "offline_access";
    if scope.is_empty() || client.grant.is_some() || !server.scopes_supported.contains(OFFLINE) {
        return scope.clone();
    }
    scope.union(&Scope::from_tokens([OFFLINE]))
}

/// Waits for the response to this request. What comes over a channel that other sign-ins share, and
/// has another state, is theirs.
async fn response(request: &PendingRequest<'_>, user_agent: &mut impl UserAgent) -> Result<AuthorizationCode> {
    loop {
        let callback = user_agent.response().await?;
        match authorization_response(callback.query.expose(), request) {
            Err(error) if error.code() == Code::StateMismatch && !callback.surely_ours => {}
            decided => {
                user_agent.done();
                return decided;
            }
        }
    }
}
