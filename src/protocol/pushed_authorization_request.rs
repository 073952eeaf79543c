//! Pushed authorization requests (RFC 9126).

use super::form::Form;
use super::json::Object;
use super::{AuthorizationRequest, Url};
use crate::{Code, Result, Step};

/// The server's reference to a pushed request (§2.2). It is used at once and only once, so `expires_in` does
/// not matter.
pub struct RequestUri(String);

impl RequestUri {
    /// Checks a response.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidResponse`] if there is none.
    pub fn parse(document: &Object) -> Result<Self> {
        let request_uri = document.required_string("request_uri");
        request_uri
            .map(|text| Self(text.to_owned()))
            .map_err(|error| error.at(Code::InvalidResponse, Step::Authorization))
    }

    /// The URL that the user agent opens, without the parameters of the request (§4).
    ///
    /// # Errors
    ///
    /// As [`AuthorizationRequest::url`].
    pub fn url(&self, request: &AuthorizationRequest<'_>) -> Result<Url> {
        request.at_endpoint(Form::new().add("request_uri", &self.0))
    }
}
