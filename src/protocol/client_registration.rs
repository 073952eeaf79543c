//! Dynamic client registration (RFC 7591).

use serde::Serialize;

use super::fields::Fields;
use super::json::Object;
use super::token_request::DEVICE_CODE;
use super::{
    AuthorizationServerMetadata, ClientAuthentication, ClientCredentials, ClientIdMetadataUrl, RedirectUri, Scope, Url,
    presentable,
};
use crate::{Code, Error, Result, Step};

/// The metadata with which the app registers (RFC 7591 §2).
pub struct ClientMetadata<'a> {
    /// `client_name`: the name on the consent page.
    pub client_name: &'a str,
    /// `client_uri`: the app's home page.
    pub client_uri: Option<&'a Url>,
    /// More metadata.
    pub about: &'a AboutClient,
    /// `redirect_uris`: the one that this app uses; none if the user signs in on another device.
    pub redirect_uri: Option<&'a RedirectUri>,
    /// `dpop_bound_access_tokens`: the app accepts no other tokens (RFC 9449 §5.2).
    pub dpop_bound: bool,
}

/// Metadata of an app in addition to its name and home page (RFC 7591 §2, §2.3).
#[derive(Clone, Debug, Default, Serialize)]
pub struct AboutClient {
    /// `logo_uri`: its logo, for consent pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<Url>,
    /// `tos_uri`: its terms of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<Url>,
    /// `policy_uri`: its privacy policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<Url>,
    /// `contacts`: how to reach the people responsible for it, usually email addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    /// `software_id`: the same for all installations of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_id: Option<String>,
    /// `software_version`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_version: Option<String>,
    /// `software_statement`: a signed JWT with metadata of the app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_statement: Option<String>,
}

impl ClientMetadata<'_> {
    /// OpenID Connect registration's `application_type`. MCP 2026-07-28 client-registration: a
    /// client with loopback redirect URIs is `native`, any other one `web`.
    pub fn application_type(&self) -> &'static str {
        if self.is_native() { "native" } else { "web" }
    }

    fn is_native(&self) -> bool {
        self.redirect_uri.is_none_or(RedirectUri::is_native)
    }

    /// The other type, for the retry that MCP allows after a rejection.
    pub fn other_application_type(&self) -> &'static str {
        if self.is_native() { "web" } else { "native" }
    }

    /// The body of the registration request. `scope` has all scopes that the resource may ask for. Without it
    /// (`with_scope`), the server decides: some refuse scopes that they do not list.
    pub fn registration_request(
        &self,
        server: &AuthorizationServerMetadata,
        scope: &Scope,
        with_scope: bool,
        application_type: &'static str,
    ) -> RegistrationRequest<'_> {
        // §2: `scope` limits what the client can ask for later, for example at a step-up. So it has all scopes that the
        // server lists, if these include those of the resource. Otherwise it only has those of the resource.
        let listed = Some(&server.scopes_supported).filter(|listed| !scope.is_empty() && listed.covers(scope));
        RegistrationRequest {
            dpop_bound_access_tokens: self.dpop_bound,
            redirect_uris: self.redirect_uri.map(|uri| [uri.as_str()]),
            client_name: self.client_name,
            client_uri: self.client_uri.map(Url::as_str),
            about: self.about,
            grant_types: [self.redirect_uri.map_or(DEVICE_CODE, |_| "authorization_code"), "refresh_token"],
            response_types: self.redirect_uri.map_or(&[], |_| &["code"]),
            token_endpoint_auth_method: ClientAuthentication::to_register(
                server.token_endpoint_auth_methods.as_deref(),
            )
            .name(),
            application_type,
            scope: listed.unwrap_or(scope).to_parameter().filter(|_| with_scope),
        }
    }
}

