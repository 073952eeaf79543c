//! Finds what prevents pages from using a server: tries each step of a sign-in without signing in, and
//! reports every problem. A flow stops at the first.
//!
//! [`Wire`] is what a diagnosis needs from its environment: exchanges as a page sees them. In a browser,
//! every exchange is one. Elsewhere, [`AsPage`] applies the rules of CORS to plain exchanges.

mod app;
mod authorization_server;
mod client_metadata_document;
mod endpoints;
mod page;
mod places;
mod report;
mod resource;
mod wire;

use crate::Step;
use crate::protocol::{ServerUrl, UrlError};

pub use app::App;
pub use client_metadata_document::check_client_metadata_document;
pub use page::{AsPage, Raw, RawAnswer};
pub use report::{Asked, Finding, Report, Status};
pub use wire::{Answer, Probe, Wire};

use report::{Check, Recorder};

const HTTPS: Check = Check {
    id: "server.https",
    step: Step::Setup,
    title: "The server's URL is https",
    fault: "The server's URL can't be used by a page",
    spec: "MCP 2026-07-28 authorization, Communication Security",
};

/// Runs all checks.
pub async fn diagnose<W: Wire>(wire: &W, server: &str, app: &App) -> Report {
    let mut record = Recorder::new(wire, app);
    match ServerUrl::parse(server) {
        Ok(server) => steps(&mut record, &server).await,
        Err(UrlError::Invalid) => record.failure(&HTTPS, "This is not an absolute URL.", "https://mcp.example.com/mcp"),
        Err(_) => {
            let rest = server.split_once("://").map_or(server, |(_, rest)| rest);
            let remedy = ["https://", rest].concat();
            record.failure(
                &HTTPS,
                "Tokens are sent only over https, and an https page can't request an http URL.",
                &remedy,
            );
        }
    }
    Report { server: server.to_owned(), origin: app.origin.clone(), findings: record.findings }
}

async fn steps<W: Wire>(record: &mut Recorder<'_, W>, server: &ServerUrl) {
    record.pass(&HTTPS, if server.url().is_plain_http() { "It is http on loopback, for development." } else { "" });
    if let Some(url) = &record.app.metadata_document {
        client_metadata_document::check(record, url, Some(&record.app.redirect_uri)).await;
    }
    let Some(found) = resource::check(record, server).await else { return };
    let metadata = authorization_server::check(record, &found).await;
    if let Some(metadata) = &metadata {
        endpoints::check_registration(record, metadata, &found.scope).await;
        endpoints::check_authorization(record, metadata).await;
        endpoints::check_pushed_requests(record, metadata).await;
        endpoints::check_token(record, metadata, found.bearer_only).await;
        endpoints::check_revocation(record, metadata).await;
    }
    let dpop = metadata.is_some_and(|metadata| metadata.offers_dpop && !found.bearer_only);
    endpoints::check_request(record, server, found.readable, dpop).await;
}
