//! Tells the app what happens, as the published types name it, and the other tabs what they share.

use super::Browser;
use crate::ports::{Event, Observer, StorageProblem};
use crate::protocol::json::Writer;

impl Observer for Browser {
    fn notify(&self, event: &Event<'_>) {
        let detail = Writer::new();
        let (name, shared, detail) = match *event {
            Event::Exchange { step, method, url, status, duration, via } => (
                "exchange",
                false,
                detail
                    .string("step", step.name())
                    .string("method", method)
                    .string("url", url)
                    .optional_number("status", status.map(u64::from))
                    .number("duration", duration)
                    .optional("via", via),
            ),
            Event::Authorizing { server, issuer } => {
                ("authorizing", false, detail.string("server", server).string("issuer", issuer))
            }
            Event::DeviceCode { server, user_code, verification_uri, verification_uri_complete, expires_in } => (
                "device-code",
                false,
                detail
                    .string("server", server)
                    .string("userCode", user_code)
                    .string("verificationUri", verification_uri)
                    .optional("verificationUriComplete", verification_uri_complete)
                    .number("expiresIn", expires_in),
            ),
            Event::Waiting { server } => ("waiting", false, detail.string("server", server)),
            Event::SignedIn { server } => ("signed-in", true, detail.string("server", server)),
            Event::Refreshed { server } => ("refreshed", true, detail.string("server", server)),
            Event::SteppedUp { server, scopes } => {
                ("step-up", true, detail.string("server", server).strings("scopes", scopes.tokens()))
            }
            Event::Storage { problem } => {
                let reason = match problem {
                    StorageProblem::Unreadable => "unreadable",
                    StorageProblem::Unavailable => "unavailable",
                };
                ("storage", false, detail.string("reason", reason))
            }
            Event::SignedOut { server, expired } => {
                let reason = if expired { "expired" } else { "sign_out" };
                ("signed-out", true, detail.string("server", server).string("reason", reason))
            }
        };
        self.tabs.tell(name, &detail.finish(), shared);
    }
}
