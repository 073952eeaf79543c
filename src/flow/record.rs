//! What is kept in the store: registrations, and whom a pre-registered client belongs to.
//!
//! A record is a JSON object with a version. One that can't be read is dropped.

use std::rc::Rc;

use crate::ports::{Event, Ports, StorageProblem};
use crate::protocol::fields::Fields;
use crate::protocol::json::{Object, Value, Writer};
use crate::protocol::{ClientAuthentication, ClientCredentials, Issuer, Secret, Url};
use crate::{Code, Result, Step};

const VERSION: u64 = 1;

/// A record that begins with its version.
pub(super) fn writer() -> Writer {
    Writer::new().number("v", VERSION)
}

/// The record under a key, for `read`, which tells whether it could make something of it. A record that
/// nobody can read is dropped, and the app is told.
pub(super) async fn load<P: Ports>(ports: &P, key: &str, read: &mut dyn FnMut(Object) -> bool) -> Result<()> {
    let Some(text) = ports.get(key).await? else { return Ok(()) };
    if !parse(ports, &text).is_some_and(read) {
        ports.delete(key).await?;
        ports.notify(&Event::Storage { problem: StorageProblem::Unreadable });
    }
    Ok(())
}

/// One text of a record.
pub(super) async fn load_string<P: Ports>(ports: &P, key: &str, name: &'static str) -> Result<Option<String>> {
    let mut found = None;
    let mut read = |record: Object| {
        found = record.required_string(name).ok().map(str::to_owned);
        found.is_some()
    };
    load(ports, key, &mut read).await?;
    Ok(found)
}

/// Keeps one text.
pub(super) async fn store_string<P: Ports>(ports: &P, key: &str, name: &'static str, text: &str) -> Result<()> {
    ports.set(key, writer().string(name, text).finish().into()).await
}

/// Reads a record; nothing where it is of another version.
pub(super) fn parse<P: Ports>(ports: &P, text: &Secret) -> Option<Object> {
    match ports.parse_json(text.expose()) {
        Some(Value::Object(record)) if record.whole_number("v") == Ok(Some(VERSION)) => Some(record),
        _ => None,
    }
}

/// Adds a client's identity to a record.
pub(super) fn write_client(writer: Writer, client: &ClientCredentials) -> Writer {
    writer
        .string("client_id", &client.client_id)
        .optional("client_secret", client.secret.as_ref().map(Secret::expose))
        .optional_number("client_secret_expires_at", client.secret_expires_at)
        .string("token_endpoint_auth_method", client.method.name())
}

/// Reads a client's identity from a record.
pub(super) fn read_client(record: &Fields<'_>) -> Option<Rc<ClientCredentials>> {
    Some(Rc::new(ClientCredentials {
        client_id: record.required_string("client_id").to_owned(),
        secret: record.string("client_secret").map(Into::into),
        secret_expires_at: record.whole_number("client_secret_expires_at"),
        method: ClientAuthentication::from_name(record.required_string("token_endpoint_auth_method"))?,
    }))
}

/// Reads the members of a record. What is wrong with it nobody has to know.
pub(super) fn fields(record: &Object) -> Fields<'_> {
    Fields::new(record, Code::StorageFailed, Step::Storage)
}

/// MCP 2026-07-28 client-registration: credentials are kept by issuer, and never used at another
/// one. The redirect URI, or that there is none, belongs to what was registered.
fn registration_key(issuer: &Issuer, redirect_uri: Option<&Url>) -> String {
    ["registration ", issuer.as_str(), " ", redirect_uri.map_or("", Url::as_str)].concat()
}

/// The app's registration at an issuer, while its secret is good.
pub(super) async fn load_registration<P: Ports>(
    ports: &P,
    issuer: &Issuer,
    redirect_uri: Option<&Url>,
) -> Result<Option<Rc<ClientCredentials>>> {
    let mut client = None;
    let mut read = |record: Object| {
        let fields = fields(&record);
        client = read_client(&fields).filter(|_| fields.end().is_ok());
        client.is_some()
    };
    load(ports, &registration_key(issuer, redirect_uri), &mut read).await?;
    let now = ports.now().0 / 1000;
    Ok(client.filter(|client| client.secret_expires_at.is_none_or(|expires_at| now < expires_at)))
}

/// Forgets a registration that the authorization server does not know any more: the next sign-in makes
/// another one. One that has taken its place already stays.
pub(super) async fn forget_registration<P: Ports>(
    ports: &P,
    issuer: &Issuer,
    redirect_uri: Option<&Url>,
    client_id: &str,
) -> Result<()> {
    match load_registration(ports, issuer, redirect_uri).await? {
        Some(kept) if kept.client_id == client_id => ports.delete(&registration_key(issuer, redirect_uri)).await,
        _ => Ok(()),
    }
}

/// Keeps a registration.
pub(super) async fn store_registration<P: Ports>(
    ports: &P,
    issuer: &Issuer,
    redirect_uri: Option<&Url>,
    client: &ClientCredentials,
) -> Result<()> {
    let record = write_client(writer(), client).finish();
    ports.set(&registration_key(issuer, redirect_uri), record.into()).await
}

fn binding_key(client_id: &str) -> String {
    ["issuer-of ", client_id].concat()
}

/// The issuer that a pre-registered client was used with.
pub(super) async fn load_binding<P: Ports>(ports: &P, client_id: &str) -> Result<Option<String>> {
    load_string(ports, &binding_key(client_id), "issuer").await
}

/// Keeps the issuer that a pre-registered client was used with.
pub(super) async fn store_binding<P: Ports>(ports: &P, client_id: &str, issuer: &Issuer) -> Result<()> {
    store_string(ports, &binding_key(client_id), "issuer", issuer.as_str()).await
}
