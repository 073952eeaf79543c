//! `mcp-authorize/steps`: each step of a sign-in as a function, in a WebAssembly module of its own.
//!
//! Each function takes one object with its arguments and options, which `pkg/step-by-step.js` makes.

mod dpop_key;
mod given;

use std::pin::Pin;

use js_sys::Promise;
use serde::{Serialize, Serializer};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use self::given::Given;
use super::option::identity_provider;
use super::settle;
use crate::browser::json::to_js;
use crate::browser::{NO_LIMIT, race};
use crate::diagnose::check_client_metadata_document as check_document;
use crate::flow::steps;
use crate::ports::{Entropy, Nonces};
use crate::protocol::{
    CodeVerifier, DeviceAuthorization, Issuer, Scope, Secret, SubjectTokenType, TokenExchange, Url, WwwAuthenticate,
    client_id_metadata_document, id_jag_exchange,
};
use crate::{Code, Error, Result, Step};

type StepFuture = Pin<Box<dyn Future<Output = Result<JsValue>>>>;

/// Runs a step until it has finished or the caller gives up.
fn run<F: Future<Output = Result<JsValue>> + 'static>(
    given: JsValue,
    work: impl FnOnce(Given) -> F + 'static,
) -> Promise {
    settle(async move {
        let given = Given::read(given)?;
        let signal = given.signal();
        let work: StepFuture = Box::pin(work(given));
        Ok(race(Step::Setup, NO_LIMIT, signal.as_ref(), work).await?)
    })
}

fn js(value: &impl Serialize) -> Result<JsValue> {
    to_js(value).map_err(|_| Error::new(Code::Unsupported, Step::Setup, "A value can't be handed to JavaScript."))
}

/// Finds the metadata of an MCP server and of its authorization server.
#[wasm_bindgen]
pub fn discover(given: JsValue) -> Promise {
    run(given, |given| async move {
        let issuer = given.issuer("issuer")?;
        js(&steps::discover(&given.browser, &given.client, &given.server()?, issuer.as_ref()).await?)
    })
}

/// Registers the app.
#[wasm_bindgen]
pub fn register(given: JsValue) -> Promise {
    run(given, |mut given| async move {
        let server = given.authorization_server()?;
        given.read_registration(server.issuer())?;
        let scope = given.client.scopes.clone().unwrap_or_default();
        js(&steps::register(&given.browser, &given.client, &server, &scope).await?)
    })
}

/// The document to host at a URL.
#[wasm_bindgen(js_name = clientMetadataDocument)]
pub fn client_metadata_document(given: JsValue) -> Promise {
    run(given, |mut given| async move {
        given.read_app()?;
        let (url, redirect_uris) = (given.metadata_url()?, given.redirect_uris()?);
        let jwks_uri = given.url("jwksUri")?;
        js(&client_id_metadata_document(&url, &given.client_metadata(), &redirect_uris, jwks_uri.as_ref()))
    })
}

/// Checks a hosted document.
#[wasm_bindgen(js_name = checkClientMetadataDocument)]
pub fn check_client_metadata_document(given: JsValue) -> Promise {
    run(given, |given| async move {
        let redirect_uri = given.redirect_uri()?;
        js(&check_document(&given.browser, given.fields().required_string("url")?, redirect_uri.as_ref()).await)
    })
}

#[derive(Serialize)]
struct Pkce<'a> {
    verifier: &'a str,
    challenge: &'a str,
    method: &'static str,
}

/// Makes a verifier and its challenge.
#[wasm_bindgen(js_name = createPkce)]
pub fn create_pkce() -> Promise {
    run(JsValue::UNDEFINED, |given| async move {
        let verifier = CodeVerifier::from_entropy(given.browser.entropy()?);
        let challenge = verifier.challenge();
        js(&Pkce { verifier: verifier.expose(), challenge: challenge.as_str(), method: "S256" })
    })
}

#[derive(Serialize)]
struct BegunAuthorization<'a> {
    url: &'a str,
    pending: &'a steps::Pending,
}

/// Makes the URL to open, and what its response is checked against.
#[wasm_bindgen(js_name = beginAuthorization)]
pub fn begin_authorization(given: JsValue) -> Promise {
    run(given, |mut given| async move {
        let (discovered, identity) = (given.discovered()?, given.identity()?);
        given.client.redirect_uri = given.redirect_uri()?;
        given.show_key(&discovered.metadata().issuer).await?;
        let limit = given.limit()?;
        let begun =
            steps::begin_authorization(&given.browser, &given.client, &discovered, &identity, None, limit).await?;
        js(&BegunAuthorization { url: begun.url.as_str(), pending: &begun.pending })
    })
}

