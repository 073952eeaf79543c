//! Discovery: finds the authorization servers of an MCP server, and the endpoints of an authorization
//! server (MCP 2026-07-28 authorization and authorization-server-discovery).

use super::exchange::Document;
use super::exchanges::Exchanges;
use crate::ports::{Ports, Request};
use crate::protocol::json::Object;
use crate::protocol::{
    AuthorizationServerMetadata, Challenge, Issuer, IssuerPolicy, Places, ProtectedResourceMetadata, Resource, Scope,
    ServerUrl, Url, WwwAuthenticate,
};
use crate::{Code, Error, Result, Step};

/// The MCP server as a protected resource.
#[derive(Debug)]
pub struct DiscoveredResource {
    /// The resource that tokens are for.
    pub resource: Resource,
    /// Who may issue them.
    pub authorization_servers: AuthorizationServers,
    /// The challenge's scopes, or those that the metadata lists.
    pub scope: Scope,
    /// All scopes that the metadata lists.
    pub scopes_supported: Scope,
    /// The server takes Bearer tokens only: its challenge asks for one, and neither the challenge nor the
    /// metadata mentions DPoP.
    pub bearer_only: bool,
    /// The server asks for a token, but its challenge can't be read. RFC 9110 §15.5.2 requires one, so
    /// CORS hides it: pages of other origins see only headers that the server exposes.
    pub challenge_hidden: bool,
    /// The document it was read from, to be stored.
    pub(super) source: ResourceSource,
}

/// Who may issue tokens for a server.
#[derive(Debug)]
pub enum AuthorizationServers {
    /// The issuers that its metadata lists, at least one.
    Listed(Vec<Issuer>),
    /// The server's own origin. MCP 2025-03-26 has no protected resource metadata: "the
    /// authorization base URL MUST be determined from the MCP server URL by discarding any existing
    /// path component".
    Origin(Issuer),
}

/// Sends the MCP server a request without a token, and reads its protected resource metadata. With
/// `prefetch`, it requests the metadata at the same time, at the place where most servers have it.
///
/// # Errors
///
/// [`Code::AuthorizationNotRequired`] if the server does not ask for a token, [`Code::MetadataNotFound`] if
/// the metadata that its challenge names is missing, and the errors of the requests and of the document.
pub async fn discover_resource<P: Ports>(
    ports: &P,
    server: &ServerUrl,
    prefetch: bool,
) -> Result<Box<DiscoveredResource>> {
    const STEP: Step = Step::ResourceMetadata;
    let well_known = ProtectedResourceMetadata::well_known_urls(server);
    let mut exchanges = Exchanges::new(prefetch);
    exchanges.add(ports, Request::probe(server));
    well_known.iter().take(1).for_each(|guess| exchanges.add(ports, Request::get(STEP, guess)));
    let probe = exchanges.next().await;
    exchanges.ahead = false;
    let challenge = match &probe {
        Ok(answer) if answer.status == 401 => answer.www_authenticate.clone().unwrap_or_default(),
        _ => String::new(),
    };
    let challenges = WwwAuthenticate::parse(&challenge);
    let places = ProtectedResourceMetadata::places(server, &challenges)?;
    let absent = match probe {
        // A server of 2025-03-26 has no metadata. There are several ways to say so.
        Ok(_) if !challenges.names_resource_metadata() => Absent::AnythingElse,
        _ => Absent::NotFound,
    };
    if places.urls.first() != well_known.first() {
        exchanges.clear();
        places.urls.iter().take(1).for_each(|hint| exchanges.add(ports, Request::get(STEP, hint)));
    }
    places.urls.iter().skip(1).for_each(|url| exchanges.add(ports, Request::get(STEP, url)));
    let check = |document: &Object| ProtectedResourceMetadata::parse(document, server).map(drop);
    match (first_usable(&mut exchanges, STEP, &places, absent, &check).await, probe) {
        (Ok(Some(document)), _) => DiscoveredResource::listed(server, challenge, document),
        (Ok(None), _) if challenges.names_resource_metadata() => Err(named_metadata_not_found(server, &places.urls)),
        (Ok(None), probe) => {
            let answer = probe?;
            let unlisted = DiscoveredResource::unlisted(server, challenge, answer.status);
            unlisted.map_err(|error| error.with_retry_after(answer.retry_after))
        }
        // If nothing can be reached, the failure of the server itself says more than that of its metadata.
        (Err(error), Err(of_server)) if is_unanswered(&error) => Err(of_server),
        (Err(error), _) => Err(error),
    }
}

