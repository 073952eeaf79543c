//! The parties of a token: the resource that it is for, the authorization server that issues it,
//! and the client that it is issued to.

use std::rc::Rc;

use super::account::Account;
use super::client::{Client, is_listed};
use super::dpop::Binding;
use super::endpoint::Endpoint;
use super::record::read_client;
use crate::protocol::json::Object;
use crate::protocol::{ClientCredentials, Issuer, Resource, Url};

/// Everything in a token request except the grant.
pub(super) struct Parties {
    pub resource: Resource,
    pub issuer: Issuer,
    /// The name of the key that the tokens are bound to, if they are.
    pub dpop_key: String,
    pub client: Rc<ClientCredentials>,
    pub token_endpoint: Url,
    pub revocation_endpoint: Option<Url>,
}

impl Parties {
    /// The `resource` of a token request; `None` if the app says that the server refuses it.
    pub fn resource_parameter(&self, client: &Client) -> Option<&Resource> {
        Some(&self.resource).filter(|_| !is_listed(&client.omit_resource, &self.issuer))
    }

    /// The token endpoint.
    pub fn token_endpoint<'a, P>(&'a self, ports: &'a P, client: &'a Client, binding: Binding) -> Endpoint<'a, P> {
        self.endpoint(ports, client, &self.token_endpoint, binding)
    }

    /// An endpoint of the authorization server.
    pub fn endpoint<'a, P>(
        &'a self,
        ports: &'a P,
        client: &'a Client,
        url: &'a Url,
        binding: Binding,
    ) -> Endpoint<'a, P> {
        Endpoint {
            ports,
            issuer: &self.issuer,
            dpop_key: &self.dpop_key,
            url,
            client: &self.client,
            key_id: client.key_id.as_deref(),
            binding,
        }
    }

    /// Reads them from a record.
    pub fn read(record: &Object, account: &Account) -> Option<Rc<Self>> {
        let issuer = Issuer::parse(record.required_string("issuer").ok()?).ok()?;
        // Checked in the same way as the metadata that they come from.
        let endpoint = |text: &str| {
            let url = Url::parse(text).ok()?;
            issuer.url().may_lead_to(&url).ok().map(|()| url)
        };
        Some(Rc::new(Self {
            resource: Resource::named_for(record.required_string("resource").ok()?, account.server())?,
            client: read_client(record)?,
            token_endpoint: endpoint(record.required_string("token_endpoint").ok()?)?,
            revocation_endpoint: match record.string("revocation_endpoint").ok()? {
                Some(text) => Some(endpoint(text)?),
                None => None,
            },
            dpop_key: account.dpop_key(&issuer),
            issuer,
        }))
    }
}
