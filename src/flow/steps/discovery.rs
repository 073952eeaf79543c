//! Discovery: what the servers say about themselves, and where each document was found.

use serde::{Serialize, Serializer};

use crate::flow::client::Client;
use crate::flow::discover::{
    AuthorizationServers, DiscoveredResource, DiscoveredServer, discover_listed, discover_origin, discover_resource,
};
use crate::flow::discovered;
use crate::flow::exchange::Document;
use crate::ports::{Ports, UnixMillis};
use crate::protocol::json::{FieldError, Object, Value};
use crate::protocol::{AuthorizationServerMetadata, Issuer, IssuerPolicy, Scope, ServerUrl, Url};
use crate::{Code, Error, Result, Step};

/// The result of discovery at an MCP server. Its JSON contains the servers' own documents: [`Discovered::read`] checks
/// them as if the servers had just sent them.
pub struct Discovered {
    pub(super) server: ServerUrl,
    /// The issuer, as the resource lists it.
    listed: Issuer,
    pub(super) found: discovered::DiscoveredServers,
}

/// An authorization server and its metadata.
pub struct AuthorizationServer {
    pub(super) metadata: Box<AuthorizationServerMetadata>,
}

/// Requests the MCP server's challenge and protected resource metadata (RFC 9728), then the metadata of its authorization
/// server (RFC 8414). `issuer` selects one of several authorization servers. Without it, the first is used.
///
/// # Errors
///
/// The errors of [`discover_resource`] and of
/// [`discover_authorization_server`](crate::flow::discover_authorization_server),
/// and [`Code::InvalidOption`] for an issuer that the MCP server does not list.
pub async fn discover<P: Ports>(
    ports: &P,
    client: &Client,
    server: &ServerUrl,
    issuer: Option<&Issuer>,
) -> Result<Discovered> {
    let resource = discover_resource(ports, server, client.prefetch).await?;
    let first = issuers(&resource).first();
    let Some(listed) = issuer.or(first).filter(|issuer| issuers(&resource).contains(issuer)).cloned() else {
        let message = "\"issuer\" is not an authorization server that the MCP server names.";
        return Err(Error::new(Code::InvalidOption, Step::AuthorizationServerMetadata, message));
    };
    let authorization_server = match &resource.authorization_servers {
        AuthorizationServers::Listed(_) => {
            discover_listed(ports, &listed, &client.issuer_policy, client.prefetch).await?
        }
        AuthorizationServers::Origin(origin) => discover_origin(ports, origin, client.prefetch).await?,
    };
    Ok(Discovered {
        server: server.clone(),
        listed,
        found: discovered::DiscoveredServers { resource, authorization_server },
    })
}

fn issuers(resource: &DiscoveredResource) -> &[Issuer] {
    match &resource.authorization_servers {
        AuthorizationServers::Listed(issuers) => issuers,
        AuthorizationServers::Origin(origin) => std::slice::from_ref(origin),
    }
}

impl Discovered {
    /// The MCP server.
    pub fn server(&self) -> &ServerUrl {
        &self.server
    }

    /// The MCP server as a resource.
    pub fn resource(&self) -> &DiscoveredResource {
        &self.found.resource
    }

    /// The authorization server's metadata.
    pub fn metadata(&self) -> &AuthorizationServerMetadata {
        &self.found.authorization_server.metadata
    }

    /// All scopes that the resource may ask for: the scopes of its challenge and of its metadata.
    pub fn known_scope(&self) -> Scope {
        self.resource().scope.union(&self.resource().scopes_supported)
    }

