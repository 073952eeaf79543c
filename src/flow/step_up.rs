//! Step-up: gets more scopes for a session (MCP 2026-07-28 authorization, step-up), or a stronger or more recent sign-in
//! of its user (RFC 9470).

use super::discover::DiscoveredResource;
use super::session::Session;
use super::sign_in::{SignIn, SteppingUp};
use crate::ports::{Ports, ResourceResponse, UserAgent};
use crate::protocol::{Scope, Secret, StepUpDemand, Url, UserAuthentication, WwwAuthenticate, cors};
use crate::{Code, Error, Result, Step, WantedStepUp};

fn error(code: Code, url: &str, message: &str) -> Error {
    Error::new(code, Step::Request, [url, message].concat()).with_url(url)
}

fn exhausted(url: &str, demand: &StepUpDemand) -> Error {
    match demand.authentication {
        None => error(Code::InsufficientScope, url, " still asks for scopes that the user was already asked for."),
        Some(_) => {
            let message = " still asks for a sign-in that the user has already done.";
            error(Code::InsufficientUserAuthentication, url, message)
        }
    }
}

impl<P: Ports> Session<P> {
    /// What a step-up asks for: the given scopes, or what the last challenge demanded. Fails at once if the user was asked
    /// for it too often, or if the session has ended.
    ///
    /// # Errors
    ///
    /// [`Code::InsufficientScope`], [`Code::InsufficientUserAuthentication`] and [`Code::SignedOut`].
    pub fn step_up_demand(&self, given: Option<&StepUpDemand>) -> Result<StepUpDemand> {
        self.tokens()?;
        self.with_step_ups(|step_ups| {
            let demand = given.unwrap_or(&step_ups.challenged).clone();
            if step_ups.exhausted(&demand) { Err(exhausted(self.server().as_str(), &demand)) } else { Ok(demand) }
        })
    }

    /// Asks the user for the session's scopes and `scopes` together. Without `scopes`, asks for what the last challenge
    /// demanded.
    ///
    /// # Errors
    ///
    /// As [`Session::step_up_for`].
    pub async fn step_up(&self, scopes: Option<&Scope>, user_agent: &mut impl UserAgent) -> Result<()> {
        let demand = scopes.map(|scopes| StepUpDemand::from(scopes.clone()));
        self.step_up_for(demand.as_ref(), user_agent).await
    }

    /// Asks the user for the session's scopes and those of [`Session::step_up_demand`] together. If CORS hides which scopes
    /// the server needs, asks for all that it lists. If the server demands it, the user signs in again (RFC 9470 §4). The
    /// session continues with the new tokens, here and in other tabs.
    ///
    /// # Errors
    ///
    /// The errors of [`Session::step_up_demand`] and of [`sign_in`](super::sign_in).
    pub async fn step_up_for(&self, demand: Option<&StepUpDemand>, user_agent: &mut impl UserAgent) -> Result<()> {
        let session = self;
        let demand = session.step_up_demand(demand)?;
        let held = session.tokens()?;
        let before = held.granted.requested.union(&held.granted.scope);
        let (ports, client, account) = (session.ports(), session.client(), session.account());
        let hides_scopes = demand.scopes.is_empty() && demand.authentication.is_none();
        let scope = |found: &DiscoveredResource| {
            before.union(if hides_scopes { &found.scopes_supported } else { &demand.scopes })
        };
        let issuer = &held.granted.parties.issuer;
        // If the server granted the same scopes again without asking, it has to be told to ask its user.
        let consent = demand.authentication.is_none() && session.with_step_ups(|step_ups| step_ups.was_asked(&demand));
        let stepping_up = Some(SteppingUp { session, issuer, token_type: held.token_type, consent });
        let parameters = &demand.authentication.as_ref().map(UserAuthentication::parameters).unwrap_or_default();
        let tokens = SignIn { ports, client, account, stepping_up, parameters, user_agent }.authorize(&scope).await?;
        session.with_step_ups(|step_ups| step_ups.count(&demand));
        session.adopt(tokens).await
    }
}

