//! Pushed authorization requests (RFC 9126).

use super::form::Form;
use super::json::Object;
use super::{AuthorizationRequest, Url};
use crate::{Code, Result, Step};

/// The server's reference to a request that it has taken (§2.2). It is used at once and only once, so
/// `expires_in` tells nothing.
pub struct RequestUri(String);

impl RequestUri {
    /// Checks an answer.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidResponse`] where there is none.
    pub fn parse(document: &Object) -> Result<Self> {
        let request_uri = document.required_string("request_uri");
        request_uri
            .map(|text| Self(text.to_owned()))
            .map_err(|error| error.at(Code::InvalidResponse, Step::Authorization))
    }

    /// The URL that the user agent opens in place of the whole request's (§4).
    ///
    /// # Errors
    ///
    /// As [`AuthorizationRequest::url`].
    pub fn url(&self, request: &AuthorizationRequest<'_>) -> Result<Url> {
        request.at_endpoint(Form::new().add("request_uri", &self.0))
    }
}
