//! The app as a client: what it says of itself, and which identities it brings.

use crate::protocol::{ClientCredentials, Issuer, Scope, Secret, Url};

/// The app.
#[derive(Clone, Debug)]
pub struct Client {
    /// The name that users read.
    pub name: String,
    /// The home page that users are shown.
    pub uri: Option<Url>,
    /// Where authorization responses go; nothing where the user signs in on another device (RFC 8628),
    /// or not at all.
    pub redirect_uri: Option<Url>,
    /// An identity that an authorization server gave by hand.
    pub pre_registered: Option<PreRegistered>,
    /// The URL of the app's client ID metadata document.
    pub client_id_metadata_url: Option<Url>,
    /// The `kid` of the app's own key, for `private_key_jwt`.
    pub key_id: Option<String>,
    /// Scopes to ask for in place of those that the server suggests.
    pub scopes: Option<Scope>,
    /// Issuers that are trusted to check PKCE although their metadata does not say so.
    pub trust_pkce: Vec<String>,
    /// Issuers that refuse requests with a `resource`.
    pub omit_resource: Vec<String>,
    /// Whether tokens are bound to a key.
    pub dpop: Dpop,
    /// Whether documents are asked for at the places where they may be, before it is known that they
    /// are there.
    pub prefetch: bool,
    /// How tokens are got without a user; nothing where the user signs in.
    pub grant: Option<Grant>,
}

/// Whether an issuer is in one of the client's lists.
pub(super) fn is_listed(issuers: &[String], issuer: &Issuer) -> bool {
    issuers.iter().any(|listed| *issuer == **listed)
}

impl Client {
    /// Which app it is, among those of the same origin. Two don't share their sessions.
    pub fn app(&self) -> &str {
        match (&self.pre_registered, &self.client_id_metadata_url) {
            (Some(own), _) => &own.client_id,
            (None, Some(url)) => url.as_str(),
            (None, None) => self.redirect_uri.as_ref().map_or("", Url::as_str),
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
    /// By a JWT of the workload (RFC 7523 §2.1, SEP-1933).
    JwtBearer,
    /// By the user's identity at their organisation (SEP-990).
    EnterpriseManaged(IdentityProvider),
}

/// The identity provider of an organisation.
#[derive(Clone, Debug)]
pub struct IdentityProvider {
    /// Where it exchanges tokens (RFC 8693).
    pub token_endpoint: Url,
    /// The app's identity there.
    pub client: ClientCredentials,
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
