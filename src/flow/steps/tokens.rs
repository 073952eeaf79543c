//! Tokens outside of a session: refreshed and revoked by whoever keeps them.

use std::rc::Rc;

use serde::{Serialize, Serializer};

use super::kept_key::require_same_key;
use super::request::as_before;
use crate::flow::account::Account;
use crate::flow::client::Client;
use crate::flow::dpop::Binding;
use crate::flow::grant_request::GrantRequest;
use crate::flow::session::{self, SessionMembers, SessionRecord, expired, no_tokens};
use crate::ports::{Ports, UnixMillis};
use crate::protocol::json::Object;
use crate::protocol::{Issuer, Resource, Scope, Secret, ServerUrl, TokenResponse, TokenType, refresh_request};
use crate::{Result, Step};

/// Tokens, and all that it takes to refresh and to revoke them. As JSON it is what a session keeps.
#[derive(Clone)]
pub struct Tokens {
    account: Account,
    tokens: Rc<session::Tokens>,
    dpop_jkt: Option<String>,
    omits_resource: bool,
}

/// Gets new tokens by the refresh token (RFC 6749 §6). It may be spent then: keep the new ones in place of the old ones
/// before they are used, and let one process at a time refresh.
///
/// # Errors
///
/// [`Code::SessionExpired`](crate::Code::SessionExpired) where there is no refresh token or the server refuses it for good; else those of the exchange,
/// which may be over by the next time ([`Error::is_transient`](crate::Error::is_transient)).
pub async fn refresh<P: Ports>(ports: &P, client: &Client, tokens: &Tokens) -> Result<Tokens> {
    let spent = &tokens.tokens;
    let issuer = tokens.issuer();
    require_same_key(ports, issuer, tokens.dpop_jkt.as_deref()).await?;
    let Some(refresh_token) = &spent.refresh_token else { return Err(expired(tokens.server(), None)) };
    let client = as_before(client, issuer, tokens.omits_resource);
    let parties = &spent.granted.parties;
    let endpoint = parties.token_endpoint(ports, &client, Binding::of(spent.token_type));
    let form = refresh_request(refresh_token, parties.resource_parameter(&client));
    let secrets = [refresh_token.expose(), spent.access_token.expose()];
    let response = match endpoint.request_tokens(Step::Refresh, form, &secrets).await {
        Err(error) if error.is_definite() => return Err(expired(tokens.server(), Some(error))),
        response => response?,
    };
    Ok(Tokens { tokens: spent.renewed(&response, ports.now()), ..tokens.clone() })
}

/// Revokes both tokens, where the server offers it (RFC 7009). Tells whether the server confirmed that for the refresh
/// token or, where there is none, for the access token.
pub async fn revoke<P: Ports>(ports: &P, client: &Client, tokens: &Tokens) -> bool {
    session::revoke(ports, client, &tokens.tokens).await
}

impl Tokens {
    pub(super) fn new(
        account: Account,
        tokens: Rc<session::Tokens>,
        dpop_jkt: Option<String>,
        omits_resource: bool,
    ) -> Self {
        let dpop_jkt = dpop_jkt.filter(|_| tokens.token_type == TokenType::Dpop);
        Self { account, tokens, dpop_jkt, omits_resource }
    }

    pub(super) fn issued(
        server: &ServerUrl,
        grant: &GrantRequest,
        response: &TokenResponse,
        now: UnixMillis,
        dpop_jkt: Option<String>,
        omits_resource: bool,
    ) -> Self {
        Self::new(server.clone().into(), session::Tokens::issued(grant, response, None, now), dpop_jkt, omits_resource)
    }

    /// Reads them from JSON. Endpoints are checked as they were in the metadata that they came from.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidOption`](crate::Code::InvalidOption) for what is no such value: a member is missing, an endpoint is insecure or in a private
    /// network, or the resource is another server's.
    pub fn read(record: &Object) -> Result<Self> {
        let server = record.text("server").and_then(|text| ServerUrl::parse(text).ok());
        // What a session hands out has no name of an account: that is the app's.
        let account = server.map(Account::from);
        let tokens = account.and_then(|account| Some((SessionRecord::read(record, &account)?, account)));
        let (record_of, account) = tokens.ok_or_else(no_tokens)?;
        let dpop_jkt = record.text("dpop_jkt").map(str::to_owned);
        Ok(Self::new(account, record_of.tokens, dpop_jkt, record.is_set("omits_resource")))
    }

    /// The access token. It goes to [`Tokens::resource`] alone.
    pub fn access_token(&self) -> &Secret {
        &self.tokens.access_token
    }

    /// The refresh token, if the server gave one.
    pub fn refresh_token(&self) -> Option<&Secret> {
        self.tokens.refresh_token.as_ref()
    }

    /// How the access token is presented.
    pub fn token_type(&self) -> TokenType {
        self.tokens.token_type
    }

    /// The granted scopes.
    pub fn scope(&self) -> &Scope {
        &self.tokens.granted.scope
    }

    /// When the access token runs out, if the server said so.
    pub fn expires_at(&self) -> Option<UnixMillis> {
        self.tokens.granted.validity.expires_at
    }

    /// The MCP server.
    pub fn server(&self) -> &ServerUrl {
        self.account.server()
    }

    /// What they are for.
    pub fn resource(&self) -> &Resource {
        &self.tokens.granted.parties.resource
    }

    /// Who issued them.
    pub fn issuer(&self) -> &Issuer {
        &self.tokens.granted.parties.issuer
    }
}

#[derive(Serialize)]
struct Members<'a> {
    #[serde(flatten)]
    members: SessionMembers<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dpop_jkt: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    omits_resource: bool,
}

impl Serialize for Tokens {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        Members {
            members: SessionRecord::of(&self.tokens).members(&self.account).handed_out(),
            dpop_jkt: self.dpop_jkt.as_deref(),
            omits_resource: self.omits_resource,
        }
        .serialize(serializer)
    }
}