/// RFC 6750 §3.1: an answer that says `insufficient_scope`. The error's scopes are what was asked for
/// before and what the challenge adds; none are left where that was tried too often.
pub(super) async fn insufficient_scope<P: Ports>(
    session: &Session<P>,
    url: &Url,
    response: &impl ResourceResponse,
) -> Result<Option<Error>> {
    let (message, more) = match response.www_authenticate() {
        // A header that is not exposed: the body may say as much as it can.
        None if response.oauth_error().await.as_deref() == Some(WwwAuthenticate::INSUFFICIENT_SCOPE) => {
            let message = [" asks for more scopes without naming them: it must send ", cors::EXPOSE_CHALLENGE, "."];
            (message.concat(), Scope::default())
        }
        None => return Ok(None),
        Some(field) => match WwwAuthenticate::parse(&field).missing_scope() {
            Some(more) => (" asks for more scopes than the session has.".to_owned(), more),
            None => return Ok(None),
        },
    };
    let held = session.tokens()?;
    let all = held.granted.requested.union(&held.granted.scope).union(&more);
    let all = if more.is_empty() { Scope::default() } else { all };
    let missing = more.tokens().iter().filter(|scope| !held.granted.scope.contains(scope));
    let missing = Scope::from_tokens(missing);
    let code = Code::InsufficientScope;
    Ok(Some(refused(session, url, more.into(), code, &message, &all, missing).with_status(response.status())))
}

/// RFC 9470 §3: an answer that says `insufficient_user_authentication`.
pub(super) fn insufficient_authentication<P: Ports>(
    session: &Session<P>,
    url: &Url,
    response: &impl ResourceResponse,
) -> Result<Option<Error>> {
    let field = response.www_authenticate();
    let Some(wanted) = field.and_then(|field| WwwAuthenticate::parse(&field).wanted_authentication()) else {
        return Ok(None);
    };
    let held = session.tokens()?;
    let all = held.granted.requested.union(&held.granted.scope);
    let demand = StepUpDemand { scopes: Scope::default(), authentication: Some(wanted) };
    let message = " asks the user to sign in again, in a stronger way or more recently.";
    let code = Code::InsufficientUserAuthentication;
    Ok(Some(refused(session, url, demand, code, message, &all, Scope::default()).with_status(response.status())))
}

/// Keeps what a challenge asks for, and makes the error that says so. `all` are the scopes of a step-up.
fn refused<P: Ports>(
    session: &Session<P>,
    url: &Url,
    demand: StepUpDemand,
    code: Code,
    message: &str,
    all: &Scope,
    missing: Scope,
) -> Error {
    let url = url.without_query();
    let tried = session.with_step_ups(|step_ups| {
        step_ups.challenged = demand.clone();
        step_ups.exhausted(&demand)
    });
    if tried {
        return exhausted(url, &demand);
    }
    let authentication = demand.authentication.as_ref();
    error(code, url, message).with_step_up(WantedStepUp {
        scopes: all.tokens().to_vec(),
        missing_scopes: missing.tokens().to_vec(),
        acr_values: authentication.map(|wanted| wanted.acr_values.tokens().to_vec()),
        max_age: authentication.and_then(|wanted| wanted.max_age),
    })
}

/// Waits until the session has other tokens than those that a request was sent with, if it may come
/// to that: another request's step-up may be over by now, or the app has its user step up meanwhile.
pub(super) async fn stepped_up<P: Ports>(session: &Session<P>, used: &Secret, refused: Error) -> Result<()> {
    let Some(wanted) = refused.step_up() else { return Err(refused) };
    let demand = StepUpDemand {
        scopes: Scope::from_tokens(&wanted.scopes),
        authentication: wanted
            .acr_values
            .as_ref()
            .map(|values| UserAuthentication { acr_values: Scope::from_tokens(values), max_age: wanted.max_age }),
    };
    let is_other = || session.tokens().map(|tokens| tokens.access_token != *used);
    if is_other()? {
        return Ok(());
    }
    let (server, account) = (session.server().as_str(), session.account().name());
    if let Err(cause) = session.ports().wait_for_step_up(server, account, &demand).await {
        return Err(refused.with_source(Some(Box::new(cause))));
    }
    if is_other()? { Ok(()) } else { Err(refused) }
}
