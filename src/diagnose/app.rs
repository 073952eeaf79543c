//! The app for whose pages a server is diagnosed.

use crate::protocol::RedirectUri;

/// What the app brings, as far as the checks depend on it.
pub struct App {
    /// Its name, for a registration.
    pub name: String,
    /// Where authorization responses go.
    pub redirect_uri: RedirectUri,
    /// The origin of its pages.
    pub origin: String,
    /// Its own client id, where it has one.
    pub client_id: Option<String>,
    /// Issuers that it trusts to check PKCE although their metadata does not say so.
    pub trust_pkce: Vec<String>,
    /// The URL of its client ID metadata document, where it has one.
    pub metadata_document: Option<String>,
    /// Registers for real; otherwise nothing is left at the server.
    pub register: bool,
}
