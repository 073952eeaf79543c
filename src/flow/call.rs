//! A request of the app's to the MCP server: with the token, once more after a refresh.

use super::exchange::observe;
use super::session::Session;
use crate::ports::{Ports, ResourceRequest, ResourceResponse};
use crate::protocol::{Url, WwwAuthenticate};
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
    let mut retried = false;
    loop {
        let token = session.access_token().await?;
        let started = session.ports().now();
        let outcome = request.send(&token).await;
        let status = outcome.as_ref().ok().map(ResourceResponse::status);
        observe(session.ports(), Step::Request, &request.method(), url.without_query(), status, started);
        let response = outcome?;
        match response.status() {
            401 if !retried => {
                session.renew(&token).await?;
                if !request.can_resend() {
                    return Ok(response);
                }
                retried = true;
            }
            403 => return insufficient_scope(session, &url, response),
            _ => return Ok(response),
        }
    }
}

/// RFC 6750 §3.1: `insufficient_scope`. What is asked for next is what was asked for before and what
/// the challenge adds (MCP 2026-07-28 authorization, step-up).
fn insufficient_scope<P: Ports, T: ResourceResponse>(session: &Session<P>, url: &Url, response: T) -> Result<T> {
    let challenges = WwwAuthenticate::parse(&response.www_authenticate().unwrap_or_default());
    let Some(challenge) = challenges.oauth().filter(|it| it.parameter("error") == Some("insufficient_scope")) else {
        return Ok(response);
    };
    let tokens = session.tokens()?;
    let scope = tokens.requested.union(&tokens.granted).union(&challenge.scope().unwrap_or_default());
    Err(Error::new(
        Code::InsufficientScope,
        Step::Request,
        [url.without_query(), " asks for more scopes than the session has."].concat(),
    )
    .with_url(url.without_query())
    .with_status(response.status())
    .with_scopes(scope))
}
