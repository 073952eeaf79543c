//! Identity at an authorization server: pre-registered, client ID metadata document, dynamic
//! registration, in that priority (MCP 2026-07-28 client-registration).

use std::rc::Rc;

use super::client::{Client, Dpop, PreRegistered};
use super::exchange::exchange;
use super::record;
use super::token::Endpoint;
use crate::ports::{Body, Ports, Request};
use crate::protocol::{
    AuthorizationServerMetadata, ClientAuthentication, ClientCredentials, ClientMetadata, Issuer, OAuthError, Scope,
    Secret, Url, refresh_request, registered_client,
};
use crate::{Code, Error, Result, Step};

/// Finds or makes the app's identity at a server, and tells whether it is a registration that was made
/// earlier. `scope` is all that the resource is known to ask for.
pub async fn identify<P: Ports>(
    ports: &P,
    client: &Client,
    server: &AuthorizationServerMetadata,
    scope: &Scope,
) -> Result<(Rc<ClientCredentials>, bool)> {
    if let Some(own) = &client.pre_registered {
        return Ok((pre_registered(ports, own, server).await?, false));
    }
    if let Some(url) = client.client_id_metadata_url.as_ref().filter(|_| server.client_id_metadata_document) {
        return Ok((Rc::new(ClientCredentials::public(url.as_str())), false));
    }
    if let Some(registered) = record::load_registration(ports, &server.issuer, client.redirect_uri.as_ref()).await? {
        return Ok((registered, true));
    }
    // Apps register for their users; a machine has an identity that was given to it.
    let Some(endpoint) = server.registration_endpoint.as_ref().filter(|_| client.grant.is_none()) else {
        return Err(Error::new(
            Code::RegistrationUnsupported,
            Step::Registration,
            [server.issuer.as_str(), " offers no registration that this client can use."].concat(),
        ));
    };
    let registered = register(ports, client, server, endpoint, scope).await?;
    record::store_registration(ports, &server.issuer, client.redirect_uri.as_ref(), &registered).await?;
    Ok((registered, false))
}

/// "Clients MUST NOT use credentials of one authorization server with another": a pre-registered
/// client whose issuer is another one is an error.
async fn pre_registered<P: Ports>(
    ports: &P,
    own: &PreRegistered,
    server: &AuthorizationServerMetadata,
) -> Result<Rc<ClientCredentials>> {
    let kept = match &own.issuer {
        Some(issuer) => Some(issuer.as_str().to_owned()),
        None => record::load_binding(ports, &own.client_id).await?,
    };
    if let Some(issuer) = kept.filter(|issuer| server.issuer != **issuer) {
        return Err(Error::new(
            Code::ClientMismatch,
            Step::Registration,
            ["clientId belongs to ", &issuer, ", and this server uses ", server.issuer.as_str(), "."].concat(),
        ));
    }
    let method = match own.secret {
        Some(_) => ClientAuthentication::for_secret(server.token_endpoint_auth_methods.as_deref()),
        None if ports.client_key().is_some() => ClientAuthentication::PrivateKeyJwt,
        None => ClientAuthentication::None,
    };
    let client_id = own.client_id.clone();
    Ok(Rc::new(ClientCredentials { client_id, secret: own.secret.clone(), secret_expires_at: None, method }))
}

/// Keeps the issuer of a pre-registered client, once a sign-in with it has succeeded.
pub(super) async fn bind<P: Ports>(ports: &P, client: &Client, issuer: &Issuer) -> Result<()> {
    match &client.pre_registered {
        Some(PreRegistered { client_id, issuer: None, .. }) => record::store_binding(ports, client_id, issuer).await,
        _ => Ok(()),
    }
}

/// After a sign-in that failed: forgets a registration that the authorization server does not know any
/// more. It says so at the token endpoint (RFC 6749 §5.2), and at the authorization endpoint to the user
/// alone (§4.1.2.1), who closes the page: after that the token endpoint is asked.
pub(super) async fn forget_if_unknown<P: Ports>(
    endpoint: &Endpoint<'_, P>,
    redirect_uri: Option<&Url>,
    earlier: bool,
    error: &Error,
) -> Result<()> {
    const UNKNOWN: &str = "invalid_client";
    let unknown = if earlier && matches!(error.code(), Code::PopupClosed | Code::RedirectAbandoned) {
        let answer = endpoint.post(Step::Token, refresh_request(&Secret::from("none"), None)).await?;
        answer.document.as_ref().and_then(|document| document.string("error").ok().flatten()) == Some(UNKNOWN)
    } else {
        error.server_error() == Some(UNKNOWN)
    };
    match unknown {
        true => {
            let client_id = &endpoint.client.client_id;
            record::forget_registration(endpoint.ports, endpoint.issuer, redirect_uri, client_id).await
        }
        false => Ok(()),
    }
}

/// Dynamic registration. MCP 2026-07-28: a rejection MAY be retried with the other application type.
async fn register<P: Ports>(
    ports: &P,
    client: &Client,
    server: &AuthorizationServerMetadata,
    endpoint: &Url,
    scope: &Scope,
) -> Result<Rc<ClientCredentials>> {
    let metadata = ClientMetadata {
        client_name: &client.name,
        client_uri: client.uri.as_ref(),
        redirect_uri: client.redirect_uri.as_ref(),
        dpop_bound: client.dpop == Dpop::Require,
    };
    let first =
        send(ports, endpoint, server, metadata.registration_request(server, scope, metadata.application_type()));
    let rejection = match first.await {
        Err(error) if error.code() == Code::RegistrationFailed => error,
        other => return other,
    };
    let second =
        send(ports, endpoint, server, metadata.registration_request(server, scope, metadata.other_application_type()));
    second.await.map_err(|_| rejection)
}

async fn send<P: Ports>(
    ports: &P,
    endpoint: &Url,
    server: &AuthorizationServerMetadata,
    body: String,
) -> Result<Rc<ClientCredentials>> {
    const STEP: Step = Step::Registration;
    let answer = exchange(ports, Request::new(STEP, endpoint, Some(Body::Json(body)))).await?;
    let failure = |error: Error| error.with_url(endpoint.without_query()).with_status(answer.status);
    match &answer.document {
        Some(document) if answer.is_success() => registered_client(document, server).map(Rc::new).map_err(failure),
        None if answer.is_success() => Err(failure(Error::new(
            Code::InvalidResponse,
            STEP,
            "The registration endpoint did not answer with a JSON object.",
        ))),
        document => {
            let reason = document.as_ref().and_then(|document| OAuthError::parse(document, &[]));
            // 400, 401 and 403 are a refusal; anything else may pass.
            let code = match (&reason, answer.status) {
                (Some(_), _) | (None, 400..404) => Code::RegistrationFailed,
                _ => Code::HttpStatus,
            };
            let sentence = reason.as_ref().map_or_else(|| "without a reason.".to_owned(), OAuthError::sentence);
            Err(failure(
                Error::new(code, STEP, ["The authorization server refused the registration: ", &sentence].concat())
                    .with_server_error(reason.map(|reason| reason.error)),
            ))
        }
    }
}
