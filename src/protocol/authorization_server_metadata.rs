//! Authorization server metadata (RFC 8414 and OpenID Connect Discovery 1.0).

use super::fields::Fields;
use super::json::Object;
use super::{DPOP_ALGORITHM, Issuer, Scope, Url};
use crate::{Code, Error, Result, Step};

/// What an authorization server says of itself (RFC 8414 §2), checked against its issuer.
#[derive(Clone, Debug)]
pub struct AuthorizationServerMetadata {
    /// `issuer`, REQUIRED.
    pub issuer: Issuer,
    /// `authorization_endpoint`, REQUIRED for the code flow.
    pub authorization_endpoint: Option<Url>,
    /// `token_endpoint`, REQUIRED.
    pub token_endpoint: Url,
    /// `registration_endpoint`, OPTIONAL (RFC 7591).
    pub registration_endpoint: Option<Url>,
    /// `revocation_endpoint`, OPTIONAL (RFC 7009).
    pub revocation_endpoint: Option<Url>,
    /// `device_authorization_endpoint`, OPTIONAL (RFC 8628 §4).
    pub device_authorization_endpoint: Option<Url>,
    /// `pushed_authorization_request_endpoint`, OPTIONAL (RFC 9126 §5).
    pub pushed_authorization_request_endpoint: Option<Url>,
    /// `require_pushed_authorization_requests`, OPTIONAL (RFC 9126 §5).
    pub requires_pushed_requests: bool,
    /// `scopes_supported`, RECOMMENDED.
    pub scopes_supported: Scope,
    /// `token_endpoint_auth_methods_supported`, OPTIONAL.
    pub token_endpoint_auth_methods: Option<Vec<String>>,
    /// `authorization_response_iss_parameter_supported`, OPTIONAL (RFC 9207 §3).
    pub iss_in_response: bool,
    /// `dpop_signing_alg_values_supported` has this client's algorithm (RFC 9449 §5.1).
    pub offers_dpop: bool,
    /// `client_id_metadata_document_supported`, OPTIONAL
    /// (draft-ietf-oauth-client-id-metadata-document §5).
    pub client_id_metadata_document: bool,
    pkce_s256: bool,
}

impl AuthorizationServerMetadata {
    /// Where the document of an issuer is, by priority (MCP 2026-07-28
    /// authorization-server-discovery).
    pub fn well_known_urls(issuer: &Issuer) -> Vec<Url> {
        const OAUTH: &str = "/.well-known/oauth-authorization-server";
        const OPENID: &str = "/.well-known/openid-configuration";
        let path = issuer.url().path_without_slash();
        let places: &[&[&str]] =
            if path.is_empty() { &[&[OAUTH], &[OPENID]] } else { &[&[OAUTH, path], &[OPENID, path], &[path, OPENID]] };
        places.iter().filter_map(|place| issuer.url().at_path(place).ok()).collect()
    }

    /// Checks a document that was asked for at one of [`Self::well_known_urls`].
    ///
    /// RFC 8414 §3.3: "The `issuer` value returned MUST be identical to the authorization server's
    /// issuer identifier value … If these values are not identical, the data contained in the
    /// response MUST NOT be used."
    pub fn parse(document: &Object, issuer: &Issuer) -> Result<Box<Self>> {
        const STEP: Step = Step::AuthorizationServerMetadata;
        let fields = Fields::new(document, Code::InvalidResponse, STEP);
        let named = fields.required_string("issuer");
        if *issuer != *named {
            let message = ["\"issuer\" is not ", issuer.as_str(), ", character by character."].concat();
            fields.fail(Error::new(Code::IssuerMismatch, STEP, message));
        }
        let endpoint = |name| fields.url(name, issuer.url());
        let authorization_endpoint = endpoint("authorization_endpoint");
        let token_endpoint = endpoint("token_endpoint");
        fields.check(token_endpoint.is_some(), "token_endpoint", "a URL");
        let metadata = Box::new(Self {
            issuer: issuer.clone(),
            authorization_endpoint,
            // Not used where there is none.
            token_endpoint: token_endpoint.unwrap_or_else(|| issuer.url().clone()),
            registration_endpoint: endpoint("registration_endpoint"),
            revocation_endpoint: endpoint("revocation_endpoint"),
            device_authorization_endpoint: endpoint("device_authorization_endpoint"),
            pushed_authorization_request_endpoint: endpoint("pushed_authorization_request_endpoint"),
            requires_pushed_requests: fields.flag("require_pushed_authorization_requests"),
            scopes_supported: Scope::from_tokens(fields.strings("scopes_supported").unwrap_or_default()),
            token_endpoint_auth_methods: fields
                .strings("token_endpoint_auth_methods_supported")
                .map(|methods| methods.into_iter().map(str::to_owned).collect()),
            iss_in_response: fields.flag("authorization_response_iss_parameter_supported"),
            client_id_metadata_document: fields.flag("client_id_metadata_document_supported"),
            offers_dpop: fields.lists("dpop_signing_alg_values_supported", DPOP_ALGORITHM),
            pkce_s256: fields.lists("code_challenge_methods_supported", "S256"),
        });
        fields.end().map(|()| metadata)
    }

