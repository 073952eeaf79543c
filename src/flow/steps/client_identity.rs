//! The app's client at an authorization server: from a registration, or registered by hand.

use std::rc::Rc;

use serde::{Serialize, Serializer};

use super::discovery::AuthorizationServer;
use crate::flow::client::{Client, PreRegistered};
use crate::flow::identify;
use crate::ports::Ports;
use crate::protocol::json::Object;
use crate::protocol::{AuthorizationServerMetadata, ClientAuthentication, ClientCredentials, Issuer, Scope, Secret};
use crate::{Code, Error, Result, Step};

/// The app's client at an authorization server.
#[derive(Clone, Debug)]
pub struct ClientIdentity {
    /// Where it is registered. It must not be used with any other authorization server.
    pub issuer: Option<Issuer>,
    /// `client_id`: issued by the authorization server, or the URL of the app's client ID metadata document.
    pub client_id: String,
    /// `client_secret`, if there is one. It requires `issuer`.
    pub secret: Option<Secret>,
    /// When the secret expires, in seconds since 1970.
    pub secret_expires_at: Option<u64>,
    /// How it authenticates; `None` to derive it from the other members.
    pub method: Option<ClientAuthentication>,
}

/// Registers the app (RFC 7591). `scope` has all scopes that the resource may ask for
/// ([`Discovered::known_scope`](super::Discovered::known_scope)).
///
/// # Errors
///
/// [`Code::RegistrationUnsupported`] if the server offers no registration, [`Code::RegistrationFailed`], and the errors
/// of the exchange.
pub async fn register<P: Ports>(
    ports: &P,
    client: &Client,
    server: &AuthorizationServer,
    scope: &Scope,
) -> Result<ClientIdentity> {
    let registered = identify::register(ports, client, &server.metadata, scope).await?;
    Ok(ClientIdentity {
        issuer: Some(server.issuer().clone()),
        client_id: registered.client_id.clone(),
        secret: registered.secret.clone(),
        secret_expires_at: registered.secret_expires_at,
        method: Some(registered.method),
    })
}

impl ClientIdentity {
    /// A client without a secret.
    pub fn public(client_id: impl Into<String>) -> Self {
        Self { issuer: None, client_id: client_id.into(), secret: None, secret_expires_at: None, method: None }
    }

    /// Reads it from JSON. The members have the names of RFC 7591 §3.2.1, and there is `issuer`.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidOption`] for a member of the wrong type, or a secret without `issuer`.
    pub fn read(record: &Object) -> Result<Self> {
        let wrong = |message: &str| Error::new(Code::InvalidOption, Step::Setup, message);
        let field = |error: crate::protocol::json::FieldError| error.at(Code::InvalidOption, Step::Setup);
        let issuer = match record.string("issuer").map_err(field)? {
            Some(text) => Some(Issuer::parse(text).map_err(|error| error.at(Step::Setup, "\"issuer\"", text))?),
            None => None,
        };
        let secret = record.string("client_secret").map_err(field)?.map(Secret::from);
        let method = match record.string("token_endpoint_auth_method").map_err(field)? {
            Some(name) => Some(
                ClientAuthentication::from_name(name)
                    .ok_or_else(|| wrong("\"token_endpoint_auth_method\" is not one that this client has."))?,
            ),
            None => None,
        };
        // MCP 2026-07-28: credentials of one authorization server must not be used with another.
        if secret.is_some() && issuer.is_none() {
            return Err(wrong("\"issuer\" must be given with client_secret, to say whose it is."));
        }
        Ok(Self {
            issuer,
            client_id: record.required_string("client_id").map_err(field)?.to_owned(),
            secret,
            secret_expires_at: record.whole_number("client_secret_expires_at").map_err(field)?,
            method,
        })
    }

    /// The credentials for a server, if they belong to it and have not expired.
    pub(super) async fn credentials<P: Ports>(
        &self,
        ports: &P,
        server: &AuthorizationServerMetadata,
    ) -> Result<Rc<ClientCredentials>> {
        if self.secret_expires_at.is_some_and(|at| at > 0 && at <= ports.now().0 / 1000) {
            let message = "The client's secret has expired (client_secret_expires_at): register again.";
            return Err(Error::new(Code::InvalidOption, Step::Registration, message));
        }
        let own = PreRegistered {
            client_id: self.client_id.clone(),
            secret: self.secret.clone(),
            issuer: self.issuer.clone(),
        };
        let credentials = identify::pre_registered(ports, &own, server).await?;
        let method = self.method.unwrap_or(credentials.method);
        let secret_expires_at = self.secret_expires_at;
        Ok(Rc::new(ClientCredentials { method, secret_expires_at, ..ClientCredentials::clone(&credentials) }))
    }
}

#[derive(Serialize)]
struct IdentityMembers<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<&'a str>,
    client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret_expires_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_endpoint_auth_method: Option<&'static str>,
}

impl Serialize for ClientIdentity {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        IdentityMembers {
            issuer: self.issuer.as_ref().map(Issuer::as_str),
            client_id: &self.client_id,
            client_secret: self.secret.as_ref().map(Secret::expose),
            client_secret_expires_at: self.secret_expires_at,
            token_endpoint_auth_method: self.method.map(ClientAuthentication::name),
        }
        .serialize(serializer)
    }
}
