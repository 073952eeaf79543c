//! A sign-in between its authorization request and the response.

use super::client::Client;
use super::dpop::Binding;
use super::session::Tokens;
use crate::ports::Ports;
use crate::protocol::{AuthorizationCode, CodeVerifier, PendingRequest, State, TokenResponse, Url, code_request};
use crate::{Result, Step};

/// All that the response is checked against, and that its code is exchanged with.
pub(super) struct PendingSignIn {
    /// The session that it will be, as yet without tokens.
    pub session: Tokens,
    pub binding: Binding,
    pub redirect_uri: Url,
    pub iss_in_response: bool,
    pub state: State,
    pub verifier: CodeVerifier,
}

impl PendingSignIn {
    /// The request that was sent.
    pub fn request<'a>(&'a self, client: &Client) -> PendingRequest<'a> {
        PendingRequest {
            issuer: &self.session.issuer,
            iss_in_response: self.iss_in_response,
            redirect_uri: &self.redirect_uri,
            resource: self.session.resource_parameter(client),
            state: &self.state,
            verifier: &self.verifier,
        }
    }

    /// Exchanges the code.
    pub async fn exchange<P: Ports>(
        &self,
        ports: &P,
        client: &Client,
        code: &AuthorizationCode,
    ) -> Result<TokenResponse> {
        let endpoint = self.session.endpoint(ports, client, &self.session.token_endpoint, self.binding);
        let secrets = [code.expose(), self.verifier.expose()];
        endpoint.request_tokens(Step::Token, code_request(code, &self.request(client)), &secrets).await
    }
}
