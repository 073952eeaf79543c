//! Tells the app what happens, as the published types name it.

use wasm_bindgen::JsValue;

use super::Browser;
use super::reflect::{apply, object};
use crate::ports::{Event, Observer};

impl Observer for Browser {
    fn notify(&self, event: &Event<'_>) {
        let Some(on_event) = &self.on_event else { return };
        let (name, detail) = match *event {
            Event::Exchange { step, method, url, status, duration } => (
                "exchange",
                object(&[
                    ("step", step.name().into()),
                    ("method", method.into()),
                    ("url", url.into()),
                    ("status", status.into()),
                    ("duration", (duration as f64).into()),
                ]),
            ),
            Event::Authorizing { server, issuer } => {
                ("authorizing", object(&[("server", server.into()), ("issuer", issuer.into())]))
            }
            Event::SignedIn { server } => ("signed-in", object(&[("server", server.into())])),
            Event::Refreshed { server } => ("refreshed", object(&[("server", server.into())])),
            Event::SignedOut { server, expired } => {
                let reason = if expired { "expired" } else { "sign_out" };
                ("signed-out", object(&[("server", server.into()), ("reason", reason.into())]))
            }
        };
        // What the app does with it is not this library's to fail for.
        let _: Result<JsValue, JsValue> = apply(on_event, &[name.into(), detail]);
    }
}
