//! A URL that this client may open or fetch.
//!
//! It takes fewer texts than a browser's parser does, and each that it takes means the same to a
//! browser: so there is no gap between what was checked here and what is fetched there.

use std::fmt;
use std::sync::Arc;

use super::json::digits;

/// An absolute `https:` URL, or `http:` on a loopback host (OAuth 2.1 §1.5, RFC 8252 §8.3).
///
/// Scheme and host are lower case, a default port is left out and the path is never empty. No user
/// information, no `.` or `..` segments, no characters outside RFC 3986.
///
/// Clones share their text.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(Arc<Parts>);

#[derive(PartialEq, Eq)]
struct Parts {
    text: String,
    scheme_end: usize,
    origin_end: usize,
    path_end: usize,
    query_end: usize,
}

/// Why a text is no [`Url`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlError {
    /// It is not an absolute URL in the characters of RFC 3986.
    Invalid,
    /// Its scheme is neither https nor http.
    Insecure,
    /// It is http on a host that is not loopback.
    PlainHttp,
    /// A server of the internet leads into this machine or a private network.
    Private,
}

impl Url {
    /// Checks a text. Everything that is opened or fetched passes here.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let (scheme, rest) = text.split_once(':').ok_or(UrlError::Invalid)?;
        let mut scheme_bytes = scheme.bytes();
        if !scheme_bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic())
            || !scheme_bytes.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        {
            return Err(UrlError::Invalid);
        }
        let scheme = scheme.to_ascii_lowercase();
        let default_port = match scheme.as_str() {
            "https" => 443,
            "http" => 80,
            _ => return Err(UrlError::Insecure),
        };
        let rest = rest.strip_prefix("//").ok_or(UrlError::Invalid)?;
        if !has_rfc_3986_characters(rest) {
            return Err(UrlError::Invalid);
        }
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (host, port) = split_authority(authority).ok_or(UrlError::Invalid)?;
        if scheme == "http" && !is_loopback(&host) {
            return Err(UrlError::PlainHttp);
        }

        let scheme_end = scheme.len();
        let mut text = [&scheme, "://", &host].concat();
        if let Some(port) = port.filter(|port| *port != default_port) {
            text.push(':');
            text.push_str(&super::json::decimal(port.into()));
        }
        let origin_end = text.len();
        let (rest, fragment) = rest.split_at(rest.find('#').unwrap_or(rest.len()));
        let (path, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
        if path.split('/').any(is_dot_segment) {
            return Err(UrlError::Invalid);
        }
        text.push_str(if path.is_empty() { "/" } else { path });
        let path_end = text.len();
        text.push_str(query);
        let query_end = text.len();
        text.push_str(fragment);
        Ok(Self(Arc::new(Parts { text, scheme_end, origin_end, path_end, query_end })))
    }

    fn part(&self, from: usize, to: usize) -> &str {
        self.0.text.get(from..to).unwrap_or_default()
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Scheme, host and port: `https://example.com:8443`.
    pub fn origin(&self) -> &str {
        self.part(0, self.0.origin_end)
    }

    /// Host and port: `example.com:8443`.
    pub fn host(&self) -> &str {
        self.part(self.0.scheme_end + 3, self.0.origin_end)
    }

    /// The path, at least `/`.
    pub fn path(&self) -> &str {
        self.part(self.0.origin_end, self.0.path_end)
    }

    /// The path without a slash at its end: empty for `/`.
    pub fn path_without_slash(&self) -> &str {
        self.path().strip_suffix('/').unwrap_or(self.path())
    }

    /// The query with its `?`, or nothing.
    pub fn query(&self) -> &str {
        self.part(self.0.path_end, self.0.query_end)
    }

    /// Whether there is a `#`.
    pub fn has_fragment(&self) -> bool {
        self.0.query_end < self.0.text.len()
    }

    /// The URL without query and fragment, where secrets may be: for errors and events.
    pub fn without_query(&self) -> &str {
        self.part(0, self.0.path_end)
    }

    /// The URL without its fragment, which is never sent.
    pub fn without_fragment(&self) -> &str {
        self.part(0, self.0.query_end)
    }

    /// Whether the host is this machine (RFC 8252 §7.3 and RFC 6761 §6.3).
    pub fn is_loopback(&self) -> bool {
        split_authority(self.host()).is_some_and(|(host, _)| is_loopback(&host))
    }

    /// Whether this URL's server may lead to another one. One on the internet may not lead to this
    /// machine or into a private network: a page would be made to send requests where whoever runs
    /// that server can't (RFC 9728 §7.7, draft-ietf-oauth-client-id-metadata-document §6.5).
    ///
    /// What a name resolves to is not known here; browsers look at that themselves.
    pub fn may_lead_to(&self, other: &Url) -> Result<(), UrlError> {
        if other.is_private() && !self.is_private() { Err(UrlError::Private) } else { Ok(()) }
    }

    fn is_private(&self) -> bool {
        split_authority(self.host()).is_none_or(|(host, _)| is_private(&host))
    }

    /// Whether it is http, which implies loopback.
    pub fn is_plain_http(&self) -> bool {
        self.0.scheme_end == 4
    }

    /// Whether `other` is on this origin and its path is this one or below it, segment by segment.
    pub fn covers(&self, other: &Url) -> bool {
        self.origin() == other.origin()
            && other
                .path()
                .strip_prefix(self.path_without_slash())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The same origin with another path. The path comes from a checked URL or from the code.
    pub fn at_path(&self, parts: &[&str]) -> Result<Url, UrlError> {
        Url::parse(&[&[self.origin()], parts].concat().concat())
    }
}

impl fmt::Debug for Url {
    /// Leaves out the query, where secrets may be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.without_query())
    }
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            UrlError::Invalid => "not an absolute URL",
            UrlError::Insecure | UrlError::PlainHttp => "neither https nor http on loopback",
            UrlError::Private => "in a private network",
        })
    }
}

