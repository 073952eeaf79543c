//! The URL of a client ID metadata document, which is the client id
//! (draft-ietf-oauth-client-id-metadata-document).

use super::{Url, UrlError};

/// The URL of the app's document, as the app wrote it: the document's `client_id` "MUST match the URL of
/// the document using a simple string comparison" (§4.1).
#[derive(Clone, Debug)]
pub struct ClientIdMetadataUrl(String);

impl ClientIdMetadataUrl {
    /// Checks a text. §3: "Client identifier URLs MUST have an "https" scheme, MUST contain a path
    /// component, MUST NOT contain single-dot or double-dot path segments, MUST NOT contain a fragment
    /// component and MUST NOT contain a username or password component."
    ///
    /// # Errors
    ///
    /// As [`Url::parse`], and [`UrlError::Insecure`] for http, [`UrlError::NoPath`], [`UrlError::Fragment`].
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let url = Url::parse(text)?;
        match () {
            () if url.is_plain_http() => Err(UrlError::Insecure),
            () if url.has_fragment() => Err(UrlError::Fragment),
            () if url.path() == "/" => Err(UrlError::NoPath),
            () if !text.starts_with("https://") => Err(UrlError::Invalid),
            () => Ok(Self(text.to_owned())),
        }
    }

    /// The original text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_id_metadata_url_is_https_with_a_path() {
        for good in ["https://app.example/client.json", "https://app.example/clïent.json"] {
            assert_eq!(ClientIdMetadataUrl::parse(good).unwrap().as_str(), good);
        }
        for (bad, why) in [
            ("https://app.example", UrlError::NoPath),
            ("https://app.example/", UrlError::NoPath),
            ("https://app.example/c#x", UrlError::Fragment),
            ("https://app.example/../c", UrlError::Invalid),
            ("https://u@app.example/c", UrlError::UserInformation),
            ("HTTPS://app.example/c", UrlError::Invalid),
            ("http://localhost/c", UrlError::Insecure),
        ] {
            assert_eq!(ClientIdMetadataUrl::parse(bad).err(), Some(why), "{bad}");
        }
    }
}
