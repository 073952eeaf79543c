//! The redirect URI of a client (RFC 6749 §3.1.2).

use std::sync::Arc;

use super::{Url, UrlError};

/// Where authorization responses are sent, with the app's original text: "authorization servers MUST compare the two URIs
/// using simple string comparison" (OAuth 2.1 §2.3.1). A page, or a URI that opens a desktop or mobile app (RFC 8252 §7.1).
///
/// Clones share their text.
#[derive(Clone, Debug)]
pub struct RedirectUri(Arc<(String, Option<Url>)>);

impl RedirectUri {
    /// Checks a text. "The endpoint URI MUST NOT include a fragment component" (RFC 6749 §3.1.2).
    ///
    /// # Errors
    ///
    /// As [`Url::parse`], and [`UrlError::Fragment`].
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let url = match Url::parse(text) {
            Err(UrlError::Insecure) if is_private_use(text) => None,
            url => Some(url?),
        };
        match text.contains('#') {
            true => Err(UrlError::Fragment),
            false => Ok(Self(Arc::new((text.to_owned(), url)))),
        }
    }

    /// The original text, which is registered and sent.
    pub fn as_str(&self) -> &str {
        &self.0.0
    }

    /// The query, with its `?`, of the URL that the user came back to, if scheme, host, port and path are the same.
    ///
    /// # Errors
    ///
    /// The text is not a URL, like [`Url::parse`].
    pub fn response(&self, callback: &str) -> Result<Option<String>, UrlError> {
        let callback = callback.split('#').next().unwrap_or_default();
        let Some(url) = self.url() else {
            let (place, query) = callback.split_at(callback.find('?').unwrap_or(callback.len()));
            let own = self.as_str().split('?').next();
            return Ok(own.filter(|own| *own == place).map(|_| query.to_owned()));
        };
        let callback = Url::parse(callback)?;
        Ok((callback.without_query() == url.without_query()).then(|| callback.query().to_owned()))
    }

    /// The text as a URL; `None` if it opens an app.
    pub fn url(&self) -> Option<&Url> {
        self.0.1.as_ref()
    }

    /// Whether it leads to an app on this machine rather than to a page of a site. OpenID Connect Registration §2 calls
    /// such a client `native`.
    pub fn is_native(&self) -> bool {
        self.url().is_none_or(Url::is_loopback)
    }
}

/// RFC 8252 §7.1: "apps MUST use a URI scheme based on a domain name under their control, expressed in reverse order".
/// So schemes such as `javascript:` are refused.
fn is_private_use(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let is_label = |label: &str| {
        label.starts_with(|first: char| first.is_ascii_lowercase())
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let has_domain = scheme.contains('.') && scheme.split('.').all(is_label);
    has_domain
        && rest.starts_with('/')
        && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\\"<>^`{|}".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_uri_keeps_its_spelling() {
        for text in ["https://App.example", "https://app.example:443/cb", "https://é.example/é?a=é", "http://localhost"]
        {
            assert_eq!(RedirectUri::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn a_response_must_come_back_to_the_redirect_uri() {
        let redirect_uri = RedirectUri::parse("https://app.example/cb").unwrap();
        let response = |text| redirect_uri.response(text).unwrap_or_default();
        assert_eq!(response("https://APP.example:443/cb?code=c").as_deref(), Some("?code=c"));
        for other in [
            "https://evil.example/cb?code=c",
            "https://app.example:8443/cb?code=c",
            "https://app.example/cb/?code=c",
            "https://app.example/other?code=c",
            "https://app.example/cb/../cb2?code=c",
        ] {
            assert_eq!(response(other), None, "{other}");
        }
    }

    #[test]
    fn a_redirect_uri_has_no_fragment() {
        for text in ["https://app.example/cb#", "https://app.example/cb#x"] {
            assert_eq!(RedirectUri::parse(text).err(), Some(UrlError::Fragment), "{text}");
        }
    }

    #[test]
    fn a_private_use_scheme_is_a_reversed_domain_name() {
        // RFC 8252 §7.1.
        for text in
            ["com.example.app:/oauth2redirect/example-provider", "com.example.app://callback", "org.x-1.app:/?a=b"]
        {
            let redirect_uri = RedirectUri::parse(text).unwrap();
            assert_eq!(redirect_uri.as_str(), text);
            assert!(redirect_uri.url().is_none() && redirect_uri.is_native());
        }
        for refused in [
            "myapp://callback",
            "javascript:/alert(1)",
            "data:text/html,x",
            "com.example.app:callback",
            "com.example.app:",
            "com..app:/cb",
            ".com:/cb",
            "COM.example:/cb",
            "com.example.app:/c b",
            "com.example.app:/c\\b",
            "com.example.app:/\u{e9}",
            "com.example.app:/cb#x",
            "ht.tp",
            " com.example.app:/cb",
        ] {
            assert!(RedirectUri::parse(refused).is_err(), "{refused}");
        }
        assert!(RedirectUri::parse("http://127.0.0.1:4000/cb").unwrap().is_native());
        assert!(!RedirectUri::parse("https://app.example/cb").unwrap().is_native());
    }

    #[test]
    fn a_response_must_have_the_scheme_and_path_of_its_app() {
        let redirect_uri = RedirectUri::parse("com.example.app:/cb").unwrap();
        let response = |text| redirect_uri.response(text).unwrap();
        assert_eq!(response("com.example.app:/cb?code=c#f").as_deref(), Some("?code=c"));
        assert_eq!(response("com.example.app:/cb").as_deref(), Some(""));
        for other in
            ["com.example.app:/cb2?code=c", "com.example.other:/cb?code=c", "https://app.example/cb?code=c", ""]
        {
            assert_eq!(response(other), None, "{other}");
        }
    }
}
