//! The authorization request (OAuth 2.1 §4.1.1).

use super::form::{self, Form};
use super::{
    AuthorizationParameters, AuthorizationServerMetadata, CodeVerifier, Issuer, RedirectUri, Resource, Scope, Secret,
    Url, base64url,
};
use crate::{Result, Step};

/// The `state` of one request: 32 random bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State(Secret);

impl State {
    /// From cryptographically strong random bytes.
    pub fn from_entropy(bytes: [u8; 32]) -> Self {
        Self(base64url(&bytes).into())
    }

    /// From the stored text.
    pub fn from_text(text: &str) -> Self {
        Self(text.into())
    }

    /// The `state` parameter.
    pub fn as_str(&self) -> &str {
        self.0.expose()
    }

    /// Whether a response has this state.
    pub fn matches(&self, text: &str) -> bool {
        self.0.expose() == text
    }
}

/// What is needed of a request when its response arrives. MCP 2026-07-28: the validated issuer is recorded
/// together with verifier and state before the redirect.
#[derive(Clone, Copy, Debug)]
pub struct PendingRequest<'a> {
    /// The authorization server, to compare with the response's `iss`.
    pub issuer: &'a Issuer,
    /// Whether its responses have an `iss` (RFC 9207 §3).
    pub iss_in_response: bool,
    /// Where the response is sent.
    pub redirect_uri: &'a RedirectUri,
    /// The resource that the token is for (RFC 8707); `None` if the app says that the server refuses it.
    pub resource: Option<&'a Resource>,
    /// Binds the response to this request.
    pub state: &'a State,
    /// Binds the code to this client (RFC 7636).
    pub verifier: &'a CodeVerifier,
}

/// One request.
#[derive(Debug)]
pub struct AuthorizationRequest<'a> {
    /// The authorization server.
    pub server: &'a AuthorizationServerMetadata,
    /// The client.
    pub client_id: &'a str,
    /// The requested scopes.
    pub scope: &'a Scope,
    /// `dpop_jkt`: binds the code to a key (RFC 9449 §10).
    pub dpop_jkt: Option<String>,
    /// `nonce`, if an ID token is requested (OpenID Connect Core §3.1.2.1). It is checked with the token.
    pub nonce: Option<&'a str>,
    /// Whether to ask the user for consent again, although the server has it.
    pub consent: bool,
    /// Parameters that the app adds.
    pub own: &'a AuthorizationParameters,
    /// What the response is checked against.
    pub pending: PendingRequest<'a>,
}