/// A server that names its metadata does not follow 2025-03-26: nothing may be sent to guessed endpoints.
fn named_metadata_not_found(server: &ServerUrl, places: &[Url]) -> Error {
    let named = places.first().map_or("", Url::without_query);
    let message = format!(
        "{} says in its challenge where its metadata is, but there is none at {named} or at the well-known places.",
        server.as_str()
    );
    Error::new(Code::MetadataNotFound, Step::ResourceMetadata, message).with_url(named)
}

fn is_unanswered(error: &Error) -> bool {
    matches!(error.code(), Code::Network | Code::CorsBlocked | Code::Timeout)
}

/// What a server says about itself.
#[derive(Debug)]
pub(super) struct ResourceSource {
    /// `WWW-Authenticate` of the 401, if it can be read.
    pub challenge: String,
    /// `None` if it has no metadata.
    pub document: Option<Box<Document>>,
}

impl DiscoveredResource {
    /// A server with metadata.
    pub(super) fn listed(server: &ServerUrl, challenge: String, document: Box<Document>) -> Result<Box<Self>> {
        let metadata = ProtectedResourceMetadata::parse(&document.object, server)?;
        let challenges = WwwAuthenticate::parse(&challenge);
        // "Use the `scope` parameter from the initial `WWW-Authenticate` header in the 401 response, if
        // provided. If `scope` is not available, use all scopes defined in `scopes_supported`."
        let challenged_scope = challenges.oauth().and_then(Challenge::scope);
        let scopes_supported = metadata.scopes_supported.unwrap_or_default();
        Ok(Box::new(Self {
            resource: metadata.resource,
            authorization_servers: AuthorizationServers::Listed(metadata.authorization_servers),
            scope: challenged_scope.unwrap_or_else(|| scopes_supported.clone()),
            scopes_supported,
            bearer_only: challenges.takes_bearer_only(metadata.takes_dpop),
            challenge_hidden: false,
            source: ResourceSource { challenge, document: Some(document) },
        }))
    }

    /// A server without metadata, which answered the request without a token with `status`.
    pub(super) fn unlisted(server: &ServerUrl, challenge: String, status: u16) -> Result<Box<Self>> {
        let challenges = WwwAuthenticate::parse(&challenge);
        Ok(Box::new(Self {
            resource: Resource::of(server),
            authorization_servers: AuthorizationServers::Origin(origin(status, server)?),
            scope: challenges.oauth().and_then(Challenge::scope).unwrap_or_default(),
            scopes_supported: Scope::default(),
            bearer_only: challenges.takes_bearer_only(false),
            challenge_hidden: challenge.is_empty(),
            source: ResourceSource { challenge, document: None },
        }))
    }
}

/// A server without metadata that asks for a token follows 2025-03-26. One that does not ask needs no
/// token, or is not an MCP server.
fn origin(status: u16, server: &ServerUrl) -> Result<Issuer> {
    if status == 401 {
        return Issuer::parse(server.url().origin())
            .map_err(|error| error.at(Step::ResourceMetadata, "The server's origin", server.url().origin()));
    }
    let (code, what) = match status {
        // The server fails. It may ask for a token later.
        408 | 425 | 429 | 500.. => (Code::HttpStatus, ", and has no metadata."),
        200..400 => (Code::AuthorizationNotRequired, ": it asks for no authorization, and has no metadata."),
        _ => (Code::AuthorizationNotRequired, ": it asks for no authorization, and has no metadata. Check its path."),
    };
    let message = [server.as_str(), " answered ", &status.to_string(), what].concat();
    Err(Error::new(code, Step::Challenge, message).with_url(server.url().without_query()).with_status(status))
}

/// Reads the metadata of an authorization server that resource metadata lists. With `prefetch`, it is
/// requested at all possible places at the same time.
///
/// # Errors
///
/// [`Code::MetadataNotFound`], and the errors of the requests and of [`AuthorizationServerMetadata::parse`].
pub async fn discover_authorization_server<P: Ports>(
    ports: &P,
    issuer: &Issuer,
    policy: &IssuerPolicy,
    prefetch: bool,
) -> Result<Box<AuthorizationServerMetadata>> {
    discover_listed(ports, issuer, policy, prefetch).await.map(|server| server.metadata)
}

/// An authorization server's metadata, and the document (if there is one), to be stored.
pub(super) struct DiscoveredServer {
    pub metadata: Box<AuthorizationServerMetadata>,
    pub document: Option<Box<Document>>,
}

