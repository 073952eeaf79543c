//! Sign-in: discover, identify, ask the user, exchange the code, keep the tokens.

use super::client::Client;
use super::discover::{
    AuthorizationServers, discover_authorization_server, discover_origin_authorization_server, discover_resource,
};
use super::identify::{bind, identify};
use super::session::{Session, Tokens};
use super::token::request_tokens;
use crate::ports::{Event, Ports, UserAgent};
use crate::protocol::{
    AuthorizationCode, AuthorizationRequest, AuthorizationServerMetadata, CodeVerifier, Issuer, Scope, ServerUrl,
    State, authorization_response, code_request,
};
use crate::{Code, Error, Result, Step};

/// Signs the user in. `scopes` are asked for in place of those that the server suggests.
///
/// What is in the store changes only when the sign-in has succeeded; a registration is kept as soon
/// as it is made.
pub async fn sign_in<P: Ports>(
    ports: &P,
    client: &Client,
    server: &ServerUrl,
    scopes: Option<&Scope>,
    user_agent: &mut impl UserAgent,
) -> Result<Session<P>> {
    let found = discover_resource(ports, server).await?;
    let authorization_server = match &found.authorization_servers {
        AuthorizationServers::Listed(issuers) => {
            let issuer = choose(issuers, user_agent).await?;
            discover_authorization_server(ports, &issuer).await?
        }
        AuthorizationServers::Origin(origin) => discover_origin_authorization_server(ports, origin).await?,
    };
    let issuer = authorization_server.issuer.clone();
    let scope = scopes.or(client.scopes.as_ref()).unwrap_or(&found.scope);
    let scope = with_offline_access(scope, &authorization_server);
    let known_scopes = scope.union(&found.scopes_supported);
    let credentials = identify(ports, client, &authorization_server, &known_scopes).await?;

    let request = AuthorizationRequest {
        server: &authorization_server,
        client_id: &credentials.client_id,
        redirect_uri: &client.redirect_uri,
        resource: &found.resource,
        scope: &scope,
        state: State::from_entropy(ports.entropy()?),
        verifier: CodeVerifier::from_entropy(ports.entropy()?),
    };
    user_agent.open(&request.url()?)?;
    ports.notify(&Event::Authorizing { server: server.as_str(), issuer: issuer.as_str() });
    let code = response(&request, user_agent).await?;

    let secrets = [code.expose(), request.verifier.expose()];
    let token_request = code_request(&code, &request, &credentials);
    let response =
        request_tokens(ports, Step::Token, &authorization_server.token_endpoint, token_request, &secrets).await?;
    bind(ports, client, &issuer).await?;
    let tokens = Tokens {
        resource: found.resource,
        token_endpoint: authorization_server.token_endpoint,
        revocation_endpoint: authorization_server.revocation_endpoint,
        issuer,
        client: credentials,
        granted: scope.clone(),
        requested: scope,
        access_token: response.access_token.clone(),
        refresh_token: None,
        expires_at: None,
        refresh_at: None,
    };
    Session::begin(ports.clone(), server.clone(), tokens.renewed(response, ports.now())).await
}

/// Brings a session back from the store, without the network.
pub async fn restore<P: Ports>(ports: &P, server: &ServerUrl) -> Result<Option<Session<P>>> {
    Session::load(ports.clone(), server.clone()).await
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
/// server's default ones.
fn with_offline_access(scope: &Scope, server: &AuthorizationServerMetadata) -> Scope {
    const OFFLINE: &str = "offline_access";
    if scope.is_empty() || !server.scopes_supported.contains(OFFLINE) {
        return scope.clone();
    }
    scope.union(&Scope::from_tokens([OFFLINE]))
}

/// Waits for the response to this request. What comes over a channel that other sign-ins share, and
/// has another state, is theirs.
async fn response(request: &AuthorizationRequest<'_>, user_agent: &mut impl UserAgent) -> Result<AuthorizationCode> {
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
