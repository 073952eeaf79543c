//! Continues what an earlier run of the program left: a session, or a sign-in from which the user has just
//! come back.

use std::rc::Rc;

use super::account::Account;
use super::client::Client;
use super::identify::doubt_identity;
use super::kept_registration::Registration;
use super::pending::{KeptSignIn, PendingSignIn, Taken};
use super::session::{Session, SessionTokens};
use crate::Result;
use crate::ports::Ports;
use crate::protocol::{AuthorizationCode, Secret, authorization_response, form};

/// Restores a session from the store, without the network. If the user has just come back from a sign-in,
/// finishes that; the errors are then those of [`sign_in`](super::sign_in).
///
/// # Errors
///
/// The errors of the store, and of a sign-in that is finished.
pub async fn restore<P: Ports>(ports: &P, client: &Rc<Client>, account: &Account) -> Result<Option<Session<P>>> {
    for response in ports.responses() {
        if let Some(session) = finish(ports, client, account, &response).await? {
            return Ok(Some(session));
        }
    }
    Session::load(ports.clone(), client.clone(), account.clone()).await
}

/// Finishes the sign-in that a response belongs to, if it is for this server. A response is used once. If it
/// comes again, for example by the back button, it belongs to no sign-in.
async fn finish<P: Ports>(
    ports: &P,
    client: &Rc<Client>,
    account: &Account,
    response: &Secret,
) -> Result<Option<Session<P>>> {
    let parameters = form::parse(response.expose());
    let state = parameters.iter().find(|(name, _)| name == "state").map_or("", |(_, state)| state);
    // Other callers wait for this, and then find the session.
    let _turn = ports.lock(&["response ", state].concat()).await?;
    let finished = match KeptSignIn::take(ports, account, state).await? {
        Taken::Ours(kept) => begin(ports, client, account, kept, response).await.map(Some),
        Taken::OfAnother => return Ok(None),
        Taken::Unknown => Ok(None),
    };
    ports.forget(response);
    finished
}

async fn begin<P: Ports>(
    ports: &P,
    client: &Rc<Client>,
    account: &Account,
    kept: KeptSignIn,
    response: &Secret,
) -> Result<Session<P>> {
    let pending = kept.in_time(ports.now())?;
    let code = authorization_response(response.expose(), &pending.request(client))?;
    let tokens = exchange(ports, client, &pending, &code).await?;
    Session::begin(ports, client, account, tokens).await
}

async fn exchange<P: Ports>(
    ports: &P,
    client: &Client,
    pending: &PendingSignIn,
    code: &AuthorizationCode,
) -> Result<Rc<SessionTokens>> {
    match pending.exchange(ports, client, code).await {
        Ok(tokens) => Ok(tokens),
        Err(error) => {
            let (parties, redirect_uri) = (&pending.grant.parties, &pending.redirect_uri);
            // The error to report is that of the sign-in.
            let _ = doubt_identity(ports, parties, redirect_uri, Registration::New, &error).await;
            Err(error)
        }
    }
}
