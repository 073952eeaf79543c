//! Protected resource metadata (RFC 9728).

use super::fields::Fields;
use super::json::{Object, Value};
use super::{DPOP_ALGORITHM, Issuer, Resource, Scope, ServerUrl, Url, UrlError, WwwAuthenticate, presentable};
use crate::{Code, Error, Result, Step};

const STEP: Step = Step::ResourceMetadata;

/// A resource's metadata (RFC 9728 §2), checked against its server.
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
    /// `dpop_bound_access_tokens_required` is set: the resource accepts DPoP tokens.
    pub takes_dpop: bool,
}

/// Where a document may be, by priority.
#[derive(Clone, Debug)]
pub struct Places {
    /// The places.
    pub urls: Vec<Url>,
    /// How many of them the server names; these come first. The others are tried if none of these has a document.
    pub named: usize,
}

impl ProtectedResourceMetadata {
    /// Where the document is if no challenge names it: at the path of the server, then at the root
    /// (MCP 2026-07-28 authorization, "Protected Resource Metadata Discovery Requirements").
    pub fn well_known_urls(server: &ServerUrl) -> Vec<Url> {
        const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";
        let url = server.url();
        let mut urls = Vec::new();
        // RFC 9728 §3.1 is read both ways where the path ends in a slash: "any terminating slash (/) following
        // the host component MUST be removed".
        for place in [&[url.path_without_slash(), url.query()][..], &[url.path(), url.query()], &[]] {
            let place = if place.first() == Some(&"/") { &[] } else { place };
            let place = url.at_path(&[&[WELL_KNOWN], place].concat());
            urls.extend(place.ok().filter(|place| !urls.contains(place)));
        }
        urls
    }

    /// Where the document may be for a server that answered with these challenges, by priority. RFC 9728 §5.1: the
    /// challenges name the URL. Some are wrong, so the well-known places of the server's own origin follow.
    ///
    /// # Errors
    ///
    /// [`Code::InsecureUrl`] if the challenges name only insecure or private places.
    pub fn places(server: &ServerUrl, challenges: &WwwAuthenticate) -> Result<Places> {
        let mut urls = Vec::new();
        let mut insecure: Option<(&str, UrlError)> = None;
        for hint in challenges.resource_metadata() {
            match Url::parse(hint).and_then(|url| server.url().may_lead_to(&url).map(|()| url)) {
                Ok(url) => urls.push(url),
                Err(UrlError::Invalid) => {}
                Err(error) => insecure = Some((hint, error)),
            }
        }
        if let Some((hint, error)) = insecure.filter(|_| urls.is_empty()) {
            return Err(error.at(STEP, "The challenge's \"resource_metadata\"", hint));
        }
        let named = urls.len();
        urls.extend(Self::well_known_urls(server));
        Ok(Places { urls, named })
    }

    /// Whether a document says that the resource accepts DPoP tokens (RFC 9728 §2).
    pub fn takes_dpop(document: &Object) -> bool {
        document.is_set("dpop_bound_access_tokens_required")
            || document.texts("dpop_signing_alg_values_supported").unwrap_or_default().contains(&DPOP_ALGORITHM)
    }

    /// Checks a document.
    ///
    /// RFC 9728 §3.3: "The `resource` value returned MUST be identical to the protected resource's
    /// resource identifier value … If these values are not identical, the data contained in the
    /// response MUST NOT be used."
    ///
    /// # Errors
    ///
    /// [`Code::ResourceMismatch`] for another resource, [`Code::InsecureUrl`] for an authorization server that is neither https
    /// nor loopback or in a private network, [`Code::InvalidResponse`] for a member that is missing or of another type.
    pub fn parse(document: &Object, server: &ServerUrl) -> Result<Self> {
        Ok(Self {
            resource: Self::resource(document, server)?,
            authorization_servers: issuers(document, server)?,
            scopes_supported: document.texts("scopes_supported").map(Scope::from_tokens),
            takes_dpop: Self::takes_dpop(document),
        })
    }

