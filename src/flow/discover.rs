//! Discovery: from the MCP server's URL to its authorization servers, and from one of those to its
//! endpoints (MCP 2026-07-28 authorization and authorization-server-discovery).

use super::exchange::{document, exchange};
use crate::ports::{Body, Ports, Request};
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
    /// Who may issue them.
    pub authorization_servers: AuthorizationServers,
    /// The challenge's scopes, else those that the metadata lists.
    pub scope: Scope,
    /// All scopes that the metadata lists.
    pub scopes_supported: Scope,
    /// Nothing but a Bearer token will do: the challenge asks for one, and neither it nor the metadata
    /// speaks of DPoP.
    pub bearer_alone: bool,
    /// The server asks for a token, but its challenge can't be read. RFC 9110 §15.5.2 requires one, so
    /// it is hidden: from other origins, headers are unless the server exposes them.
    pub challenge_hidden: bool,
}

/// Who may issue tokens for a server.
#[derive(Debug)]
pub enum AuthorizationServers {
    /// Those that its metadata lists, at least one.
    Listed(Vec<Issuer>),
    /// The server's own origin. MCP 2025-03-26 had no protected resource metadata: there "the
    /// authorization base URL MUST be determined from the MCP server URL by discarding any existing
    /// path component".
    Origin(Issuer),
}

/// What the server is asked without a token: `ping`, the request without consequences. It goes as
/// text, since JSON would cost a preflight and a server asks for the token before it looks at the
/// body. Some answer GET with 404 or 405 before they ask for one, so it is a POST.
const PROBE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"ping"}"#;

/// Asks the MCP server without a token, and reads its protected resource metadata.
pub async fn discover_resource<P: Ports>(ports: &P, server: &ServerUrl) -> Result<DiscoveredResource> {
    let url = server.url().clone();
    let probe = Request { step: Step::Challenge, url, body: Some(Body::Text(PROBE)), authorization: None, dpop: None };
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
            let url = Url::parse(url).and_then(|url| server.url().may_lead_to(&url).map(|()| url));
            vec![url.map_err(|error| error.at(Step::ResourceMetadata, "The challenge's \"resource_metadata\""))?]
        }
        None => ProtectedResourceMetadata::well_known_urls(server),
    };
    let found = first_usable(ports, Step::ResourceMetadata, &urls, |document| {
        ProtectedResourceMetadata::parse(document, server)
    });
    let challenged_scope = challenge.and_then(|challenge| challenge.scope());
    let challenge_hidden = challenged && field.is_empty();
    let asks_for_bearer = challenge.is_some() && challenges.0.iter().all(|challenge| challenge.scheme != "dpop");
    let metadata = match found.await {
        Ok(Some(metadata)) => metadata,
        Ok(None) => {
            return Ok(DiscoveredResource {
                resource: Resource::of(server),
                authorization_servers: AuthorizationServers::Origin(origin(probe?.status, server)?),
                scope: challenged_scope.unwrap_or_default(),
                scopes_supported: Scope::default(),
                bearer_alone: asks_for_bearer,
                challenge_hidden,
            });
        }
        // Where nothing can be reached, the server's own failure tells more than its metadata's.
        Err(error) if matches!(error.code(), Code::Network | Code::CorsBlocked | Code::Timeout) => {
            return Err(probe.err().unwrap_or(error));
        }
        Err(error) => return Err(error),
    };
    // "Use the `scope` parameter from the initial `WWW-Authenticate` header in the 401 response, if
    // provided. If `scope` is not available, use all scopes defined in `scopes_supported`."
    let scopes_supported = metadata.scopes_supported.unwrap_or_default();
    let scope = challenged_scope.unwrap_or_else(|| scopes_supported.clone());
    let authorization_servers = AuthorizationServers::Listed(metadata.authorization_servers);
    let bearer_alone = asks_for_bearer && !metadata.takes_dpop;
    Ok(DiscoveredResource {
        resource: metadata.resource,
        authorization_servers,
        scope,
        scopes_supported,
        bearer_alone,
        challenge_hidden,
    })
}

/// A server without metadata that asks for a token is one of 2025-03-26. One that does not ask needs
/// none, or is none.
fn origin(status: u16, server: &ServerUrl) -> Result<Issuer> {
    if status == 401 {
        return Issuer::parse(server.url().origin())
            .map_err(|error| error.at(Step::ResourceMetadata, "The server's origin"));
    }
    let message = [server.as_str(), " does not ask for authorization, and has no metadata that would."].concat();
    Err(Error::new(Code::AuthorizationNotRequired, Step::Challenge, message)
        .with_url(server.url().without_query())
        .with_status(status))
}

/// Reads the metadata of an authorization server that resource metadata lists.
pub async fn discover_authorization_server<P: Ports>(
    ports: &P,
    issuer: &Issuer,
) -> Result<AuthorizationServerMetadata> {
    authorization_server_metadata(ports, issuer).await?.ok_or_else(|| {
        let message = [issuer.as_str(), " has no metadata at its well-known places."].concat();
        Error::new(Code::MetadataNotFound, STEP, message).with_url(issuer.url().without_query())
    })
}

/// The authorization server at the origin of a server of 2025-03-26. Without metadata it has its
/// endpoints at the default paths of that revision.
pub async fn discover_origin_authorization_server<P: Ports>(
    ports: &P,
    origin: &Issuer,
) -> Result<AuthorizationServerMetadata> {
    match authorization_server_metadata(ports, origin).await? {
        Some(metadata) => Ok(metadata),
        None => AuthorizationServerMetadata::with_default_endpoints(origin),
    }
}

const STEP: Step = Step::AuthorizationServerMetadata;

async fn authorization_server_metadata<P: Ports>(
    ports: &P,
    issuer: &Issuer,
) -> Result<Option<AuthorizationServerMetadata>> {
    let urls = AuthorizationServerMetadata::well_known_urls(issuer);
    first_usable(ports, STEP, &urls, |document| AuthorizationServerMetadata::parse(document, issuer)).await
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
