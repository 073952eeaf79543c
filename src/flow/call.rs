//! A request of the app's to the MCP server: with the token, once more after a refresh.

use super::dpop::proof;
use super::exchange::observe;
use super::kept_discovery::KeptDiscovery;
use super::server_time::note_date;
use super::session::Session;
use super::step_up::{insufficient_scope, stepped_up};
use crate::ports::{Ports, ResourceRequest, ResourceResponse};
use crate::protocol::{Secret, TokenType};
use crate::{Code, Error, Result, Step};

/// How often one request waits for more scopes. A server may ask for them one by one.
const MOST_STEP_UPS: u8 = 5;

/// Sends a request in a session.
///
/// The token goes to the session's resource alone (MCP authorization, "MUST NOT send tokens to the
/// MCP server other than ones issued by the MCP server's authorization server"). On 401 the tokens
/// are refreshed once and the request is sent once more, if it can be. On 403 with
/// `insufficient_scope` it waits for a step-up, where the app wants it to.
pub async fn call<P: Ports, R: ResourceRequest>(session: &Session<P>, mut request: R) -> Result<R::Response> {
    let resource = session.tokens()?.resource.clone();
    let Some(url) = request.url().filter(|url| resource.covers(url)) else {
        let message = ["The session is for ", resource.as_str(), ", and the request goes elsewhere."].concat();
        return Err(Error::new(Code::WrongResource, Step::Request, message));
    };
    let method = request.method();
    let via = request.via()?;
    let (mut refreshed, mut with_nonce) = (false, false);
    let mut step_ups = 0;
    loop {
        let tokens = session.fresh_tokens().await?;
        let ports = session.ports();
        let (known_nonce, proof) = match tokens.token_type {
            TokenType::Bearer => (None, None),
            TokenType::Dpop => {
                // Another request may learn a newer one meanwhile.
                let known = ports.nonce(url.origin());
                (known, Some(proof(ports, &tokens.issuer, &method, &url, Some(&tokens.access_token)).await?))
            }
        };
        let authorization = Secret::from([tokens.token_type.name(), " ", tokens.access_token.expose()].concat());
        let started = ports.now();
        let outcome = request.send(&authorization, proof.as_ref()).await;
        let status = outcome.as_ref().ok().map(ResourceResponse::status);
        observe(ports, Step::Request, &method, url.without_query(), via.as_ref(), status, started);
        let response = outcome?;
        if method == "POST" {
            note_date(ports, &url, response.date());
        }
        let nonce = proof.as_ref().and_then(|_| response.dpop_nonce());
        let wants_nonce = nonce.is_some_and(|nonce| {
            let is_new = known_nonce.as_ref() != Some(&nonce);
            ports.keep_nonce(url.origin(), nonce);
            is_new
        });
        match response.status() {
            // RFC 9449 §9: the same request once more, with the nonce in its proof.
            401 if wants_nonce && !with_nonce && request.can_resend() => with_nonce = true,
            401 if !refreshed => {
                // The server may be another one's by now, or want something else.
                KeptDiscovery::forget(session.ports(), session.server()).await;
                session.replace(&tokens.access_token).await?;
                if !request.can_resend() {
                    return Ok(response);
                }
                refreshed = true;
            }
            403 => {
                let Some(refused) = insufficient_scope(session, &url, &response).await? else { return Ok(response) };
                // A request that can't be sent again, or not as often, is the app's to repeat.
                if step_ups == MOST_STEP_UPS || !request.can_resend() {
                    return Err(refused);
                }
                stepped_up(session, &tokens.access_token, refused).await?;
                step_ups += 1;
            }
            _ => return Ok(response),
        }
    }
}
