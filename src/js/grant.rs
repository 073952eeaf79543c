//! The options that concern sign-in without a user.

use wasm_bindgen::JsValue;

use crate::browser::absolute_url;
use crate::browser::reflect::get;
use crate::flow::{Grant, IdentityProvider};
use crate::protocol::fields::Fields;
use crate::protocol::json::Value;
use crate::protocol::{ClientAuthentication, ClientCredentials, Url};
use crate::{Code, Step};

const STEP: Step = Step::Setup;

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
pub(super) fn read(options: &Fields<'_>, grant: Option<&Value>, given: &JsValue) -> Given {
    let without_assertion = |redirects, grant| Given { redirects, grant, assertion: JsValue::UNDEFINED };
    let grant = match grant {
        None => return without_assertion(true, None),
        Some(Value::Object(grant)) => Fields::new(grant, Code::InvalidOption, STEP),
        Some(_) => {
            options.check(false, "grant", "an object");
            return without_assertion(true, None);
        }
    };
    let (kind, token) = match grant.string("type") {
        Some("client_credentials") => (Some(Grant::ClientCredentials), ""),
        Some("jwt_bearer") => (Some(Grant::JwtBearer), "assertion"),
        Some("id_jag") => (identity_provider(&grant).map(Grant::EnterpriseManaged), "idToken"),
        given => {
            let expected = "\"device_code\", \"client_credentials\", \"jwt_bearer\" or \"id_jag\"";
            grant.check(given == Some("device_code"), "type", expected);
            (None, "")
        }
    };
    let assertion = get(&get(given, "grant"), token);
    let is_given = token.is_empty() || assertion.is_string() || assertion.is_function();
    grant.check(is_given, token, "a string, or a function that gives one");
    if let Err(error) = grant.end() {
        options.fail(error);
    }
    Given { redirects: false, grant: kind, assertion }
}

fn identity_provider(grant: &Fields<'_>) -> Option<IdentityProvider> {
    let token_endpoint = Url::parse(&absolute_url(grant.required_string("tokenEndpoint")));
    let mut client = ClientCredentials::public(grant.required_string("clientId"));
    if let Some(secret) = grant.string("clientSecret") {
        client.secret = Some(secret.into());
        client.method = ClientAuthentication::for_secret(None);
    }
    match token_endpoint {
        Ok(token_endpoint) => Some(IdentityProvider { token_endpoint, client }),
        Err(error) => {
            grant.fail(error.at(STEP, "tokenEndpoint"));
            None
        }
    }
}
