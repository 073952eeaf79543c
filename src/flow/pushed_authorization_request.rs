//! Makes the URL that the user agent opens from an authorization request: with a pushed request
//! (RFC 9126), or with all parameters in the URL.

use super::client::Client;
use super::dpop::Binding;
use super::pending::PendingSignIn;
use crate::ports::Ports;
use crate::protocol::{
    AuthorizationParameters, AuthorizationRequest, AuthorizationServerMetadata, ClientAuthentication, RequestUri, Url,
};
use crate::{Code, Error, Result, Step};

/// The URL to open. A pushed request contains the client's authentication, like a token request
/// (RFC 9126 §2), and the proof of the key that `dpop_jkt` names (RFC 9449 §10.1).
pub(super) async fn authorization_url<P: Ports>(
    ports: &P,
    client: &Client,
    server: &AuthorizationServerMetadata,
    pending: &PendingSignIn,
    parameters: &AuthorizationParameters,
) -> Result<Url> {
    const STEP: Step = Step::Authorization;
    let request = AuthorizationRequest {
        server,
        client_id: &pending.grant.parties.client.client_id,
        scope: &pending.grant.requested,
        dpop_jkt: match pending.grant.binding {
            Binding::Off => None,
            _ => Some(ports.dpop_key(&pending.grant.parties.dpop_key).await?.thumbprint()),
        },
        nonce: pending.nonce.as_deref(),
        consent: pending.grant.consent,
        own: parameters,
        pending: pending.request(client),
    };
    let required = server.requires_pushed_requests;
    let Some(url) = &server.pushed_authorization_request_endpoint else {
        if required {
            let message = "\"pushed_authorization_request_endpoint\" is missing, and pushed requests are required.";
            return Err(Error::new(Code::InvalidResponse, Step::AuthorizationServerMetadata, message));
        }
        return request.url();
    };
    let endpoint = pending.grant.parties.endpoint(ports, client, url, pending.grant.binding);
    let form = match endpoint.client.method {
        // The only method that leaves `client_id` out of the form.
        ClientAuthentication::SecretBasic => request.parameters().add("client_id", request.client_id),
        _ => request.parameters(),
    };
    match endpoint.post(STEP, form).await {
        // If the endpoint lacks CORS headers, pages can't reach it. They can do without if it is not required.
        Err(error) if matches!(error.code(), Code::Network | Code::CorsBlocked) && !required => request.url(),
        answer => endpoint.read(&*answer?, STEP, &[], RequestUri::parse)?.url(&request),
    }
}
