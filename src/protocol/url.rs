//! A URL that this client may open or fetch.
//!
//! The platform's own parser reads it ([`whatwg`]), and the policy here is applied to the parsed URL. So the URL that is
//! checked is the URL that is fetched.

use std::fmt;
use std::net::Ipv4Addr;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::address::{is_loopback, is_private};
use super::whatwg;

/// An absolute `https:` URL, or `http:` on a loopback host (OAuth 2.1 §1.5, RFC 8252 §8.3), in the
/// form of the URL standard: scheme and host in lower case, an international host name in punycode, no default
/// port, a path that is never empty, no user information.
///
/// Clones share their text.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(Arc<TextWithEnds>);

#[derive(PartialEq, Eq)]
struct TextWithEnds {
    text: String,
    scheme_end: usize,
    origin_end: usize,
    path_end: usize,
    query_end: usize,
}

/// Why a text is not a [`Url`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It is not an absolute URL, or a parser would have to correct it.
    #[error("not an absolute URL")]
    Invalid,
    /// It has a user name or a password in it.
    #[error("a URL with a user name or password")]
    UserInformation,
    /// It has a fragment, which is not allowed here.
    #[error("a URL with a fragment")]
    Fragment,
    /// It has a query, which is not allowed here.
    #[error("a URL with a query")]
    Query,
    /// It has no path, which is required here.
    #[error("a URL without a path")]
    NoPath,
    /// Its scheme is neither https nor http.
    #[error("neither https nor http on loopback")]
    Insecure,
    /// It is http on a host that is not loopback.
    #[error("neither https nor http on loopback")]
    PlainHttp,
    /// A server on the internet names a URL on this machine or in a private network.
    #[error("in a private network")]
    Private,
}

impl Url {
    /// Checks a text. Every URL that is opened or fetched is checked here.
    ///
    /// # Errors
    ///
    /// [`UrlError::Invalid`] for a text that is not an absolute URL, and for one that a parser of the URL standard
    /// would silently correct: backslashes, spaces, control characters, missing slashes, `.` and `..`
    /// segments, and hosts in another notation such as `127.1` or `0x7f000001`.
    /// [`UrlError::UserInformation`] for a user name or password, [`UrlError::Insecure`] for other schemes,
    /// [`UrlError::PlainHttp`] for http on a host that is not loopback.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let href = whatwg::href(text).ok_or(UrlError::Invalid)?;
        let (scheme, rest) = href.split_once(':').ok_or(UrlError::Invalid)?;
        if !matches!(scheme, "https" | "http") {
            return Err(UrlError::Insecure);
        }
        let scheme_end = scheme.len();
        let authority = rest.strip_prefix("//").and_then(|rest| rest.split('/').next()).ok_or(UrlError::Invalid)?;
        let origin_end = scheme_end + "://".len() + authority.len();
        if authority.contains('@') {
            return Err(UrlError::UserInformation);
        }
        if !is_written_plainly(text, scheme_end, authority) {
            return Err(UrlError::Invalid);
        }
        if scheme == "http" && !is_loopback(host_of(authority)) {
            return Err(UrlError::PlainHttp);
        }
        let query_end = href.find('#').unwrap_or(href.len());
        let path_end = href.find(['?', '#']).unwrap_or(href.len());
        Ok(Self(Arc::new(TextWithEnds { scheme_end, origin_end, path_end, query_end, text: href })))
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
        self.part(self.0.scheme_end + "://".len(), self.0.origin_end)
    }

    /// The host without its port, an IPv6 address in its brackets.
    pub fn hostname(&self) -> &str {
        host_of(self.host())
    }

    /// Whether the host is an address rather than a name.
    pub fn is_ip_address(&self) -> bool {
        self.hostname().starts_with('[') || self.hostname().parse::<Ipv4Addr>().is_ok()
    }

    /// The path, at least `/`.
    pub fn path(&self) -> &str {
        self.part(self.0.origin_end, self.0.path_end)
    }

    /// The path without a trailing slash: empty for `/`.
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

    /// The URL without query and fragment, which may contain secrets. For errors and events.
    pub fn without_query(&self) -> &str {
        self.part(0, self.0.path_end)
    }

    /// The URL without its fragment, which is never sent.
    pub fn without_fragment(&self) -> &str {
        self.part(0, self.0.query_end)
    }

    /// Whether the host is this machine (RFC 8252 §7.3 and RFC 6761 §6.3).
    pub fn is_loopback(&self) -> bool {
        is_loopback(self.hostname())
    }

    /// Whether this URL's server may lead to another one. One on the internet may not lead to this
    /// machine or into a private network: it could make the page send requests that its operator
    /// can't send (RFC 9728 §7.7, draft-ietf-oauth-client-id-metadata-document §6.5).
    ///
    /// It is not known here what a name resolves to. Browsers check that themselves.
    ///
    /// # Errors
    ///
    /// [`UrlError::Private`] if it may not.
    pub fn may_lead_to(&self, other: &Url) -> Result<(), UrlError> {
        if other.is_private() && !self.is_private() { Err(UrlError::Private) } else { Ok(()) }
    }

    fn is_private(&self) -> bool {
        is_private(self.hostname())
    }

    /// Whether it is http, which implies loopback.
    pub fn is_plain_http(&self) -> bool {
        self.0.scheme_end == "http".len()
    }

    /// Whether `other` has the same origin and its path is this one or below it, segment by segment. A path that some
    /// servers may interpret as leading upwards is only below the root.
    pub fn covers(&self, other: &Url) -> bool {
        let base = self.path_without_slash();
        self.origin() == other.origin()
            && other.path().strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            && (base.is_empty() || !may_lead_upwards(other.path()))
    }

    /// The same origin with another path. The path comes from a checked URL or from the code.
    ///
    /// # Errors
    ///
    /// As [`Url::parse`].
    pub fn at_path(&self, parts: &[&str]) -> Result<Url, UrlError> {
        Url::parse(&[&[self.origin()], parts].concat().concat())
    }
}

