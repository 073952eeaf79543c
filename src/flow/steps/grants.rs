//! Tokens without a user at the page. Failed requests are not repeated.

use super::client_identity::ClientIdentity;
use super::discovery::Discovered;
use super::kept_key::shown_key;
use super::request::{grant_request, omits_resource};
use super::tokens::Tokens;
use crate::flow::client::{Client, Grant, IdentityProvider};
use crate::flow::endpoint::Endpoint;
use crate::flow::grant::tokens_by_grant;
use crate::flow::grant_request::GrantRequest;
use crate::ports::Ports;
use crate::protocol::{Issuer, Scope, Secret, TokenExchange, TokenResponse, jwt_bearer_request};
use crate::{Result, Step};

/// Tokens by the client's own credentials (OAuth 2.1 §4.2, SEP-1046).
///
/// # Errors
///
/// [`Code::ClientMismatch`](crate::Code::ClientMismatch) for credentials of another server, and the errors of the
/// exchange.
pub async fn client_credentials<P: Ports>(
    ports: &P,
    client: &Client,
    discovered: &Discovered,
    identity: &ClientIdentity,
    scope: Option<&Scope>,
) -> Result<Tokens> {
    let client = &without_user(client, Grant::ClientCredentials);
    let grant = grant_request(ports, client, discovered, identity, scope).await?;
    let endpoint = grant.token_endpoint(ports, client);
    let by = &Grant::ClientCredentials;
    let response = tokens_by_grant(&endpoint, by, &grant.parties.resource, &grant.requested).await?;
    issued(ports, client, discovered, &grant, &response).await
}

/// Tokens for a JWT (RFC 7523 §2.1): a workload's (SEP-1933), or the ID-JAG of a user (SEP-990).
///
/// # Errors
///
/// As [`client_credentials`].
pub async fn jwt_bearer<P: Ports>(
    ports: &P,
    client: &Client,
    discovered: &Discovered,
    identity: &ClientIdentity,
    assertion: &Secret,
    scope: Option<&Scope>,
) -> Result<Tokens> {
    let client = &without_user(client, Grant::JwtBearer);
    let grant = grant_request(ports, client, discovered, identity, scope).await?;
    let endpoint = grant.token_endpoint(ports, client);
    let form = jwt_bearer_request(assertion, &grant.parties.resource, &grant.requested);
    let response = endpoint.request_tokens(Step::Token, form, &[assertion.expose()]).await?;
    issued(ports, client, discovered, &grant, &response).await
}

/// Exchanges a token for another one at an identity provider (RFC 8693). `issuer` is the audience of the new token. If the
/// app authenticates by its own key, it is also the audience of that assertion.
///
/// # Errors
///
/// [`Code::InvalidResponse`](crate::Code::InvalidResponse) for a token of another type than requested, and the errors of the
/// exchange.
pub async fn exchange_token<P: Ports>(
    ports: &P,
    provider: &IdentityProvider,
    issuer: &Issuer,
    exchange: &TokenExchange<'_>,
) -> Result<Secret> {
    let provider = Endpoint::of_provider(ports, issuer, provider);
    let answer = provider.post(Step::Token, exchange.request()).await?;
    provider.read(&answer, Step::Token, &[exchange.subject_token.expose()], |document| exchange.read(document))
}

fn without_user(client: &Client, grant: Grant) -> Client {
    Client { grant: Some(grant), ..client.clone() }
}

async fn issued<P: Ports>(
    ports: &P,
    client: &Client,
    discovered: &Discovered,
    grant: &GrantRequest,
    response: &TokenResponse,
) -> Result<Tokens> {
    let issuer = &grant.parties.issuer;
    let dpop_jkt = shown_key(ports, issuer, grant.binding).await?;
    let omits = omits_resource(client, issuer);
    Ok(Tokens::issued(&discovered.server, grant, response, ports.now(), dpop_jkt, omits))
}
