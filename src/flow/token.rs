//! The authorization server's endpoints that a client authenticates at: for tokens, revocation and
//! pushed authorization requests.

use super::dpop::{Binding, proof};
use super::exchange::{Answer, exchange};
use super::server_time::seconds_at;
use crate::ports::{Body, Ports, Request};
use crate::protocol::form::Form;
use crate::protocol::json::Object;
use crate::protocol::{
    ClientAuthentication, ClientCredentials, Issuer, OAuthError, TokenResponse, Url, client_assertion, jwt,
};
use crate::{Code, Error, Result, Step};

/// Who asks whom.
pub(super) struct Endpoint<'a, P> {
    pub ports: &'a P,
    pub issuer: &'a Issuer,
    pub url: &'a Url,
    pub client: &'a ClientCredentials,
    /// The `kid` of the client's own key.
    pub key_id: Option<&'a str>,
    pub binding: Binding,
}

impl<P: Ports> Endpoint<'_, P> {
    /// POSTs a form with the client's authentication; once more where the server wants a nonce in the
    /// proof (RFC 9449 §8).
    pub async fn post(&self, step: Step, form: Form) -> Result<Box<Answer>> {
        let answer = self.post_once(step, form.clone()).await?;
        let error = answer.document.as_ref().and_then(|document| document.string("error").ok().flatten());
        if self.binding != Binding::Off && error == Some("use_dpop_nonce") {
            return self.post_once(step, form).await;
        }
        Ok(answer)
    }

    async fn post_once(&self, step: Step, form: Form) -> Result<Box<Answer>> {
        let assertion = match (self.client.method, self.ports.client_key()) {
            (ClientAuthentication::PrivateKeyJwt, Some(algorithm)) => {
                let (id, now) = (self.ports.entropy()?, seconds_at(self.ports, self.url));
                let input = client_assertion(algorithm, self.key_id, &self.client.client_id, self.issuer, id, now);
                Some(jwt::signed(&input, &self.ports.client_sign(&input).await?))
            }
            _ => None,
        };
        let (form, authorization) = self.client.authenticate(form, assertion.as_ref());
        let dpop = match self.binding {
            Binding::Off => None,
            _ => Some(proof(self.ports, self.issuer, "POST", self.url, None).await?),
        };
        let mut request = Request::new(step, self.url, Some(Body::Form(form)));
        (request.authorization, request.dpop) = (authorization, dpop);
        exchange(self.ports, request).await
    }

    /// Asks for tokens. `secrets` are those in the request: they are kept out of errors, even if the
    /// server repeats them in its answer.
    pub async fn request_tokens(&self, step: Step, form: Form, secrets: &[&str]) -> Result<Box<TokenResponse>> {
        let answer = self.post(step, form).await?;
        let response = self.read(&answer, step, secrets, |document| TokenResponse::parse(document, step))?;
        self.binding.check(response.token_type, step, self.issuer)?;
        Ok(response)
    }

    /// Reads the document of a success, or the error of anything else (RFC 6749 §5.2).
    pub fn read<T>(
        &self,
        answer: &Answer,
        step: Step,
        secrets: &[&str],
        parse: impl FnOnce(&Object) -> Result<T>,
    ) -> Result<T> {
        document(answer, step, secrets).and_then(parse).map_err(|error| {
            error.with_url(self.url.without_query()).with_status(answer.status).with_retry_after(answer.retry_after)
        })
    }
}

fn document<'a>(answer: &'a Answer, step: Step, secrets: &[&str]) -> Result<&'a Object> {
    match &answer.document {
        Some(document) if answer.is_success() => Ok(document),
        None if answer.is_success() => {
            Err(Error::new(Code::InvalidResponse, step, "The endpoint did not answer with a JSON object."))
        }
        document => Err(match document.as_ref().and_then(|document| OAuthError::parse(document, secrets)) {
            Some(reason) => {
                let (code, hint) = match step {
                    Step::Authorization => (Code::AuthorizationFailed, reason.resource_hint()),
                    _ => (Code::TokenFailed, ""),
                };
                Error::new(code, step, ["The endpoint answered ", &reason.sentence(), hint].concat())
                    .with_server_error(Some(reason.error))
            }
            None => Error::new(Code::HttpStatus, step, "The endpoint failed without saying why."),
        }),
    }
}
