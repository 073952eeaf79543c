//! What a page will stumble over at a server: each step of a sign-in is tried without signing in, and
//! all that is wrong is told, where a flow stops at the first.
//!
//! [`Wire`] is what a diagnosis needs from where it runs: exchanges as a page sees them. In a browser
//! they are that by nature; elsewhere [`AsPage`] judges plain exchanges by the rules of CORS.

mod authorization_server;
mod cors;
mod endpoints;
mod page;
mod places;
mod report;
mod resource;
mod wire;

use crate::Step;
use crate::protocol::{ServerUrl, Url, UrlError};

pub use page::{AsPage, Raw, RawAnswer};
pub use report::{Asked, Finding, Report, Status};
pub use wire::{Answer, Outcome, Probe, Wire};

use report::{Check, Recorder};

/// What the app brings, as far as the checks depend on it.
pub struct App {
    /// Its name, for a registration.
    pub name: String,
    /// Where authorization responses go.
    pub redirect_uri: Url,
    /// The origin of its pages.
    pub origin: String,
    /// It has a client id of its own.
    pub pre_registered: bool,
    /// It has a client ID metadata document.
    pub has_metadata_document: bool,
    /// Registers for real; otherwise nothing is left at the server.
    pub register: bool,
}

const HTTPS: Check = Check {
    id: "server.https",
    step: Step::Setup,
    title: "The server's URL is https",
    spec: "MCP 2026-07-28 authorization, Communication Security",
};

/// Goes through the steps.
pub async fn diagnose<W: Wire>(wire: &W, server: &str, app: &App) -> Report {
    let mut record = Recorder::new(wire, app);
    match ServerUrl::parse(server) {
        Ok(server) => steps(&mut record, &server).await,
        Err(UrlError::Invalid) => record.failure(&HTTPS, "This is no absolute URL.", "https://mcp.example.com/mcp"),
        Err(_) => {
            let rest = server.split_once("://").map_or(server, |(_, rest)| rest);
            let remedy = ["https://", rest].concat();
            record.failure(&HTTPS, "Tokens go over https alone, and an https page can ask nothing else.", &remedy);
        }
    }
    Report { server: server.to_owned(), origin: app.origin.clone(), findings: record.findings }
}

async fn steps<W: Wire>(record: &mut Recorder<'_, W>, server: &ServerUrl) {
    record.pass(&HTTPS, if server.url().is_plain_http() { "It is http on loopback, for development." } else { "" });
    let Some(found) = resource::check(record, server).await else { return };
    let metadata = authorization_server::check(record, &found).await;
    if let Some(metadata) = &metadata {
        endpoints::check_registration(record, metadata, &found.scope).await;
        endpoints::check_pushed_requests(record, metadata).await;
        endpoints::check_token(record, metadata, found.bearer_alone).await;
        endpoints::check_revocation(record, metadata).await;
    }
    endpoints::check_request(record, server, found.readable).await;
}
