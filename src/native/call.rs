//! The program's requests to the MCP server, which [`flow::call`](crate::flow::call) sends with the access
//! token.

use reqwest::header::{AUTHORIZATION, HeaderValue};

use super::http::{date, header};
use super::program::Native;
use crate::ports::{ResourceRequest, ResourceResponse, UnixMillis};
use crate::protocol::{Secret, Url};
use crate::{Code, Error, Result, Step};

/// A request of reqwest.
pub struct NativeRequest {
    http: reqwest::Client,
    request: reqwest::Request,
}

/// reqwest's response, unchanged.
pub struct NativeResponse(pub reqwest::Response);

impl<S> Native<S> {
    /// A request to send in a session. This client sends it, and follows no redirects.
    pub fn request(&self, request: reqwest::Request) -> NativeRequest {
        NativeRequest { http: self.0.http.clone(), request }
    }

    /// The client, to make requests with.
    pub fn http(&self) -> &reqwest::Client {
        &self.0.http
    }
}

/// Hides a value from `Debug`.
fn secret_header(secret: &Secret) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(secret.expose())
        .map_err(|_| Error::new(Code::InvalidResponse, Step::Request, "The token can't be sent in a header."))?;
    value.set_sensitive(true);
    Ok(value)
}

impl ResourceRequest for NativeRequest {
    type Response = NativeResponse;

    fn url(&self) -> Option<Url> {
        Url::parse(self.request.url().as_str()).ok()
    }

    fn method(&self) -> String {
        self.request.method().to_string()
    }

    fn can_resend(&self) -> bool {
        self.request.body().is_none_or(|body| body.as_bytes().is_some())
    }

    async fn send(&mut self, authorization: &Secret, dpop: Option<&Secret>) -> Result<NativeResponse> {
        let mut request = match self.request.try_clone() {
            Some(request) => request,
            // The first request uses up a body that streams.
            None => {
                let empty = reqwest::Request::new(self.request.method().clone(), self.request.url().clone());
                std::mem::replace(&mut self.request, empty)
            }
        };
        request.headers_mut().insert(AUTHORIZATION, secret_header(authorization)?);
        if let Some(proof) = dpop {
            request.headers_mut().insert("dpop", secret_header(proof)?);
        }
        self.http.execute(request).await.map(NativeResponse).map_err(|error| {
            Error::new(Code::Network, Step::Request, "The MCP server could not be reached.")
                .with_source(Some(Box::new(error.without_url())))
        })
    }
}

impl ResourceResponse for NativeResponse {
    fn status(&self) -> u16 {
        self.0.status().as_u16()
    }

    fn www_authenticate(&self) -> Option<String> {
        header(&self.0, "www-authenticate")
    }

    fn dpop_nonce(&self) -> Option<String> {
        header(&self.0, "dpop-nonce")
    }

    fn date(&self) -> Option<UnixMillis> {
        date(&self.0)
    }

    /// Only the headers are read here. The body is left to the program.
    async fn oauth_error(&self) -> Option<String> {
        None
    }
}
