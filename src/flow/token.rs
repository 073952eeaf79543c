//! The token endpoint: asked in the same way for a code and for a refresh.

use super::exchange::post_form;
use crate::ports::Ports;
use crate::protocol::{OAuthError, TokenRequest, TokenResponse, Url};
use crate::{Code, Error, Result, Step};

/// Asks for tokens. `secrets` are those in the request: they are kept out of errors, even if the
/// server repeats them in its answer.
pub(super) async fn request_tokens<P: Ports>(
    ports: &P,
    step: Step,
    endpoint: &Url,
    request: TokenRequest,
    secrets: &[&str],
) -> Result<TokenResponse> {
    let answer = post_form(ports, step, endpoint, request).await?;
    let outcome = match &answer.document {
        Some(document) if answer.is_success() => TokenResponse::parse(document, step),
        None if answer.is_success() => {
            Err(Error::new(Code::InvalidResponse, step, "The token endpoint did not answer with a JSON object."))
        }
        document => Err(match document.as_ref().and_then(|document| OAuthError::parse(document, secrets)) {
            Some(reason) => {
                Error::new(Code::TokenFailed, step, ["The token endpoint answered ", &reason.sentence()].concat())
                    .with_server_error(Some(reason.error))
            }
            None => Error::new(Code::HttpStatus, step, "The token endpoint failed without saying why."),
        }),
    };
    outcome.map_err(|error| error.with_url(endpoint.without_query()).with_status(answer.status))
}