/// Checks the response, and exchanges its code for tokens.
#[wasm_bindgen(js_name = finishAuthorization)]
pub fn finish_authorization(given: JsValue) -> Promise {
    run(given, |given| async move {
        let pending = given.pending()?;
        given.show_key_of(pending).await?;
        let pending = steps::Pending::read(pending)?;
        let url = given.fields().required_string("callbackUrl")?;
        js(&steps::finish_authorization(&given.browser, &given.client, pending, url).await?)
    })
}

#[derive(Serialize)]
struct BegunOnDevice<'a> {
    user_code: &'a str,
    verification_uri: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification_uri_complete: Option<&'a str>,
    expires_in: u64,
    pending: &'a steps::DevicePending,
}

/// Requests a code for another device.
#[wasm_bindgen(js_name = deviceAuthorization)]
pub fn device_authorization(given: JsValue) -> Promise {
    run(given, |given| async move {
        let (discovered, identity) = (given.discovered()?, given.identity()?);
        given.show_key(&discovered.metadata().issuer).await?;
        let begun = steps::device_authorization(&given.browser, &given.client, &discovered, &identity, None).await?;
        let DeviceAuthorization { user_code, verification_uri, verification_uri_complete, expires_in, .. } =
            &begun.shown;
        js(&BegunOnDevice {
            user_code,
            verification_uri: verification_uri.as_str(),
            verification_uri_complete: verification_uri_complete.as_ref().map(Url::as_str),
            expires_in: *expires_in,
            pending: &begun.pending,
        })
    })
}

/// Waits until the user has signed in on another device.
#[wasm_bindgen(js_name = finishDeviceAuthorization)]
pub fn finish_device_authorization(given: JsValue) -> Promise {
    run(given, |given| async move {
        let pending = given.pending()?;
        given.show_key_of(pending).await?;
        let pending = steps::DevicePending::read(pending)?;
        js(&steps::finish_device_authorization(&given.browser, &given.client, &pending).await?)
    })
}

/// Refreshes tokens.
#[wasm_bindgen]
pub fn refresh(given: JsValue) -> Promise {
    run(given, |given| async move {
        let tokens = given.tokens()?;
        given.show_key(tokens.issuer()).await?;
        js(&steps::refresh(&given.browser, &given.client, &tokens).await?)
    })
}

/// Revokes tokens.
#[wasm_bindgen]
pub fn revoke(given: JsValue) -> Promise {
    run(given, |given| async move { Ok(steps::revoke(&given.browser, &given.client, &given.tokens()?).await.into()) })
}

/// Gets tokens by the client's own credentials.
#[wasm_bindgen(js_name = clientCredentials)]
pub fn client_credentials(given: JsValue) -> Promise {
    run(given, |given| async move {
        let (discovered, identity) = (given.discovered()?, given.identity()?);
        given.show_key(&discovered.metadata().issuer).await?;
        js(&steps::client_credentials(&given.browser, &given.client, &discovered, &identity, None).await?)
    })
}

/// Gets tokens for a JWT.
#[wasm_bindgen(js_name = jwtBearer)]
pub fn jwt_bearer(given: JsValue) -> Promise {
    run(given, |given| async move {
        let (discovered, identity) = (given.discovered()?, given.identity()?);
        given.show_key(&discovered.metadata().issuer).await?;
        let assertion = given.fields().required_string("assertion")?.into();
        js(&steps::jwt_bearer(&given.browser, &given.client, &discovered, &identity, &assertion, None).await?)
    })
}

#[derive(Serialize)]
struct Exchanged<'a> {
    access_token: &'a str,
    issued_token_type: &'a str,
}