impl std::error::Error for UrlError {}

/// RFC 3986 §2, with each `%` followed by two hexadecimal digits.
fn has_rfc_3986_characters(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().all(|(index, byte)| match byte {
        b'%' => bytes.get(index + 1..index + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)),
        _ => byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(byte),
    })
}

/// Host in lower case and port of an authority without user information.
fn split_authority(authority: &str) -> Option<(String, Option<u16>)> {
    let host_end = match authority.strip_prefix('[') {
        Some(rest) => rest.find(']')? + 2,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(host_end);
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => None,
        None => return None,
        Some("") => None,
        Some(digits) => Some(digits.bytes().try_fold(0u16, |sum, byte| {
            byte.is_ascii_digit().then_some(())?;
            sum.checked_mul(10)?.checked_add(u16::from(byte - b'0'))
        })?),
    };
    let host = host.to_ascii_lowercase();
    is_host(&host).then_some((host, port))
}

/// A name in DNS characters, a dotted IPv4 address in its one canonical form, or an IPv6 address.
///
/// Browsers read `127.1`, `0x7f000001` and `2130706433` as addresses: such forms are refused.
fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        return address.strip_suffix(']').is_some_and(|address| {
            address.contains(':') && address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':')
        });
    }
    let labels = host.split('.');
    let well_formed = labels.clone().all(|label| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    });
    let last = labels.fold("", |_, label| label);
    let numeric = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    well_formed && (!numeric || is_ipv4(host))
}

fn is_ipv4(host: &str) -> bool {
    host.split('.').count() == 4
        && host.split('.').all(|octet| {
            let canonical = octet == "0" || !octet.starts_with('0');
            canonical && octet.len() <= 3 && digits(octet).is_some_and(|value| value < 256)
        })
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host == "[::1]"
        || (host.starts_with("127.") && is_ipv4(host))
}

