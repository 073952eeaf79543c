//! The user's consent: the authorization request, and the response that the user comes back with.

use serde::{Serialize, Serializer};

use super::client_identity::ClientIdentity;
use super::discovery::Discovered;
use super::kept_key::{require_same_key, shown_key};
use super::request::{as_before, grant_request, omits_resource};
use super::tokens::Tokens;
use crate::flow::account::Account;
use crate::flow::client::Client;
use crate::flow::pending::{KeptSignIn, PendingMembers, PendingSignIn};
use crate::flow::pushed_authorization_request::authorization_url;
use crate::flow::record::VERSION;
use crate::ports::Ports;
use crate::protocol::json::Object;
use crate::protocol::{Scope, ServerUrl, Url, authorization_response, presentable};
use crate::{Code, Error, Result, Step};

/// An authorization request.
pub struct Begun {
    /// The URL for the user's browser.
    pub url: Url,
    /// What the response is checked against.
    pub pending: Pending,
}

/// A sign-in between its request and the response. Contains `state`, the issuer, and a secret: the verifier.
pub struct Pending {
    account: Account,
    kept: KeptSignIn,
    dpop_jkt: Option<String>,
    omits_resource: bool,
}

/// Makes an authorization request with a fresh `state` and verifier, and pushes it if the server supports that
/// (RFC 9126). `scope` is requested instead of what the server suggests. The response is accepted for `limit`
/// milliseconds.
///
/// # Errors
///
/// [`Code::InvalidOption`] without a redirect URI, [`Code::PkceUnsupported`], [`Code::DpopUnsupported`],
/// [`Code::ResourceMismatch`], [`Code::ClientMismatch`], and the errors of a pushed request.
pub async fn begin_authorization<P: Ports>(
    ports: &P,
    client: &Client,
    discovered: &Discovered,
    identity: &ClientIdentity,
    scope: Option<&Scope>,
    limit: u64,
) -> Result<Begun> {
    let Some(redirect_uri) = &client.redirect_uri else {
        return Err(Error::new(Code::InvalidOption, Step::Setup, "\"redirectUri\" must be a URL."));
    };
    let client = &Client { grant: None, ..client.clone() };
    let metadata = discovered.metadata();
    let grant = grant_request(ports, client, discovered, identity, scope).await?;
    let dpop_jkt = shown_key(ports, &metadata.issuer, grant.binding).await?;
    let sign_in = PendingSignIn::new(ports, client, metadata, grant, redirect_uri)?;
    let url = authorization_url(ports, client, metadata, &sign_in, &client.authorization_parameters).await?;
    let pending = Pending {
        account: discovered.server.clone().into(),
        kept: KeptSignIn::new(sign_in, ports.now().after(limit)),
        dpop_jkt,
        omits_resource: omits_resource(client, &metadata.issuer),
    };
    Ok(Begun { url, pending })
}

/// Checks the URL that the user came back to, and exchanges its code for tokens. Checks `state` first, then `iss`, then
/// the rest.
///
/// A response is valid once: delete the stored `pending` before you call this.
///
/// # Errors
///
/// [`Code::StateMismatch`] for a response to another sign-in or at another redirect URI, [`Code::IssuerMismatch`],
/// [`Code::Timeout`] after the limit, [`Code::AccessDenied`], [`Code::AuthorizationFailed`], and the errors of the exchange.
pub async fn finish_authorization<P: Ports>(
    ports: &P,
    client: &Client,
    pending: Pending,
    callback_url: &str,
) -> Result<Tokens> {
    let Pending { account, kept, dpop_jkt, omits_resource } = pending;
    let sign_in = kept.in_time(ports.now())?;
    // The query contains secrets, so errors must not contain it.
    let place = callback_url.split(['?', '#']).next().unwrap_or_default();
    let response = sign_in.redirect_uri.response(callback_url);
    let Some(query) = response.map_err(|error| error.at(Step::Setup, "callbackUrl", place))? else {
        let message = [&presentable(place), " is not the redirect URI ", sign_in.redirect_uri.as_str(), "."];
        return Err(Error::new(Code::StateMismatch, Step::Authorization, message.concat()));
    };
    let issuer = &sign_in.grant.parties.issuer;
    let client = as_before(client, issuer, omits_resource);
    let code = authorization_response(&query, &sign_in.request(&client))?;
    require_same_key(ports, issuer, dpop_jkt.as_deref()).await?;
    let tokens = sign_in.exchange(ports, &client, &code).await?;
    Ok(Tokens::new(account, tokens, dpop_jkt, omits_resource))
}

impl Pending {
    /// Reads it from JSON. Members are checked when they are used.
    ///
    /// # Errors
    ///
    /// [`Code::StateMismatch`] for any other value.
    pub fn read(record: &Object) -> Result<Self> {
        let server = record.text("server").and_then(|text| ServerUrl::parse(text).ok());
        let (Some(server), Some(state), Ok(Some(VERSION))) = (server, record.text("state"), record.whole_number("v"))
        else {
            let message = "\"pending\" is not what the authorization began with.";
            return Err(Error::new(Code::StateMismatch, Step::Authorization, message));
        };
        let account = Account::from(server);
        Ok(Self {
            kept: KeptSignIn::read(record, state, &account),
            dpop_jkt: record.text("dpop_jkt").map(str::to_owned),
            omits_resource: record.is_set("omits_resource"),
            account,
        })
    }
}

#[derive(Serialize)]
struct PendingRecord<'a> {
    v: u64,
    state: &'a str,
    #[serde(flatten)]
    members: PendingMembers<'a>,
    dpop_jkt: Option<&'a str>,
    omits_resource: bool,
}

impl Serialize for Pending {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let members = self.kept.record(&self.account).map(|(state, members)| PendingRecord {
            v: VERSION,
            state: state.as_str(),
            members,
            dpop_jkt: self.dpop_jkt.as_deref(),
            omits_resource: self.omits_resource,
        });
        members.serialize(serializer)
    }
}
