//! A grant that is to be requested. There are no tokens yet.

use std::rc::Rc;

use super::account::Account;
use super::client::Client;
use super::dpop::Binding;
use super::endpoint::Endpoint;
use super::parties::Parties;
use crate::protocol::json::Object;
use crate::protocol::{ClientCredentials, Resource, Scope};

/// Which authorization server to ask, and what for.
#[derive(Clone)]
pub(super) struct GrantRequest {
    pub parties: Rc<Parties>,
    pub requested: Scope,
    /// Whether to ask the user for consent again, although the server has it.
    pub consent: bool,
    /// The type of tokens.
    pub binding: Binding,
}

impl GrantRequest {
    /// Where the tokens come from.
    pub fn token_endpoint<'a, P>(&'a self, ports: &'a P, client: &'a Client) -> Endpoint<'a, P> {
        self.parties.token_endpoint(ports, client, self.binding)
    }

    /// The same request, with the client's secret sent in the other way.
    pub fn by_other_method(&self) -> Option<Self> {
        let Parties { resource, issuer, dpop_key, client, token_endpoint, revocation_endpoint } = &*self.parties;
        let method = client.method.other(client.secret.is_some())?;
        let parties = Parties {
            resource: resource.clone(),
            issuer: issuer.clone(),
            dpop_key: dpop_key.clone(),
            client: Rc::new(ClientCredentials { method, ..ClientCredentials::clone(client) }),
            token_endpoint: token_endpoint.clone(),
            revocation_endpoint: revocation_endpoint.clone(),
        };
        let Self { requested, consent, binding, .. } = self;
        Some(Self { parties: Rc::new(parties), requested: requested.clone(), consent: *consent, binding: *binding })
    }

    /// Reads it from a record.
    pub fn read(record: &Object, account: &Account) -> Option<Self> {
        Some(Self {
            parties: Parties::read(record, account)?,
            requested: Scope::from_tokens(record.strings("requested").ok()?.unwrap_or_default()),
            consent: false,
            binding: Binding::from_name(record.required_string("binding").ok()?)?,
        })
    }

    /// The `resource` parameter of its requests.
    pub fn resource_parameter(&self, client: &Client) -> Option<&Resource> {
        self.parties.resource_parameter(client)
    }
}
