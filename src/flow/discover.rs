//! Discovery: from the MCP server's URL to its authorization servers, and from one of those to its
//! endpoints (MCP 2026-07-28 authorization and authorization-server-discovery).

use super::exchange::{Answer, document, get};
use super::exchanges::Exchanges;
use crate::ports::{Body, Ports, Request};
use crate::protocol::json::Object;
use crate::protocol::{
    AuthorizationServerMetadata, Challenge, Issuer, ProtectedResourceMetadata, Resource, Scope, ServerUrl, Url,
    WwwAuthenticate,
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

/// Asks the MCP server without a token, and reads its protected resource metadata. With `prefetch` the
/// metadata is asked for at the same time, at the place where most servers have it.
pub async fn discover_resource<P: Ports>(
    ports: &P,
    server: &ServerUrl,
    prefetch: bool,
) -> Result<Box<DiscoveredResource>> {
    discover_resource_and_text(ports, server, prefetch).await.map(|(resource, _)| resource)
}

/// The same, with the metadata as it came, in order to keep it.
pub(super) async fn discover_resource_and_text<P: Ports>(
    ports: &P,
    server: &ServerUrl,
    prefetch: bool,
) -> Result<(Box<DiscoveredResource>, Option<ResourceText>)> {
    const STEP: Step = Step::ResourceMetadata;
    let probe = Request::new(Step::Challenge, server.url(), Some(Body::Text(PROBE)));
    let mut places = ProtectedResourceMetadata::well_known_urls(server);
    let mut exchanges = Exchanges::new(prefetch);
    exchanges.add(ports, probe);
    places.iter().take(1).for_each(|guess| exchanges.add(ports, get(STEP, guess)));
    let probe = exchanges.next().await;
    exchanges.ahead = false;
    let challenge = match &probe {
        Ok(answer) if answer.status == 401 => answer.www_authenticate.clone().unwrap_or_default(),
        _ => String::new(),
    };
    if let Some(hint) = WwwAuthenticate::parse(&challenge).oauth().and_then(|it| it.parameter("resource_metadata")) {
        // RFC 9728 §5.1: the challenge says where; then nowhere else is right.
        let hint = Url::parse(hint).and_then(|url| server.url().may_lead_to(&url).map(|()| url));
        let hint = hint.map_err(|error| error.at(STEP, "The challenge's \"resource_metadata\""))?;
        if places.first() != Some(&hint) {
            exchanges.clear();
            exchanges.add(ports, get(STEP, &hint));
        }
        places = vec![hint];
    }
    places.iter().skip(1).for_each(|url| exchanges.add(ports, get(STEP, url)));
    let mut metadata = None;
    let usable = first_usable(&mut exchanges, STEP, &places, &mut |document| {
        metadata = Some(ProtectedResourceMetadata::parse(document, server)?);
        Ok(())
    })
    .await;
    let answer = match usable {
        // Where nothing can be reached, the server's own failure tells more than its metadata's.
        Err(error) if matches!(error.code(), Code::Network | Code::CorsBlocked | Code::Timeout) => {
            return Err(probe.err().unwrap_or(error));
        }
        usable => usable?,
    };
    match (metadata, answer) {
        (Some(metadata), Some(answer)) => {
            let found = DiscoveredResource::listed(&challenge, metadata);
            Ok((found, Some(ResourceText { challenge, answer })))
        }
        _ => Ok((DiscoveredResource::unlisted(&challenge, probe?.status, server)?, None)),
    }
}

/// What a server said of itself.
pub(super) struct ResourceText {
    /// `WWW-Authenticate` of the 401, or nothing.
    pub challenge: String,
    pub answer: Box<Answer>,
}

impl DiscoveredResource {
    /// A server with metadata.
    pub(super) fn listed(challenge: &str, metadata: ProtectedResourceMetadata) -> Box<Self> {
        let challenges = WwwAuthenticate::parse(challenge);
        // "Use the `scope` parameter from the initial `WWW-Authenticate` header in the 401 response, if
        // provided. If `scope` is not available, use all scopes defined in `scopes_supported`."
        let challenged_scope = challenges.oauth().and_then(Challenge::scope);
        let scopes_supported = metadata.scopes_supported.unwrap_or_default();
        Box::new(Self {
            resource: metadata.resource,
            authorization_servers: AuthorizationServers::Listed(metadata.authorization_servers),
            scope: challenged_scope.unwrap_or_else(|| scopes_supported.clone()),
            scopes_supported,
            bearer_alone: asks_for_bearer(&challenges) && !metadata.takes_dpop,
            challenge_hidden: false,
        })
    }

    /// A server without metadata, which answered the question for a challenge with `status`.
    fn unlisted(challenge: &str, status: u16, server: &ServerUrl) -> Result<Box<Self>> {
        let challenges = WwwAuthenticate::parse(challenge);
        Ok(Box::new(Self {
            resource: Resource::of(server),
            authorization_servers: AuthorizationServers::Origin(origin(status, server)?),
            scope: challenges.oauth().and_then(Challenge::scope).unwrap_or_default(),
            scopes_supported: Scope::default(),
            bearer_alone: asks_for_bearer(&challenges),
            challenge_hidden: challenge.is_empty(),
        }))
    }
}

fn asks_for_bearer(challenges: &WwwAuthenticate) -> bool {
    challenges.oauth().is_some() && challenges.0.iter().all(|challenge| challenge.scheme != "dpop")
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

/// Reads the metadata of an authorization server that resource metadata lists. With `prefetch` it is
/// asked for at all its places at the same time.
pub async fn discover_authorization_server<P: Ports>(
    ports: &P,
    issuer: &Issuer,
    prefetch: bool,
) -> Result<Box<AuthorizationServerMetadata>> {
    discover_listed(ports, issuer, prefetch).await.map(|(metadata, _)| metadata)
}

/// The same, with the metadata as it came.
pub(super) async fn discover_listed<P: Ports>(
    ports: &P,
    issuer: &Issuer,
    prefetch: bool,
) -> Result<(Box<AuthorizationServerMetadata>, Box<Answer>)> {
    authorization_server_metadata(ports, issuer, prefetch).await?.ok_or_else(|| {
        let message = [issuer.as_str(), " has no metadata at its well-known places."].concat();
        Error::new(Code::MetadataNotFound, STEP, message).with_url(issuer.url().without_query())
    })
}

/// The authorization server at the origin of a server of 2025-03-26. Without metadata it has its
/// endpoints at the default paths of that revision.
pub async fn discover_origin_authorization_server<P: Ports>(
    ports: &P,
    origin: &Issuer,
    prefetch: bool,
) -> Result<Box<AuthorizationServerMetadata>> {
    match authorization_server_metadata(ports, origin, prefetch).await? {
        Some((metadata, _)) => Ok(metadata),
        None => AuthorizationServerMetadata::with_default_endpoints(origin),
    }
}

const STEP: Step = Step::AuthorizationServerMetadata;

async fn authorization_server_metadata<P: Ports>(
    ports: &P,
    issuer: &Issuer,
    prefetch: bool,
) -> Result<Option<(Box<AuthorizationServerMetadata>, Box<Answer>)>> {
    let urls = AuthorizationServerMetadata::well_known_urls(issuer);
    let mut exchanges = Exchanges::new(prefetch);
    urls.iter().for_each(|url| exchanges.add(ports, get(STEP, url)));
    let mut metadata = None;
    let answer = first_usable(&mut exchanges, STEP, &urls, &mut |document| {
        metadata = Some(AuthorizationServerMetadata::parse(document, issuer)?);
        Ok(())
    })
    .await?;
    Ok(metadata.zip(answer))
}

/// The first answer, by priority, with a document that passes its check. A place that answers with
/// rubbish does not hide the next one; if there is no next one, its failure is what is told.
async fn first_usable(
    exchanges: &mut Exchanges<'_>,
    step: Step,
    urls: &[Url],
    check: &mut dyn FnMut(&Object) -> Result<()>,
) -> Result<Option<Box<Answer>>> {
    let mut failure = None;
    for url in urls {
        let usable = exchanges.next().await.and_then(|answer| {
            check(document(step, url, &answer)?)?;
            Ok(answer)
        });
        match usable {
            Ok(answer) => return Ok(Some(answer)),
            Err(error) if matches!(error.status(), Some(400..500)) => {}
            Err(error) => failure = failure.or(Some(error.with_url(url.without_query()))),
        }
    }
    failure.map_or(Ok(None), Err)
}
