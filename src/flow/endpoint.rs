//! The authorization server's endpoints at which a client authenticates: for tokens, revocation and
//! pushed authorization requests.

use super::client::IdentityProvider;
use super::dpop::{Binding, proof};
use super::exchange::{JsonResponse, exchange};
use super::server_time::seconds_at;
use crate::ports::{Body, Ports, Request};
use crate::protocol::form::Form;
use crate::protocol::json::Object;
use crate::protocol::{
    AssertionClaims, AssertionHeader, ClientAuthentication, ClientCredentials, Issuer, OAuthError, TokenResponse, Url,
    jwt,
};
use crate::{Code, Error, Result, Step};

/// An endpoint, and the client that calls it.
pub(super) struct Endpoint<'a, P> {
    pub ports: &'a P,
    pub issuer: &'a Issuer,
    /// The name of the key for proofs.
    pub dpop_key: &'a str,
    pub url: &'a Url,
    pub client: &'a ClientCredentials,
    /// The `kid` of the client's own key.
    pub key_id: Option<&'a str>,
    pub binding: Binding,
}

impl<'a, P> Endpoint<'a, P> {
    /// The token endpoint of an identity provider, which issues what `issuer` accepts.
    pub fn of_provider(ports: &'a P, issuer: &'a Issuer, provider: &'a IdentityProvider) -> Self {
        let IdentityProvider { token_endpoint: url, client } = provider;
        Self { ports, issuer, dpop_key: "", url, client, key_id: None, binding: Binding::Off }
    }
}

impl<P: Ports> Endpoint<'_, P> {
    /// POSTs a form with the client's authentication. Repeats it if the server wants a nonce in the proof
    /// (RFC 9449 §8).
    pub async fn post(&self, step: Step, form: Form) -> Result<Box<JsonResponse>> {
        let answer = self.post_once(step, form.clone()).await?;
        let error = answer.document.as_ref().and_then(|document| document.string("error").ok().flatten());
        if self.binding != Binding::Off && error == Some("use_dpop_nonce") {
            return self.post_once(step, form).await;
        }
        Ok(answer)
    }

    async fn post_once(&self, step: Step, form: Form) -> Result<Box<JsonResponse>> {
        let assertion = match (self.client.method, self.ports.client_key_algorithm()) {
            (ClientAuthentication::PrivateKeyJwt, Some(algorithm)) => {
                let (id, now) = (self.ports.entropy()?, seconds_at(self.ports, self.url));
                let header = AssertionHeader { alg: algorithm, typ: "JWT", kid: self.key_id };
                let claims = AssertionClaims::new(&self.client.client_id, self.issuer, id, now);
                let input = jwt::signing_input(&self.ports.write_json(&header)?, &self.ports.write_json(&claims)?);
                Some(jwt::signed(&input, &self.ports.client_sign(&input).await?))
            }
            _ => None,
        };
        let (form, authorization) = self.client.authenticate(form, assertion.as_ref());
        let dpop = match self.binding {
            Binding::Off => None,
            _ => Some(proof(self.ports, self.dpop_key, "POST", self.url, None).await?),
        };
        let mut request = Request::post(step, self.url, Body::Form(form));
        (request.authorization, request.dpop) = (authorization, dpop);
        exchange(self.ports, request).await
    }

    /// Requests tokens. `secrets` are the secrets in the request: errors must not contain them, even if the
    /// server repeats them in its response.
    pub async fn request_tokens(&self, step: Step, form: Form, secrets: &[&str]) -> Result<Box<TokenResponse>> {
        let answer = self.post(step, form).await?;
        let before = self.binding.token_type().filter(|_| step == Step::Refresh);
        self.read(&answer, step, secrets, |document| {
            let response = TokenResponse::parse(document, step, before)?;
            self.binding.check(response.token_type, step, self.issuer)?;
            Ok(response)
        })
    }

    /// Reads the document of a success, or the error of any other response (RFC 6749 §5.2).
    pub fn read<T>(
        &self,
        answer: &JsonResponse,
        step: Step,
        secrets: &[&str],
        parse: impl FnOnce(&Object) -> Result<T>,
    ) -> Result<T> {
        document(answer, step, secrets).and_then(parse).map_err(|error| answer.error_with(error, self.url))
    }
}

fn document<'a>(answer: &'a JsonResponse, step: Step, secrets: &[&str]) -> Result<&'a Object> {
    let reason = answer.document.as_ref().and_then(|document| OAuthError::parse(document, secrets));
    match (&answer.document, reason) {
        // Some servers send an error with the status 200.
        (_, Some(reason)) => {
            let code = if step == Step::Authorization { Code::AuthorizationFailed } else { Code::TokenFailed };
            let message = ["The endpoint answered ", &reason.sentence(), reason.resource_hint()].concat();
            Err(Error::new(code, step, message).with_server_error(Some(reason.error)))
        }
        (Some(document), None) if answer.is_success() => Ok(document),
        (None, None) if answer.is_success() => {
            Err(Error::new(Code::InvalidResponse, step, "The endpoint did not answer with a JSON object."))
        }
        _ => {
            let words = OAuthError::words(answer.document.as_ref(), secrets);
            let message = ["The endpoint answered ", &answer.status.to_string(), &words].concat();
            Err(Error::new(Code::HttpStatus, step, message))
        }
    }
}