    /// What a server of MCP 2025-03-26 without metadata has: "/authorize", "/token" and "/register" at
    /// its origin, and PKCE, which that revision requires of all.
    pub fn with_default_endpoints(origin: &Issuer) -> Result<Box<Self>> {
        let at = |path| {
            let url = origin.url().at_path(&[path]);
            url.map_err(|error| error.at(Step::AuthorizationServerMetadata, "A default endpoint"))
        };
        Ok(Box::new(Self {
            issuer: origin.clone(),
            authorization_endpoint: Some(at("/authorize")?),
            token_endpoint: at("/token")?,
            registration_endpoint: Some(at("/register")?),
            revocation_endpoint: None,
            device_authorization_endpoint: None,
            pushed_authorization_request_endpoint: None,
            requires_pushed_requests: false,
            scopes_supported: Scope::default(),
            token_endpoint_auth_methods: None,
            iss_in_response: false,
            client_id_metadata_document: false,
            offers_dpop: false,
            pkce_s256: true,
        }))
    }

    /// Refuses a server that does not say that it knows S256.
    ///
    /// MCP 2026-07-28 security-considerations: "If `code_challenge_methods_supported` is absent, the
    /// authorization server does not support PKCE and MCP clients MUST refuse to proceed."
    pub fn require_pkce(&self) -> Result<()> {
        if self.pkce_s256 {
            return Ok(());
        }
        Err(Error::new(
            Code::PkceUnsupported,
            Step::AuthorizationServerMetadata,
            [self.issuer.as_str(), " does not list S256 in \"code_challenge_methods_supported\". If you know that it checks PKCE, list it in trustPkce."].concat(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::test_support::object;

    fn urls(issuer: &str) -> Vec<String> {
        let issuer = Issuer::parse(issuer).unwrap();
        AuthorizationServerMetadata::well_known_urls(&issuer).iter().map(|url| url.as_str().to_owned()).collect()
    }

    fn parse(members: &str) -> Result<Box<AuthorizationServerMetadata>> {
        let text = format!(
            r#"{{"issuer": "https://as.example", "authorization_endpoint": "https://as.example/a", "token_endpoint": "https://as.example/t", {members}}}"#
        );
        AuthorizationServerMetadata::parse(&object(&text), &Issuer::parse("https://as.example").unwrap())
    }

    #[test]
    fn well_known_places_of_an_issuer_with_a_path() {
        // MCP authorization-server-discovery: "For issuer URLs with path components (e.g.,
        // https://auth.example.com/tenant1), clients MUST try endpoints in the following priority order"
        assert_eq!(
            urls("https://auth.example.com/tenant1"),
            [
                "https://auth.example.com/.well-known/oauth-authorization-server/tenant1",
                "https://auth.example.com/.well-known/openid-configuration/tenant1",
                "https://auth.example.com/tenant1/.well-known/openid-configuration",
            ]
        );
        // RFC 8414 §3.1: "any terminating "/" following the host component MUST be removed"
        assert_eq!(
            urls("https://auth.example.com/tenant1/")[0],
            "https://auth.example.com/.well-known/oauth-authorization-server/tenant1"
        );
    }

    #[test]
    fn well_known_places_of_an_issuer_without_a_path() {
        for issuer in ["https://auth.example.com", "https://auth.example.com/"] {
            assert_eq!(
                urls(issuer),
                [
                    "https://auth.example.com/.well-known/oauth-authorization-server",
                    "https://auth.example.com/.well-known/openid-configuration",
                ]
            );
        }
    }

    #[test]
    fn another_issuer_is_not_used() {
        let issuer = Issuer::parse("https://as.example").unwrap();
        for named in ["https://as.example/", "https://AS.example", "https://as.example:443", "https://b.example"] {
            let document = object(&format!(r#"{{"issuer": "{named}"}}"#));
            let error = AuthorizationServerMetadata::parse(&document, &issuer).unwrap_err();
            assert_eq!(error.code(), Code::IssuerMismatch, "{named}");
        }
    }

    #[test]
    fn every_endpoint_is_secure() {
        for endpoint in ["registration_endpoint", "revocation_endpoint", "authorization_endpoint", "token_endpoint"] {
            for url in ["http://as.example/x", "javascript:alert(1)", "data:text/html,x", "file:///x"] {
                // A member that comes twice: the one that is read first has to be the bad one.
                let document = object(&format!(
                    r#"{{"issuer": "https://as.example", "authorization_endpoint": "https://as.example/a", "token_endpoint": "https://as.example/t", "{endpoint}": "{url}"}}"#
                ));
                let error =
                    AuthorizationServerMetadata::parse(&document, &Issuer::parse("https://as.example").unwrap())
                        .unwrap_err();
                assert_eq!(error.code(), Code::InsecureUrl, "{endpoint} {url}");
                assert!(error.message().contains(endpoint));
            }
        }
    }

    #[test]
    fn endpoints_of_a_public_issuer_are_public() {
        let issuer = |issuer: &str| {
            let document =
                object(&format!(r#"{{"issuer": "{issuer}", "token_endpoint": "http://localhost:1/token"}}"#));
            AuthorizationServerMetadata::parse(&document, &Issuer::parse(issuer).unwrap()).map_err(|error| error.code())
        };
        assert_eq!(issuer("https://as.example").unwrap_err(), Code::InsecureUrl);
        assert!(issuer("http://localhost:2").is_ok());
    }

    #[test]
    fn pkce_has_to_be_advertised() {
        let pkce = |members| parse(members).unwrap().require_pkce().map_err(|error| error.code());
        assert_eq!(pkce(r#""code_challenge_methods_supported": ["plain", "S256"]"#), Ok(()));
        assert_eq!(pkce(r#""code_challenge_methods_supported": ["plain"]"#), Err(Code::PkceUnsupported));
        assert_eq!(pkce(r#""x": 1"#), Err(Code::PkceUnsupported));
    }

    #[test]
    fn default_endpoints_are_at_the_origin() {
        // MCP 2025-03-26 authorization, "Fallbacks for Servers without Metadata Discovery".
        let metadata =
            AuthorizationServerMetadata::with_default_endpoints(&Issuer::parse("https://as.example").unwrap()).unwrap();
        assert_eq!(metadata.authorization_endpoint.as_ref().map(Url::as_str), Some("https://as.example/authorize"));
        assert_eq!(metadata.token_endpoint.as_str(), "https://as.example/token");
        assert_eq!(metadata.registration_endpoint.as_ref().map(Url::as_str), Some("https://as.example/register"));
        assert!(metadata.require_pkce().is_ok());
    }

    #[test]
    fn rubbish_has_a_code() {
        for members in [
            r#""code_challenge_methods_supported": "S256""#,
            r#""scopes_supported": {}"#,
            r#""authorization_response_iss_parameter_supported": "true""#,
        ] {
            assert_eq!(parse(members).unwrap_err().code(), Code::InvalidResponse, "{members}");
        }
        let none = AuthorizationServerMetadata::parse(
            &object(r#"{"issuer": "https://as.example"}"#),
            &Issuer::parse("https://as.example").unwrap(),
        );
        assert_eq!(none.unwrap_err().code(), Code::InvalidResponse);
    }
}
