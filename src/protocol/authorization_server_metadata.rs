//! Authorization server metadata (RFC 8414 and OpenID Connect Discovery 1.0).

use super::fields::Fields;
use super::json::Object;
use super::protocol_parameters::decides;
use super::{DPOP_ALGORITHM, Issuer, IssuerPolicy, Resource, Scope, Url, form, presentable};
use crate::{Code, Error, Result, Step};

/// An authorization server's metadata (RFC 8414 §2), checked against its issuer.
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
    /// `userinfo_endpoint` (OpenID Connect Discovery §3).
    pub userinfo_endpoint: Option<Url>,
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
    /// `protected_resources`, OPTIONAL (RFC 9728 §4): the resources that it issues tokens for.
    pub protected_resources: Option<Vec<String>>,
    /// `authorization_grant_profiles_supported`, OPTIONAL (draft-ietf-oauth-identity-assertion-authz-grant §7.2).
    pub grant_profiles: Option<Vec<String>>,
    pkce_s256: bool,
    /// Whether `response_types_supported` has "code"; `None` without the member. RFC 8414 requires it, but live
    /// servers leave it out.
    response_types: Option<bool>,
}

fn another_issuer(listed: &Issuer, named: &str) -> Error {
    let (listed, named) = (listed.as_str(), presentable(named));
    let message = format!(
        "\"issuer\" is \"{named}\", but the document was requested from \"{listed}\". If you know that both are the same \
         server, add acceptIssuers: {{ \"{listed}\": \"{named}\" }}."
    );
    Error::new(Code::IssuerMismatch, Step::AuthorizationServerMetadata, message)
}

impl AuthorizationServerMetadata {
    /// The URLs at which the document of an issuer may be, by priority (MCP 2026-07-28
    /// authorization-server-discovery).
    pub fn well_known_urls(issuer: &Issuer) -> Vec<Url> {
        const OAUTH: &str = "/.well-known/oauth-authorization-server";
        const OPENID: &str = "/.well-known/openid-configuration";
        let path = issuer.url().path_without_slash();
        let places: &[&[&str]] =
            if path.is_empty() { &[&[OAUTH], &[OPENID]] } else { &[&[OAUTH, path], &[OPENID, path], &[path, OPENID]] };
        places.iter().filter_map(|place| issuer.url().at_path(place).ok()).collect()
    }

    /// Checks a document from one of [`Self::well_known_urls`].
    ///
    /// RFC 8414 §3.3: "The `issuer` value returned MUST be identical to the authorization server's
    /// issuer identifier value … If these values are not identical, the data contained in the
    /// response MUST NOT be used."
    ///
    /// # Errors
    ///
    /// [`Code::IssuerMismatch`] if the document names an issuer that `policy` does not accept for this one,
    /// [`Code::InsecureUrl`] for an endpoint that is neither https nor loopback or in a private network,
    /// [`Code::InvalidResponse`] for a missing or invalid member that a sign-in needs.
    pub fn parse(document: &Object, listed: &Issuer, policy: &IssuerPolicy) -> Result<Box<Self>> {
        const STEP: Step = Step::AuthorizationServerMetadata;
        let fields = Fields::new(document, Code::InvalidResponse, STEP);
        let named = fields.required_string("issuer")?;
        let issuer = policy.named(listed, named).ok_or_else(|| another_issuer(listed, named))?;
        let endpoint = |name| fields.optional_url(name, listed.url());
        let texts = |name| document.texts(name).unwrap_or_default();
        let list = |name| document.texts(name).map(|texts| texts.into_iter().map(str::to_owned).collect());
        Ok(Box::new(Self {
            issuer,
            authorization_endpoint: fields.url("authorization_endpoint", listed.url())?,
            token_endpoint: fields
                .url("token_endpoint", listed.url())?
                .ok_or_else(|| fields.wrong("token_endpoint", "a URL"))?,
            registration_endpoint: endpoint("registration_endpoint")?,
            // Not needed for a sign-in, so an invalid URL counts as absent.
            userinfo_endpoint: endpoint("userinfo_endpoint").ok().flatten(),
            revocation_endpoint: endpoint("revocation_endpoint")?,
            device_authorization_endpoint: endpoint("device_authorization_endpoint")?,
            pushed_authorization_request_endpoint: endpoint("pushed_authorization_request_endpoint")?,
            requires_pushed_requests: document.is_set("require_pushed_authorization_requests"),
            scopes_supported: Scope::from_tokens(texts("scopes_supported")),
            token_endpoint_auth_methods: list("token_endpoint_auth_methods_supported"),
            protected_resources: list("protected_resources"),
            grant_profiles: list("authorization_grant_profiles_supported"),
            iss_in_response: fields.flag("authorization_response_iss_parameter_supported")?,
            client_id_metadata_document: document.is_set("client_id_metadata_document_supported"),
            offers_dpop: texts("dpop_signing_alg_values_supported").contains(&DPOP_ALGORITHM),
            pkce_s256: texts("code_challenge_methods_supported").contains(&"S256"),
            response_types: document
                .texts("response_types_supported")
                // RFC 8414 §3.2: "Claims with zero elements MUST be omitted from the response."
                .filter(|types| !types.is_empty())
                .map(|types| types.contains(&"code")),
        }))
    }

