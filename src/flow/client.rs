//! The app as a client: what it says of itself, and which identities it brings.

use crate::protocol::{Issuer, Scope, Secret, Url};

/// The app.
#[derive(Clone, Debug)]
pub struct Client {
    /// The name that users read.
    pub name: String,
    /// The home page that users are shown.
    pub uri: Option<Url>,
    /// Where authorization responses go.
    pub redirect_uri: Url,
    /// An identity that an authorization server gave by hand.
    pub pre_registered: Option<PreRegistered>,
    /// The URL of the app's client ID metadata document.
    pub client_id_metadata_url: Option<Url>,
    /// Scopes to ask for in place of those that the server suggests.
    pub scopes: Option<Scope>,
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
