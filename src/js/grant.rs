//! The options that concern sign-in without a user.

use wasm_bindgen::JsValue;

use super::option::{STEP, identity_provider};
use crate::browser::reflect::get;
use crate::flow::Grant;
use crate::protocol::fields::Fields;
use crate::protocol::json::Value;
use crate::{Code, Result};

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
pub(super) fn read(options: &Fields<'_>, grant: Option<&Value>, given: &JsValue) -> Result<Given> {
    let grant = match grant {
        None => return Ok(Given { redirects: true, grant: None, assertion: JsValue::UNDEFINED }),
        Some(Value::Object(grant)) => Fields::new(grant, Code::InvalidOption, STEP),
        Some(_) => return Err(options.wrong("grant", "an object")),
    };
    let (kind, token) = match grant.string("type")? {
        Some("device_code") => (None, ""),
        Some("client_credentials") => (Some(Grant::ClientCredentials), ""),
        Some("jwt_bearer") => (Some(Grant::JwtBearer), "assertion"),
        Some("id_jag") => (Some(Grant::EnterpriseManaged(identity_provider(&grant)?)), "idToken"),
        _ => {
            let expected = "\"device_code\", \"client_credentials\", \"jwt_bearer\" or \"id_jag\"";
            return Err(grant.wrong("type", expected));
        }
    };
    let assertion = get(&get(given, "grant"), token);
    let is_given = token.is_empty() || assertion.is_string() || assertion.is_function();
    grant.check(is_given, token, "a string, or a function that gives one")?;
    Ok(Given { redirects: false, grant: kind, assertion })
}
