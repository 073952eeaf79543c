//! Tokens without a user at the page: by the client's credentials, a workload's JWT, or the user's
//! identity at their organisation.

use super::client::Grant;
use super::dpop::Binding;
use super::token::Endpoint;
use crate::ports::Ports;
use crate::protocol::{
    Resource, Scope, TokenResponse, client_credentials_request, id_jag, id_jag_request, jwt_bearer_request,
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
            let form = id_jag_request(&id_token, endpoint.issuer, resource, scope);
            let provider = Endpoint {
                url: &provider.token_endpoint,
                client: &provider.client,
                key_id: None,
                binding: Binding::Off,
                ..*endpoint
            };
            let answer = provider.post(STEP, form).await?;
            provider.read(&answer, STEP, &[id_token.expose()], id_jag)?
        }
    };
    endpoint.request_tokens(STEP, jwt_bearer_request(&assertion, resource, scope), &[assertion.expose()]).await
}
