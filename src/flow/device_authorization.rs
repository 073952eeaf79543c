//! Sign-in on another device (RFC 8628): the user enters a code there, and the app asks until they have.

use super::dpop::Binding;
use super::session::may_pass;
use super::token::Endpoint;
use crate::ports::{Event, Ports, UnixMillis};
use crate::protocol::{
    AuthorizationServerMetadata, DeviceAuthorization, Resource, Scope, ServerUrl, TokenResponse, Url,
    device_authorization_request, device_code_request,
};
use crate::{Code, Error, Result, Step};

/// Asks for a code, tells the app, and polls for the tokens.
pub(super) async fn tokens_by_device_code<P: Ports>(
    endpoint: &Endpoint<'_, P>,
    authorization_server: &AuthorizationServerMetadata,
    server: &ServerUrl,
    resource: Option<&Resource>,
    scope: &Scope,
) -> Result<Box<TokenResponse>> {
    const STEP: Step = Step::Authorization;
    let ports = endpoint.ports;
    let Some(url) = &authorization_server.device_authorization_endpoint else {
        let message = "\"device_authorization_endpoint\" is missing.";
        return Err(Error::new(Code::InvalidResponse, Step::AuthorizationServerMetadata, message));
    };
    let device = {
        // RFC 9449 has proofs for the token endpoint, and a server may not take them here.
        let endpoint = Endpoint { url, binding: Binding::Off, ..*endpoint };
        let answer = endpoint.post(STEP, device_authorization_request(resource, scope)).await?;
        endpoint.read(&answer, STEP, &[], |document| DeviceAuthorization::parse(document, url))?
    };
    let in_seconds = |seconds: u64| UnixMillis(ports.now().0.saturating_add(seconds.saturating_mul(1000)));
    let expires_at = in_seconds(device.expires_in);
    ports.notify(&Event::DeviceCode {
        server: server.as_str(),
        user_code: &device.user_code,
        verification_uri: device.verification_uri.as_str(),
        verification_uri_complete: device.verification_uri_complete.as_ref().map(Url::as_str),
        expires_in: device.expires_in,
    });
    let mut interval = device.interval.max(1);
    let mut answered = false;
    // §3.5: without an answer until then, "the client … MUST stop polling".
    while in_seconds(interval) <= expires_at {
        ports.sleep(interval.saturating_mul(1000)).await;
        let form = device_code_request(&device.device_code, resource);
        let error = match endpoint.request_tokens(Step::Token, form, &[device.device_code.expose()]).await {
            Ok(tokens) => return Ok(tokens),
            Err(error) => error,
        };
        match error.server_error() {
            Some("authorization_pending") => answered = true,
            // §3.5: "the interval MUST be increased by 5 seconds for this and all subsequent requests".
            Some("slow_down") => {
                answered = true;
                interval = interval.saturating_add(5);
            }
            Some("access_denied") => return Err(error.with_code(Code::AccessDenied)),
            Some("expired_token") => return Err(error.with_code(Code::Timeout)),
            // §3.5: "On encountering a connection timeout, clients MUST unilaterally reduce their polling
            // frequency", by doubling the interval. A server that pages can't reach at all is no such case.
            _ if may_pass(&error) && (answered || !matches!(error.code(), Code::Network | Code::CorsBlocked)) => {
                interval = interval.saturating_mul(2).max(error.retry_after().unwrap_or_default());
            }
            _ => return Err(error),
        }
    }
    Err(Error::new(Code::Timeout, Step::Token, "The code ran out before the user was done."))
}
