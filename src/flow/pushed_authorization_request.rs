//! The way from an authorization request to the URL that the user agent opens: by a pushed request
//! (RFC 9126), or with all parameters in it.

use super::token::Endpoint;
use crate::ports::Ports;
use crate::protocol::{AuthorizationRequest, ClientAuthentication, RequestUri, Url};
use crate::{Code, Error, Result, Step};

/// The URL to open. `endpoint` has the client's authentication, which goes with a pushed request as
/// with a token request (RFC 9126 §2), and the proof of the key that `dpop_jkt` names (RFC 9449 §10.1).
pub(super) async fn authorization_url<P: Ports>(
    endpoint: &Endpoint<'_, P>,
    request: &AuthorizationRequest<'_>,
) -> Result<Url> {
    const STEP: Step = Step::Authorization;
    let required = request.server.requires_pushed_requests;
    let Some(url) = &request.server.pushed_authorization_request_endpoint else {
        if required {
            let message = "\"pushed_authorization_request_endpoint\" is missing, and pushed requests are required.";
            return Err(Error::new(Code::InvalidResponse, Step::AuthorizationServerMetadata, message));
        }
        return request.url();
    };
    let endpoint = Endpoint { url, ..*endpoint };
    let form = match endpoint.client.method {
        // The one method that leaves `client_id` out of the form.
        ClientAuthentication::SecretBasic => request.parameters().add("client_id", request.client_id),
        _ => request.parameters(),
    };
    match endpoint.post(STEP, form).await {
        // One that pages can't reach, for want of CORS headers, may be left alone where it is only offered.
        Err(error) if error.code() == Code::Network && !required => request.url(),
        answer => endpoint.read(&answer?, STEP, &[], RequestUri::parse)?.url(request),
    }
}