    /// Reads it from JSON, and checks each document again.
    ///
    /// # Errors
    ///
    /// The same errors as for a document that a server sends, [`Code::IssuerMismatch`] for an authorization server that
    /// the MCP server does not list, and [`Code::InvalidOption`] for any other value.
    pub fn read(client: &Client, record: &Object) -> Result<Self> {
        let text = required(record, "server")?;
        let server = ServerUrl::parse(text).map_err(|error| error.at(Step::Setup, "\"server\"", text))?;
        let challenge = record.text("challenge").unwrap_or_default().to_owned();
        let resource = match member(record, "resourceMetadata")? {
            Some(metadata) => DiscoveredResource::listed(&server, challenge, document(metadata)?.ok_or_else(none)?)?,
            None => DiscoveredResource::unlisted(&server, challenge, 401)?,
        };
        let authorization_server = member(record, "authorizationServer")?.ok_or_else(none)?;
        let listed = listed_issuer(authorization_server)?;
        if !issuers(&resource).contains(&listed) {
            let message = format!("{} does not list {} as its authorization server.", server.as_str(), listed.as_str());
            return Err(Error::new(Code::IssuerMismatch, Step::ResourceMetadata, message));
        }
        let found = match (&resource.authorization_servers, document(authorization_server)?) {
            (AuthorizationServers::Listed(_), Some(document)) => {
                DiscoveredServer::read(document, &listed, &client.issuer_policy)?
            }
            (AuthorizationServers::Listed(_), None) => return Err(none()),
            (AuthorizationServers::Origin(_), Some(document)) => {
                DiscoveredServer::read(document, &listed, &IssuerPolicy::default())?
            }
            (AuthorizationServers::Origin(origin), None) => DiscoveredServer::without_metadata(origin)?,
        };
        let found = discovered::DiscoveredServers { resource, authorization_server: found };
        Ok(Self { server, listed, found })
    }
}

impl AuthorizationServer {
    /// Reads the member `authorizationServer` of a [`Discovered`] by itself.
    ///
    /// # Errors
    ///
    /// As [`Discovered::read`].
    pub fn read(client: &Client, record: &Object) -> Result<Self> {
        let listed = listed_issuer(record)?;
        let found = match document(record)? {
            Some(document) => DiscoveredServer::read(document, &listed, &client.issuer_policy)?,
            None => DiscoveredServer::without_metadata(&listed)?,
        };
        Ok(Self { metadata: found.metadata })
    }

    /// The issuer, as its metadata has it.
    pub fn issuer(&self) -> &Issuer {
        &self.metadata.issuer
    }
}

fn none() -> Error {
    Error::new(Code::InvalidOption, Step::Setup, "The value is not what discovery returned: a document is missing.")
}

fn required<'a>(record: &'a Object, name: &'static str) -> Result<&'a str> {
    record.required_string(name).map_err(|error| error.at(Code::InvalidOption, Step::Setup))
}

fn member<'a>(record: &'a Object, name: &'static str) -> Result<Option<&'a Object>> {
    match record.get(name) {
        None => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(FieldError::new(name, "an object").at(Code::InvalidOption, Step::Setup)),
    }
}

fn listed_issuer(record: &Object) -> Result<Issuer> {
    let text = required(record, "issuer")?;
    Issuer::parse(text).map_err(|error| error.at(Step::Setup, "\"issuer\"", text))
}

/// The document, with the URL where it was found.
fn document(record: &Object) -> Result<Option<Box<Document>>> {
    let Some(object) = member(record, "document")?.cloned() else { return Ok(None) };
    let url = record.text("url").and_then(|text| Url::parse(text).ok());
    Ok(Some(Box::new(Document { object, url, fresh_until: UnixMillis(0) })))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DiscoveredMembers<'a> {
    server: &'a str,
    challenge: &'a str,
    resource: &'a str,
    scopes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_metadata: Option<DocumentMembers<'a>>,
    authorization_servers: Vec<&'a str>,
    authorization_server: ServerMembers<'a>,
}

#[derive(Serialize)]
struct DocumentMembers<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    document: &'a Object,
}

#[derive(Serialize)]
struct ServerMembers<'a> {
    issuer: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<&'a Object>,
}

fn url(document: &Document) -> Option<&str> {
    document.url.as_ref().map(Url::as_str)
}

impl Serialize for Discovered {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let source = &self.found.resource.source;
        let metadata = self.found.authorization_server.document.as_deref();
        DiscoveredMembers {
            server: self.server.as_str(),
            challenge: &source.challenge,
            resource: self.resource().resource.as_str(),
            scopes: self.resource().scope.tokens(),
            resource_metadata: source
                .document
                .as_deref()
                .map(|it| DocumentMembers { url: url(it), document: &it.object }),
            authorization_servers: issuers(&self.found.resource).iter().map(Issuer::as_str).collect(),
            authorization_server: ServerMembers {
                issuer: self.listed.as_str(),
                url: metadata.and_then(url),
                document: metadata.map(|document| &document.object),
            },
        }
        .serialize(serializer)
    }
}