    /// The defaults for a server of MCP 2025-03-26 without metadata: "/authorize", "/token" and "/register" at
    /// its origin, and PKCE, which that revision requires.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidUrl`] for an origin to which no path can be added.
    pub fn with_default_endpoints(origin: &Issuer) -> Result<Box<Self>> {
        let at = |path| {
            let url = origin.url().at_path(&[path]);
            url.map_err(|error| error.at(Step::AuthorizationServerMetadata, "A default endpoint", path))
        };
        Ok(Box::new(Self {
            issuer: origin.clone(),
            authorization_endpoint: Some(at("/authorize")?),
            token_endpoint: at("/token")?,
            registration_endpoint: Some(at("/register")?),
            userinfo_endpoint: None,
            revocation_endpoint: None,
            device_authorization_endpoint: None,
            pushed_authorization_request_endpoint: None,
            requires_pushed_requests: false,
            scopes_supported: Scope::default(),
            token_endpoint_auth_methods: None,
            protected_resources: None,
            grant_profiles: None,
            iss_in_response: false,
            client_id_metadata_document: false,
            offers_dpop: false,
            pkce_s256: true,
            response_types: None,
        }))
    }

    /// The authorization endpoint, if it can be used. Its own query must not contain parameters that the protocol sets
    /// or that affect the security of a request (RFC 6749 §3.1: "Request and response parameters MUST NOT be
    /// included more than once").
    ///
    /// # Errors
    ///
    /// [`Code::InvalidResponse`] if there is none, or one with such a parameter.
    pub fn usable_authorization_endpoint(&self) -> Result<&Url> {
        const STEP: Step = Step::AuthorizationServerMetadata;
        let endpoint = self.authorization_endpoint.as_ref().ok_or_else(|| {
            let message = "\"authorization_endpoint\" is missing, so no user can sign in.";
            Error::new(Code::InvalidResponse, STEP, message)
        })?;
        let own = form::parse(endpoint.query());
        match own.iter().find(|(name, _)| decides(name)) {
            None => Ok(endpoint),
            Some((name, _)) => {
                let message =
                    ["\"authorization_endpoint\" has the parameter \"", name, "\" in its own query."].concat();
                Err(Error::new(Code::InvalidResponse, STEP, message).with_url(endpoint.without_query()))
            }
        }
    }

    /// Refuses a server that does not support codes, before the user is asked.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidResponse`] if `response_types_supported` lists only others.
    pub fn require_code(&self) -> Result<()> {
        if self.response_types != Some(false) {
            return Ok(());
        }
        let message = format!("{} does not list \"code\" in \"response_types_supported\".", self.issuer.as_str());
        Err(Error::new(Code::InvalidResponse, Step::AuthorizationServerMetadata, message))
    }

    /// Refuses a server that lists its resources without this one (RFC 9728 §4): the MCP server names an
    /// authorization server that does not know it, so a token would be for another resource.
    ///
    /// # Errors
    ///
    /// [`Code::ResourceMismatch`].
    pub fn require_resource(&self, resource: &Resource) -> Result<()> {
        let is_it = |listed: &String| {
            let without_slash = |text: &'_ str| text.strip_suffix('/').unwrap_or(text).to_owned();
            without_slash(listed) == without_slash(resource.as_str())
        };
        if self.protected_resources.as_ref().is_none_or(|listed| listed.iter().any(is_it)) {
            return Ok(());
        }
        let message =
            format!("{} does not list {} in \"protected_resources\".", self.issuer.as_str(), resource.as_str());
        Err(Error::new(Code::ResourceMismatch, Step::AuthorizationServerMetadata, message))
    }

    /// Refuses a server that lists its grant profiles without ID-JAGs (SEP-990, "Discovery").
    ///
    /// # Errors
    ///
    /// [`Code::Unsupported`].
    pub fn require_id_jag(&self) -> Result<()> {
        const ID_JAG: &str = "urn:ietf:params:oauth:grant-profile:id-jag";
        if self.grant_profiles.as_ref().is_none_or(|listed| listed.iter().any(|profile| profile == ID_JAG)) {
            return Ok(());
        }
        let message = format!(
            "{} does not list \"{ID_JAG}\" in \"authorization_grant_profiles_supported\".",
            self.issuer.as_str()
        );
        Err(Error::new(Code::Unsupported, Step::AuthorizationServerMetadata, message))
    }

