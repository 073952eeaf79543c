//! Records in the store: JSON objects with a version. One that can't be read is dropped.

use std::rc::Rc;

use serde::Serialize;

use crate::Result;
use crate::ports::{Event, Ports, StorageProblem};
use crate::protocol::json::{Object, Value};
use crate::protocol::{ClientAuthentication, ClientCredentials, Secret};

/// The member `v` of every record.
pub(super) const VERSION: u64 = 1;

/// A record's text.
pub(super) fn text<P: Ports>(ports: &P, record: &impl Serialize) -> Result<Secret> {
    ports.write_json(record).map(Secret::from)
}

/// The record with a key. One that can't be read is dropped.
pub(super) async fn load<P: Ports>(ports: &P, key: &str) -> Result<Option<Object>> {
    let Some(text) = ports.get(key).await? else { return Ok(None) };
    let record = parse(ports, &text);
    if record.is_none() {
        drop_unreadable(ports, key).await?;
    }
    Ok(record)
}

/// Drops a record that can't be read, and tells the app.
pub(super) async fn drop_unreadable<P: Ports>(ports: &P, key: &str) -> Result<()> {
    ports.delete(key).await?;
    ports.notify(&Event::Storage { problem: StorageProblem::Unreadable });
    Ok(())
}

/// A string member of a record.
pub(super) async fn load_string<P: Ports>(ports: &P, key: &str, name: &'static str) -> Result<Option<String>> {
    let Some(record) = load(ports, key).await? else { return Ok(None) };
    let text = record.required_string(name).ok().map(str::to_owned);
    if text.is_none() {
        drop_unreadable(ports, key).await?;
    }
    Ok(text)
}

/// Reads a record; `None` if it has another version.
pub(super) fn parse<P: Ports>(ports: &P, text: &Secret) -> Option<Object> {
    match ports.parse_json(text.expose()) {
        Some(Value::Object(record)) if record.whole_number("v") == Ok(Some(VERSION)) => Some(record),
        _ => None,
    }
}

/// Reads a client from a record.
pub(super) fn read_client(record: &Object) -> Option<Rc<ClientCredentials>> {
    let method = record.required_string("token_endpoint_auth_method").ok()?;
    if method == ClientAuthentication::ByGrant.name() {
        return Some(Rc::new(ClientCredentials::by_grant()));
    }
    Some(Rc::new(ClientCredentials {
        client_id: record.required_string("client_id").ok()?.to_owned(),
        secret: record.string("client_secret").ok()?.map(Into::into),
        secret_expires_at: record.whole_number("client_secret_expires_at").ok()?,
        method: ClientAuthentication::from_name(method)?,
    }))
}
