//! The app as an OAuth client: its name, its client ids and what it asks for.

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
    /// More metadata for its registration.
    pub about: AboutClient,
    /// Where authorization responses are sent. `None` if the user signs in on another device (RFC 8628) or
    /// not at all.
    pub redirect_uri: Option<RedirectUri>,
    /// A client id that was registered by hand.
    pub pre_registered: Option<PreRegistered>,
    /// The URL of the app's client ID metadata document. If the app has a key, the client authenticates by
    /// `private_key_jwt` (draft-ietf-oauth-client-id-metadata-document §6.2), so the document has to name that method.
    pub client_id_metadata_url: Option<ClientIdMetadataUrl>,
    /// The `kid` of the app's own key, for `private_key_jwt`.
    pub key_id: Option<String>,
    /// The scopes to ask for, instead of those that the server suggests.
    pub scopes: Option<Scope>,
    /// Issuers that check PKCE although their metadata does not say so.
    pub trust_pkce: Vec<String>,
    /// Issuers that refuse requests with a `resource`.
    pub omit_resource: Vec<String>,
    /// Which issuer a metadata document may name instead of the one that was asked for.
    pub issuer_policy: IssuerPolicy,
    /// Whether to refuse an authorization response without `iss` even if the server does not announce `iss`
    /// (RFC 9207 §2.4).
    pub require_iss: bool,
    /// Whether to refuse metadata whose resource is a parent of the server's URL (RFC 9728 §3.3).
    pub exact_resource: bool,
    /// Initial access tokens for registration, by issuer (RFC 7591 §3).
    pub initial_access_tokens: Vec<(String, Secret)>,
    /// More parameters for authorization requests.
    pub authorization_parameters: AuthorizationParameters,
    /// Whether tokens are bound to a key.
    pub dpop: Dpop,
    /// Whether to request documents at all places where they may be, before it is known that they are
    /// there.
    pub prefetch: bool,
    /// How to get tokens without a user. `None` if the user signs in.
    pub grant: Option<Grant>,
    /// Which authorization server the JWT of a workload without a client id is for. `None` if the app makes
    /// one for each.
    pub workload_issuer: Option<Issuer>,
}

impl Default for Client {
    /// An app without a name, which asks for the scopes that servers suggest.
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
    /// The identity provider at which the user signs in, if there is one.
    #[cfg(feature = "enterprise")]
    pub fn sign_in_provider(&self) -> Option<&SignInProvider> {
        match &self.grant {
            Some(Grant::EnterpriseSignIn(own)) => Some(own),
            _ => None,
        }
    }

    /// Whether the app's assertion may be sent to an authorization server (MCP 2026-07-28: credentials of one must not be
    /// used with another).
    pub(super) fn has_assertion_for(&self, issuer: &Issuer) -> bool {
        let registered = self.pre_registered.as_ref().and_then(|own| own.issuer.as_ref());
        self.workload_issuer.as_ref().or(registered).is_none_or(|own| own == issuer)
    }

    /// Identifies the app among those of the same origin. Apps do not share sessions.
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
    /// If the authorization server offers it, the resource does not insist on Bearer tokens, and keys last
    /// as long as sessions.
    Auto,
    /// Always. Other tokens are refused.
    Require,
    /// Never.
    Off,
}

/// How to get tokens without a user.
#[derive(Clone, Debug)]
pub enum Grant {
    /// By the client's own credentials (OAuth 2.1 §4.2, SEP-1046).
    ClientCredentials,
    /// By a JWT of the workload (RFC 7523 §2.1, SEP-1933). It also identifies a client without a client id.
    JwtBearer,
    /// By the user's identity at their organisation (SEP-990), which the app provides.
    EnterpriseManaged(IdentityProvider),
    /// The same, but the user signs in at the identity provider, once for all servers.
    EnterpriseSignIn(SignInProvider),
}

impl Grant {
    /// The MCP extension of this grant, which the client declares in its capabilities (MCP 2026-07-28 basic,
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
    /// Its issuer: its metadata is found there, and its ID tokens have it as `iss`.
    pub issuer: Issuer,
    /// The client's id there.
    pub client_id: String,
    /// The client's secret there, if it has one.
    pub secret: Option<Secret>,
    /// How the client authenticates there. `None`: with the secret, by a method in the provider's metadata, or not at all.
    pub method: Option<ClientAuthentication>,
    /// Scopes to ask for in addition to `openid` and, if the provider lists it, `offline_access`.
    pub scopes: Scope,
    /// Which token to exchange for the user. Without a refresh token it is the ID token.
    pub subject_token: SubjectTokenType,
}

/// A client that was registered by hand.
#[derive(Clone, Debug)]
pub struct PreRegistered {
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`, if there is one.
    pub secret: Option<Secret>,
    /// Where it is registered. `None`: the first issuer at which a sign-in succeeded.
    pub issuer: Option<Issuer>,
}
