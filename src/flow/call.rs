//! Sends the app's requests to the MCP server with the access token, and repeats them after a refresh.

use super::dpop::proof;
use super::exchange::observe;
use super::kept_discovery::KeptDiscovery;
use super::server_time::note_date;
use super::session::Session;
use super::step_up::{insufficient_authentication, insufficient_scope, stepped_up};
use crate::ports::{Ports, ResourceRequest, ResourceResponse};
use crate::protocol::{Resource, Secret, TokenType, Url};
use crate::{Code, Error, Result, Step};

/// How many redirects one request follows.
const MOST_REDIRECTS: u8 = 5;

/// Where a redirect may lead: only within the resource, because the token is sent along.
fn followed(resource: &Resource, url: &Url, target: Option<Url>, may_resend: bool) -> Result<Url> {
    let Some(target) = target else {
        let message = [url.without_query(), " redirects, but does not say where without a token."];
        return Err(Error::new(Code::Network, Step::Request, message.concat()).with_url(url.without_query()));
    };
    let why = match resource.covers(&target) {
        true if may_resend => return Ok(target),
        true => ". This request can't be sent again: send it there.",
        false => ", which is not below the session's resource. The token did not go there.",
    };
    let message = [url.without_query(), " redirects to ", target.without_query(), why];
    Err(Error::new(Code::WrongResource, Step::Request, message.concat()).with_url(url.without_query()))
}

/// How often one request waits for a step-up. Some servers ask for one scope after the other.
const MOST_STEP_UPS: u8 = 5;

/// Waits for a step-up, if the app wants that. If the request can't be sent again or was sent too often, the app has to
/// repeat it.
async fn step_up<P: Ports>(
    session: &Session<P>,
    used: &Secret,
    refused: Error,
    may_resend: bool,
    step_ups: &mut u8,
) -> Result<()> {
    if *step_ups == MOST_STEP_UPS || !may_resend {
        return Err(refused);
    }
    *step_ups += 1;
    stepped_up(session, used, refused).await
}

impl<P: Ports> Session<P> {
    /// Sends a request with the session's access token.
    ///
    /// The token is only sent to the session's resource (MCP authorization, "MUST NOT send tokens to the
    /// MCP server other than ones issued by the MCP server's authorization server"). After a 401, it
    /// refreshes the tokens and repeats the request once, if the request can be sent again. After a 403 with
    /// `insufficient_scope`, it waits for a step-up if the app wants that.
    ///
    /// # Errors
    ///
    /// [`Code::WrongResource`] before anything is sent; [`Code::InsufficientScope`] and
    /// [`Code::InsufficientUserAuthentication`] with what the server asks for ([`Error::step_up`]);
    /// the errors of a refresh ([`Session::refresh`]); and the errors of the request itself.
    pub async fn call<R: ResourceRequest>(&self, mut request: R) -> Result<R::Response> {
        let session = self;
        let resource = session.tokens()?.granted.parties.resource.clone();
        let Some(mut url) = request.url().filter(|url| resource.covers(url)) else {
            let message = ["The session is for ", resource.as_str(), ", but the request goes elsewhere."].concat();
            return Err(Error::new(Code::WrongResource, Step::Request, message));
        };
        let method = request.method();
        let proxy_url = request.proxy_url()?;
        let (mut refreshed, mut with_nonce) = (false, false);
        let mut redirects = 0;
        let mut step_ups = 0;
        loop {
            let tokens = session.fresh_tokens().await?;
            let ports = session.ports();
            let (known_nonce, proof) = match tokens.token_type {
                TokenType::Bearer => (None, None),
                TokenType::Dpop => {
                    // Another request may receive a newer nonce meanwhile.
                    let known = ports.nonce(url.origin());
                    (
                        known,
                        Some(
                            proof(ports, &tokens.granted.parties.dpop_key, &method, &url, Some(&tokens.access_token))
                                .await?,
                        ),
                    )
                }
            };
            let authorization = Secret::from([tokens.token_type.name(), " ", tokens.access_token.expose()].concat());
            let started = ports.now();
            let outcome = request.send(&authorization, proof.as_ref()).await;
            let status = outcome.as_ref().ok().map(ResourceResponse::status);
            observe(ports, Step::Request, &method, url.without_query(), proxy_url.as_ref(), status, started);
            let response = outcome?;
            if response.is_redirect() {
                let target = request.redirect_target(&response).await;
                url = followed(&resource, &url, target, request.can_resend() && redirects < MOST_REDIRECTS)?;
                request.redirect_to(&url);
                redirects += 1;
                continue;
            }
            if method == "POST" {
                note_date(ports, &url, response.date());
            }
            let nonce = proof.as_ref().and_then(|_| response.dpop_nonce());
            let wants_nonce = nonce.is_some_and(|nonce| {
                let is_new = known_nonce.as_ref() != Some(&nonce);
                ports.keep_nonce(url.origin(), nonce);
                is_new
            });
            // A refresh does not make a sign-in stronger or more recent (RFC 9470 §3).
            let refused = match response.status() {
                401 => insufficient_authentication(session, &url, &response)?,
                _ => None,
            };
            if let Some(refused) = refused {
                step_up(session, &tokens.access_token, refused, request.can_resend(), &mut step_ups).await?;
                continue;
            }
            match response.status() {
                // RFC 9449 §9: repeat the request with the nonce in its proof.
                401 if wants_nonce && !with_nonce && request.can_resend() => with_nonce = true,
                401 if !refreshed => {
                    // The server may use another authorization server by now, or ask for something else.
                    KeptDiscovery::forget(session.ports(), session.server()).await;
                    session.replace(&tokens.access_token).await?;
                    if !request.can_resend() {
                        return Ok(response);
                    }
                    refreshed = true;
                }
                403 => {
                    let Some(refused) = insufficient_scope(session, &url, &response).await? else {
                        return Ok(response);
                    };
                    // The session already has these scopes: the token may be older than the grant.
                    let challenged = session.with_step_ups(|step_ups| step_ups.challenged.clone());
                    let challenged = challenged.scopes;
                    let has_all = !challenged.is_empty() && tokens.granted.scope.covers(&challenged);
                    if has_all && !refreshed && session.can_refresh() && request.can_resend() {
                        session.replace(&tokens.access_token).await?;
                        refreshed = true;
                        continue;
                    }
                    step_up(session, &tokens.access_token, refused, request.can_resend(), &mut step_ups).await?;
                }
                _ => return Ok(response),
            }
        }
    }
}
