//! Token requests: code for token (OAuth 2.1 §4.1.3) and refresh (§4.3).

use super::form::Form;
use super::{AuthorizationCode, AuthorizationRequest, ClientCredentials, Resource, Secret};

/// A request to the token endpoint or the revocation endpoint.
pub struct TokenRequest {
    /// The body, form-encoded.
    pub body: Form,
    /// The `Authorization` header, where the client authenticates with one.
    pub authorization: Option<Secret>,
}

impl TokenRequest {
    pub(super) fn new(form: Form, client: &ClientCredentials) -> Self {
        let (body, authorization) = client.authenticate(form);
        Self { body, authorization }
    }
}

/// Code for token. MCP 2026-07-28: `resource` goes with this request as with the authorization
/// request, "regardless of whether authorization servers support it".
pub fn code_request(
    code: &AuthorizationCode,
    request: &AuthorizationRequest<'_>,
    client: &ClientCredentials,
) -> TokenRequest {
    let form = Form::new()
        .add("grant_type", "authorization_code")
        .add("code", code.expose())
        .add("redirect_uri", request.redirect_uri.as_str())
        .add("code_verifier", request.verifier.expose())
        .add("resource", request.resource.as_str());
    TokenRequest::new(form, client)
}

/// A new access token for a refresh token. No `scope`: the scopes stay as granted.
pub fn refresh_request(refresh_token: &Secret, resource: &Resource, client: &ClientCredentials) -> TokenRequest {
    let form = Form::new()
        .add("grant_type", "refresh_token")
        .add("refresh_token", refresh_token.expose())
        .add("resource", resource.as_str());
    TokenRequest::new(form, client)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::ServerUrl;

    #[test]
    fn refresh_carries_the_resource() {
        let resource = Resource::of(&ServerUrl::parse("https://a.example/mcp").unwrap());
        let request = refresh_request(&"r".into(), &resource, &ClientCredentials::public("id"));
        assert_eq!(
            request.body.as_str(),
            "grant_type=refresh_token&refresh_token=r&resource=https%3A%2F%2Fa.example%2Fmcp&client_id=id"
        );
        assert!(request.authorization.is_none());
    }
}
