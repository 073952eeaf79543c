//! The options for sign-ins without a user.

use wasm_bindgen::JsValue;

use super::option::{STEP, identity_provider};
use crate::browser::reflect::get;
use crate::flow::Grant;
#[cfg(feature = "enterprise")]
use crate::flow::SignInProvider;
use crate::protocol::fields::Fields;
use crate::protocol::json::Value;
#[cfg(feature = "enterprise")]
use crate::protocol::{ClientAuthentication, Issuer, Scope, SubjectTokenType};
use crate::{Code, Result};

/// How to get tokens.
pub(super) struct GivenGrant {
    /// Whether the user signs in at a page that sends them back.
    pub redirects: bool,
    /// `None` if a user signs in.
    pub grant: Option<Grant>,
    /// The assertion for a workload or a user: a text, or a function that returns one.
    pub assertion: JsValue,
}

/// Reads `grant`.
pub(super) fn read(options: &Fields<'_>, grant: Option<&Value>, given: &JsValue) -> Result<GivenGrant> {
    let grant = match grant {
        None => return Ok(GivenGrant { redirects: true, grant: None, assertion: JsValue::UNDEFINED }),
        Some(Value::Object(grant)) => Fields::new(grant, Code::InvalidOption, STEP),
        Some(_) => return Err(options.wrong("grant", "an object")),
    };
    let (kind, token) = match grant.string("type")? {
        Some("device_code") => (None, ""),
        Some("client_credentials") => (Some(Grant::ClientCredentials), ""),
        Some("jwt_bearer") => (Some(Grant::JwtBearer), "assertion"),
        Some("id_jag") => match grant.object("identityProvider")? {
            #[cfg(not(feature = "enterprise"))]
            Some(_) => {
                return Err(grant.wrong("identityProvider", "used with McpAuthorizer of mcp-authorize/enterprise"));
            }
            #[cfg(feature = "enterprise")]
            Some(provider) => {
                let own = sign_in_provider(&Fields::new(provider, Code::InvalidOption, STEP))?;
                let grant = Some(Grant::EnterpriseSignIn(own));
                return Ok(GivenGrant { redirects: true, grant, assertion: JsValue::UNDEFINED });
            }
            None => (Some(Grant::EnterpriseManaged(identity_provider(&grant)?)), "idToken"),
        },
        _ => {
            let expected = "\"device_code\", \"client_credentials\", \"jwt_bearer\" or \"id_jag\"";
            return Err(grant.wrong("type", expected));
        }
    };
    let assertion = get(&get(given, "grant"), token);
    let is_given = token.is_empty() || assertion.is_string() || assertion.is_function();
    grant.check(is_given, token, "a string, or a function that gives one")?;
    Ok(GivenGrant { redirects: false, grant: kind, assertion })
}

#[cfg(feature = "enterprise")]
/// `identityProvider`: where the user signs in, and the app's client there.
fn sign_in_provider(given: &Fields<'_>) -> Result<SignInProvider> {
    let issuer = given.required_string("issuer")?;
    let secret = given.string("clientSecret")?.map(Into::into);
    let method = match given.string("authentication")? {
        None => None,
        Some(name) => {
            let method = ClientAuthentication::from_name(name);
            let has_secret = Option::is_some(&secret);
            let fits = match method {
                Some(ClientAuthentication::SecretBasic | ClientAuthentication::SecretPost) => has_secret,
                Some(ClientAuthentication::PrivateKeyJwt) => !has_secret,
                _ => false,
            };
            const METHODS: &str =
                "\"client_secret_basic\" or \"client_secret_post\" with clientSecret, or \"private_key_jwt\"";
            given.check(fits, "authentication", METHODS)?;
            method
        }
    };
    Ok(SignInProvider {
        issuer: Issuer::parse(issuer).map_err(|error| error.at(STEP, "issuer", issuer))?,
        client_id: given.required_string("clientId")?.to_owned(),
        secret,
        method,
        scopes: Scope::from_tokens(given.strings("scopes")?.unwrap_or_default()),
        subject_token: match given.string("subjectToken")? {
            None | Some("id_token") => SubjectTokenType::IdToken,
            Some("refresh_token") => SubjectTokenType::RefreshToken,
            Some(_) => return Err(given.wrong("subjectToken", "\"id_token\" or \"refresh_token\"")),
        },
    })
}
