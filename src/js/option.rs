//! Options that several APIs have in common, each checked in one place.

use js_sys::Function;
use wasm_bindgen::{JsCast, JsValue};

use crate::browser::reflect::{get, global};
use crate::browser::{absolute_url, algorithm_of};
use crate::flow::{Dpop, IdentityProvider};
use crate::protocol::fields::Fields;
use crate::protocol::json::Value;
use crate::protocol::server_text::contains;
use crate::protocol::{
    AboutClient, AuthorizationParameters, ClientAuthentication, ClientCredentials, Issuer, IssuerPolicy, Secret, Url,
    UrlError,
};
use crate::{Code, Error, Result, Step};

pub(super) const STEP: Step = Step::Setup;

/// A list of issuers.
pub(super) fn issuers(options: &Fields<'_>, name: &'static str) -> Result<Vec<String>> {
    Ok(options.strings(name)?.unwrap_or_default().into_iter().map(str::to_owned).collect())
}

/// `strictIssuer` and `acceptIssuers`.
pub(super) fn issuer_policy(options: &Fields<'_>) -> Result<IssuerPolicy> {
    Ok(IssuerPolicy { strict: options.flag("strictIssuer")?, accepted: accepted_issuers(options)? })
}

/// At most the longest time that browsers' timers support.
pub(super) fn timeout(options: &Fields<'_>, name: &'static str, default: u32) -> Result<u32> {
    let time = i32::try_from(options.whole_number(name)?.unwrap_or(default.into()));
    time.map(i32::unsigned_abs).map_err(|_| options.wrong(name, "below 2,147,483,648"))
}

/// `acceptIssuers`: listed issuers, each with the issuer that its document names.
fn accepted_issuers(options: &Fields<'_>) -> Result<Vec<(String, String)>> {
    const NAME: &str = "acceptIssuers";
    let Some(object) = options.object(NAME)? else { return Ok(Vec::new()) };
    let pairs = object.0.iter().map(|(listed, named)| Some((listed.clone(), named.as_str()?.to_owned())));
    pairs.collect::<Option<_>>().ok_or_else(|| options.wrong(NAME, "an object of strings"))
}

/// `initialAccessToken`: one for each issuer, or one for `issuer`.
pub(super) fn initial_access_tokens(options: &Fields<'_>, issuer: Option<&Issuer>) -> Result<Vec<(String, Secret)>> {
    const NAME: &str = "initialAccessToken";
    let wrong = || options.wrong(NAME, "an object of tokens by issuer, or a string given with issuer");
    match (options.get(NAME), issuer) {
        (None, _) => Ok(Vec::new()),
        (Some(Value::String(token)), Some(issuer)) => Ok(vec![(issuer.as_str().to_owned(), token.as_str().into())]),
        (Some(Value::Object(tokens)), _) => {
            let tokens = tokens.0.iter().map(|(issuer, token)| Some((issuer.clone(), token.as_str()?.into())));
            tokens.collect::<Option<_>>().ok_or_else(wrong)
        }
        _ => Err(wrong()),
    }
}

/// `authorizationParameters`: texts, or null for parameters that must not be sent.
pub(super) fn authorization_parameters(options: &Fields<'_>) -> Result<AuthorizationParameters> {
    const NAME: &str = "authorizationParameters";
    let Some(object) = options.object(NAME)? else { return Ok(AuthorizationParameters::default()) };
    let pairs = object.0.iter().map(|(name, value)| match value {
        Value::Null => Some((name.clone(), None)),
        value => Some((name.clone(), Some(value.as_str()?.to_owned()))),
    });
    let pairs = pairs.collect::<Option<_>>().ok_or_else(|| options.wrong(NAME, "an object of strings and nulls"))?;
    AuthorizationParameters::new(pairs).map_err(|name| {
        let message = ["authorizationParameters can't have \"", &name, "\", which the protocol sets."].concat();
        Error::new(Code::InvalidOption, STEP, message)
    })
}

/// The metadata with which the app registers.
pub(super) fn about_client(options: &Fields<'_>) -> Result<AboutClient> {
    let text = |name| Ok::<_, Error>(options.string(name)?.map(str::to_owned));
    Ok(AboutClient {
        logo_uri: url(options, "logoUri", Url::parse)?,
        tos_uri: url(options, "tosUri", Url::parse)?,
        policy_uri: url(options, "policyUri", Url::parse)?,
        contacts: options.strings("contacts")?.unwrap_or_default().into_iter().map(str::to_owned).collect(),
        software_id: text("softwareId")?,
        software_version: text("softwareVersion")?,
        software_statement: text("softwareStatement")?,
    })
}

/// A URL, which may be relative to the page.
pub(super) fn url<T>(
    options: &Fields<'_>,
    name: &'static str,
    parse: fn(&str) -> std::result::Result<T, UrlError>,
) -> Result<Option<T>> {
    let Some(text) = options.string(name)? else { return Ok(None) };
    // A complete URL keeps its original text.
    let parsed = parse(text).or_else(|error| match contains(text, "://") {
        true => Err(error),
        false => parse(&absolute_url(text)),
    });
    parsed.map(Some).map_err(|error| match error {
        UrlError::Invalid if global("location").is_undefined() => {
            options.wrong(name, "a complete URL: without a page, it can't be relative")
        }
        error => error.at(STEP, name, text),
    })
}

pub(super) fn read_dpop(options: &Fields<'_>) -> Result<Dpop> {
    match options.get("dpop").map(Value::as_str) {
        None | Some(Some("auto")) => Ok(Dpop::Auto),
        Some(Some("require")) => Ok(Dpop::Require),
        Some(Some("off")) => Ok(Dpop::Off),
        Some(_) => Err(options.wrong("dpop", "\"auto\", \"require\" or \"off\"")),
    }
}

/// `clientKey`: the key and its `kid`.
pub(super) fn read_client_key(options: &Fields<'_>, given: &JsValue) -> Result<(JsValue, Option<String>)> {
    let given = get(given, "clientKey");
    if given.is_undefined() {
        return Ok((JsValue::UNDEFINED, None));
    }
    let key = get(&given, "key");
    let expected = "{ key, id } with a private CryptoKey that signs (P-256, RSA or Ed25519)";
    options.check(algorithm_of(&key).is_some(), "clientKey", expected)?;
    Ok((key, get(&given, "id").as_string()))
}

pub(super) fn function(options: &Fields<'_>, given: &JsValue, name: &'static str) -> Result<Option<Function>> {
    let value = get(given, name);
    options.check(value.is_undefined() || value.is_function(), name, "a function")?;
    Ok(value.dyn_into().ok())
}

/// An identity provider, and the app's client there.
pub(super) fn identity_provider(grant: &Fields<'_>) -> Result<IdentityProvider> {
    let given = grant.required_string("tokenEndpoint")?;
    let token_endpoint = Url::parse(&absolute_url(given)).map_err(|error| error.at(STEP, "tokenEndpoint", given))?;
    let mut client = ClientCredentials::public(grant.required_string("clientId")?);
    if let Some(secret) = grant.string("clientSecret")? {
        client.secret = Some(secret.into());
        client.method = ClientAuthentication::for_secret(None);
    }
    Ok(IdentityProvider { token_endpoint, client })
}
