//! Waits for the end of a session.

use std::pin::pin;

use futures_util::future::{Either, select};

use super::Session;
use crate::ports::Ports;
use crate::{Error, Result};

/// Waits for the user's answer to a step-up. A sign-out of the session (if there is one), here or in another tab, ends
/// the wait.
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

/// Waits until the session has ended. Returns the error for that.
async fn ended<P: Ports>(session: &Session<P>) -> Error {
    loop {
        // Taken before the check, so that no change in between is missed.
        let changed = session.ports.changed();
        // The storage may work again by the time it is needed.
        let _ = session.catch_up().await;
        if let Err(ended) = session.tokens() {
            return ended;
        }
        changed.await;
    }
}
