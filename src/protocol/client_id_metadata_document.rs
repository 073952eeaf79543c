//! Client ID metadata documents (draft-ietf-oauth-client-id-metadata-document): a URL as client id.

use super::{Url, UrlError};

/// Checks the URL of the app's document. §3: "Client identifier URLs MUST have an "https" scheme,
/// MUST contain a path component, MUST NOT contain single-dot or double-dot path segments, MUST NOT
/// contain a fragment component and MUST NOT contain a username or password component."
pub fn client_id_metadata_url(text: &str) -> Result<Url, UrlError> {
    let url = Url::parse(text)?;
    if url.is_plain_http() {
        return Err(UrlError::Insecure);
    }
    if url.path() == "/" || url.has_fragment() || url.as_str() != text {
        return Err(UrlError::Invalid);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_https_with_a_path() {
        assert!(client_id_metadata_url("https://app.example/client.json").is_ok());
        for bad in [
            "https://app.example",
            "https://app.example/",
            "https://app.example/c#x",
            "https://app.example/../c",
            "https://u@app.example/c",
            "HTTPS://app.example/c",
        ] {
            assert_eq!(client_id_metadata_url(bad), Err(UrlError::Invalid), "{bad}");
        }
        assert_eq!(client_id_metadata_url("http://localhost/c"), Err(UrlError::Insecure));
    }
}