    /// The resource that a document names, if it is the server or a parent path of it.
    ///
    /// # Errors
    ///
    /// [`Code::ResourceMismatch`] for another resource, [`Code::InvalidResponse`] for none.
    pub fn resource(document: &Object, server: &ServerUrl) -> Result<Resource> {
        let fields = Fields::new(document, Code::InvalidResponse, STEP);
        let named = match document.get("resource") {
            // Some servers send a list.
            Some(Value::Array(names)) if names.len() == 1 => names.first().and_then(Value::as_str).unwrap_or_default(),
            _ => fields.required_string("resource")?,
        };
        Resource::named_for(named, server).ok_or_else(|| {
            let named = presentable(named);
            let message =
                format!("\"resource\" is \"{named}\", which is not {} or a parent path of it.", server.as_str());
            Error::new(Code::ResourceMismatch, STEP, message)
        })
    }
}

/// The usable authorization servers. An unusable one does not affect the others.
fn issuers(document: &Object, server: &ServerUrl) -> Result<Vec<Issuer>> {
    let issuer = |text| Issuer::parse(text).and_then(|it| server.url().may_lead_to(it.url()).map(|()| it));
    let mut usable = Vec::new();
    let mut first_error = None;
    for text in document.texts("authorization_servers").unwrap_or_default() {
        match issuer(text) {
            Ok(issuer) => usable.push(issuer),
            Err(error) => first_error = first_error.or(Some((text, error))),
        }
    }
    match (usable.is_empty(), first_error) {
        (false, _) => Ok(usable),
        (true, Some((text, error))) => Err(error.at(STEP, "An entry of \"authorization_servers\"", text)),
        (true, None) => {
            let message = "\"authorization_servers\" names no authorization server.";
            Err(Error::new(Code::InvalidResponse, Step::ResourceMetadata, message))
        }
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
    fn well_known_urls_are_at_the_path_then_at_the_root() {
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
    fn metadata_of_another_resource_is_refused() {
        assert_eq!(
            code(r#"{"resource": "https://b.example/mcp", "authorization_servers": ["https://as.example"]}"#),
            Code::ResourceMismatch
        );
        assert_eq!(code(r#"{"authorization_servers": ["https://as.example"]}"#), Code::InvalidResponse);
        // A list of one resource is accepted. With more, or none, it is not clear which one is meant (RFC 9728 §2).
        for list in [r#"["https://a.example/mcp", "https://a.example"]"#, "[]"] {
            let document = format!(r#"{{"resource": {list}, "authorization_servers": ["https://as.example"]}}"#);
            assert_eq!(code(&document), Code::InvalidResponse, "{list}");
        }
    }

    #[test]
    fn at_least_one_secure_authorization_server_is_required() {
        let with = |servers: &str| {
            code(&format!(r#"{{"resource": "https://a.example/mcp", "authorization_servers": {servers}}}"#))
        };
        assert_eq!(with("[]"), Code::InvalidResponse);
        assert_eq!(with("null"), Code::InvalidResponse);
        assert_eq!(with("{}"), Code::InvalidResponse);
        assert_eq!(with(r#"["http://as.example"]"#), Code::InsecureUrl);
        assert_eq!(with(r#"["javascript:alert(1)", "nonsense"]"#), Code::InsecureUrl);
        assert_eq!(with(r#"["http://localhost:8080"]"#), Code::InsecureUrl);
    }

    #[test]
    fn an_unusable_authorization_server_does_not_hide_a_usable_one() {
        for servers in [
            r#"["https://as.example", "javascript:alert(1)"]"#,
            r#"["http://localhost:8080", "https://as.example"]"#,
            r#"["https://10.0.0.1", "", 5, null, "as.example", "https://as.example"]"#,
            r#""https://as.example""#,
        ] {
            let document = format!(r#"{{"resource": ["https://a.example/mcp"], "authorization_servers": {servers}}}"#);
            let server = ServerUrl::parse("https://a.example/mcp").unwrap();
            let metadata = ProtectedResourceMetadata::parse(&object(&document), &server).unwrap();
            let issuers: Vec<&str> = metadata.authorization_servers.iter().map(Issuer::as_str).collect();
            assert_eq!((issuers, metadata.resource.as_str()), (vec!["https://as.example"], "https://a.example/mcp"));
        }
    }

    #[test]
    fn the_resource_its_servers_and_its_scopes_are_read() {
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