impl Serialize for Url {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Debug for Url {
    /// Leaves out the query, which may contain secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.without_query())
    }
}

/// The host of an authority without user information, an IPv6 address in its brackets.
fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => host,
        _ => authority,
    }
}

/// Whether a parser of the URL standard used the text as it is written. If it corrected the text, the URL may not be what
/// the author meant. `scheme_end` and `authority` are from the parser. Percent-encoding of characters and punycode for
/// international host names do not change the meaning.
fn is_written_plainly(text: &str, scheme_end: usize, authority: &str) -> bool {
    let is_corrected = |character: char| character == '\\' || character == ' ' || character.is_control();
    if text.contains(is_corrected) {
        return false;
    }
    let Some(rest) = text.get(scheme_end..).and_then(|rest| rest.strip_prefix("://")) else { return false };
    let (written, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    !written.is_empty()
        && !written.contains('@')
        && is_host(host_of(&written.to_ascii_lowercase()), host_of(authority))
        && percent_signs_encode(rest)
        && !path.split('/').any(is_dot_segment)
}

/// Whether all parsers read this host in the same way: it has only DNS characters, or is an address in
/// its canonical form. The parser reads `127.1`, `0x7f000001` and `%31` as parts of addresses.
fn is_host(written: &str, read: &str) -> bool {
    if let Some(address) = written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        // Chromium decodes percent signs here, against the standard.
        return address.bytes().all(|byte| byte.is_ascii_hexdigit() || b":.".contains(&byte));
    }
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let is_international = !written.is_ascii() && !written.contains('%') && read.parse::<Ipv4Addr>().is_err();
    (written == read || is_international) && read.split('.').all(is_label)
}

/// RFC 3986 §2.1: two hexadecimal digits follow each `%`.
fn percent_signs_encode(text: &str) -> bool {
    text.split('%').skip(1).all(|rest| rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2)
}

/// `.` and `..`, also percent-encoded: the parser removes them, which changes the path.
fn is_dot_segment(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().as_str(), "." | "%2e" | ".." | ".%2e" | "%2e." | "%2e%2e")
}