/// The body of a registration request (RFC 7591 §3.1), which serde writes as JSON. Its members are client
/// metadata (§2).
#[derive(Serialize)]
pub struct RegistrationRequest<'a> {
    #[serde(skip_serializing_if = "is_false")]
    dpop_bound_access_tokens: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_uris: Option<[&'a str; 1]>,
    client_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_uri: Option<&'a str>,
    #[serde(flatten)]
    about: &'a AboutClient,
    grant_types: [&'static str; 2],
    /// The default would be "code".
    response_types: &'static [&'static str],
    token_endpoint_auth_method: &'static str,
    application_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

/// A client ID metadata document (draft-ietf-oauth-client-id-metadata-document §4.1), which serde writes as JSON.
#[derive(Serialize)]
pub struct ClientIdMetadataDocument<'a> {
    client_id: &'a str,
    client_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_uri: Option<&'a str>,
    #[serde(flatten)]
    about: &'a AboutClient,
    redirect_uris: Vec<&'a str>,
    grant_types: [&'static str; 2],
    response_types: [&'static str; 1],
    token_endpoint_auth_method: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks_uri: Option<&'a str>,
    application_type: &'static str,
    #[serde(skip_serializing_if = "is_false")]
    dpop_bound_access_tokens: bool,
}

/// The document of an app at its URL: the metadata that it would register, for all its redirect URIs. If the app
/// authenticates with a key, `jwks_uri` has the public key. It can't use a secret, because the document is public (§4.1).
pub fn client_id_metadata_document<'a>(
    url: &'a ClientIdMetadataUrl,
    metadata: &ClientMetadata<'a>,
    redirect_uris: &'a [RedirectUri],
    jwks_uri: Option<&'a Url>,
) -> ClientIdMetadataDocument<'a> {
    let method = jwks_uri.map_or(ClientAuthentication::None, |_| ClientAuthentication::PrivateKeyJwt);
    // An app with a redirect URI at a web site is a web app.
    let native = redirect_uris.iter().all(RedirectUri::is_native);
    ClientIdMetadataDocument {
        client_id: url.as_str(),
        client_name: metadata.client_name,
        client_uri: metadata.client_uri.map(Url::as_str),
        about: metadata.about,
        redirect_uris: redirect_uris.iter().map(RedirectUri::as_str).collect(),
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        token_endpoint_auth_method: method.name(),
        jwks_uri: jwks_uri.map(Url::as_str),
        application_type: if native { "native" } else { "web" },
        dpop_bound_access_tokens: metadata.dpop_bound,
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// Checks the response (RFC 7591 §3.2.1): the server may have changed the requested method.
/// `has_key`: whether the client can sign an assertion.
///
/// # Errors
///
/// [`Code::InvalidResponse`] without a `client_id`, [`Code::RegistrationFailed`] if the server assigns a method
/// that this client does not support.
pub fn registered_client(
    document: &Object,
    server: &AuthorizationServerMetadata,
    has_key: bool,
) -> Result<ClientCredentials> {
    let fields = Fields::new(document, Code::InvalidResponse, Step::Registration);
    let client_id = fields.required_string("client_id")?.to_owned();
    let secret = document.text("client_secret");
    let method = match document.text("token_endpoint_auth_method") {
        None => ClientAuthentication::unnamed(secret.is_some(), server.token_endpoint_auth_methods.as_deref()),
        Some(named) => {
            let assigned = |what: &str| {
                let message = format!("The authorization server assigned \"{}\"{what}.", presentable(named));
                Error::new(Code::RegistrationFailed, Step::Registration, message)
            };
            match ClientAuthentication::from_name(named) {
                Some(ClientAuthentication::SecretBasic | ClientAuthentication::SecretPost) if secret.is_none() => {
                    return Err(assigned(" and gave no client_secret"));
                }
                Some(ClientAuthentication::PrivateKeyJwt) if !has_key => {
                    return Err(assigned(", and this client has no key"));
                }
                Some(method) => method,
                None => return Err(assigned(", a method that this client does not have")),
            }
        }
    };
    // §3.2.1: "or 0 if it will not expire".
    let secret_expires_at = document.seconds("client_secret_expires_at").filter(|at| *at > 0);
    Ok(ClientCredentials { client_id, secret: secret.map(Into::into), secret_expires_at, method })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::test_support::object;
    use crate::protocol::{Issuer, IssuerPolicy};

    fn server(members: &str) -> Box<AuthorizationServerMetadata> {
        let text = format!(
            r#"{{"issuer": "https://as.example", "authorization_endpoint": "https://as.example/a", "token_endpoint": "https://as.example/t"{members}}}"#
        );
        AuthorizationServerMetadata::parse(
            &object(&text),
            &Issuer::parse("https://as.example").unwrap(),
            &IssuerPolicy::default(),
        )
        .unwrap()
    }

    #[test]
    fn a_retry_has_the_other_application_type() {
        // MCP 2026-07-28 client-registration, application_type: loopback and private-use schemes are "native".
        for (uri, own, other) in
            [("https://app.example/callback", "web", "native"), ("http://127.0.0.1:8976/callback", "native", "web")]
        {
            let redirect_uri = RedirectUri::parse(uri).unwrap();
            let metadata = ClientMetadata {
                client_name: "x",
                client_uri: None,
                about: &AboutClient::default(),
                redirect_uri: Some(&redirect_uri),
                dpop_bound: false,
            };
            assert_eq!((metadata.application_type(), metadata.other_application_type()), (own, other), "{uri}");
        }
    }

    #[test]
    fn an_app_registers_for_all_scopes_of_the_server_or_those_of_the_resource() {
        let redirect_uri = RedirectUri::parse("https://app.example/callback").ok();
        let metadata = ClientMetadata {
            client_name: "x",
            client_uri: None,
            about: &AboutClient::default(),
            redirect_uri: redirect_uri.as_ref(),
            dpop_bound: false,
        };
        let scope = |listed| {
            let server = server(&format!(r#", "scopes_supported": {listed}"#));
            let registered = |with_scope| {
                let request = metadata.registration_request(&server, &Scope::parse("a b"), with_scope, "web");
                object(&serde_json::to_string(&request).unwrap()).text("scope").map(str::to_owned)
            };
            assert_eq!(registered(false), None);
            registered(true)
        };
        assert_eq!(scope(r#"["a", "b", "c"]"#), Some("a b c".into()));
        // A client registered without a scope may not get any.
        assert_eq!(scope(r#"["a", "openid"]"#), Some("a b".into()));
        assert_eq!(scope("[]"), Some("a b".into()));
    }

    fn request(redirect_uri: &str) -> Object {
        let redirect_uri = RedirectUri::parse(redirect_uri).ok();
        let metadata = ClientMetadata {
            client_name: "Acme \"Agent\"",
            client_uri: None,
            about: &AboutClient::default(),
            redirect_uri: redirect_uri.as_ref(),
            dpop_bound: false,
        };
        let server = server("");
        let request = metadata.registration_request(&server, &Scope::parse("a b"), true, metadata.application_type());
        object(&serde_json::to_string(&request).unwrap())
    }

    #[test]
    fn an_app_registers_for_code_and_refresh_without_a_secret() {
        let request = request("https://app.example/callback");
        assert_eq!(request.string("client_name"), Ok(Some("Acme \"Agent\"")));
        assert_eq!(request.strings("redirect_uris"), Ok(Some(vec!["https://app.example/callback"])));
        // MCP 2026-07-28 authorization, refresh tokens: clients "include `refresh_token` in their
        // `grant_types` client metadata".
        assert_eq!(request.strings("grant_types"), Ok(Some(vec!["authorization_code", "refresh_token"])));
        assert_eq!(request.string("token_endpoint_auth_method"), Ok(Some("none")));
        assert_eq!(request.string("scope"), Ok(Some("a b")));
        // RFC 9449 §5.2: "If omitted, the default value is false."
        assert_eq!(request.get("dpop_bound_access_tokens"), None);
    }

    #[test]
    fn an_app_for_the_device_flow_registers_no_redirect_uri() {
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
    fn the_response_decides_on_the_authentication_method() {
        let method = |answer, members| registered_client(&object(answer), &server(members), false).unwrap().method;
        let lists = r#", "token_endpoint_auth_methods_supported": ["client_secret_post", "none"]"#;
        let no_public = r#", "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"]"#;
        assert_eq!(method(r#"{"client_id": "x"}"#, ""), ClientAuthentication::None);
        assert_eq!(method(r#"{"client_id": "x", "client_secret": ""}"#, ""), ClientAuthentication::None);
        assert_eq!(method(r#"{"client_id": "x", "client_secret": "s"}"#, ""), ClientAuthentication::SecretBasic);
        // The requested method, if the server lists it.
        assert_eq!(method(r#"{"client_id": "x", "client_secret": "s"}"#, lists), ClientAuthentication::None);
        assert_eq!(method(r#"{"client_id": "x", "client_secret": "s"}"#, no_public), ClientAuthentication::SecretPost);
        let named = r#"{"client_id": "x", "client_secret": "s", "token_endpoint_auth_method": "client_secret_post"}"#;
        assert_eq!(method(named, lists), ClientAuthentication::SecretPost);
        assert_eq!(registered_client(&object("{}"), &server(""), false).unwrap_err().code(), Code::InvalidResponse);
    }

    #[test]
    fn an_expiry_of_0_means_that_the_secret_does_not_expire() {
        // RFC 7591 §3.2.1: "or 0 if it will not expire".
        for (at, expected) in [("0", None), ("1", Some(1)), ("1893456000", Some(1_893_456_000))] {
            let answer = [r#"{"client_id": "x", "client_secret": "s", "client_secret_expires_at": "#, at, "}"].concat();
            let client = registered_client(&object(&answer), &server(""), false).unwrap();
            assert_eq!(client.secret_expires_at, expected, "{at}");
        }
    }

    #[test]
    fn a_registration_with_a_method_that_the_client_lacks_is_refused() {
        for (members, has_key, found) in [
            (r#""client_secret": "s", "token_endpoint_auth_method": "client_secret_jwt""#, true, "client_secret_jwt"),
            (r#""token_endpoint_auth_method": "tls_client_auth""#, true, "tls_client_auth"),
            (r#""token_endpoint_auth_method": "client_secret_post""#, true, "client_secret_post"),
            (
                r#""client_secret": "", "token_endpoint_auth_method": "client_secret_basic""#,
                true,
                "client_secret_basic",
            ),
            (r#""token_endpoint_auth_method": "private_key_jwt""#, false, "private_key_jwt"),
        ] {
            let answer = object(&[r#"{"client_id": "x", "#, members, "}"].concat());
            let error = registered_client(&answer, &server(""), has_key).unwrap_err();
            assert_eq!(error.code(), Code::RegistrationFailed, "{members}");
            assert!(error.message().contains(found), "{}", error.message());
        }
        let key = object(r#"{"client_id": "x", "token_endpoint_auth_method": "private_key_jwt"}"#);
        assert_eq!(registered_client(&key, &server(""), true).unwrap().method, ClientAuthentication::PrivateKeyJwt);
    }
}
