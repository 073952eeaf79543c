//! Dynamic client registration (RFC 7591).

use super::fields::Fields;
use super::json::{Object, Writer};
use super::token_request::DEVICE_CODE;
use super::{AuthorizationServerMetadata, ClientAuthentication, ClientCredentials, Scope, Url};
use crate::{Code, Result, Step};

/// What the app says of itself when it registers (RFC 7591 §2).
pub struct ClientMetadata<'a> {
    /// `client_name`: what the user reads on the consent page.
    pub client_name: &'a str,
    /// `client_uri`: the app's home page.
    pub client_uri: Option<&'a Url>,
    /// `redirect_uris`: the one that this app uses; none where the user signs in on another device.
    pub redirect_uri: Option<&'a Url>,
    /// `dpop_bound_access_tokens`: the app takes no others (RFC 9449 §5.2).
    pub dpop_bound: bool,
}

impl ClientMetadata<'_> {
    /// OpenID Connect registration's `application_type`. MCP 2026-07-28 client-registration: a
    /// client with loopback redirect URIs is `native`, any other one `web`.
    pub fn application_type(&self) -> &'static str {
        if self.is_native() { "native" } else { "web" }
    }

    fn is_native(&self) -> bool {
        self.redirect_uri.is_none_or(Url::is_loopback)
    }

    /// The other type, for the one more try that MCP allows after a rejection.
    pub fn other_application_type(&self) -> &'static str {
        if self.is_native() { "web" } else { "native" }
    }

    /// The body of the registration request (RFC 7591 §3.1). `scope` is all that the resource is known
    /// to ask for.
    pub fn registration_request(
        &self,
        server: &AuthorizationServerMetadata,
        scope: &Scope,
        application_type: &str,
    ) -> String {
        let method = ClientAuthentication::to_register(server.token_endpoint_auth_methods.as_deref());
        // §2: `scope` is what the client can ask for later on too, so it is all that there is: a server
        // may hold the client to it, step-up included. One that lists its scopes refuses others, among
        // them those of its resources; without the member it decides by itself.
        let listed = &server.scopes_supported;
        let scope = if listed.is_empty() {
            Some(scope)
        } else {
            Some(listed).filter(|listed| !scope.is_empty() && listed.covers(scope))
        };
        let scope = scope.and_then(Scope::to_parameter);
        let writer = Writer::new();
        let writer = if self.dpop_bound { writer.object("dpop_bound_access_tokens", "true") } else { writer };
        let (writer, grant_type, response_types) = match self.redirect_uri {
            Some(uri) => (writer.strings("redirect_uris", &[uri.as_str()]), "authorization_code", &["code"][..]),
            // Absent, the response types would be "code".
            None => (writer, DEVICE_CODE, &[][..]),
        };
        writer
            .string("client_name", self.client_name)
            .optional("client_uri", self.client_uri.map(Url::as_str))
            .strings("grant_types", &[grant_type, "refresh_token"])
            .strings("response_types", response_types)
            .string("token_endpoint_auth_method", method.name())
            .string("application_type", application_type)
            .optional("scope", scope.as_deref())
            .finish()
    }
}

