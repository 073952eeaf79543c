//! The options that concern sign-in without a user.

use wasm_bindgen::JsValue;

use crate::browser::absolute_url;
use crate::browser::reflect::get;
use crate::flow::{Grant, IdentityProvider};
use crate::protocol::json::{FieldError, Object, Value};
use crate::protocol::{ClientAuthentication, ClientCredentials, Url};
use crate::{Code, Error, Result, Step};

const STEP: Step = Step::Setup;

fn at(error: FieldError) -> Error {
    error.at(Code::InvalidOption, STEP)
}

/// `grant`, and what it takes as the word for a workload or a user: a text, or a function for one.
pub(super) fn read(options: &Object, given: &JsValue) -> Result<(Option<Grant>, JsValue)> {
    let grant = match options.get("grant") {
        None => return Ok((None, JsValue::UNDEFINED)),
        Some(Value::Object(grant)) => grant,
        Some(_) => return Err(at(FieldError::new("grant", "an object"))),
    };
    let (grant, token) = match grant.string("type").map_err(at)? {
        Some("client_credentials") => return Ok((Some(Grant::ClientCredentials), JsValue::UNDEFINED)),
        Some("jwt_bearer") => (Grant::JwtBearer, "assertion"),
        Some("id_jag") => (Grant::EnterpriseManaged(identity_provider(grant)?), "idToken"),
        _ => return Err(at(FieldError::new("type", "\"client_credentials\", \"jwt_bearer\" or \"id_jag\""))),
    };
    let assertion = get(&get(given, "grant"), token);
    if assertion.is_string() || assertion.is_function() {
        return Ok((Some(grant), assertion));
    }
    Err(at(FieldError::new(token, "a string, or a function that gives one")))
}

fn identity_provider(grant: &Object) -> Result<IdentityProvider> {
    let token_endpoint = absolute_url(grant.required_string("tokenEndpoint").map_err(at)?);
    let mut client = ClientCredentials::public(grant.required_string("clientId").map_err(at)?);
    if let Some(secret) = grant.string("clientSecret").map_err(at)? {
        client.secret = Some(secret.into());
        client.method = ClientAuthentication::for_secret(None);
    }
    let token_endpoint = Url::parse(&token_endpoint).map_err(|error| error.at(STEP, "tokenEndpoint"))?;
    Ok(IdentityProvider { token_endpoint, client })
}
