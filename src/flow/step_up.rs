//! Step-up: more scopes for a session that has too few (MCP 2026-07-28 authorization, step-up).

use super::discover::DiscoveredResource;
use super::session::Session;
use super::sign_in::SignIn;
use crate::ports::{Ports, ResourceResponse, UserAgent};
use crate::protocol::{Scope, Secret, Url, WwwAuthenticate};
use crate::{Code, Error, Result, Step};

/// How often a scope is asked for while the server goes on asking for it: "Clients SHOULD implement
/// retry limits and SHOULD track scope upgrade attempts to avoid repeated failures".
const TRIES: u8 = 2;

/// The step-ups of a session, by scope.
#[derive(Default)]
pub(super) struct StepUps {
    /// What the last challenge asked for.
    challenged: Scope,
    done: Vec<(String, u8)>,
}

impl StepUps {
    /// Whether each of the scopes was asked for as often as it may be. Where it is hidden which ones,
    /// that counts as one of its own.
    fn exhausted(&self, more: &Scope) -> bool {
        let exhausted = |scope: &str| self.done.iter().any(|(done, tries)| done == scope && *tries >= TRIES);
        if more.is_empty() { exhausted("") } else { more.tokens().iter().all(|scope| exhausted(scope)) }
    }

    fn count(&mut self, more: &Scope) {
        let hidden = [String::new()];
        for scope in if more.is_empty() { &hidden[..] } else { more.tokens() } {
            match self.done.iter_mut().find(|(done, _)| done == scope) {
                Some((_, tries)) => *tries = tries.saturating_add(1),
                None => self.done.push((scope.clone(), 1)),
            }
        }
    }
}

fn error(url: &str, message: &str) -> Error {
    Error::new(Code::InsufficientScope, Step::Request, [url, message].concat()).with_url(url)
}

fn exhausted(url: &str) -> Error {
    error(url, " still asks for scopes that the user was asked for before.")
}

impl<P: Ports> Session<P> {
    /// What a step-up adds: the given scopes, or those of the last challenge. Fails at once where they
    /// were asked for too often, or where the session has ended.
    pub fn step_up_scope(&self, given: Option<&Scope>) -> Result<Scope> {
        self.tokens()?;
        self.with_step_ups(|step_ups| {
            let more = given.unwrap_or(&step_ups.challenged).clone();
            if step_ups.exhausted(&more) { Err(exhausted(self.server().as_str())) } else { Ok(more) }
        })
    }
}

/// Asks the user for what was asked for before and [`Session::step_up_scope`] together, or for all
/// scopes that the server lists where it hides which. The session goes on with the new tokens, here
/// and in other tabs.
pub async fn step_up<P: Ports>(
    session: &Session<P>,
    scopes: Option<&Scope>,
    user_agent: &mut impl UserAgent,
) -> Result<()> {
    let more = session.step_up_scope(scopes)?;
    let held = session.tokens()?;
    let before = held.requested.union(&held.granted);
    let (ports, client, server) = (session.ports(), session.client(), session.server());
    let scope =
        |found: &DiscoveredResource| before.union(if more.is_empty() { &found.scopes_supported } else { &more });
    let sign_in = SignIn { ports, client, server, user_agent };
    let (tokens, response) = sign_in.authorize(&scope, Some(&held.issuer)).await?;
    session.with_step_ups(|step_ups| step_ups.count(&more));
    session.adopt(tokens, response).await
}

/// RFC 6750 §3.1: an answer that says `insufficient_scope`. The error's scopes are what was asked for
/// before and what the challenge adds; none are left where that was tried too often.
pub(super) async fn insufficient_scope<P: Ports>(
    session: &Session<P>,
    url: &Url,
    response: &impl ResourceResponse,
) -> Result<Option<Error>> {
    const ERROR: &str = "insufficient_scope";
    let (message, more) = match response.www_authenticate() {
        // A header that is not exposed: the body may say as much as it can.
        None if response.oauth_error().await.as_deref() == Some(ERROR) => (
            " asks for more scopes, but not for which: it has to send Access-Control-Expose-Headers: WWW-Authenticate.",
            Scope::default(),
        ),
        None => return Ok(None),
        Some(field) => {
            let challenges = WwwAuthenticate::parse(&field);
            match challenges.oauth().filter(|challenge| challenge.parameter("error") == Some(ERROR)) {
                Some(challenge) => {
                    (" asks for more scopes than the session has.", challenge.scope().unwrap_or_default())
                }
                None => return Ok(None),
            }
        }
    };
    let held = session.tokens()?;
    let tried = session.with_step_ups(|step_ups| {
        step_ups.challenged = more.clone();
        step_ups.exhausted(&more)
    });
    let url = url.without_query();
    let error = if tried {
        exhausted(url)
    } else if more.is_empty() {
        error(url, message).with_scopes(more)
    } else {
        error(url, message).with_scopes(held.requested.union(&held.granted).union(&more))
    };
    Ok(Some(error.with_status(response.status())))
}

/// Waits until the session has other tokens than those that a request was sent with, if it may come
/// to that: another request's step-up may be over by now, or the app has its user step up meanwhile.
pub(super) async fn stepped_up<P: Ports>(session: &Session<P>, used: &Secret, refused: Error) -> Result<()> {
    let Some(scopes) = refused.scopes() else { return Err(refused) };
    let is_other = || session.tokens().map(|tokens| tokens.access_token != *used);
    if is_other()? {
        return Ok(());
    }
    if let Err(cause) = session.ports().wait_for_step_up(session.server().as_str(), scopes).await {
        return Err(refused.with_source(Some(Box::new(cause))));
    }
    if is_other()? { Ok(()) } else { Err(refused) }
}
