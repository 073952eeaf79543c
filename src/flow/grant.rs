//! Tokens without a user at the page: by the client's credentials, a workload's JWT, or the user's
//! identity at their organisation.

use super::client::Grant;
use super::endpoint::Endpoint;
use crate::ports::Ports;
use crate::protocol::{
    Resource, Scope, TokenResponse, client_credentials_request, id_jag_exchange, jwt_bearer_request,
};
use crate::{Result, Step};

/// Gets tokens by a grant. A failure is told and not tried again: no other grant takes its place.
pub(super) async fn tokens_by_grant<P: Ports>(
    endpoint: &Endpoint<'_, P>,
    grant: &Grant,
    resource: &Resource,
    scope: &Scope,
) -> Result<Box<TokenResponse>> {
    const STEP: Step = Step::Token;
    let assertion = match grant {
        Grant::ClientCredentials => {
            return endpoint.request_tokens(STEP, client_credentials_request(resource, scope), &[]).await;
        }
        Grant::JwtBearer => endpoint.ports.assertion(endpoint.issuer, resource).await?,
        Grant::EnterpriseManaged(provider) => {
            let id_token = endpoint.ports.assertion(endpoint.issuer, resource).await?;
            let exchange = id_jag_exchange(&id_token, endpoint.issuer, resource, scope);
            let provider = Endpoint::of_provider(endpoint.ports, endpoint.issuer, provider);
            let answer = provider.post(STEP, exchange.request()).await?;
            provider.read(&answer, STEP, &[id_token.expose()], |document| exchange.read(document))?
        }
    };
    endpoint.request_tokens(STEP, jwt_bearer_request(&assertion, resource, scope), &[assertion.expose()]).await
}
