//! Sends events to the app, with the names of the published types, and to the other tabs.

use super::Browser;
use super::json::to_js;
use crate::ports::{Event, Observer};

impl Observer for Browser {
    fn notify(&self, event: &Event<'_>) {
        let changes_a_session = matches!(
            event,
            Event::SignedIn { .. } | Event::Refreshed { .. } | Event::SteppedUp { .. } | Event::SignedOut { .. }
        );
        if let Ok(event) = to_js(event) {
            self.tabs.tell(&event, changes_a_session);
        }
    }
}
