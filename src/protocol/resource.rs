//! The MCP server as a protected resource: its URL, and the resource indicator that tokens are for
//! (RFC 8707, MCP 2026-07-28 authorization, "Canonical Server URI").

use std::sync::Arc;

use super::{Url, UrlError};
use crate::{Code, Error, Step};

/// The MCP server's URL from the app, without its fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl(Url);

impl ServerUrl {
    /// Checks a text.
    ///
    /// # Errors
    ///
    /// As [`Url::parse`].
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let url = Url::parse(text)?;
        Url::parse(url.without_fragment()).map(Self)
    }

    /// The URL.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// A resource indicator: the value of the `resource` parameter.
///
/// Clones share their text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource(Arc<(String, Url)>);

impl Resource {
    /// The canonical URI of a server: "implementations SHOULD consistently use the form without the
    /// trailing slash" (MCP 2026-07-28 authorization).
    pub fn of(server: &ServerUrl) -> Self {
        let url = server.url();
        let text = [url.origin(), url.path_without_slash(), url.query()].concat();
        Self(Arc::new((text, url.clone())))
    }

    /// Accepts the resource that a metadata document names, if it is the server's URL or a parent path
    /// of it at the same origin (RFC 9728 §3.3, widened to parent paths by MCP).
    pub fn named_for(text: &str, server: &ServerUrl) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let same_query = url.query().is_empty() || url.query() == server.url().query();
        (!url.has_fragment() && same_query && url.covers(server.url())).then(|| Self(Arc::new((text.to_owned(), url))))
    }

    /// Refuses a parent of the server's URL.
    ///
    /// # Errors
    ///
    /// [`Code::ResourceMismatch`] if this is not the server's own URL, with or without a trailing slash.
    pub fn require_exact(&self, server: &ServerUrl) -> crate::Result<()> {
        let own = Resource::of(server);
        if self.as_str().strip_suffix('/').unwrap_or(self.as_str()) == own.as_str() || self.0.1 == *server.url() {
            return Ok(());
        }
        let message =
            ["\"resource\" is ", self.as_str(), ", a parent of ", server.as_str(), ", but exactResource is set."];
        Err(Error::new(Code::ResourceMismatch, Step::ResourceMetadata, message.concat()))
    }

    /// The text for requests.
    pub fn as_str(&self) -> &str {
        &self.0.0
    }

    /// Whether a token for this resource may go to `url`: same origin, the same path or below it.
    pub fn covers(&self, url: &Url) -> bool {
        self.0.1.covers(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> ServerUrl {
        ServerUrl::parse(text).unwrap()
    }

    #[test]
    fn the_canonical_form_has_no_fragment_and_no_slash_at_its_end() {
        // MCP: valid are https://mcp.example.com/mcp, https://mcp.example.com, https://mcp.example.com:8443;
        // invalid are mcp.example.com and https://mcp.example.com#fragment.
        for (given, canonical) in [
            ("https://MCP.example.com/", "https://mcp.example.com"),
            ("https://mcp.example.com/mcp/", "https://mcp.example.com/mcp"),
            ("https://mcp.example.com/server/mcp#x", "https://mcp.example.com/server/mcp"),
            ("https://mcp.example.com:8443", "https://mcp.example.com:8443"),
            ("https://mcp.example.com/mcp?tenant=1", "https://mcp.example.com/mcp?tenant=1"),
        ] {
            assert_eq!(Resource::of(&server(given)).as_str(), canonical);
        }
    }

    #[test]
    fn a_named_resource_is_the_server_or_a_parent_path() {
        let named = |text| Resource::named_for(text, &server("https://a.example/t/mcp"));
        for good in [
            "https://a.example/t/mcp",
            "https://a.example/t/mcp/",
            "https://a.example/t",
            "https://a.example",
            "https://a.example/",
        ] {
            assert_eq!(named(good).unwrap().as_str(), good);
        }
        for bad in [
            "https://b.example/t/mcp",
            "https://a.example:8443/t/mcp",
            "https://a.example/t/mc",
            "https://a.example/t/mcp/x",
            "https://a.example/other",
            "https://a.example/t/mcp#x",
            "https://a.example/t/mcp?x",
            "a.example",
            "http://a.example/t/mcp",
        ] {
            assert_eq!(named(bad), None, "{bad}");
        }
        // RFC 9728 §3.3: a server whose URL has a query. Its metadata names it with or without the query.
        let of_tenant = |text| Resource::named_for(text, &server("https://a.example/mcp?tenant=1"));
        for good in ["https://a.example/mcp?tenant=1", "https://a.example/mcp", "https://a.example"] {
            assert_eq!(of_tenant(good).unwrap().as_str(), good);
        }
        for bad in ["https://a.example/mcp?tenant=2", "https://a.example/mcp?tenant=1&x"] {
            assert_eq!(of_tenant(bad), None, "{bad}");
        }
    }
}