pub(super) async fn discover_listed<P: Ports>(
    ports: &P,
    issuer: &Issuer,
    policy: &IssuerPolicy,
    prefetch: bool,
) -> Result<DiscoveredServer> {
    authorization_server_metadata(ports, issuer, policy, Absent::NotFound, prefetch).await?.ok_or_else(|| {
        let message = [issuer.as_str(), " has no metadata at its well-known places."].concat();
        Error::new(Code::MetadataNotFound, STEP, message).with_url(issuer.url().without_query())
    })
}

/// The authorization server at the origin of an MCP server of 2025-03-26. Without metadata, its endpoints
/// are at the default paths of that revision.
///
/// # Errors
///
/// The errors of the requests and of [`AuthorizationServerMetadata::parse`].
pub async fn discover_origin_authorization_server<P: Ports>(
    ports: &P,
    origin: &Issuer,
    prefetch: bool,
) -> Result<Box<AuthorizationServerMetadata>> {
    discover_origin(ports, origin, prefetch).await.map(|server| server.metadata)
}

pub(super) async fn discover_origin<P: Ports>(ports: &P, origin: &Issuer, prefetch: bool) -> Result<DiscoveredServer> {
    // There is no issuer to compare the document with.
    let policy = IssuerPolicy::default();
    match authorization_server_metadata(ports, origin, &policy, Absent::AnythingElse, prefetch).await? {
        Some(server) => Ok(server),
        None => DiscoveredServer::without_metadata(origin),
    }
}

const STEP: Step = Step::AuthorizationServerMetadata;

async fn authorization_server_metadata<P: Ports>(
    ports: &P,
    issuer: &Issuer,
    policy: &IssuerPolicy,
    absent: Absent,
    prefetch: bool,
) -> Result<Option<DiscoveredServer>> {
    let urls = AuthorizationServerMetadata::well_known_urls(issuer);
    let mut exchanges = Exchanges::new(prefetch);
    urls.iter().for_each(|url| exchanges.add(ports, Request::get(STEP, url)));
    let check = |document: &Object| AuthorizationServerMetadata::parse(document, issuer, policy).map(drop);
    let places = Places { named: urls.len(), urls };
    let Some(document) = first_usable(&mut exchanges, STEP, &places, absent, &check).await? else { return Ok(None) };
    DiscoveredServer::read(document, issuer, policy).map(Some)
}

impl DiscoveredServer {
    /// Includes the check of RFC 8414 §3.3: the document names this issuer.
    pub fn read(document: Box<Document>, issuer: &Issuer, policy: &IssuerPolicy) -> Result<Self> {
        let metadata = AuthorizationServerMetadata::parse(&document.object, issuer, policy)?;
        Ok(Self { metadata, document: Some(document) })
    }

    /// A server of 2025-03-26.
    pub fn without_metadata(origin: &Issuer) -> Result<Self> {
        Ok(Self { metadata: AuthorizationServerMetadata::with_default_endpoints(origin)?, document: None })
    }
}

/// Which answers mean that there is no document.
#[derive(Clone, Copy, PartialEq)]
enum Absent {
    /// A status like 404.
    NotFound,
    /// A status like 404, a page instead of a document, or a response that CORS hides.
    AnythingElse,
}

impl Absent {
    /// Whether an error counts as absence. 408, 425 and 429 say that the document may be there later.
    fn matches(self, error: &Error) -> bool {
        match (error.code(), error.status()) {
            (_, Some(408 | 425 | 429)) => false,
            (_, Some(400..500)) => true,
            (Code::InvalidResponse, Some(200..300)) | (Code::CorsBlocked, _) => self == Absent::AnythingElse,
            _ => false,
        }
    }
}

/// The first document, by priority, that passes its check. If there is none, the first failure is the error. If the
/// server names its metadata and that fails by its status or by the network, the other places are not tried.
async fn first_usable(
    exchanges: &mut Exchanges<'_>,
    step: Step,
    places: &Places,
    absent: Absent,
    check: &dyn Fn(&Object) -> Result<()>,
) -> Result<Option<Box<Document>>> {
    let (mut failure, mut is_settled) = (None, false);
    for (index, url) in places.urls.iter().enumerate() {
        // All places that the server names were tried.
        if index == places.named && is_settled {
            break;
        }
        let usable = exchanges.next().await.and_then(|mut answer| {
            let document = answer.take_metadata(step, url)?;
            check(&document.object).map(|()| document)
        });
        match usable {
            Ok(document) => return Ok(Some(document)),
            Err(error) if absent.matches(&error) => {}
            Err(error) => {
                // A response that is not a JSON object is judged by its status.
                is_settled |= !matches!(error.status(), Some(200..300));
                failure = failure.or(Some(error.with_url(url.without_query())));
            }
        }
    }
    failure.map_or(Ok(None), Err)
}
