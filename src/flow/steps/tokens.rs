//! Tokens outside of a session, which the caller stores, refreshes and revokes.

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

/// Tokens, with everything that is needed to refresh and revoke them. Their JSON is the stored format of a session.
#[derive(Clone)]
pub struct Tokens {
    account: Account,
    tokens: Rc<session::SessionTokens>,
    dpop_jkt: Option<String>,
    omits_resource: bool,
}

/// Gets new tokens with the refresh token (RFC 6749 §6). That may be spent afterwards: store the new tokens before you
/// use them, and let only one process refresh at a time.
///
/// # Errors
///
/// [`Code::SessionExpired`](crate::Code::SessionExpired) if there is no refresh token or the server has revoked it;
/// otherwise the errors of the exchange, which may be transient
/// ([`Error::is_transient`](crate::Error::is_transient)).
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

/// Revokes both tokens, if the server offers that (RFC 7009). Returns whether the server confirmed the revocation of the
/// refresh token or, without one, of the access token.
pub async fn revoke<P: Ports>(ports: &P, client: &Client, tokens: &Tokens) -> bool {
    session::revoke(ports, client, &tokens.tokens).await
}

impl Tokens {
    pub(super) fn new(
        account: Account,
        tokens: Rc<session::SessionTokens>,
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
        Self::new(
            server.clone().into(),
            session::SessionTokens::issued(grant, response, None, now),
            dpop_jkt,
            omits_resource,
        )
    }

    /// Reads them from JSON. Endpoints are checked in the same way as the metadata that they come from.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidOption`](crate::Code::InvalidOption) if a member is missing, an endpoint is insecure or in a private
    /// network, or the resource belongs to another server.
    pub fn read(record: &Object) -> Result<Self> {
        let server = record.text("server").and_then(|text| ServerUrl::parse(text).ok());
        // The tokens that a session exports do not name an account: only the app knows it.
        let account = server.map(Account::from);
        let tokens = account.and_then(|account| Some((SessionRecord::read(record, &account)?, account)));
        let (record_of, account) = tokens.ok_or_else(no_tokens)?;
        let dpop_jkt = record.text("dpop_jkt").map(str::to_owned);
        Ok(Self::new(account, record_of.tokens, dpop_jkt, record.is_set("omits_resource")))
    }

    /// The access token. Only send it to [`Tokens::resource`].
    pub fn access_token(&self) -> &Secret {
        &self.tokens.access_token
    }

    /// The refresh token, if the server issued one.
    pub fn refresh_token(&self) -> Option<&Secret> {
        self.tokens.refresh_token.as_ref()
    }

    /// How to send the access token.
    pub fn token_type(&self) -> TokenType {
        self.tokens.token_type
    }

    /// The granted scopes.
    pub fn scope(&self) -> &Scope {
        &self.tokens.granted.scope
    }

    /// When the access token expires, if the server said so.
    pub fn expires_at(&self) -> Option<UnixMillis> {
        self.tokens.granted.validity.expires_at
    }

    /// The MCP server.
    pub fn server(&self) -> &ServerUrl {
        self.account.server()
    }

    /// The resource that the tokens are for.
    pub fn resource(&self) -> &Resource {
        &self.tokens.granted.parties.resource
    }

    /// The issuer of the tokens.
    pub fn issuer(&self) -> &Issuer {
        &self.tokens.granted.parties.issuer
    }
}

#[derive(Serialize)]
struct TokensRecord<'a> {
    #[serde(flatten)]
    members: SessionMembers<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dpop_jkt: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    omits_resource: bool,
}

impl Serialize for Tokens {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        TokensRecord {
            members: SessionRecord::of(&self.tokens).members(&self.account).handed_out(),
            dpop_jkt: self.dpop_jkt.as_deref(),
            omits_resource: self.omits_resource,
        }
        .serialize(serializer)
    }
}