/// Checks the answer (RFC 7591 §3.2.1): the server may have changed the method that was asked for.
pub fn registered_client(document: &Object, server: &AuthorizationServerMetadata) -> Result<ClientCredentials> {
    let fields = Fields::new(document, Code::InvalidResponse, Step::Registration);
    let client_id = fields.required_string("client_id").to_owned();
    let secret = fields.string("client_secret").filter(|secret| !secret.is_empty());
    let named = fields.string("token_endpoint_auth_method");
    let supported = server.token_endpoint_auth_methods.as_deref();
    let method = match (secret, named.and_then(ClientAuthentication::from_name)) {
        (None, _) => ClientAuthentication::None,
        (Some(_), Some(method)) => method,
        (Some(_), None) => ClientAuthentication::for_secret(supported),
    };
    // §3.2.1: "or 0 if it will not expire".
    let secret_expires_at = fields.whole_number("client_secret_expires_at").filter(|at| *at > 0);
    let client = ClientCredentials { client_id, secret: secret.map(Into::into), secret_expires_at, method };
    fields.end().map(|()| client)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Issuer;
    use crate::protocol::test_support::object;

    fn server(members: &str) -> Box<AuthorizationServerMetadata> {
        let text = format!(
            r#"{{"issuer": "https://as.example", "authorization_endpoint": "https://as.example/a", "token_endpoint": "https://as.example/t"{members}}}"#
        );
        AuthorizationServerMetadata::parse(&object(&text), &Issuer::parse("https://as.example").unwrap()).unwrap()
    }

    #[test]
    fn registers_for_all_scopes_or_leaves_them_to_the_server() {
        let redirect_uri = Url::parse("https://app.example/callback").ok();
        let metadata = ClientMetadata {
            client_name: "x",
            client_uri: None,
            redirect_uri: redirect_uri.as_ref(),
            dpop_bound: false,
        };
        let scope = |listed| {
            let server = server(&format!(r#", "scopes_supported": {listed}"#));
            object(&metadata.registration_request(&server, &Scope::parse("a b"), "web"))
                .string("scope")
                .map(|it| it.map(str::to_owned))
        };
        assert_eq!(scope(r#"["a", "b", "c"]"#), Ok(Some("a b c".into())));
        assert_eq!(scope(r#"["a", "openid"]"#), Ok(None));
        assert_eq!(scope("[]"), Ok(Some("a b".into())));
    }

    fn request(redirect_uri: &str) -> Object {
        let redirect_uri = Url::parse(redirect_uri).ok();
        let metadata = ClientMetadata {
            client_name: "Acme \"Agent\"",
            client_uri: None,
            redirect_uri: redirect_uri.as_ref(),
            dpop_bound: false,
        };
        object(&metadata.registration_request(&server(""), &Scope::parse("a b"), metadata.application_type()))
    }

    #[test]
    fn asks_for_code_and_refresh_without_a_secret() {
        let request = request("https://app.example/callback");
        assert_eq!(request.string("client_name"), Ok(Some("Acme \"Agent\"")));
        assert_eq!(request.strings("redirect_uris"), Ok(Some(vec!["https://app.example/callback"])));
        // MCP 2026-07-28 authorization, refresh tokens: clients "include `refresh_token` in their
        // `grant_types` client metadata".
        assert_eq!(request.strings("grant_types"), Ok(Some(vec!["authorization_code", "refresh_token"])));
        assert_eq!(request.string("token_endpoint_auth_method"), Ok(Some("none")));
        assert_eq!(request.string("scope"), Ok(Some("a b")));
    }

    #[test]
    fn on_a_device_there_is_no_redirect() {
        // RFC 7591 §2: redirect URIs are for "redirect-based flows", and `response_types` is "code" unless given.
        let request = request("");
        assert_eq!(request.get("redirect_uris"), None);
        assert_eq!(request.strings("response_types"), Ok(Some(vec![])));
        assert_eq!(request.strings("grant_types"), Ok(Some(vec![DEVICE_CODE, "refresh_token"])));
    }

    #[test]
    fn application_type_follows_the_redirect_uri() {
        assert_eq!(request("https://app.example/callback").string("application_type"), Ok(Some("web")));
        assert_eq!(request("http://127.0.0.1:8080/callback").string("application_type"), Ok(Some("native")));
        assert_eq!(request("http://localhost/callback").string("application_type"), Ok(Some("native")));
    }

    #[test]
    fn the_answer_decides_on_the_method() {
        let method = |answer| registered_client(&object(answer), &server("")).unwrap().method;
        assert_eq!(method(r#"{"client_id": "x"}"#), ClientAuthentication::None);
        assert_eq!(
            method(r#"{"client_id": "x", "token_endpoint_auth_method": "client_secret_post"}"#),
            ClientAuthentication::None
        );
        assert_eq!(method(r#"{"client_id": "x", "client_secret": "s"}"#), ClientAuthentication::SecretBasic);
        assert_eq!(
            method(r#"{"client_id": "x", "client_secret": "s", "token_endpoint_auth_method": "client_secret_post"}"#),
            ClientAuthentication::SecretPost
        );
        assert_eq!(registered_client(&object("{}"), &server("")).unwrap_err().code(), Code::InvalidResponse);
    }
}