impl AuthorizationRequest<'_> {
    /// The parameters, without `client_id`.
    pub fn parameters(&self) -> Form {
        let scope = self.scope.to_parameter();
        let form = Form::new()
            .add("response_type", "code")
            .add("redirect_uri", self.pending.redirect_uri.as_str())
            .optional("scope", scope.as_deref())
            .add("state", self.pending.state.as_str())
            .add("code_challenge", self.pending.verifier.challenge().as_str())
            .add("code_challenge_method", "S256")
            .optional("resource", self.pending.resource.map(Resource::as_str))
            .optional("dpop_jkt", self.dpop_jkt.as_deref())
            .optional("nonce", self.nonce);
        let form = if self.asks_for_consent() { form.add("prompt", "consent") } else { form };
        self.own.sent().fold(form, |form, (name, value)| form.add(name, value))
    }

    /// OpenID Connect Core §11: without consent, `offline_access` is ignored. The app may decide otherwise.
    pub fn asks_for_consent(&self) -> bool {
        (self.consent || self.scope.contains("offline_access")) && !self.own.has("prompt")
    }

    /// The URL that the user agent opens.
    ///
    /// # Errors
    ///
    /// [`crate::Code::InvalidResponse`] if the server has no endpoint, or one whose own query has a forbidden parameter.
    pub fn url(&self) -> Result<Url> {
        self.at_endpoint(self.parameters())
    }

    /// The authorization endpoint with parameters and `client_id`. Its own query is kept (RFC 6749 §3.1:
    /// the "query component … MUST be retained when adding additional query parameters"), except parameters that
    /// the request has as well: "Request and response parameters MUST NOT be included more than once."
    pub(super) fn at_endpoint(&self, form: Form) -> Result<Url> {
        let form = form.add("client_id", self.client_id);
        let endpoint = self.server.usable_authorization_endpoint()?;
        let sent = form::parse(form.as_str());
        let is_sent = |name: &str| sent.iter().any(|(sent, _)| sent == name);
        let kept: Vec<&str> = endpoint
            .query()
            .strip_prefix('?')
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !form::parse(pair).iter().any(|(name, _)| is_sent(name)))
            .filter(|pair| !pair.is_empty())
            .chain([form.as_str()])
            .collect();
        Url::parse(&[endpoint.without_query(), "?", &kept.join("&")].concat())
            .map_err(|error| error.at(Step::Authorization, "The authorization request", endpoint.without_query()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;
    use crate::protocol::protocol_parameters::{HARMLESS, PROTOCOL_PARAMETERS};
    use crate::protocol::test_support::object;
    use crate::protocol::{IssuerPolicy, ServerUrl};

    fn try_url(endpoint: &str, scope: &str) -> Result<Url> {
        let issuer = Issuer::parse("https://as.example").unwrap();
        let document = object(&format!(
            r#"{{"issuer": "https://as.example", "authorization_endpoint": "{endpoint}", "token_endpoint": "https://as.example/t"}}"#
        ));
        let server = AuthorizationServerMetadata::parse(&document, &issuer, &IssuerPolicy::default()).unwrap();
        let request = AuthorizationRequest {
            server: &server,
            client_id: "id",
            scope: &Scope::parse(scope),
            dpop_jkt: None,
            nonce: None,
            consent: false,
            own: &AuthorizationParameters::default(),
            pending: PendingRequest {
                issuer: &issuer,
                iss_in_response: false,
                redirect_uri: &RedirectUri::parse("https://app.example/cb").unwrap(),
                resource: Some(&Resource::of(&ServerUrl::parse("https://a.example/mcp/").unwrap())),
                state: &State::from_entropy([1; 32]),
                verifier: &CodeVerifier::from_entropy([2; 32]),
            },
        };
        request.url()
    }

    fn url(endpoint: &str, scope: &str) -> Url {
        try_url(endpoint, scope).unwrap()
    }

    #[test]
    fn the_url_has_every_parameter_once() {
        let url = url("https://as.example/a", "a b");
        let parameters = form::parse(url.query());
        let expected = [
            ("response_type", "code"),
            ("redirect_uri", "https://app.example/cb"),
            ("scope", "a b"),
            ("state", &base64url(&[1; 32])),
            ("code_challenge", CodeVerifier::from_entropy([2; 32]).challenge().as_str()),
            ("code_challenge_method", "S256"),
            ("resource", "https://a.example/mcp"),
            ("client_id", "id"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(parameters, expected);
        assert_eq!(url.without_query(), "https://as.example/a");
    }

    #[test]
    fn without_scopes_there_is_no_scope_parameter() {
        // MCP 2026-07-28, scope selection: "If `scopes_supported` is not defined, omit the scope parameter".
        assert!(!url("https://as.example/a", "").as_str().contains("scope="));
    }

    #[test]
    fn the_endpoints_own_query_is_kept() {
        // RFC 6749 §3.1: the endpoint URI "MAY include an … query component, which MUST be retained"
        assert!(
            url("https://as.example/a?tenant=x#f", "")
                .as_str()
                .starts_with("https://as.example/a?tenant=x&response_type=code&")
        );
    }

    #[test]
    fn no_parameter_is_sent_twice() {
        // RFC 6749 §3.1: "Request and response parameters MUST NOT be included more than once."
        for own in ["resource=https://b.example", "scope=x&tenant=1", "resourc%65=x", "&&resource"] {
            let url = url(&["https://as.example/a?", own].concat(), "a");
            let names: Vec<String> = form::parse(url.query()).into_iter().map(|(name, _)| name).collect();
            let once = names.iter().all(|name| names.iter().filter(|other| *other == name).count() == 1);
            assert!(once, "{url:?} {names:?}");
            assert_eq!(own.contains("tenant"), names.contains(&"tenant".to_owned()));
            assert!(form::parse(url.query()).contains(&("resource".into(), "https://a.example/mcp".into())));
        }
        // Text that only looks like a parameter is part of a name.
        assert!(url("https://as.example/a??tenant=1", "a").as_str().starts_with("https://as.example/a??tenant=1&"));
    }

    #[test]
    fn an_endpoint_with_security_parameters_in_its_query_is_refused() {
        for name in PROTOCOL_PARAMETERS.into_iter().skip(HARMLESS) {
            for own in [[name, "=x"].concat(), ["a=b&", name, "=plain"].concat(), [name].concat()] {
                let error = try_url(&["https://as.example/a?", &own].concat(), "a").unwrap_err();
                assert_eq!(error.code(), Code::InvalidResponse, "{own}");
                assert!(error.message().contains(name), "{}", error.message());
            }
        }
        assert_eq!(try_url("https://as.example/a?%63lient_id=x", "a").unwrap_err().code(), Code::InvalidResponse);
    }

    #[test]
    fn offline_access_asks_for_consent() {
        assert!(url("https://as.example/a", "offline_access").as_str().contains("&prompt=consent&"));
        assert!(!url("https://as.example/a", "a").as_str().contains("prompt="));
    }

    proptest::proptest! {
        /// RFC 6749 §4.1.1, §3.3: the server reads exactly what was requested.
        #[test]
        fn any_scope_is_transmitted_unchanged(scope in "[!-~é ]{0,40}") {
            let asked = Scope::parse(&scope);
            let url = url("https://as.example/a?tenant=1", &scope);
            let read: Vec<(String, String)> =
                url::form_urlencoded::parse(url.query().trim_start_matches('?').as_bytes()).into_owned().collect();
            assert_eq!(read.first(), Some(&("tenant".to_owned(), "1".to_owned())));
            let sent = read.iter().find(|(name, _)| name == "scope").map(|(_, scope)| scope.as_str());
            assert_eq!(sent, asked.to_parameter().as_deref());
        }
    }
}
