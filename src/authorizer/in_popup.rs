//! Sign-in by a popup of the page.

use std::future::Future;

use super::{Authorizer, server_url};
use crate::browser::{Browser, Popup, PopupFeatures, SIGN_IN_TIMEOUT_MS, race};
use crate::flow::{self, Account, Session};
use crate::{Result, Step};

impl Authorizer<Browser> {
    /// Signs the user in by a popup. The popup opens before this returns, so call it in the click handler and await the
    /// future anywhere. Dropping the future closes the popup. Of several authorization servers the first one is used; an
    /// app that lets its user choose implements [`UserAgent`](crate::ports::UserAgent) over a [`Popup`].
    ///
    /// # Errors
    ///
    /// The future has the errors of [`sign_in`](Authorizer::sign_in),
    /// [`POPUP_BLOCKED`](crate::ports::POPUP_BLOCKED), [`POPUP_OPEN`](crate::ports::POPUP_OPEN), and
    /// [`Code::Timeout`](crate::Code::Timeout) after 10 minutes.
    pub fn sign_in_by_popup(&self, server: &str) -> impl Future<Output = Result<Session<Browser>>> + 'static {
        let Self { ports, client } = self.clone();
        let account = server_url(server).map(Account::from);
        let features = PopupFeatures::default();
        let opened = account.and_then(|account| {
            Ok((Popup::open_for(&ports, account.server(), account.name(), &features, None)?, account))
        });
        async move {
            let (mut popup, account) = opened?;
            let connecting = popup.connecting();
            let outcome = {
                let mut work = Box::pin(flow::sign_in(&ports, &client, &account, None, &mut popup));
                race(Step::Authorization, SIGN_IN_TIMEOUT_MS, None, connecting.unless_closed(work.as_mut())).await
            };
            outcome.map_err(|error| popup.explain(error))
        }
    }
}
