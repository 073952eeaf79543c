//! The issuer identifier of an authorization server (RFC 8414 §2).

use std::sync::Arc;

use super::{Url, UrlError};

/// An issuer: a URL without query and fragment, with the original text of the server.
///
/// Compared as text, character by character (RFC 8414 §3.3, RFC 9207 §2.4): `https://a.example`
/// and `https://a.example/` are two issuers.
///
/// Clones share their text.
#[derive(Clone, Debug)]
pub struct Issuer(Arc<(String, Url)>);

impl Issuer {
    /// Checks a text.
    ///
    /// # Errors
    ///
    /// As [`Url::parse`], [`UrlError::Query`] and [`UrlError::Fragment`].
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let url = Url::parse(text)?;
        match (url.query(), url.has_fragment()) {
            (_, true) => Err(UrlError::Fragment),
            ("", false) => Ok(Self(Arc::new((text.to_owned(), url)))),
            _ => Err(UrlError::Query),
        }
    }

    /// The original text.
    pub fn as_str(&self) -> &str {
        &self.0.0
    }

    /// The text as a URL.
    pub fn url(&self) -> &Url {
        &self.0.1
    }
}

/// Which issuer a metadata document may name if it differs from the listed one.
#[derive(Clone, Debug, Default)]
pub struct IssuerPolicy {
    /// Refuses an empty path instead of `/`, and vice versa.
    pub strict: bool,
    /// Listed issuers, each with the one that its document names.
    pub accepted: Vec<(String, String)>,
}

impl IssuerPolicy {
    /// The issuer that a document names, if it may.
    ///
    /// RFC 8414 §3.3: "The `issuer` value returned MUST be identical to the authorization server's issuer
    /// identifier value". An empty path and `/` are one URL (RFC 3986 §6.2.3), and for some live servers this
    /// is the only difference between the resource's list and their document. From then on, the text of the document
    /// is the issuer.
    pub fn named(&self, listed: &Issuer, named: &str) -> Option<Issuer> {
        let without_slash = |text: &'_ str| text.strip_suffix('/').unwrap_or(text).to_owned();
        let same_url = || listed.url().path() == "/" && without_slash(named) == without_slash(listed.as_str());
        let is_accepted = || self.accepted.iter().any(|(from, to)| *listed == **from && to == named);
        if *listed == *named || (!self.strict && same_url()) || is_accepted() {
            Issuer::parse(named).ok()
        } else {
            None
        }
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
    fn an_issuer_is_a_url_without_query_and_fragment() {
        // RFC 8414 §2: "a URL that uses the "https" scheme and has no query or fragment components"
        for bad in ["https://a.example?x", "https://a.example/#x", "https://a.example#", "http://a.example"] {
            assert!(Issuer::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Issuer::parse("https://a.example/?x#y").err(), Some(UrlError::Fragment));
        assert_eq!(Issuer::parse("https://a.example/?x").err(), Some(UrlError::Query));
    }

    #[test]
    fn issuers_are_compared_character_by_character() {
        let issuer = Issuer::parse("https://a.example").unwrap();
        assert!(issuer == *"https://a.example" && issuer == Issuer::parse("https://a.example").unwrap());
        for other in ["https://a.example/", "https://A.example", "https://a.example:443"] {
            assert!(issuer != *other, "{other}");
            assert!(issuer != Issuer::parse(other).unwrap(), "{other}");
        }
    }

    #[test]
    fn a_document_names_the_listed_issuer_apart_from_a_slash_after_the_host() {
        let named = |policy: &IssuerPolicy, listed: &str, named: &str| {
            policy.named(&Issuer::parse(listed).unwrap(), named).map(|issuer| issuer.as_str().to_owned())
        };
        let default = IssuerPolicy::default();
        let strict = IssuerPolicy { strict: true, ..IssuerPolicy::default() };
        for (listed, in_document) in
            [("https://a.example", "https://a.example/"), ("https://a.example/", "https://a.example")]
        {
            assert_eq!(named(&default, listed, in_document).as_deref(), Some(in_document));
            assert_eq!(named(&strict, listed, in_document), None);
            assert_eq!(named(&strict, listed, listed).as_deref(), Some(listed));
        }
        for (listed, in_document) in [
            ("https://a.example/t", "https://a.example/t/"),
            ("https://a.example/t/", "https://a.example/t"),
            ("https://a.example", "https://a.example//"),
            ("https://a.example", "https://A.example/"),
            ("https://a.example", "https://a.example:443"),
            ("https://a.example", "https://a.example/t"),
            ("https://a.example", "https://b.example"),
            ("https://a.example", ""),
            ("https://a.example", "a.example"),
        ] {
            assert_eq!(named(&default, listed, in_document), None, "{listed} {in_document}");
            let accepted = vec![(listed.to_owned(), in_document.to_owned())];
            let accepts = IssuerPolicy { strict: true, accepted };
            assert_eq!(named(&accepts, listed, in_document).is_some(), Issuer::parse(in_document).is_ok());
            assert_eq!(named(&accepts, "https://c.example", in_document), None);
        }
    }
}