/// Exchanges a token for another one.
#[wasm_bindgen(js_name = exchangeToken)]
pub fn exchange_token(given: JsValue) -> Promise {
    run(given, |given| async move {
        let fields = given.fields();
        let (provider, discovered) = (identity_provider(&fields)?, given.discovered()?);
        let subject = Secret::from(fields.required_string("subjectToken")?);
        let scope = given.client.scopes.clone().unwrap_or_default();
        let issuer = &discovered.metadata().issuer;
        let usual =
            id_jag_exchange(&subject, SubjectTokenType::IdToken, issuer, &discovered.resource().resource, &scope);
        let exchange = TokenExchange {
            subject_token_type: fields.string("subjectTokenType")?.unwrap_or(usual.subject_token_type),
            requested_token_type: fields.string("requestedTokenType")?.unwrap_or(usual.requested_token_type),
            audience: fields.string("audience")?.unwrap_or(usual.audience),
            ..usual
        };
        let token = steps::exchange_token(&given.browser, &provider, issuer, &exchange).await?;
        js(&Exchanged { access_token: token.expose(), issued_token_type: exchange.requested_token_type })
    })
}

#[derive(Serialize)]
struct Challenges<'a> {
    challenges: Vec<OneChallenge<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_metadata: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct OneChallenge<'a> {
    scheme: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token68: Option<&'a str>,
    #[serde(serialize_with = "as_record")]
    parameters: Vec<(&'a str, &'a str)>,
}

/// If a server sends a parameter twice, the first one is used.
fn as_record<S: Serializer>(parameters: &[(&str, &str)], serializer: S) -> std::result::Result<S::Ok, S::Error> {
    let is_first = |index: usize, name: &str| parameters.iter().take(index).all(|(before, _)| *before != name);
    serializer.collect_map(
        parameters.iter().enumerate().filter(|(index, (name, _))| is_first(*index, name)).map(|(_, pair)| *pair),
    )
}

/// All challenges of a `WWW-Authenticate` header, and the content of the one that this client can answer.
#[wasm_bindgen(js_name = parseChallenge)]
pub fn parse_challenge(given: JsValue) -> Promise {
    run(given, |given| async move {
        let parsed = WwwAuthenticate::parse(given.fields().string("header")?.unwrap_or_default());
        let answered = parsed.oauth();
        let parameter = |name| answered.and_then(|challenge| challenge.parameter(name));
        let challenges = parsed.0.iter().map(|challenge| OneChallenge {
            scheme: &challenge.scheme,
            token68: challenge.token68.as_deref(),
            parameters: challenge.all_parameters().collect(),
        });
        js(&Challenges {
            challenges: challenges.collect(),
            resource_metadata: parameter("resource_metadata"),
            scope: parameter("scope"),
            error: parameter("error"),
        })
    })
}

/// Selects the resource that tokens are for.
#[wasm_bindgen(js_name = selectResource)]
pub fn select_resource(given: JsValue) -> Promise {
    run(given, |given| async move {
        let metadata = given.fields().object("metadata")?;
        Ok(steps::select_resource(&given.server()?, metadata)?.as_str().into())
    })
}

/// What to ask for after a challenge; `null` if it does not ask for more scopes.
#[wasm_bindgen(js_name = scopesForStepUp)]
pub fn scopes_for_step_up(given: JsValue) -> Promise {
    run(given, |given| async move {
        let held = given.client.scopes.clone().unwrap_or_default();
        let challenge = WwwAuthenticate::parse(given.fields().string("header")?.unwrap_or_default());
        js(&steps::scope_for_step_up(&held, &challenge).as_ref().map(Scope::tokens))
    })
}

/// Generates a key pair for proofs of possession.
#[wasm_bindgen(js_name = createDpopKey)]
pub fn create_dpop_key(given: JsValue) -> Promise {
    run(given, |given| async move { dpop_key::create(given.fields().flag("extractable")?).await })
}

/// Makes a proof of possession for one request.
#[wasm_bindgen(js_name = dpopProof)]
pub fn dpop_proof(given: JsValue) -> Promise {
    run(given, |given| async move {
        let fields = given.fields();
        let text = fields.required_string("url")?;
        let url = Url::parse(text).map_err(|error| error.at(Step::Setup, "url", text))?;
        // The name of the key within this call.
        let issuer = Issuer::parse(url.origin()).map_err(|error| error.at(Step::Setup, "url", text))?;
        given.show_key(&issuer).await?;
        if let Some(nonce) = fields.string("nonce")? {
            given.browser.keep_nonce(url.origin(), nonce.to_owned());
        }
        let token = fields.string("accessToken")?.map(Secret::from);
        let method = fields.required_string("method")?;
        let proof = steps::dpop_proof(&given.browser, &issuer, method, &url, token.as_ref()).await?;
        Ok(proof.expose().into())
    })
}
