//! All the sessions that an app has.

use std::rc::Rc;

use super::account::Account;
use super::client::Client;
use super::identify::forget_client;
use super::kept_accounts::load_accounts;
use super::session::Session;
use crate::Result;
use crate::ports::Ports;

/// All stored sessions, in the order of their accounts' first sign-ins. Sends no requests.
///
/// # Errors
///
/// The errors of the store.
pub async fn sessions<P: Ports>(ports: &P, client: &Rc<Client>) -> Result<Vec<Session<P>>> {
    let mut sessions = Vec::new();
    for account in load_accounts(ports, client).await? {
        sessions.extend(Session::load(ports.clone(), client.clone(), account).await?);
    }
    Ok(sessions)
}

/// Deletes what is stored for an account: its session and, unless another session uses the same issuer, the app's
/// registration there and the binding of its client id. Sends no requests, so the tokens stay valid: to revoke them, sign out.
///
/// # Errors
///
/// The errors of the store.
pub async fn forget<P: Ports>(ports: &P, client: &Rc<Client>, account: &Account) -> Result<()> {
    // Read from its own record: the list may be unreadable.
    let Some(session) = Session::load(ports.clone(), client.clone(), account.clone()).await? else { return Ok(()) };
    session.forget_here().await?;
    let issuer = session.issuer();
    match sessions(ports, client).await?.iter().any(|other| other.issuer() == issuer) {
        true => Ok(()),
        false => forget_client(ports, client, &issuer).await,
    }
}
