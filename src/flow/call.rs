//! A request of the app's to the MCP server: with the token, once more after a refresh.

use super::dpop::proof;
use super::exchange::observe;
use super::session::Session;
use crate::ports::{Ports, ResourceRequest, ResourceResponse};
use crate::protocol::{Scope, Secret, TokenType, Url, WwwAuthenticate};
use crate::{Code, Error, Result, Step};

/// Sends a request in a session.
///
/// The token goes to the session's resource alone (MCP authorization, "MUST NOT send tokens to the
/// MCP server other than ones issued by the MCP server's authorization server"). On 401 the tokens
/// are refreshed once and the request is sent once more, if it can be.
pub async fn call<P: Ports, R: ResourceRequest>(session: &Session<P>, mut request: R) -> Result<R::Response> {
    let resource = session.tokens()?.resource.clone();
    let Some(url) = request.url().filter(|url| resource.covers(url)) else {
        let message = ["The session is for ", resource.as_str(), ", and the request goes elsewhere."].concat();
        return Err(Error::new(Code::WrongResource, Step::Request, message));
    };
    let method = request.method();
    let (mut refreshed, mut with_nonce) = (false, false);
    loop {
        let tokens = session.fresh_tokens().await?;
        let ports = session.ports();
        let proof = match tokens.token_type {
            TokenType::Bearer => None,
            TokenType::Dpop => Some(proof(ports, &tokens.issuer, &method, &url, Some(&tokens.access_token)).await?),
        };
        let authorization = Secret::from([tokens.token_type.name(), " ", tokens.access_token.expose()].concat());
        let started = ports.now();
        let outcome = request.send(&authorization, proof.as_ref()).await;
        let status = outcome.as_ref().ok().map(ResourceResponse::status);
        observe(ports, Step::Request, &method, url.without_query(), status, started);
        let response = outcome?;
        let wants_nonce = response.dpop_nonce().is_some_and(|nonce| {
            let is_new = ports.nonce(url.origin()).as_ref() != Some(&nonce);
            ports.keep_nonce(url.origin(), nonce);
            is_new && proof.is_some()
        });
        match response.status() {
            // RFC 9449 §9: the same request once more, with the nonce in its proof.
            401 if wants_nonce && !with_nonce && request.can_resend() => with_nonce = true,
            401 if !refreshed => {
                session.replace(&tokens.access_token).await?;
                if !request.can_resend() {
                    return Ok(response);
                }
                refreshed = true;
            }
            403 => return insufficient_scope(session, &url, response).await,
            _ => return Ok(response),
        }
    }
}

/// RFC 6750 §3.1: `insufficient_scope`. What is asked for next is what was asked for before and what
/// the challenge adds (MCP 2026-07-28 authorization, step-up).
async fn insufficient_scope<P: Ports, T: ResourceResponse>(session: &Session<P>, url: &Url, response: T) -> Result<T> {
    const ERROR: &str = "insufficient_scope";
    let error = |message: &str| {
        Error::new(Code::InsufficientScope, Step::Request, [url.without_query(), message].concat())
            .with_url(url.without_query())
            .with_status(response.status())
    };
    let Some(field) = response.www_authenticate() else {
        // A header that is not exposed: the body may say as much as it can.
        return match response.oauth_error().await.as_deref() {
            Some(ERROR) => Err(error(
                " asks for more scopes, but not for which: it has to send Access-Control-Expose-Headers: WWW-Authenticate.",
            )
            .with_scopes(Scope::default())),
            _ => Ok(response),
        };
    };
    let challenges = WwwAuthenticate::parse(&field);
    let Some(challenge) = challenges.oauth().filter(|challenge| challenge.parameter("error") == Some(ERROR)) else {
        return Ok(response);
    };
    let tokens = session.tokens()?;
    let scope = tokens.requested.union(&tokens.granted).union(&challenge.scope().unwrap_or_default());
    Err(error(" asks for more scopes than the session has.").with_scopes(scope))
}
