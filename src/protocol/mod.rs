//! What the RFCs say: builds, parses and checks messages. Pure functions and types, without I/O, clock or
//! browser.
//!
//! Values of these types are checked when they are made, and nowhere else.

mod address;
mod authorization_parameters;
mod authorization_request;
mod authorization_response;
mod authorization_server_metadata;
mod cache_control;
mod challenge;
mod client_authentication;
mod client_id_metadata_url;
mod client_registration;
pub mod cors;
mod device_authorization;
mod dpop;
mod elicitation;
pub(crate) mod fields;
pub mod form;
mod issuer;
pub mod json;
pub mod jwt;
mod oauth_error;
mod pkce;
mod protected_resource_metadata;
mod protocol_parameters;
mod pushed_authorization_request;
mod redirect_uri;
mod resource;
mod revocation;
mod scope;
mod secret;
pub(crate) mod server_text;
mod step_up_demand;
mod token_exchange;
mod token_request;
mod token_response;
mod url;
mod user_info;
mod whatwg;

pub use authorization_parameters::AuthorizationParameters;
pub use authorization_request::{AuthorizationRequest, PendingRequest, State};
pub use authorization_response::{AuthorizationCode, authorization_response};
pub use authorization_server_metadata::AuthorizationServerMetadata;
pub use cache_control::fresh_seconds;
pub use challenge::{Challenge, WwwAuthenticate};
pub use client_authentication::{AssertionClaims, AssertionHeader, ClientAuthentication, ClientCredentials};
pub use client_id_metadata_url::ClientIdMetadataUrl;
pub use client_registration::{
    AboutClient, ClientIdMetadataDocument, ClientMetadata, RegistrationRequest, client_id_metadata_document,
    registered_client,
};
pub use device_authorization::{DeviceAuthorization, device_authorization_request};
pub use dpop::{DPOP_ALGORITHM, DpopClaims, DpopHeader, DpopProof, PublicKey};
pub use elicitation::{ElicitedUrl, UrlWarning, elicitation_message};
pub use issuer::{Issuer, IssuerPolicy};
pub use oauth_error::OAuthError;
pub use pkce::{CodeChallenge, CodeVerifier};
pub use protected_resource_metadata::{Places, ProtectedResourceMetadata};
pub use pushed_authorization_request::RequestUri;
pub use redirect_uri::RedirectUri;
pub use resource::{Resource, ServerUrl};
pub use revocation::revocation_request;
pub use scope::Scope;
pub use secret::Secret;
pub use server_text::presentable;
pub use step_up_demand::{StepUpDemand, UserAuthentication};
pub use token_exchange::{SubjectTokenType, TokenExchange, id_jag_exchange};
pub use token_request::{
    client_credentials_request, code_request, device_code_request, jwt_bearer_request, refresh_request,
};
pub use token_response::{TokenResponse, TokenType};
pub use url::{Url, UrlError};
pub use user_info::{ExpectedIdToken, Nonce, UserInfo};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};

use crate::{Code, Error, Step};

impl UrlError {
    /// The error for the step in which the text was found. `what` names its option or field. The code says whether the app
    /// or the server has to correct it.
    pub fn at(self, step: Step, what: &str, found: &str) -> Error {
        let code = match self {
            UrlError::Insecure | UrlError::PlainHttp | UrlError::Private => Code::InsecureUrl,
            _ if step == Step::Setup => Code::InvalidUrl,
            _ => Code::InvalidResponse,
        };
        let expected = match self {
            UrlError::Invalid => "which is not an absolute URL",
            UrlError::UserInformation => "which has a user name or password in it",
            UrlError::Fragment => "which has a fragment",
            UrlError::Query => "which has a query",
            UrlError::NoPath => "which has no path",
            UrlError::Insecure | UrlError::PlainHttp => "but must use https (http is for loopback only)",
            UrlError::Private => "which leads from the internet into a private network",
        };
        let hint = match self {
            UrlError::PlainHttp if step != Step::Setup => {
                ". If a proxy ends TLS, configure the server with its public https URL."
            }
            _ => ".",
        };
        // A query, or the text before an @, may contain secrets.
        let shown = found.split(['?', '#']).next().filter(|found| !found.contains('@')).map(presentable);
        let shown = shown.as_deref().unwrap_or("not shown");
        Error::new(code, step, [what, " is \"", shown, "\", ", expected, hint].concat())
            .with_source(Some(Box::new(self)))
    }
}

/// RFC 4648 §5, without padding (RFC 7515 Appendix C).
fn base64url(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_a_bad_url_says_whether_the_app_or_the_server_must_correct_it() {
        for (error, step, code) in [
            (UrlError::Invalid, Step::Setup, Code::InvalidUrl),
            (UrlError::Invalid, Step::Registration, Code::InvalidResponse),
            (UrlError::Fragment, Step::Setup, Code::InvalidUrl),
            (UrlError::Fragment, Step::Token, Code::InvalidResponse),
            (UrlError::PlainHttp, Step::Setup, Code::InsecureUrl),
            (UrlError::Private, Step::Token, Code::InsecureUrl),
        ] {
            assert_eq!(error.at(step, "issuer", "x").code(), code, "{error:?} {step:?}");
        }
    }

    #[test]
    fn a_servers_plain_http_url_gets_a_hint_about_its_proxy() {
        let hint = |error: UrlError, step| error.at(step, "issuer", "http://as.example").message().contains("ends TLS");
        assert!(hint(UrlError::PlainHttp, Step::AuthorizationServerMetadata));
        assert!(!hint(UrlError::PlainHttp, Step::Setup));
        assert!(!hint(UrlError::Insecure, Step::AuthorizationServerMetadata));
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

    /// Compiles only for types that zero their memory when they are dropped. Safe code can't read that memory to test it.
    pub(crate) fn is_zeroed_on_drop(_: &impl zeroize::ZeroizeOnDrop) {}
}
