//! A request of the program's to the MCP server, for [`flow::call`](crate::flow::call) to send with the
//! token.

use reqwest::header::{AUTHORIZATION, HeaderValue};

use super::http::{date, header};
use super::program::Native;
use crate::ports::{ResourceRequest, ResourceResponse, UnixMillis};
use crate::protocol::{Secret, Url};
use crate::{Code, Error, Result, Step};

/// What reqwest's request builder made.
pub struct NativeRequest {
    http: reqwest::Client,
    request: reqwest::Request,
}

/// reqwest's response, as it came.
pub struct NativeResponse(pub reqwest::Response);

impl<S> Native<S> {
    /// A request to be sent in a session. It is sent with this client, which follows no redirect.
    pub fn request(&self, request: reqwest::Request) -> NativeRequest {
        NativeRequest { http: self.0.http.clone(), request }
    }

    /// The client, to make requests with.
    pub fn http(&self) -> &reqwest::Client {
        &self.0.http
    }
}

/// A value that prints nothing of itself.
fn secret_header(secret: &Secret) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(secret.expose())
        .map_err(|_| Error::new(Code::InvalidResponse, Step::Request, "The token does not fit into a header."))?;
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
            // A body that streams goes with the first one.
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

    /// Headers can be read here, and the body is the program's.
    async fn oauth_error(&self) -> Option<String> {
        None
    }
}
