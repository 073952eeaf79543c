//! The app as a client: what it says of itself, and which identities it brings.

use crate::protocol::{
    AboutClient, AuthorizationParameters, ClientAuthentication, ClientCredentials, ClientIdMetadataUrl, Issuer,
    IssuerPolicy, RedirectUri, Scope, Secret, SubjectTokenType, Url,
};

/// The app.
#[derive(Clone, Debug)]
pub struct Client {
    /// The name that users read.
    pub name: String,
    /// The home page that users are shown.
    pub uri: Option<Url>,
    /// What else it says of itself when it registers.
    pub about: AboutClient,
    /// Where authorization responses go; nothing where the user signs in on another device (RFC 8628),
    /// or not at all.
    pub redirect_uri: Option<RedirectUri>,
    /// An identity that an authorization server gave by hand.
    pub pre_registered: Option<PreRegistered>,
    /// The URL of the app's client ID metadata document. With a key of the app's, the client authenticates by
    /// `private_key_jwt` (draft-ietf-oauth-client-id-metadata-document §6.2), so the document has to name that method.
    pub client_id_metadata_url: Option<ClientIdMetadataUrl>,
    /// The `kid` of the app's own key, for `private_key_jwt`.
    pub key_id: Option<String>,
    /// Scopes to ask for in place of those that the server suggests.
    pub scopes: Option<Scope>,
    /// Issuers that are trusted to check PKCE although their metadata does not say so.
    pub trust_pkce: Vec<String>,
    /// Issuers that refuse requests with a `resource`.
    pub omit_resource: Vec<String>,
    /// Which issuer a metadata document may name.
    pub issuer_policy: IssuerPolicy,
    /// Whether an authorization response without `iss` is refused, though the server does not announce it
    /// (RFC 9207 §2.4).
    pub require_iss: bool,
    /// Whether metadata that names a parent of the server's URL as the resource is refused (RFC 9728 §3.3).
    pub exact_resource: bool,
    /// What allows the app to register, by issuer (RFC 7591 §3).
    pub initial_access_tokens: Vec<(String, Secret)>,
    /// What else goes with authorization requests.
    pub authorization_parameters: AuthorizationParameters,
    /// Whether tokens are bound to a key.
    pub dpop: Dpop,
    /// Whether documents are asked for at the places where they may be, before it is known that they
    /// are there.
    pub prefetch: bool,
    /// How tokens are got without a user; nothing where the user signs in.
    pub grant: Option<Grant>,
    /// Which authorization server the JWT of a workload without a client id is for. Nothing where the app makes one
    /// for each.
    pub workload_issuer: Option<Issuer>,
}

impl Default for Client {
    /// An app without a name, which asks for what servers suggest.
    fn default() -> Self {
        Self {
            name: String::new(),
            uri: None,
            about: AboutClient::default(),
            redirect_uri: None,
            pre_registered: None,
            client_id_metadata_url: None,
            key_id: None,
            scopes: None,
            trust_pkce: Vec::new(),
            omit_resource: Vec::new(),
            issuer_policy: IssuerPolicy::default(),
            require_iss: false,
            exact_resource: false,
            initial_access_tokens: Vec::new(),
            authorization_parameters: AuthorizationParameters::default(),
            dpop: Dpop::Auto,
            prefetch: true,
            grant: None,
            workload_issuer: None,
        }
    }
}

/// Whether an issuer is in one of the client's lists.
pub(super) fn is_listed(issuers: &[String], issuer: &Issuer) -> bool {
    issuers.iter().any(|listed| *issuer == **listed)
}

impl Client {
    /// The identity provider at which the user signs in, where there is one.
    #[cfg(feature = "enterprise")]
    pub fn sign_in_provider(&self) -> Option<&SignInProvider> {
        match &self.grant {
            Some(Grant::EnterpriseSignIn(own)) => Some(own),
            _ => None,
        }
    }

    /// Whether the app's assertion may be shown to an authorization server (MCP 2026-07-28: credentials of one are not for
    /// another one).
    pub(super) fn has_assertion_for(&self, issuer: &Issuer) -> bool {
        let registered = self.pre_registered.as_ref().and_then(|own| own.issuer.as_ref());
        self.workload_issuer.as_ref().or(registered).is_none_or(|own| own == issuer)
    }

    /// Which app it is, among those of the same origin. Two don't share their sessions.
    pub fn app(&self) -> &str {
        match (&self.pre_registered, &self.client_id_metadata_url) {
            (Some(own), _) => &own.client_id,
            (None, Some(url)) => url.as_str(),
            (None, None) => self.redirect_uri.as_ref().map_or("", RedirectUri::as_str),
        }
    }
}

/// Whether tokens are bound to a key (RFC 9449).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dpop {
    /// Where the authorization server offers it, the resource does not say that it takes Bearer tokens
    /// alone, and keys last as long as sessions.
    Auto,
    /// Always: other tokens are refused.
    Require,
    /// Never.
    Off,
}

/// How tokens are got without a user.
#[derive(Clone, Debug)]
pub enum Grant {
    /// By the client's own credentials (OAuth 2.1 §4.2, SEP-1046).
    ClientCredentials,
    /// By a JWT of the workload (RFC 7523 §2.1, SEP-1933). It identifies the client, too, where that has no client id.
    JwtBearer,
    /// By the user's identity at their organisation (SEP-990), which the app brings.
    EnterpriseManaged(IdentityProvider),
    /// The same, where the user signs in at the identity provider, once for all servers.
    EnterpriseSignIn(SignInProvider),
}

impl Grant {
    /// The MCP extension that this grant is, to be declared in the client's capabilities (MCP 2026-07-28 basic,
    /// "Capabilities": `extensions`). Workload identity has no identifier yet.
    pub fn extension(&self) -> Option<&'static str> {
        match self {
            Grant::ClientCredentials => Some("io.modelcontextprotocol/oauth-client-credentials"),
            Grant::EnterpriseManaged(_) | Grant::EnterpriseSignIn(_) => {
                Some("io.modelcontextprotocol/enterprise-managed-authorization")
            }
            Grant::JwtBearer => None,
        }
    }
}

/// The identity provider of an organisation.
#[derive(Clone, Debug)]
pub struct IdentityProvider {
    /// Where it exchanges tokens (RFC 8693).
    pub token_endpoint: Url,
    /// The app's identity there.
    pub client: ClientCredentials,
}

/// The identity provider of an organisation, at which the user signs in to this client (OpenID Connect Core §3.1).
#[derive(Clone, Debug)]
pub struct SignInProvider {
    /// Its issuer: where its metadata is found, and the `iss` of its ID tokens.
    pub issuer: Issuer,
    /// The client's id there.
    pub client_id: String,
    /// The client's secret there, where it has one.
    pub secret: Option<Secret>,
    /// How the client authenticates there; nothing: by the secret, as the provider's metadata has it, or not at all.
    pub method: Option<ClientAuthentication>,
    /// Scopes to ask for in addition to `openid` and, where the provider lists it, `offline_access`.
    pub scopes: Scope,
    /// Which token stands for the user when it is exchanged. Without a refresh token it is the ID token.
    pub subject_token: SubjectTokenType,
}

/// An identity that an authorization server gave by hand.
#[derive(Clone, Debug)]
pub struct PreRegistered {
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`, where there is one.
    pub secret: Option<Secret>,
    /// Where it is registered. Without it, the first issuer with which a sign-in succeeded is kept.
    pub issuer: Option<Issuer>,
}
