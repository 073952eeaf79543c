//! Closing an authorizer ends every call in progress.

use std::cell::{Cell, RefCell};

use futures_channel::oneshot::{Receiver, Sender, channel};

use crate::{Code, Error, Step};

/// Tells all calls when the authorizer is closed.
#[derive(Default)]
pub(super) struct AuthorizerClosing {
    closed: Cell<bool>,
    calls: RefCell<Vec<Sender<()>>>,
}

impl AuthorizerClosing {
    /// Resolves when the authorizer is closed, or at once if it already is.
    pub(super) fn end(&self) -> Receiver<()> {
        let (call, end) = channel();
        if !self.closed.get() {
            let mut calls = self.calls.borrow_mut();
            calls.retain(|call| !call.is_canceled());
            calls.push(call);
        }
        end
    }

    /// Ends all calls.
    pub(super) fn close(&self) {
        self.closed.set(true);
        self.calls.take();
    }
}

/// The error of a call that was ended by closing.
pub(super) fn closed() -> Error {
    Error::new(Code::Aborted, Step::Setup, "The authorizer was closed.")
}
