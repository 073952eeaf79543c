//! Tells the app what happens, as the published types name it, and the other tabs what they share.

use wasm_bindgen::JsValue;

use super::Browser;
use super::reflect::{apply, object, strings};
use crate::ports::{Event, Observer, StorageProblem};

impl Observer for Browser {
    fn notify(&self, event: &Event<'_>) {
        let Some(on_event) = &self.on_event else { return };
        let (name, shared, detail) = match *event {
            Event::Exchange { step, method, url, status, duration } => (
                "exchange",
                false,
                object(&[
                    ("step", step.name().into()),
                    ("method", method.into()),
                    ("url", url.into()),
                    ("status", status.into()),
                    ("duration", (duration as f64).into()),
                ]),
            ),
            Event::Authorizing { server, issuer } => {
                ("authorizing", false, object(&[("server", server.into()), ("issuer", issuer.into())]))
            }
            Event::DeviceCode { server, user_code, verification_uri, verification_uri_complete, expires_in } => (
                "device-code",
                false,
                object(&[
                    ("server", server.into()),
                    ("userCode", user_code.into()),
                    ("verificationUri", verification_uri.into()),
                    ("verificationUriComplete", verification_uri_complete.into()),
                    ("expiresIn", (expires_in as f64).into()),
                ]),
            ),
            Event::Waiting { server } => ("waiting", false, object(&[("server", server.into())])),
            Event::SignedIn { server } => ("signed-in", true, object(&[("server", server.into())])),
            Event::Refreshed { server } => ("refreshed", true, object(&[("server", server.into())])),
            Event::SteppedUp { server, scopes } => {
                ("step-up", true, object(&[("server", server.into()), ("scopes", strings(scopes.tokens()))]))
            }
            Event::Storage { problem } => {
                let reason = match problem {
                    StorageProblem::Unreadable => "unreadable",
                    StorageProblem::Unavailable => "unavailable",
                };
                ("storage", false, object(&[("reason", reason.into())]))
            }
            Event::SignedOut { server, expired } => {
                let reason = if expired { "expired" } else { "sign_out" };
                ("signed-out", true, object(&[("server", server.into()), ("reason", reason.into())]))
            }
        };
        if shared {
            // The record is in the store by now.
            self.changes.set(self.changes.get().wrapping_add(1));
            if let Some(tabs) = self.tabs.as_ref().filter(|_| !self.keeps_in_memory()) {
                tabs.tell(name, &detail);
            }
        }
        // What the app does with it is not this library's to fail for.
        let _: Result<JsValue, JsValue> = apply(on_event, &[name.into(), detail]);
    }
}
