//! The end of a session, for what waits while it lasts.

use std::pin::pin;

use futures_util::future::{Either, select};

use super::Session;
use crate::ports::Ports;
use crate::{Error, Result};

/// What the user answers who is asked to step up in a session, if there is one: a sign-out, here or in another tab,
/// ends the wait.
pub(in crate::flow) async fn while_signed_in<P: Ports, T>(
    session: Option<&Session<P>>,
    answer: impl Future<Output = Result<T>>,
) -> Result<T> {
    let Some(session) = session else { return answer.await };
    match select(pin!(answer), pin!(ended(session))).await {
        Either::Left((answer, _)) => answer,
        Either::Right((ended, _)) => Err(ended),
    }
}

/// Waits until the session has ended: what is said then.
async fn ended<P: Ports>(session: &Session<P>) -> Error {
    loop {
        // Before the look, so that no change falls between both.
        let changed = session.ports.changed();
        // A storage that fails now may do so no more when it is needed.
        let _ = session.catch_up().await;
        if let Err(ended) = session.tokens() {
            return ended;
        }
        changed.await;
    }
}
