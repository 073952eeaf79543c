//! Checks the arguments of a call.

use js_sys::Array;
use wasm_bindgen::JsValue;

use super::option::authorization_parameters;
use super::server_url::server_url;
use crate::browser::to_value;
use crate::flow::Account;
use crate::ports::GivenIdentity;
use crate::protocol::fields::Fields;
use crate::protocol::json::{Object, Value};
use crate::protocol::{AuthorizationParameters, Scope, StepUpDemand, UserAuthentication};
use crate::{Code, Error, Result, Step};

const ACCOUNT_EXPECTED: &str = "\"account\" must be a well-formed string that is not empty.";

/// The server, and the name of the user's account there.
pub(super) fn account(server: &JsValue, name: &JsValue) -> Result<Account> {
    let server = server_url(server)?;
    match name.as_string() {
        None if name.is_undefined() => Ok(server.into()),
        // A lone surrogate would be replaced on the way here, so two such names would be one account.
        Some(text) if !text.is_empty() && *name == JsValue::from_str(&text) => Ok(Account::named(server, &text)),
        _ => Err(Error::new(Code::InvalidOption, Step::Setup, ACCOUNT_EXPECTED)),
    }
}

/// What the app's `client` function returned.
pub(super) fn given_identity(given: &JsValue) -> Result<Option<GivenIdentity>> {
    const EXPECTED: &str = "client must return { clientId }, { clientId, clientSecret } or undefined.";
    let wrong = || Error::new(Code::InvalidOption, Step::Registration, EXPECTED);
    if given.is_undefined() || given.is_null() {
        return Ok(None);
    }
    let Some(Value::Object(object)) = to_value(given) else { return Err(wrong()) };
    match (object.text("clientId"), object.string("clientSecret")) {
        (Some(client_id), Ok(secret)) => {
            Ok(Some(GivenIdentity { client_id: client_id.to_owned(), secret: secret.map(Into::into) }))
        }
        _ => Err(wrong()),
    }
}

/// More parameters for the authorization request of one sign-in.
pub(super) fn parameters(given: &JsValue) -> Result<AuthorizationParameters> {
    let members = to_value(given).map(|value| ("authorizationParameters".to_owned(), value));
    let options = Object(members.into_iter().collect());
    authorization_parameters(&Fields::new(&options, Code::InvalidOption, Step::Setup))
}

pub(super) fn scope(scopes: &JsValue) -> Result<Option<Scope>> {
    tokens("scopes", scopes)
}

fn tokens(name: &str, list: &JsValue) -> Result<Option<Scope>> {
    if list.is_undefined() {
        return Ok(None);
    }
    let tokens = Array::is_array(list)
        .then(|| Array::from(list).iter().map(|token| token.as_string()).collect::<Option<Vec<_>>>());
    let expected = || wrong(&["\"", name, "\" must be a list of strings."].concat());
    tokens.flatten().map(|tokens| Some(Scope::from_tokens(tokens))).ok_or_else(expected)
}

fn wrong(message: &str) -> Error {
    Error::new(Code::InvalidOption, Step::Setup, message)
}

/// What a step-up asks for; `None` for what the last challenge demands.
pub(super) fn demand(scopes: &JsValue, acr_values: &JsValue, max_age: &JsValue) -> Result<Option<StepUpDemand>> {
    let (scopes, acr_values) = (tokens("scopes", scopes)?, tokens("acrValues", acr_values)?);
    let seconds =
        max_age.as_f64().filter(|seconds| f64::from(*seconds as u32) == *seconds).map(|seconds| seconds as u32);
    if seconds.is_none() && !max_age.is_undefined() {
        return Err(wrong("\"maxAge\" must be a whole number of seconds."));
    }
    let authentication = (acr_values.is_some() || seconds.is_some())
        .then(|| UserAuthentication { acr_values: acr_values.unwrap_or_default(), max_age: seconds });
    Ok((scopes.is_some() || authentication.is_some())
        .then(|| StepUpDemand { scopes: scopes.unwrap_or_default(), authentication }))
}
