//! The app whose pages call the server.

use crate::protocol::RedirectUri;

/// What the checks need to know of the app.
pub struct App {
    /// Its name, for a registration.
    pub name: String,
    /// Where authorization responses are sent.
    pub redirect_uri: RedirectUri,
    /// The origin of its pages.
    pub origin: String,
    /// Its client id, if it has one.
    pub client_id: Option<String>,
    /// Issuers that check PKCE although their metadata does not say so.
    pub trust_pkce: Vec<String>,
    /// The URL of its client ID metadata document, if it has one.
    pub metadata_document: Option<String>,
    /// Whether to register for real. Otherwise nothing is changed at the server.
    pub register: bool,
}
