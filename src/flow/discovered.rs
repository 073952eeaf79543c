//! The result of discovery, and what a client asks for there.

use std::rc::Rc;

use super::account::Account;
use super::client::{Client, Grant, is_listed};
use super::discover::{DiscoveredResource, DiscoveredServer};
use super::dpop::Binding;
use super::grant_request::GrantRequest;
use super::parties::Parties;
use crate::Result;
use crate::ports::Ports;
use crate::protocol::{AuthorizationParameters, AuthorizationServerMetadata, ClientCredentials, Scope, ServerUrl};

/// The MCP server as a resource, and the authorization server that issues its tokens.
pub(super) struct DiscoveredServers {
    pub resource: Box<DiscoveredResource>,
    pub authorization_server: DiscoveredServer,
}

/// What the client asks for.
pub(super) struct Wanted {
    pub scope: Scope,
    /// The type of tokens.
    binding: Binding,
}

impl DiscoveredServers {
    /// What to ask for, if these servers support what the client needs. `is_bound`: the tokens have to be bound
    /// to a key.
    pub fn wanted(
        &self,
        ports: &impl Ports,
        client: &Client,
        server: &ServerUrl,
        scope: &Scope,
        is_bound: bool,
    ) -> Result<Wanted> {
        let metadata = &*self.authorization_server.metadata;
        let binding = match is_bound {
            true => Binding::Required,
            false => Binding::between(ports, client, metadata, &self.resource)?,
        };
        require_what_the_client_needs(client, server, &self.resource, metadata)?;
        Ok(Wanted { scope: with_offline_access(scope, client, metadata), binding })
    }

    /// What to ask for with `acr_values` or `max_age` (RFC 9470 §4): these are parameters of OpenID Connect (OpenID Connect
    /// Core §3.1.2.1), and its providers accept them only with the scope `openid`.
    pub fn with_openid(&self, scope: Scope, parameters: &AuthorizationParameters) -> Scope {
        const OPENID: &str = "openid";
        let is_needed = parameters.has("acr_values") || parameters.has("max_age");
        match is_needed && self.authorization_server.metadata.scopes_supported.contains(OPENID) {
            true => scope.union(&Scope::from_tokens([OPENID])),
            false => scope,
        }
    }

    /// The request for it.
    pub fn grant_request(
        &self,
        wanted: Wanted,
        account: &Account,
        client: Rc<ClientCredentials>,
        consent: bool,
    ) -> GrantRequest {
        let metadata = &*self.authorization_server.metadata;
        let parties = Rc::new(Parties {
            resource: self.resource.resource.clone(),
            issuer: metadata.issuer.clone(),
            dpop_key: account.dpop_key(&metadata.issuer),
            client,
            token_endpoint: metadata.token_endpoint.clone(),
            revocation_endpoint: metadata.revocation_endpoint.clone(),
        });
        GrantRequest { parties, requested: wanted.scope, consent, binding: wanted.binding }
    }
}

/// Refuses an authorization server that lacks what this client needs, or that is not for this resource.
fn require_what_the_client_needs(
    client: &Client,
    server: &ServerUrl,
    resource: &DiscoveredResource,
    metadata: &AuthorizationServerMetadata,
) -> Result<()> {
    if client.grant.is_none() && client.redirect_uri.is_some() {
        metadata.require_code()?;
        if !is_listed(&client.trust_pkce, &metadata.issuer) {
            metadata.require_pkce()?;
        }
    }
    if matches!(client.grant, Some(Grant::EnterpriseManaged(_) | Grant::EnterpriseSignIn(_))) {
        metadata.require_id_jag()?;
    }
    metadata.require_resource(&resource.resource)?;
    if client.exact_resource { resource.resource.require_exact(server) } else { Ok(()) }
}

/// MCP 2026-07-28 authorization, refresh tokens: `offline_access` is only requested if the
/// authorization server lists it. It is only added to other scopes: on its own it would replace the
/// server's default scopes. Grants without a user do not need it.
fn with_offline_access(scope: &Scope, client: &Client, server: &AuthorizationServerMetadata) -> Scope {
    const OFFLINE: &str = "offline_access";
    if scope.is_empty() || client.grant.is_some() || !server.scopes_supported.contains(OFFLINE) {
        return scope.clone();
    }
    scope.union(&Scope::from_tokens([OFFLINE]))
}