/// Whether a host is this machine or one of a private network: an address of none but the global
/// ranges (RFC 6890 and RFC 4193), a name of one label, or one under a domain for private use
/// (RFC 6761, RFC 6762, `internal`).
fn is_private(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        // 2000::/3 is all that is global; the first group has four digits there.
        return !(address.starts_with(['2', '3']) && address.find(':') == Some(4));
    }
    if !is_ipv4(host) {
        let domain = host.split('.').fold("", |_, label| label);
        return domain == host || matches!(domain, "localhost" | "local" | "internal");
    }
    let mut octets = host.split('.').map(|octet| digits(octet).unwrap_or_default());
    match (octets.next().unwrap_or_default(), octets.next().unwrap_or_default()) {
        (0 | 10 | 127, _) | (169, 254) | (192, 168) => true,
        (172, second) => second >> 4 == 1,
        (100, second) => second >> 6 == 1,
        _ => false,
    }
}

/// `.` and `..`, percent-encoded too: a browser would remove them and so change the path.
fn is_dot_segment(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().as_str(), "." | "%2e" | ".." | ".%2e" | "%2e." | "%2e%2e")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, Step};

    #[test]
    fn takes_https_and_http_on_loopback_alone() {
        // OAuth 2.1 §1.5, MCP authorization: "All authorization server endpoints MUST be served
        // over HTTPS"; "All redirect URIs MUST be either localhost or use HTTPS".
        for good in [
            "https://a.example",
            "HTTPS://A.example:443/x?y#z",
            "http://localhost:1",
            "http://127.0.0.1/",
            "http://[::1]:80/",
            "http://app.localhost/",
        ] {
            assert!(Url::parse(good).is_ok(), "{good}");
        }
        for insecure in [
            "http://a.example/",
            "javascript:alert(1)",
            "JavaScript://x",
            "data:text/html,x",
            "file:///etc/passwd",
            "blob:https://a.example/1",
            "ftp://a.example",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example/",
            "http://128.0.0.1",
        ] {
            assert!(matches!(Url::parse(insecure), Err(UrlError::Insecure | UrlError::PlainHttp)), "{insecure}");
        }
        for invalid in [
            "",
            "a",
            "/path",
            "//a.example",
            "https:/a.example",
            "https:a",
            "https://",
            "https://a b",
            "https://user@a.example",
            "https://a.example\\@b",
            "https://a.example/%",
            "https://a.example/../b",
            "https://a.example/%2E%2e/b",
            "https://a..b",
            "https://a:99999",
            "https://a:x",
            "http://127.1/",
            "http://0x7f000001/",
            "http://2130706433",
            "https://1.2.3.04",
            "https://é.example",
            "https://[::1",
            "https://[x]",
            "https://a.example/\n",
            " https://a.example",
            "1https://a",
            "https://%61.example",
        ] {
            assert_eq!(Url::parse(invalid), Err(UrlError::Invalid), "{invalid}");
        }
    }

    #[test]
    fn knows_its_parts() {
        let url = Url::parse("HTTPS://Example.COM:8443/A/b/?q=1#f").unwrap();
        assert_eq!(url.as_str(), "https://example.com:8443/A/b/?q=1#f");
        assert_eq!((url.origin(), url.host()), ("https://example.com:8443", "example.com:8443"));
        assert_eq!((url.path(), url.path_without_slash(), url.query()), ("/A/b/", "/A/b", "?q=1"));
        assert_eq!(
            (url.without_query(), url.without_fragment()),
            ("https://example.com:8443/A/b/", "https://example.com:8443/A/b/?q=1")
        );
        assert_eq!(Url::parse("https://a.example:443").unwrap().as_str(), "https://a.example/");
        assert_eq!(format!("{:?}", Url::parse("https://a.example/?code=s3cret").unwrap()), "https://a.example/");
    }

    #[test]
    fn a_server_of_the_internet_leads_to_no_private_network() {
        let leads = |from: &str, to: &str| Url::parse(from).unwrap().may_lead_to(&Url::parse(to).unwrap());
        let inside = [
            "http://localhost:8080/",
            "https://app.localhost/",
            "http://127.0.0.1/",
            "http://[::1]/",
            "https://127.9.9.9/",
            "https://0.0.0.0/",
            "https://10.1.2.3/",
            "https://172.16.0.1/",
            "https://172.31.255.255/",
            "https://192.168.178.1/",
            "https://169.254.169.254/latest",
            "https://100.64.0.1/",
            "https://100.127.0.1/",
            "https://[fd00::1]/",
            "https://[fe80::1]/",
            "https://[::]/",
            "https://[::ffff:a00:1]/",
            "https://[2::1]/",
            "https://printer/",
            "https://printer.local/",
            "https://metadata.google.internal/",
        ];
        let outside = [
            "https://as.example/",
            "https://11.0.0.1/",
            "https://172.15.0.1/",
            "https://172.32.0.1/",
            "https://192.169.0.1/",
            "https://100.63.0.1/",
            "https://100.128.0.1/",
            "https://[2606:4700::1]/",
            "https://localhost.example/",
        ];
        for to in inside {
            assert_eq!(leads("https://mcp.example/", to), Err(UrlError::Private), "{to}");
            assert_eq!(leads("http://localhost/", to), Ok(()), "{to}");
            assert_eq!(leads("https://10.0.0.1/", to), Ok(()), "{to}");
            assert_eq!(leads(to, "https://as.example/"), Ok(()), "{to}");
        }
        for to in outside {
            assert_eq!(leads("https://mcp.example/", to), Ok(()), "{to}");
        }
    }

    #[test]
    fn covers_by_whole_segments() {
        let covers = |a: &str, b: &str| Url::parse(a).unwrap().covers(&Url::parse(b).unwrap());
        assert!(covers("https://a.example", "https://a.example/mcp"));
        assert!(covers("https://a.example/mcp", "https://a.example/mcp"));
        assert!(covers("https://a.example/mcp/", "https://a.example/mcp"));
        assert!(covers("https://a.example/mcp", "https://a.example/mcp/x?y"));
        assert!(!covers("https://a.example/mcp", "https://a.example/mcpx"));
        assert!(!covers("https://a.example/mcp", "https://a.example/"));
        assert!(!covers("https://a.example/mcp", "https://a.example:8443/mcp"));
        assert!(!covers("https://a.example/mcp", "http://localhost/mcp"));
    }

    /// Whatever is taken here has to mean the same to a parser of the URL standard, which browsers
    /// follow: a difference would be a hole between the check and the fetch.
    fn means_the_same(text: &str) {
        let Ok(ours) = Url::parse(text) else { return };
        // Browsers write an IPv6 address in its shortest form, and refuse a bad one when fetching.
        if ours.host().starts_with('[') && ours.host().split(']').next() != Some("[::1") {
            return;
        }
        // A label in punycode is decoded by browsers, and refused where it does not decode.
        if ours.host().contains("xn--") {
            return;
        }
        let theirs = url::Url::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(ours.origin(), theirs.origin().ascii_serialization(), "{text}");
        assert_eq!(ours.path(), theirs.path(), "{text}");
        // In the query browsers write the apostrophe as %27.
        assert_eq!(
            ours.query().replace('\'', "%27").trim_start_matches('?'),
            theirs.query().unwrap_or_default().trim_start_matches('?'),
            "{text}"
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_means_the_same_to_the_url_standard(
            scheme in "(https|http|HTTPS|ht tp|file)", slashes in "[:/\\\\]{0,4}", host in "[a-z0-9A-Z.\\-_%@:\\[\\]x]{0,16}",
            rest in "[/?#a-zA-Z0-9.%'~:@!$&()*+,;=\\\\^|{}\"<> \\[\\]]{0,20}",
        ) {
            means_the_same(&[&scheme, "://", &host, &rest].concat());
            means_the_same(&[&scheme, ":", &slashes, &host, &rest].concat());
            means_the_same(&["http://127.0.0.1", &rest].concat());
            // Browsers take a backslash for a slash.
            let refused = Url::parse(&["https://", &host, "\\", &rest].concat()).unwrap_err();
            assert_eq!(refused.at(Step::Setup, "It").code(), Code::InvalidUrl);
        }
    }
}
