//! What all grants have in common: the client, the authorization server and the resource.

use super::client_identity::ClientIdentity;
use super::discovery::Discovered;
use crate::Result;
use crate::flow::client::{Client, is_listed};
use crate::flow::grant_request::GrantRequest;
use crate::ports::Ports;
use crate::protocol::{Issuer, Scope};

/// The request, if the servers support what the client needs and the client's credentials are valid there.
pub(super) async fn grant_request<P: Ports>(
    ports: &P,
    client: &Client,
    discovered: &Discovered,
    identity: &ClientIdentity,
    scope: Option<&Scope>,
) -> Result<GrantRequest> {
    let scope = scope.or(client.scopes.as_ref()).unwrap_or(&discovered.resource().scope);
    let wanted = discovered.found.wanted(ports, client, &discovered.server, scope, false)?;
    let credentials = identity.credentials(ports, discovered.metadata()).await?;
    Ok(discovered.found.grant_request(wanted, &discovered.server.clone().into(), credentials, false))
}

/// Whether the app says that an issuer refuses the parameter `resource`. Later requests do the same.
pub(super) fn omits_resource(client: &Client, issuer: &Issuer) -> bool {
    is_listed(&client.omit_resource, issuer)
}

/// The client as it was when the request was made.
pub(super) fn as_before(client: &Client, issuer: &Issuer, omits_resource: bool) -> Client {
    let mut client = client.clone();
    if omits_resource {
        client.omit_resource.push(issuer.as_str().to_owned());
    }
    client
}
