//! The issuer identifier of an authorization server (RFC 8414 §2).

use std::sync::Arc;

use super::{Url, UrlError};

/// An issuer: a URL without query and fragment, kept as the text that the server gave.
///
/// Compared as text, character by character (RFC 8414 §3.3, RFC 9207 §2.4): `https://a.example`
/// and `https://a.example/` are two issuers.
///
/// Clones share their text.
#[derive(Clone, Debug)]
pub struct Issuer(Arc<(String, Url)>);

impl Issuer {
    /// Checks a text.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let url = Url::parse(text)?;
        if !url.query().is_empty() || url.has_fragment() {
            return Err(UrlError::Invalid);
        }
        Ok(Self(Arc::new((text.to_owned(), url))))
    }

    /// The text as it was given.
    pub fn as_str(&self) -> &str {
        &self.0.0
    }

    /// The same as a URL.
    pub fn url(&self) -> &Url {
        &self.0.1
    }
}

impl PartialEq for Issuer {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Issuer {}

impl PartialEq<str> for Issuer {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_url_without_query_and_fragment() {
        // RFC 8414 §2: "a URL that uses the "https" scheme and has no query or fragment components"
        for bad in ["https://a.example?x", "https://a.example/#x", "https://a.example#", "http://a.example"] {
            assert!(Issuer::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn is_compared_character_by_character() {
        let issuer = Issuer::parse("https://a.example").unwrap();
        assert!(issuer == *"https://a.example");
        for other in ["https://a.example/", "https://A.example", "https://a.example:443"] {
            assert!(issuer != *other, "{other}");
            assert!(issuer != Issuer::parse(other).unwrap(), "{other}");
        }
    }
}