    /// Refuses a server that does not say that it supports S256.
    ///
    /// MCP 2026-07-28 security-considerations: "If `code_challenge_methods_supported` is absent, the
    /// authorization server does not support PKCE and MCP clients MUST refuse to proceed."
    ///
    /// # Errors
    ///
    /// [`Code::PkceUnsupported`].
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
    use crate::protocol::ServerUrl;
    use crate::protocol::test_support::object;

    fn urls(issuer: &str) -> Vec<String> {
        let issuer = Issuer::parse(issuer).unwrap();
        AuthorizationServerMetadata::well_known_urls(&issuer).iter().map(|url| url.as_str().to_owned()).collect()
    }

    fn parse(members: &str) -> Result<Box<AuthorizationServerMetadata>> {
        let text = format!(
            r#"{{"issuer": "https://as.example", "authorization_endpoint": "https://as.example/a", "token_endpoint": "https://as.example/t", {members}}}"#
        );
        AuthorizationServerMetadata::parse(
            &object(&text),
            &Issuer::parse("https://as.example").unwrap(),
            &IssuerPolicy::default(),
        )
    }

    #[test]
    fn well_known_urls_of_an_issuer_with_a_path() {
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
    fn well_known_urls_of_an_issuer_without_a_path() {
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
    fn a_document_of_another_issuer_is_refused() {
        let issuer = Issuer::parse("https://as.example").unwrap();
        let strict = IssuerPolicy { strict: true, ..IssuerPolicy::default() };
        for (named, policy) in [
            ("https://as.example/", &strict),
            ("https://AS.example", &IssuerPolicy::default()),
            ("https://as.example:443", &IssuerPolicy::default()),
            ("https://b.example", &IssuerPolicy::default()),
        ] {
            let document = object(&format!(r#"{{"issuer": "{named}"}}"#));
            let error = AuthorizationServerMetadata::parse(&document, &issuer, policy).unwrap_err();
            assert_eq!(error.code(), Code::IssuerMismatch, "{named}");
            let line = format!(r#"acceptIssuers: {{ "https://as.example": "{named}" }}"#);
            assert!(error.message().contains(&line), "{}", error.message());
        }
    }

    #[test]
    fn every_endpoint_must_be_secure() {
        for endpoint in [
            "registration_endpoint",
            "revocation_endpoint",
            "device_authorization_endpoint",
            "pushed_authorization_request_endpoint",
            "authorization_endpoint",
            "token_endpoint",
        ] {
            for url in ["http://as.example/x", "javascript:alert(1)", "data:text/html,x", "file:///x"] {
                // A repeated member: the last one counts, which is the bad one.
                let document = object(&format!(
                    r#"{{"issuer": "https://as.example", "authorization_endpoint": "https://as.example/a", "token_endpoint": "https://as.example/t", "{endpoint}": "{url}"}}"#
                ));
                let issuer = Issuer::parse("https://as.example").unwrap();
                let error =
                    AuthorizationServerMetadata::parse(&document, &issuer, &IssuerPolicy::default()).unwrap_err();
                assert_eq!(error.code(), Code::InsecureUrl, "{endpoint} {url}");
                assert!(error.message().contains(endpoint));
            }
        }
    }

    #[test]
    fn endpoints_of_a_public_issuer_must_be_public() {
        let issuer = |issuer: &str| {
            let document =
                object(&format!(r#"{{"issuer": "{issuer}", "token_endpoint": "http://localhost:1/token"}}"#));
            let issuer = Issuer::parse(issuer).unwrap();
            AuthorizationServerMetadata::parse(&document, &issuer, &IssuerPolicy::default())
                .map_err(|error| error.code())
        };
        assert_eq!(issuer("https://as.example").unwrap_err(), Code::InsecureUrl);
        assert!(issuer("http://localhost:2").is_ok());
    }

    #[test]
    fn a_server_that_lists_only_other_grant_profiles_is_refused() {
        // draft-ietf-oauth-identity-assertion-authz-grant, `authorization_grant_profiles_supported`. It is optional.
        let id_jag = |members: &str| parse(members).unwrap().require_id_jag().map_err(|error| error.code());
        assert_eq!(id_jag(r#""x": 1"#), Ok(()));
        let listed = r#""authorization_grant_profiles_supported": ["x", "urn:ietf:params:oauth:grant-profile:id-jag"]"#;
        assert_eq!(id_jag(listed), Ok(()));
        for others in [r#"["urn:example:other"]"#, "[]"] {
            let members = [r#""authorization_grant_profiles_supported": "#, others].concat();
            assert_eq!(id_jag(&members), Err(Code::Unsupported), "{others}");
        }
    }

    #[test]
    fn pkce_must_be_advertised() {
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
    fn unreadable_required_members_are_an_invalid_response() {
        for rubbish in ["5", "\"yes\"", "{}", "[true]"] {
            let members = [r#""authorization_response_iss_parameter_supported": "#, rubbish].concat();
            assert_eq!(parse(&members).unwrap_err().code(), Code::InvalidResponse, "{members}");
        }
        let none = AuthorizationServerMetadata::parse(
            &object(r#"{"issuer": "https://as.example"}"#),
            &Issuer::parse("https://as.example").unwrap(),
            &IssuerPolicy::default(),
        );
        assert_eq!(none.unwrap_err().code(), Code::InvalidResponse);
    }

    #[test]
    fn security_members_count_even_with_another_type() {
        let metadata = parse(r#""authorization_response_iss_parameter_supported": "true""#).unwrap();
        assert!(metadata.iss_in_response);
        let pkce = |methods: &str| {
            let members = [r#""code_challenge_methods_supported": "#, methods].concat();
            parse(&members).unwrap().require_pkce().map_err(|error| error.code())
        };
        for methods in [r#"["S256"]"#, r#""S256""#, r#""plain S256""#, r#"[5, "S256"]"#] {
            assert_eq!(pkce(methods), Ok(()), "{methods}");
        }
        for methods in ["[]", "\"\"", "5", "{}", "null", r#""plain""#, r#"["s256"]"#, r#"["S256 plain"]"#] {
            assert_eq!(pkce(methods), Err(Code::PkceUnsupported), "{methods}");
        }
    }

    #[test]
    fn unreadable_optional_members_count_as_absent() {
        for rubbish in ["\"\"", "5", "{}", "[5]", "null", "\"not a URL\""] {
            for name in ["registration_endpoint", "revocation_endpoint", "device_authorization_endpoint"] {
                let metadata = parse(&format!(r#""{name}": {rubbish}"#)).unwrap();
                let endpoints = [
                    &metadata.registration_endpoint,
                    &metadata.revocation_endpoint,
                    &metadata.device_authorization_endpoint,
                ];
                assert!(endpoints.into_iter().all(Option::is_none), "{name} {rubbish}");
            }
        }
        let metadata = parse(
            r#""scopes_supported": "a b", "token_endpoint_auth_methods_supported": ["none", 5],
               "client_id_metadata_document_supported": "true", "require_pushed_authorization_requests": 1"#,
        )
        .unwrap();
        assert_eq!(metadata.scopes_supported.tokens(), ["a", "b"]);
        assert_eq!(metadata.token_endpoint_auth_methods.as_deref(), Some(&["none".to_owned()][..]));
        assert!(metadata.client_id_metadata_document && !metadata.requires_pushed_requests);
    }

    #[test]
    fn listed_response_types_must_include_code() {
        // RFC 8414 §2: "response_types_supported REQUIRED."
        let code = |members: &str| parse(members).unwrap().require_code().map_err(|error| error.code());
        assert_eq!(code(r#""response_types_supported": ["code", "token"]"#), Ok(()));
        assert_eq!(code(r#""x": 1"#), Ok(()));
        assert_eq!(code(r#""response_types_supported": "token code""#), Ok(()));
        for empty in ["[]", "\"\"", "[null]", "{}"] {
            let members = [r#""response_types_supported": "#, empty].concat();
            assert_eq!(code(&members), Ok(()), "{empty}");
        }
        assert_eq!(code(r#""response_types_supported": ["token", "id_token"]"#), Err(Code::InvalidResponse));
    }

    #[test]
    fn a_resource_that_the_server_does_not_serve_is_refused() {
        // RFC 9728 §4: `protected_resources` is the "JSON array containing a list of resource identifiers for
        // OAuth protected resources that can be used with this authorization server".
        let resource = Resource::of(&ServerUrl::parse("https://a.example/mcp").unwrap());
        let serves = |members| parse(members).unwrap().require_resource(&resource).map_err(|error| error.code());
        assert_eq!(serves(r#""x": 1"#), Ok(()));
        assert_eq!(serves(r#""protected_resources": ["https://b.example", "https://a.example/mcp/"]"#), Ok(()));
        assert_eq!(serves(r#""protected_resources": ["https://a.example"]"#), Err(Code::ResourceMismatch));
        assert_eq!(serves(r#""protected_resources": []"#), Err(Code::ResourceMismatch));
    }
}
