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

/// How tokens are got.
pub(super) struct Given {
    /// Whether the user signs in at a page that sends them back.
    pub redirects: bool,
    /// Nothing where a user signs in.
    pub grant: Option<Grant>,
    /// The word for a workload or a user: a text, or a function for one.
    pub assertion: JsValue,
}

/// Reads `grant`.
pub(super) fn read(options: &Object, given: &JsValue) -> Result<Given> {
    let without_assertion = |redirects, grant| Ok(Given { redirects, grant, assertion: JsValue::UNDEFINED });
    let grant = match options.get("grant") {
        None => return without_assertion(true, None),
        Some(Value::Object(grant)) => grant,
        Some(_) => return Err(at(FieldError::new("grant", "an object"))),
    };
    let (grant, token) = match grant.string("type").map_err(at)? {
        Some("client_credentials") => return without_assertion(false, Some(Grant::ClientCredentials)),
        Some("device_code") => return without_assertion(false, None),
        Some("jwt_bearer") => (Grant::JwtBearer, "assertion"),
        Some("id_jag") => (Grant::EnterpriseManaged(identity_provider(grant)?), "idToken"),
        _ => {
            return Err(at(FieldError::new(
                "type",
                "\"device_code\", \"client_credentials\", \"jwt_bearer\" or \"id_jag\"",
            )));
        }
    };
    let assertion = get(&get(given, "grant"), token);
    if assertion.is_string() || assertion.is_function() {
        return Ok(Given { redirects: false, grant: Some(grant), assertion });
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
