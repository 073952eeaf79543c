//! Protected resource metadata (RFC 9728).

use super::fields::Fields;
use super::json::Object;
use super::{DPOP_ALGORITHM, Issuer, Resource, Scope, ServerUrl, Url, UrlError};
use crate::{Code, Error, Result, Step};

/// What a resource says of itself (RFC 9728 §2), checked against the server that it is for.
#[derive(Clone, Debug)]
pub struct ProtectedResourceMetadata {
    /// `resource`, REQUIRED.
    pub resource: Resource,
    /// `authorization_servers`: at least one (MCP: "MUST include the `authorization_servers` field
    /// containing at least one authorization server").
    pub authorization_servers: Vec<Issuer>,
    /// `scopes_supported`, RECOMMENDED.
    pub scopes_supported: Option<Scope>,
    /// `dpop_signing_alg_values_supported` has this client's algorithm, or
    /// `dpop_bound_access_tokens_required` is set: the resource takes DPoP tokens.
    pub takes_dpop: bool,
}

impl ProtectedResourceMetadata {
    /// Where the document is if no challenge says so: at the path of the server, then at the root
    /// (MCP 2026-07-28 authorization, "Protected Resource Metadata Discovery Requirements").
    pub fn well_known_urls(server: &ServerUrl) -> Vec<Url> {
        const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";
        let url = server.url();
        let at_path = url.at_path(&[WELL_KNOWN, url.path_without_slash(), url.query()]);
        let mut urls: Vec<Url> = at_path.into_iter().collect();
        urls.extend(url.at_path(&[WELL_KNOWN]).ok().filter(|root| !urls.contains(root)));
        urls
    }

    /// Checks a document.
    ///
    /// RFC 9728 §3.3: "The `resource` value returned MUST be identical to the protected resource's
    /// resource identifier value … If these values are not identical, the data contained in the
    /// response MUST NOT be used."
    pub fn parse(document: &Object, server: &ServerUrl) -> Result<Self> {
        const STEP: Step = Step::ResourceMetadata;
        let fields = Fields::new(document, Code::InvalidResponse, STEP);
        let named = Resource::named_for(fields.required_string("resource"), server);
        if named.is_none() {
            let message = ["\"resource\" is not ", server.as_str(), " or a parent path of it."].concat();
            fields.fail(Error::new(Code::ResourceMismatch, STEP, message));
        }
        let issuer = |text| Issuer::parse(text).and_then(|it| server.url().may_lead_to(it.url()).map(|()| it));
        let issuers = fields.strings("authorization_servers").unwrap_or_default().into_iter();
        let authorization_servers: Vec<Issuer> = issuers
            .filter_map(|text| {
                let wrong = |error: UrlError| fields.fail(error.at(STEP, "An entry of \"authorization_servers\""));
                issuer(text).map_err(wrong).ok()
            })
            .collect();
        if authorization_servers.is_empty() {
            let message = "\"authorization_servers\" names no authorization server.";
            fields.fail(Error::new(Code::InvalidResponse, STEP, message));
        }
        let metadata = Self {
            // Not used where it is another.
            resource: named.unwrap_or_else(|| Resource::of(server)),
            authorization_servers,
            scopes_supported: fields.strings("scopes_supported").map(Scope::from_tokens),
            takes_dpop: fields.flag("dpop_bound_access_tokens_required")
                | fields.lists("dpop_signing_alg_values_supported", DPOP_ALGORITHM),
        };
        fields.end().map(|()| metadata)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::test_support::object;

    fn urls(server: &str) -> Vec<String> {
        let server = ServerUrl::parse(server).unwrap();
        ProtectedResourceMetadata::well_known_urls(&server).iter().map(|url| url.as_str().to_owned()).collect()
    }

    fn code(document: &str) -> Code {
        let server = ServerUrl::parse("https://a.example/mcp").unwrap();
        ProtectedResourceMetadata::parse(&object(document), &server).unwrap_err().code()
    }

    #[test]
    fn well_known_at_the_path_then_at_the_root() {
        // MCP: "At the path of the server's MCP endpoint: https://example.com/public/mcp could host
        // metadata at https://example.com/.well-known/oauth-protected-resource/public/mcp", then
        // "At the root: https://example.com/.well-known/oauth-protected-resource".
        assert_eq!(
            urls("https://example.com/public/mcp"),
            [
                "https://example.com/.well-known/oauth-protected-resource/public/mcp",
                "https://example.com/.well-known/oauth-protected-resource",
            ]
        );
        assert_eq!(urls("https://example.com/"), ["https://example.com/.well-known/oauth-protected-resource"]);
        // RFC 9728 §3: "inserting a well-known URI string … between the host component and the path
        // and/or query components".
        assert_eq!(
            urls("https://example.com/mcp?t=1")[0],
            "https://example.com/.well-known/oauth-protected-resource/mcp?t=1"
        );
    }

    #[test]
    fn a_foreign_resource_is_not_used() {
        assert_eq!(
            code(r#"{"resource": "https://b.example/mcp", "authorization_servers": ["https://as.example"]}"#),
            Code::ResourceMismatch
        );
        assert_eq!(code(r#"{"authorization_servers": ["https://as.example"]}"#), Code::InvalidResponse);
    }

    #[test]
    fn authorization_servers_are_secure_and_at_least_one() {
        let with = |servers: &str| {
            code(&format!(r#"{{"resource": "https://a.example/mcp", "authorization_servers": {servers}}}"#))
        };
        assert_eq!(with("[]"), Code::InvalidResponse);
        assert_eq!(with("null"), Code::InvalidResponse);
        assert_eq!(with(r#""https://as.example""#), Code::InvalidResponse);
        assert_eq!(with(r#"["http://as.example"]"#), Code::InsecureUrl);
        assert_eq!(with(r#"["https://as.example", "javascript:alert(1)"]"#), Code::InsecureUrl);
        assert_eq!(with(r#"["https://as.example", "http://localhost:8080"]"#), Code::InsecureUrl);
    }

    #[test]
    fn reads_what_the_flow_needs() {
        let server = ServerUrl::parse("https://a.example/mcp").unwrap();
        let document = object(
            r#"{"resource": "https://a.example", "authorization_servers": ["https://as.example/t", "https://b.example"], "scopes_supported": ["a", "b"]}"#,
        );
        let metadata = ProtectedResourceMetadata::parse(&document, &server).unwrap();
        assert_eq!(metadata.resource.as_str(), "https://a.example");
        assert_eq!(metadata.authorization_servers.len(), 2);
        assert_eq!(metadata.scopes_supported.unwrap().tokens(), ["a", "b"]);
    }
}
