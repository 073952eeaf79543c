//! Token requests, without the client's authentication: one for each grant.

use super::form::Form;
use super::{AuthorizationCode, PendingRequest, Resource, Scope, Secret};

/// The grant type of device codes (RFC 8628 §3.4).
pub(super) const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Exchanges a code for tokens (OAuth 2.1 §4.1.3). MCP 2026-07-28: this request and the authorization request
/// contain `resource`, "regardless of whether authorization servers support it".
pub fn code_request(code: &AuthorizationCode, request: &PendingRequest<'_>) -> Form {
    Form::new()
        .add("grant_type", "authorization_code")
        .add("code", code.expose())
        .add("redirect_uri", request.redirect_uri.as_str())
        .add("code_verifier", request.verifier.expose())
        .optional("resource", request.resource.map(Resource::as_str))
}

/// Gets a new access token for a refresh token (OAuth 2.1 §4.3). Without `scope`, the scopes stay the same.
pub fn refresh_request(refresh_token: &Secret, resource: Option<&Resource>) -> Form {
    Form::new()
        .add("grant_type", "refresh_token")
        .add("refresh_token", refresh_token.expose())
        .optional("resource", resource.map(Resource::as_str))
}

/// Client credentials (OAuth 2.1 §4.2, MCP extension SEP-1046).
pub fn client_credentials_request(resource: &Resource, scope: &Scope) -> Form {
    Form::new()
        .add("grant_type", "client_credentials")
        .add("resource", resource.as_str())
        .optional("scope", scope.to_parameter().as_deref())
}

/// Exchanges a device code for tokens (RFC 8628 §3.4).
pub fn device_code_request(device_code: &Secret, resource: Option<&Resource>) -> Form {
    Form::new()
        .add("grant_type", DEVICE_CODE)
        .add("device_code", device_code.expose())
        .optional("resource", resource.map(Resource::as_str))
}

/// Exchanges an assertion for tokens (RFC 7523 §2.1): a workload's JWT (SEP-1933), or an ID-JAG (SEP-990).
pub fn jwt_bearer_request(assertion: &Secret, resource: &Resource, scope: &Scope) -> Form {
    Form::new()
        .add("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
        .add("assertion", assertion.expose())
        .add("resource", resource.as_str())
        .optional("scope", scope.to_parameter().as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::ServerUrl;

    fn resource() -> Resource {
        Resource::of(&ServerUrl::parse("https://a.example/mcp").unwrap())
    }

    #[test]
    fn a_refresh_request_names_the_resource() {
        let request = refresh_request(&"r".into(), Some(&resource()));
        assert_eq!(request.as_str(), "grant_type=refresh_token&refresh_token=r&resource=https%3A%2F%2Fa.example%2Fmcp");
    }

    #[test]
    fn an_assertion_is_sent_as_rfc_7523_section_2_1_says() {
        let request = jwt_bearer_request(&"a.b.c".into(), &resource(), &Scope::parse("x y"));
        assert_eq!(
            request.as_str(),
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b.c\
             &resource=https%3A%2F%2Fa.example%2Fmcp&scope=x+y"
        );
    }
}
