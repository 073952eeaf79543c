//! The results of discovery, stored for the next sign-in for as long as the servers allow.
//!
//! A record contains the servers' own documents. They are checked again when they are used.

use serde::Serialize;

use super::discover::{DiscoveredResource, ResourceSource};
use super::exchange::Document;
use super::record::{self, VERSION};
use crate::ports::{Ports, UnixMillis};
use crate::protocol::ServerUrl;
use crate::protocol::json::{Object, Value};

/// What an earlier sign-in found.
pub(super) struct KeptDiscovery {
    pub resource: Box<DiscoveredResource>,
    /// The metadata of the authorization server that the sign-in went to.
    pub server: Box<Document>,
}

#[derive(Serialize)]
struct DiscoveryRecord<'a> {
    v: u64,
    until: u64,
    challenge: &'a str,
    resource: &'a Object,
    server: &'a Object,
}

fn key(server: &ServerUrl) -> String {
    ["discovery ", server.as_str()].concat()
}

impl KeptDiscovery {
    /// What is stored of a server and still valid; nothing if the store fails.
    pub async fn load<P: Ports>(ports: &P, server: &ServerUrl) -> Option<Self> {
        let text = ports.get(&key(server)).await.ok()??;
        let mut record = record::parse(ports, &text)?;
        let until = UnixMillis(record.whole_number("until").ok()??);
        if until <= ports.now() {
            return None;
        }
        let challenge = record.string("challenge").ok()??.to_owned();
        let mut document = |name| match record.take(name) {
            Some(Value::Object(object)) => Some(Box::new(Document { object, url: None, fresh_until: until })),
            _ => None,
        };
        let resource = DiscoveredResource::listed(server, challenge, document("resource")?).ok()?;
        Some(Self { server: document("server")?, resource })
    }

    /// Stores what was found, if the servers allow it. If the store fails, the next sign-in asks again.
    pub async fn store<P: Ports>(ports: &P, server: &ServerUrl, resource: &ResourceSource, metadata: &Document) {
        let Some(document) = &resource.document else { return };
        let until = document.fresh_until.min(metadata.fresh_until);
        if until <= ports.now() {
            return;
        }
        let record = DiscoveryRecord {
            v: VERSION,
            until: until.0,
            challenge: &resource.challenge,
            resource: &document.object,
            server: &metadata.object,
        };
        if let Ok(text) = record::text(ports, &record) {
            let _ = ports.set(&key(server), text).await;
        }
    }

    /// Takes it out of the store.
    pub async fn forget<P: Ports>(ports: &P, server: &ServerUrl) {
        let _ = ports.delete(&key(server)).await;
    }
}