/// How often a path is decoded at most: by a proxy, a framework and an application.
const MOST_DECODINGS: usize = 4;

/// Whether a server may read `..` in a path: `..%2f`, `..;/` (parameters of a segment,
/// RFC 3986 §3.3), `..%5c`, `%252e%252e` and the like, which the URL standard does not change.
fn may_lead_upwards(path: &str) -> bool {
    let is_upwards = |segment: &[u8]| {
        let name = segment.split(|byte| *byte == b';').next().unwrap_or_default();
        name.iter().filter(|byte| byte.is_ascii_graphic()).eq(b"..")
    };
    let mut path = path.as_bytes().to_vec();
    for _ in 0..MOST_DECODINGS {
        // 0xC0 and 0xC1 begin an overlong form of an ASCII character (RFC 3629 §10).
        if path.split(|byte| b"/\\".contains(byte)).any(is_upwards)
            || path.iter().any(|byte| matches!(byte, 0xc0 | 0xc1))
        {
            return true;
        }
        let decoded: Vec<u8> = percent_encoding::percent_decode(&path).collect();
        if decoded == path {
            return false;
        }
        path = decoded;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_http_on_loopback_are_accepted() {
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
            "https://@a.example",
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
            "https://[::1",
            "https://[x]",
            "https://a.example/\n",
            " https://a.example",
            "1https://a",
            "https://%61.example",
        ] {
            assert_eq!(Url::parse(invalid), Err(UrlError::Invalid), "{invalid}");
        }
        for named in ["https://user@a.example", "https://user:word@a.example/", "http://:word@localhost"] {
            assert_eq!(Url::parse(named), Err(UrlError::UserInformation), "{named}");
        }
    }

    #[test]
    fn a_text_that_a_parser_would_repair_is_refused() {
        for repaired in [
            "https:\\\\a.example",
            "https:///a.example",
            "https:////a.example/",
            "ht\ttps://a.example",
            "https://a\u{ad}.example\u{9}",
            "https://a.example/x\r",
            "https://a.example/\u{85}",
            "\u{1}https://a.example",
            "https://a.example ",
            "https://a.example/a b",
            "https://a.example/.%2e/b",
            "https://a.example/%2e./b",
            "https://a.example/b/..",
            "https://a.example/b/.",
            "https://256.1.1.1",
            "https://1.1.1.256",
            "https://1.2.3",
            "https://0.0x1.2.3",
            "https://a.0x1",
            "https://１.2.3.4",
            "https://[::1]x",
            "https://[::1]x:1",
            "https://[::g]",
            "https://[::%31]",
            "https://[v1.a]",
            "https://a%2eexample",
            "https://é%2e.example",
            "https://a.example.",
            "https://a!b.example",
            "https://a.example/%zz",
            "https://a.example/?%4",
        ] {
            assert_eq!(Url::parse(repaired), Err(UrlError::Invalid), "{repaired:?}");
        }
    }

    #[test]
    fn an_address_in_brackets_must_be_hexadecimal_even_if_a_parser_reads_it() {
        // Chromium reads `%31` as `1` there. The parser here does not, so the check is called directly.
        assert!(is_host("[::1]", "[::1]") && is_host("[::ffff:127.0.0.1]", "[::ffff:7f00:1]"));
        for written in ["[::%31]", "[::1]x", "[::g]", "[v1.a]", "[::1%25lo]", "[::1 ]"] {
            assert!(!is_host(written, "[::1]"), "{written}");
        }
    }

    #[test]
    fn international_names_and_paths_are_written_as_they_are_fetched() {
        let written = |text| Url::parse(text).map(|url| url.as_str().to_owned());
        assert_eq!(written("https://É.example/é?é"), Ok("https://xn--9ca.example/%C3%A9?%C3%A9".into()));
        assert_eq!(written("https://a-b_c.example/{x}|"), Ok("https://a-b_c.example/%7Bx%7D|".into()));
        assert_eq!(written("https://[::FFFF:127.0.0.1]/"), Ok("https://[::ffff:7f00:1]/".into()));
        assert_eq!(written("https://例え.テスト:8443"), Ok("https://xn--r8jz45g.xn--zckzah:8443/".into()));
    }

    #[test]
    fn a_url_has_its_parts() {
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
    fn a_url_on_the_internet_may_not_lead_into_a_private_network() {
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
    fn a_url_does_not_cover_paths_that_may_lead_upwards() {
        let covers = |a: &str, b: &str| Url::parse(a).unwrap().covers(&Url::parse(b).unwrap());
        for path in [
            "/mcp/..%2fadmin",
            "/mcp/..%2Fadmin",
            "/mcp/x%2f..%2f..%2fadmin",
            "/mcp/..;/admin",
            "/mcp/..;a=b/admin",
            "/mcp/%2e%2e;/admin",
            "/mcp/%252e%252e/",
            "/mcp/%252e%252e%252fadmin",
            "/mcp/%25252e%25252e/",
            "/mcp/..%5cadmin",
            "/mcp/..%255cadmin",
            "/mcp/..%00/admin",
            "/mcp/..%20/admin",
            "/mcp/%c0%ae%c0%ae/admin",
            "/mcp/%2525252525252e",
        ] {
            let url = ["https://a.example", path].concat();
            assert!(!covers("https://a.example/mcp", &url), "{path}");
            assert!(covers("https://a.example/", &url), "{path}");
        }
        for path in
            ["/mcp/a%2fb", "/mcp/a..b/", "/mcp/...", "/mcp/%E2%80%A6", "/mcp/;x=..", "/mcp/100%25", "/mcp/%C3%A9"]
        {
            assert!(covers("https://a.example/mcp", &["https://a.example", path].concat()), "{path}");
        }
    }

    #[test]
    fn a_url_covers_whole_path_segments() {
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

    proptest::proptest! {
        /// An accepted URL is fetched as it is written: parsing it again does not change it.
        #[test]
        fn an_accepted_url_parses_to_itself(
            scheme in "(https|http|HTTPS)", host in "(localhost|127\\.0\\.0\\.1|[a-zA-Zé0-9_-]{1,6}(\\.[a-zé0-9]{1,4}){0,2}|\\[[0-9a-f:]{2,8}\\])",
            port in "(:[0-9]{0,5})?", rest in "[/?#]?[/?#a-zA-Zé0-9.%'~:@!$&()*+,;=^|{}\"<>\\[\\]-]{0,20}",
            mutated in 0usize..40, with in "[ @\\\\%.:/\t\u{7f}\u{ad}0x\\[\\]]?",
        ) {
            let mut text = [&scheme, "://", &host, &port, &rest].concat();
            let at = text.char_indices().nth(mutated).map_or(text.len(), |(at, _)| at);
            text.insert_str(at, &with);
            if let Ok(url) = Url::parse(&text) {
                assert_eq!(Url::parse(url.as_str()), Ok(url.clone()), "{text}");
                assert!(!url.host().contains('@') && url.path().starts_with('/'), "{text}");
                let theirs = url::Url::parse(&text).unwrap();
                assert_eq!(url.origin(), theirs.origin().ascii_serialization(), "{text}");
                assert_eq!((url.path(), url.query().strip_prefix('?').unwrap_or_default()), (theirs.path(), theirs.query().unwrap_or_default()), "{text}");
            }
        }

        /// No character that a parser of the URL standard drops, or reads as a slash, is accepted.
        #[test]
        fn no_text_that_a_parser_would_repair_gets_through(host in "[a-z]{1,8}\\.example", rest in "[a-z/]{0,8}", bad in "[\\\\\t\r\n \u{0}-\u{1f}\u{7f}-\u{9f}]", at in 0usize..30) {
            let mut text = ["https://", &host, "/", &rest].concat();
            text.insert_str(at.min(text.len()), &bad);
            assert!(matches!(Url::parse(&text), Err(UrlError::Invalid | UrlError::Insecure)), "{text:?}");
        }
    }
}
