//! What discovery found, kept until the next sign-in, as long as the servers allow.
//!
//! A record has the servers' own texts: they are checked again when they are used.

use super::discover::{DiscoveredResource, ResourceText};
use super::exchange::Answer;
use super::record;
use crate::ports::{Ports, UnixMillis};
use crate::protocol::json::{Object, Value};
use crate::protocol::{AuthorizationServerMetadata, Issuer, ProtectedResourceMetadata, Secret, ServerUrl};

/// The documents of a server and of the authorization server that a sign-in went to.
pub(super) struct KeptDiscovery {
    record: Object,
    pub text: DiscoveryText,
}

/// The same as a record; nothing where a document must not be kept.
#[derive(Default)]
pub(super) struct DiscoveryText(Option<Secret>);

fn key(server: &ServerUrl) -> String {
    ["discovery ", server.as_str()].concat()
}

impl KeptDiscovery {
    /// What is kept of a server and still good. Where the store fails, nothing is kept.
    pub async fn load<P: Ports>(ports: &P, server: &ServerUrl) -> Option<Self> {
        let text = ports.get(&key(server)).await.ok()??;
        let record = record::parse(ports, &text)?;
        let until = UnixMillis(record.whole_number("until").ok()??);
        (ports.now() < until).then_some(Self { record, text: DiscoveryText(Some(text)) })
    }

    /// Takes it out of the store.
    pub async fn forget<P: Ports>(ports: &P, server: &ServerUrl) {
        let _ = ports.delete(&key(server)).await;
    }

    fn document(&self, name: &str) -> Option<&Object> {
        match self.record.get(name) {
            Some(Value::Object(document)) => Some(document),
            _ => None,
        }
    }

    /// What the resource said of itself.
    pub fn resource(&self, server: &ServerUrl) -> Option<Box<DiscoveredResource>> {
        let challenge = self.record.string("challenge").ok()??;
        let metadata = ProtectedResourceMetadata::parse(self.document("resource")?, server).ok()?;
        Some(DiscoveredResource::listed(challenge, metadata))
    }

    /// What the authorization server said of itself, if it is this one: RFC 8414 §3.3 is in the check.
    pub fn authorization_server(&self, issuer: &Issuer) -> Option<Box<AuthorizationServerMetadata>> {
        AuthorizationServerMetadata::parse(self.document("server")?, issuer).ok()
    }
}

impl DiscoveryText {
    /// Of documents that have just come.
    pub fn of<P: Ports>(ports: &P, resource: Option<ResourceText>, server: &Answer) -> Self {
        Self(resource.and_then(|ResourceText { challenge, answer }| {
            let seconds = answer.fresh_seconds.min(server.fresh_seconds);
            let record = record::writer()
                .number("until", ports.now().0.saturating_add(seconds * 1000))
                .string("challenge", &challenge)
                .object("resource", &answer.text)
                .object("server", &server.text)
                .finish();
            (seconds > 0).then(|| record.into())
        }))
    }

    /// Keeps it for the next sign-in. Where the store fails, that one asks again.
    pub async fn store<P: Ports>(self, ports: &P, server: &ServerUrl) {
        if let Some(record) = self.0 {
            let _ = ports.set(&key(server), record).await;
        }
    }
}
