//! What the RFCs say: messages built, parsed and checked. Pure functions and types; no I/O, no
//! clock, no browser.
//!
//! A value of one of these types was checked when it was made, so nobody checks it again.

mod authorization_request;
mod authorization_response;
mod authorization_server_metadata;
mod base64;
mod cache_control;
mod challenge;
mod client_authentication;
mod client_id_metadata_document;
mod client_registration;
mod device_authorization;
mod dpop;
pub(crate) mod fields;
pub mod form;
mod issuer;
pub mod json;
pub mod jwt;
mod oauth_error;
mod pkce;
mod protected_resource_metadata;
mod pushed_authorization_request;
mod resource;
mod revocation;
mod scope;
mod secret;
mod token_request;
mod token_response;
mod url;

use base64::{base64, base64url};

pub use authorization_request::{AuthorizationRequest, PendingRequest, State};
pub use authorization_response::{AuthorizationCode, authorization_response};
pub use authorization_server_metadata::AuthorizationServerMetadata;
pub use cache_control::fresh_seconds;
pub use challenge::{Challenge, WwwAuthenticate};
pub use client_authentication::{ClientAuthentication, ClientCredentials, client_assertion};
pub use client_id_metadata_document::client_id_metadata_url;
pub use client_registration::{ClientMetadata, registered_client};
pub use device_authorization::{DeviceAuthorization, device_authorization_request};
pub use dpop::{DPOP_ALGORITHM, DpopProof, PublicKey};
pub use issuer::Issuer;
pub use oauth_error::OAuthError;
pub use pkce::{CodeChallenge, CodeVerifier};
pub use protected_resource_metadata::ProtectedResourceMetadata;
pub use pushed_authorization_request::RequestUri;
pub use resource::{Resource, ServerUrl};
pub use revocation::revocation_request;
pub use scope::Scope;
pub use secret::Secret;
pub use token_request::{
    client_credentials_request, code_request, device_code_request, id_jag_request, jwt_bearer_request, refresh_request,
};
pub use token_response::{TokenResponse, TokenType, id_jag};
pub use url::{Url, UrlError};

use crate::{Code, Error, Step};

impl UrlError {
    /// The error of the step in which the URL was found. `what` names it: an option or a field.
    pub fn at(self, step: Step, what: &str) -> Error {
        let (code, expected) = match self {
            UrlError::Invalid => (Code::InvalidUrl, " is not an absolute URL."),
            UrlError::Insecure | UrlError::PlainHttp => {
                (Code::InsecureUrl, " is neither https nor http on a loopback host.")
            }
            UrlError::Private => (Code::InsecureUrl, " leads from the internet into a private network."),
        };
        Error::new(code, step, [what, expected].concat()).with_source(Some(Box::new(self)))
    }
}

#[cfg(test)]
pub(crate) mod test_support {
    use super::json::{Object, Value};

    pub(crate) fn object(text: &str) -> Object {
        match serde_json::from_str::<serde_json::Value>(text).unwrap().into() {
            Value::Object(object) => object,
            other => panic!("not an object: {other:?}"),
        }
    }
}
