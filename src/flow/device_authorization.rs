//! Sign-in on another device (RFC 8628): the user enters a code there, and the app polls until they have.

use super::account::Account;
use super::dpop::Binding;
use super::endpoint::Endpoint;
use crate::ports::{Event, Ports, UnixMillis};
use crate::protocol::{
    AuthorizationServerMetadata, DeviceAuthorization, Resource, Scope, Secret, TokenResponse, Url,
    device_authorization_request, device_code_request,
};
use crate::{Code, Error, Result, Step};

const STEP: Step = Step::Authorization;

/// Tells the app what to show the user. Returns when the code expires.
pub(super) fn announce(ports: &impl Ports, account: &Account, device: &DeviceAuthorization) -> UnixMillis {
    ports.notify(&Event::DeviceCode {
        server: account.server().as_str(),
        account: account.name(),
        user_code: &device.user_code,
        verification_uri: device.verification_uri.as_str(),
        verification_uri_complete: device.verification_uri_complete.as_ref().map(Url::as_str),
        expires_in: device.expires_in,
    });
    expiry(ports, device)
}

/// When the code expires.
pub(super) fn expiry(ports: &impl Ports, device: &DeviceAuthorization) -> UnixMillis {
    ports.now().after(device.expires_in.saturating_mul(1000))
}

/// Requests the codes (§3.1).
pub(super) async fn device_codes<P: Ports>(
    endpoint: &Endpoint<'_, P>,
    authorization_server: &AuthorizationServerMetadata,
    resource: Option<&Resource>,
    scope: &Scope,
) -> Result<DeviceAuthorization> {
    let Some(url) = &authorization_server.device_authorization_endpoint else {
        let message = "\"device_authorization_endpoint\" is missing.";
        return Err(Error::new(Code::InvalidResponse, Step::AuthorizationServerMetadata, message));
    };
    // RFC 9449 defines proofs for the token endpoint. A server may reject them here.
    let endpoint = Endpoint { url, binding: Binding::Off, ..*endpoint };
    let answer = endpoint.post(STEP, device_authorization_request(resource, scope)).await?;
    endpoint.read(&answer, STEP, &[], |document| DeviceAuthorization::parse(document, url))
}

/// Polls for the tokens (§3.4) until the code expires.
pub(super) async fn tokens_when_the_user_is_done<P: Ports>(
    endpoint: &Endpoint<'_, P>,
    device_code: &Secret,
    interval: u64,
    expires_at: UnixMillis,
    resource: Option<&Resource>,
) -> Result<Box<TokenResponse>> {
    let ports = endpoint.ports;
    let in_seconds = |seconds: u64| ports.now().after(seconds.saturating_mul(1000));
    let mut interval = interval.max(1);
    let mut answered = false;
    // §3.5: without an answer until then, "the client … MUST stop polling".
    while in_seconds(interval) <= expires_at {
        ports.sleep(interval.saturating_mul(1000)).await;
        let form = device_code_request(device_code, resource);
        let error = match endpoint.request_tokens(Step::Token, form, &[device_code.expose()]).await {
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
            // frequency", by doubling the interval. That does not apply to a server that pages can't reach at all.
            _ if error.is_transient() && (answered || !matches!(error.code(), Code::Network | Code::CorsBlocked)) => {
                interval = interval.saturating_mul(2).max(error.retry_after().unwrap_or_default());
            }
            _ => return Err(error),
        }
    }
    Err(Error::new(Code::Timeout, Step::Token, "The code expired before the user was done."))
}
