//! What is stored of the app's clients: its registrations, and the issuer of a pre-registered client.

use std::rc::Rc;

use serde::Serialize;

use super::record::{self, VERSION, read_client};
use crate::Result;
use crate::ports::Ports;
use crate::protocol::{ClientCredentials, Issuer, RedirectUri, Secret};

/// MCP 2026-07-28 client-registration: credentials are stored by issuer, and never used at another
/// one. The redirect URI, or its absence, is part of the registration.
fn registration_key(issuer: &Issuer, redirect_uri: Option<&RedirectUri>) -> String {
    ["registration ", issuer.as_str(), " ", redirect_uri.map_or("", RedirectUri::as_str)].concat()
}

/// The app's client at an authorization server.
pub struct Identity {
    /// The client that requests tokens.
    pub credentials: Rc<ClientCredentials>,
    /// Where it comes from.
    pub registration: Registration,
}

impl Identity {
    /// A client that needs no registration.
    pub fn given(credentials: Rc<ClientCredentials>) -> Self {
        Self { credentials, registration: Registration::Given }
    }
}

/// Where a client comes from, and what is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    /// Not a registration: the app provides the client.
    Given,
    /// Registered for this sign-in.
    New,
    /// Registered for an earlier sign-in.
    Earlier,
    /// The last sign-in with this registration failed: the server may have deleted it.
    Doubtful,
    /// Replaces a doubtful registration. No sign-in with it has succeeded yet.
    InPlaceOfDoubtful,
}

impl Registration {
    fn name(self) -> Option<&'static str> {
        match self {
            Self::Given | Self::New | Self::Earlier => None,
            Self::Doubtful => Some("doubtful"),
            Self::InPlaceOfDoubtful => Some("in_place_of_doubtful"),
        }
    }

    fn from_name(name: Option<&str>) -> Self {
        let named = [Self::Doubtful, Self::InPlaceOfDoubtful].into_iter().find(|it| it.name() == name);
        named.unwrap_or(Self::Earlier)
    }
}

#[derive(Serialize)]
struct RegistrationRecord<'a> {
    v: u64,
    client_id: &'a str,
    client_secret: Option<&'a str>,
    client_secret_expires_at: Option<u64>,
    token_endpoint_auth_method: &'static str,
    standing: Option<&'static str>,
}

/// The app's registration at an issuer, unless its secret has expired.
pub(super) async fn load_registration<P: Ports>(
    ports: &P,
    issuer: &Issuer,
    redirect_uri: Option<&RedirectUri>,
) -> Result<Option<Identity>> {
    let key = registration_key(issuer, redirect_uri);
    let Some(record) = record::load(ports, &key).await? else { return Ok(None) };
    let client = read_client(&record);
    if client.is_none() {
        record::drop_unreadable(ports, &key).await?;
    }
    let now = ports.now().0 / 1000;
    let good = client.filter(|client| client.secret_expires_at.is_none_or(|expires_at| now < expires_at));
    let registration = Registration::from_name(record.text("standing"));
    Ok(good.map(|credentials| Identity { credentials, registration }))
}

/// Stores a registration.
pub(super) async fn store_registration<P: Ports>(
    ports: &P,
    issuer: &Issuer,
    redirect_uri: Option<&RedirectUri>,
    client: &ClientCredentials,
    registration: Registration,
) -> Result<()> {
    let record = RegistrationRecord {
        v: VERSION,
        client_id: &client.client_id,
        client_secret: client.secret.as_ref().map(Secret::expose),
        client_secret_expires_at: client.secret_expires_at,
        token_endpoint_auth_method: client.method.name(),
        standing: registration.name(),
    };
    ports.set(&registration_key(issuer, redirect_uri), record::text(ports, &record)?).await
}

/// Deletes a registration that the authorization server no longer knows. The next sign-in registers again. If
/// another registration has already replaced it, that one stays.
pub(super) async fn forget_registration<P: Ports>(
    ports: &P,
    issuer: &Issuer,
    redirect_uri: Option<&RedirectUri>,
    client_id: &str,
) -> Result<()> {
    match load_registration(ports, issuer, redirect_uri).await? {
        Some(kept) if kept.credentials.client_id == client_id => {
            ports.delete(&registration_key(issuer, redirect_uri)).await
        }
        _ => Ok(()),
    }
}

fn issuer_key(client_id: &str) -> String {
    ["issuer-of ", client_id].concat()
}

#[derive(Serialize)]
struct IssuerRecord<'a> {
    v: u64,
    issuer: &'a str,
}

/// The issuer that a pre-registered client was used with.
pub(super) async fn load_issuer<P: Ports>(ports: &P, client_id: &str) -> Result<Option<String>> {
    record::load_string(ports, &issuer_key(client_id), "issuer").await
}

/// Forgets the issuer that a pre-registered client was used with.
pub(super) async fn forget_issuer<P: Ports>(ports: &P, client_id: &str) -> Result<()> {
    ports.delete(&issuer_key(client_id)).await
}

/// Stores the issuer that a pre-registered client was used with.
pub(super) async fn store_issuer<P: Ports>(ports: &P, client_id: &str, issuer: &Issuer) -> Result<()> {
    let record = IssuerRecord { v: VERSION, issuer: issuer.as_str() };
    ports.set(&issuer_key(client_id), record::text(ports, &record)?).await
}
