//! Tokens without a user at the page: by the client's credentials, a workload's JWT, or the user's
//! identity at their organisation.

use super::client::Grant;
use super::endpoint::Endpoint;
use crate::ports::Ports;
use crate::protocol::{
    ClientAuthentication, Resource, Scope, Secret, SubjectTokenType, TokenResponse, client_credentials_request,
    id_jag_exchange, jwt_bearer_request,
};
use crate::{Code, Error, Result, Step};

/// Gets tokens by a grant. After a failure, nothing else is tried: no other grant can replace it.
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
            let exchange = id_jag_exchange(&id_token, SubjectTokenType::IdToken, endpoint.issuer, resource, scope);
            let provider = Endpoint::of_provider(endpoint.ports, endpoint.issuer, provider);
            let answer = provider.post(STEP, exchange.request()).await?;
            provider.read(&answer, STEP, &[id_token.expose()], |document| exchange.read(document))?
        }
        // The caller has to sign the user in first.
        Grant::EnterpriseSignIn(_) => {
            let message = "Signing in at an identity provider is not part of this build.";
            return Err(Error::new(Code::Unsupported, STEP, message));
        }
    };
    tokens_by_assertion(endpoint, &assertion, resource, scope).await
}

/// Tokens for an assertion (RFC 7523 §2.1).
pub(super) async fn tokens_by_assertion<P: Ports>(
    endpoint: &Endpoint<'_, P>,
    assertion: &Secret,
    resource: &Resource,
    scope: &Scope,
) -> Result<Box<TokenResponse>> {
    let form = jwt_bearer_request(assertion, resource, scope);
    let tokens = endpoint.request_tokens(Step::Token, form, &[assertion.expose()]).await;
    tokens.map_err(|error| with_client_id_hint(endpoint, error))
}

/// An authorization server may want to identify the client as well as the workload.
fn with_client_id_hint<P>(endpoint: &Endpoint<'_, P>, error: Error) -> Error {
    const HINT: &str = " The request had no client_id. If this server has registered the workload, add clientId.";
    match error.server_error() {
        Some("invalid_client" | "invalid_request" | "unauthorized_client")
            if endpoint.client.method == ClientAuthentication::ByGrant =>
        {
            error.with_hint(HINT)
        }
        _ => error,
    }
}
