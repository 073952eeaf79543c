//! Sign-in on another device (RFC 8628): what to show the user, and the tokens once they have signed in.

use serde::{Serialize, Serializer};

use super::client_identity::ClientIdentity;
use super::discovery::Discovered;
use super::kept_key::{require_same_key, shown_key};
use super::request::{as_before, grant_request, omits_resource};
use super::tokens::Tokens;
use crate::flow::client::Client;
use crate::flow::device_authorization::{device_codes, expiry, tokens_when_the_user_is_done};
use crate::flow::grant_request::GrantRequest;
use crate::flow::record::VERSION;
use crate::ports::{Ports, UnixMillis};
use crate::protocol::json::Object;
use crate::protocol::{DeviceAuthorization, Scope, Secret, ServerUrl, Url};
use crate::{Code, Error, Result, Step};

/// A code that the user has to enter.
pub struct DeviceBegun {
    /// What to show the user.
    pub shown: DeviceAuthorization,
    /// What to poll with.
    pub pending: DevicePending,
}

/// A sign-in that continues on another device. Contains a secret: the device code.
pub struct DevicePending {
    server: ServerUrl,
    grant: GrantRequest,
    device_code: Secret,
    interval: u64,
    ends_at: UnixMillis,
    dpop_jkt: Option<String>,
    omits_resource: bool,
}

/// Requests a code that the user enters on another device (§3.1).
///
/// # Errors
///
/// [`Code::InvalidResponse`] if the server has no such endpoint, and the errors of the exchange.
pub async fn device_authorization<P: Ports>(
    ports: &P,
    client: &Client,
    discovered: &Discovered,
    identity: &ClientIdentity,
    scope: Option<&Scope>,
) -> Result<DeviceBegun> {
    let client = &Client { redirect_uri: None, grant: None, ..client.clone() };
    let metadata = discovered.metadata();
    let grant = grant_request(ports, client, discovered, identity, scope).await?;
    let resource = grant.resource_parameter(client);
    let shown = device_codes(&grant.token_endpoint(ports, client), metadata, resource, &grant.requested).await?;
    let pending = DevicePending {
        server: discovered.server.clone(),
        device_code: shown.device_code.clone(),
        interval: shown.interval,
        ends_at: expiry(ports, &shown),
        dpop_jkt: shown_key(ports, &metadata.issuer, grant.binding).await?,
        omits_resource: omits_resource(client, &metadata.issuer),
        grant,
    };
    Ok(DeviceBegun { shown, pending })
}

/// Polls for the tokens (§3.4) until the user has signed in or the code expires.
///
/// # Errors
///
/// [`Code::AccessDenied`], [`Code::Timeout`], and the errors of the exchange.
pub async fn finish_device_authorization<P: Ports>(
    ports: &P,
    client: &Client,
    pending: &DevicePending,
) -> Result<Tokens> {
    let DevicePending { server, grant, device_code, interval, ends_at, dpop_jkt, omits_resource } = pending;
    let issuer = &grant.parties.issuer;
    require_same_key(ports, issuer, dpop_jkt.as_deref()).await?;
    let client = as_before(client, issuer, *omits_resource);
    let endpoint = grant.token_endpoint(ports, &client);
    let resource = grant.resource_parameter(&client);
    let response = tokens_when_the_user_is_done(&endpoint, device_code, *interval, *ends_at, resource).await?;
    Ok(Tokens::issued(server, grant, &response, ports.now(), dpop_jkt.clone(), *omits_resource))
}

impl DevicePending {
    /// Reads it from JSON. The endpoint is checked in the same way as the metadata that it comes from.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidOption`] for any other value.
    pub fn read(record: &Object) -> Result<Self> {
        Self::read_checked(record).ok_or_else(|| {
            let message = "\"pending\" is not what the device authorization began with.";
            Error::new(Code::InvalidOption, Step::Authorization, message)
        })
    }

    fn read_checked(record: &Object) -> Option<Self> {
        let whole = |name| record.whole_number(name).ok()?;
        let server = ServerUrl::parse(record.text("server")?).ok()?;
        (whole("v")? == VERSION).then_some(())?;
        Some(Self {
            grant: GrantRequest::read(record, &server.clone().into())?,
            device_code: record.text("device_code")?.into(),
            interval: whole("interval")?,
            ends_at: UnixMillis(whole("ends_at")?),
            dpop_jkt: record.text("dpop_jkt").map(str::to_owned),
            omits_resource: record.is_set("omits_resource"),
            server,
        })
    }
}

#[derive(Serialize)]
struct DevicePendingRecord<'a> {
    v: u64,
    server: &'a str,
    client_id: &'a str,
    client_secret: Option<&'a str>,
    client_secret_expires_at: Option<u64>,
    token_endpoint_auth_method: &'static str,
    resource: &'a str,
    issuer: &'a str,
    token_endpoint: &'a str,
    revocation_endpoint: Option<&'a str>,
    requested: &'a [String],
    binding: &'static str,
    device_code: &'a str,
    interval: u64,
    ends_at: u64,
    dpop_jkt: Option<&'a str>,
    omits_resource: bool,
}

impl Serialize for DevicePending {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let GrantRequest { parties, requested, binding, .. } = &self.grant;
        DevicePendingRecord {
            v: VERSION,
            server: self.server.as_str(),
            client_id: &parties.client.client_id,
            client_secret: parties.client.secret.as_ref().map(Secret::expose),
            client_secret_expires_at: parties.client.secret_expires_at,
            token_endpoint_auth_method: parties.client.method.name(),
            resource: parties.resource.as_str(),
            issuer: parties.issuer.as_str(),
            token_endpoint: parties.token_endpoint.as_str(),
            revocation_endpoint: parties.revocation_endpoint.as_ref().map(Url::as_str),
            requested: requested.tokens(),
            binding: binding.name(),
            device_code: self.device_code.expose(),
            interval: self.interval,
            ends_at: self.ends_at.0,
            dpop_jkt: self.dpop_jkt.as_deref(),
            omits_resource: self.omits_resource,
        }
        .serialize(serializer)
    }
}
