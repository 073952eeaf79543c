//! Discovery: from the MCP server's URL to its authorization servers, and from one of those to its
//! endpoints (MCP 2026-07-28 authorization and authorization-server-discovery).

use super::exchange::{document, exchange};
use crate::ports::{Ports, Request};
use crate::protocol::json::Object;
use crate::protocol::{
    AuthorizationServerMetadata, Issuer, ProtectedResourceMetadata, Resource, Scope, ServerUrl, Url, WwwAuthenticate,
};
use crate::{Code, Error, Result, Step};

/// What is known of the MCP server as a protected resource.
#[derive(Debug)]
pub struct DiscoveredResource {
    /// What tokens shall be for.
    pub resource: Resource,
    /// At least one.
    pub authorization_servers: Vec<Issuer>,
    /// The challenge's scopes, else those that the metadata lists.
    pub scope: Scope,
}

/// Asks the MCP server without a token, and reads its protected resource metadata.
pub async fn discover_resource<P: Ports>(ports: &P, server: &ServerUrl) -> Result<DiscoveredResource> {
    let probe = Request { step: Step::Challenge, url: server.url().clone(), body: None, authorization: None };
    let probe = exchange(ports, probe).await;
    let (challenged, field) = match &probe {
        Ok(answer) => (answer.status == 401, answer.www_authenticate.as_deref().unwrap_or_default()),
        Err(_) => (false, ""),
    };
    let challenges = WwwAuthenticate::parse(field);
    let challenge = challenges.oauth().filter(|_| challenged);
    let urls = match challenge.and_then(|challenge| challenge.parameter("resource_metadata")) {
        // RFC 9728 §5.1: the challenge says where; then nowhere else is right.
        Some(url) => {
            vec![
                Url::parse(url)
                    .map_err(|error| error.at(Step::ResourceMetadata, "The challenge's \"resource_metadata\""))?,
            ]
        }
        None => ProtectedResourceMetadata::well_known_urls(server),
    };
    let found = first_usable(ports, Step::ResourceMetadata, &urls, |document| {
        ProtectedResourceMetadata::parse(document, server)
    });
    let metadata = match found.await {
        Ok(Some(metadata)) => metadata,
        Ok(None) => return Err(without_metadata(probe.map(|answer| answer.status), server)),
        // Where nothing can be reached, the server's own failure tells more than its metadata's.
        Err(error) if error.code() == Code::Network => return Err(probe.err().unwrap_or(error)),
        Err(error) => return Err(error),
    };
    // "Use the `scope` parameter from the initial `WWW-Authenticate` header in the 401 response, if
    // provided. If `scope` is not available, use all scopes defined in `scopes_supported`."
    let scope = challenge.and_then(|challenge| challenge.scope()).or(metadata.scopes_supported).unwrap_or_default();
    Ok(DiscoveredResource { resource: metadata.resource, authorization_servers: metadata.authorization_servers, scope })
}

fn without_metadata(probe: Result<u16>, server: &ServerUrl) -> Error {
    let (code, message) = match probe {
        Err(error) => return error,
        Ok(200..300) => (Code::AuthorizationNotRequired, " answers without asking for authorization."),
        Ok(_) => (Code::MetadataNotFound, " has no protected resource metadata at its well-known places."),
    };
    Error::new(code, Step::ResourceMetadata, [server.as_str(), message].concat()).with_url(server.url().without_query())
}

/// Reads an authorization server's metadata, and refuses a server without PKCE.
pub async fn discover_authorization_server<P: Ports>(
    ports: &P,
    issuer: &Issuer,
) -> Result<AuthorizationServerMetadata> {
    const STEP: Step = Step::AuthorizationServerMetadata;
    let urls = AuthorizationServerMetadata::well_known_urls(issuer);
    let found = first_usable(ports, STEP, &urls, |document| AuthorizationServerMetadata::parse(document, issuer));
    let metadata = found.await?.ok_or_else(|| {
        Error::new(
            Code::MetadataNotFound,
            STEP,
            [issuer.as_str(), " has no metadata at its well-known places."].concat(),
        )
        .with_url(issuer.url().without_query())
    })?;
    metadata.require_pkce()?;
    Ok(metadata)
}

/// The first document, by priority, that is there and passes its check. A place that answers with
/// rubbish does not hide the next one; if there is no next one, its failure is what is told.
async fn first_usable<P: Ports, T>(
    ports: &P,
    step: Step,
    urls: &[Url],
    parse: impl Fn(&Object) -> Result<T>,
) -> Result<Option<T>> {
    let mut failure = None;
    for url in urls {
        match document(ports, step, url).await.and_then(|document| parse(&document)) {
            Ok(usable) => return Ok(Some(usable)),
            Err(error) if matches!(error.status(), Some(400..500)) => {}
            Err(error) => failure = failure.or(Some(error.with_url(url.without_query()))),
        }
    }
    failure.map_or(Ok(None), Err)
}
