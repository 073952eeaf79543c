//! The options of `McpAuthorizer.create`, checked once.

use js_sys::Function;
use wasm_bindgen::{JsCast, JsValue};

use super::grant;
use crate::browser::reflect::get;
use crate::browser::{Storage, absolute_url, algorithm_of, to_value};
use crate::flow::{Client, Dpop, PreRegistered};
use crate::protocol::json::{FieldError, Object, Value};
use crate::protocol::{Issuer, Scope, Url, client_id_metadata_url};
use crate::{Code, Error, Result, Step};

const STEP: Step = Step::Setup;
const REQUEST_TIMEOUT_MS: u64 = 30_000;
const SIGN_IN_TIMEOUT_MS: u64 = 600_000;

/// The options.
pub(super) struct Options {
    pub client: Client,
    pub storage: Storage,
    pub fetch: Option<Function>,
    pub proxy: Option<Function>,
    pub choose: Option<Function>,
    pub on_step_up: Option<Function>,
    pub authorize: Option<Function>,
    pub display: Display,
    pub client_key: JsValue,
    pub assertion: JsValue,
    pub request_timeout: u32,
    pub sign_in_timeout: u32,
}

/// Where the authorization server's page comes up.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Display {
    Popup,
    Redirect,
    PopupOrRedirect,
}

fn at(error: FieldError) -> Error {
    error.at(Code::InvalidOption, STEP)
}

impl Options {
    /// Checks what the app gave.
    pub fn read(given: &JsValue) -> Result<Self> {
        let Some(Value::Object(object)) = to_value(given) else {
            return Err(at(FieldError::new("options", "an object")));
        };
        let grant::Given { redirects, grant, assertion } = grant::read(&object, given)?;
        let (client_key, key_id) = read_client_key(given)?;
        let client = read_client(&object, redirects, grant.is_none())?;
        let prefetch = object.get("prefetch").is_none() || object.flag("prefetch").map_err(at)?;
        let client = Client { grant, key_id, prefetch, dpop: read_dpop(&object)?, ..client };
        let timeout = |name, default| {
            let given = object.whole_number(name).map_err(at)?.unwrap_or(default);
            // The longest time that a browser's timer takes.
            i32::try_from(given).map(i32::unsigned_abs).map_err(|_| at(FieldError::new(name, "below 2,147,483,648")))
        };
        Ok(Self {
            client,
            storage: read_storage(given)?,
            fetch: function(given, "fetch")?,
            proxy: function(given, "proxy")?,
            choose: function(given, "chooseAuthorizationServer")?,
            on_step_up: function(given, "onStepUp")?,
            authorize: function(given, "authorize")?,
            display: read_display(&object)?,
            client_key,
            assertion,
            request_timeout: timeout("requestTimeout", REQUEST_TIMEOUT_MS)?,
            sign_in_timeout: timeout("signInTimeout", SIGN_IN_TIMEOUT_MS)?,
        })
    }
}

/// `redirects`: the user comes back to a page; `registers`: the app may register, and needs a name for it.
fn read_client(options: &Object, redirects: bool, registers: bool) -> Result<Client> {
    let string = |name| options.string(name).map_err(at);
    let url = |name| {
        string(name)?.map(|text| Url::parse(&absolute_url(text)).map_err(|error| error.at(STEP, name))).transpose()
    };
    let issuers = |name| {
        let list = options.strings(name).map_err(at)?.unwrap_or_default();
        Ok::<_, Error>(list.into_iter().map(str::to_owned).collect())
    };
    let redirect_uri = match url("redirectUri")?.filter(|_| redirects) {
        None if redirects => return Err(at(FieldError::new("redirectUri", "a URL"))),
        // RFC 6749 §3.1.2: "The endpoint URI MUST NOT include a fragment component."
        Some(uri) if uri.has_fragment() => return Err(at(FieldError::new("redirectUri", "without a fragment"))),
        redirect_uri => redirect_uri,
    };
    let document = string("clientIdMetadataUrl")?
        .map(|text| client_id_metadata_url(&absolute_url(text)).map_err(|error| error.at(STEP, "clientIdMetadataUrl")));
    let issuer = string("issuer")?.map(|text| Issuer::parse(text).map_err(|error| error.at(STEP, "issuer")));
    let issuer = issuer.transpose()?;
    let secret = string("clientSecret")?.map(Into::into);
    let pre_registered = match string("clientId")? {
        Some(client_id) => Some(PreRegistered { client_id: client_id.to_owned(), secret, issuer }),
        None if secret.is_some() || issuer.is_some() => {
            return Err(at(FieldError::new("clientId", "given with clientSecret or issuer")));
        }
        None => None,
    };
    Ok(Client {
        name: match registers {
            true => options.required_string("clientName").map_err(at)?.to_owned(),
            false => String::new(),
        },
        uri: url("clientUri")?,
        redirect_uri,
        pre_registered,
        client_id_metadata_url: document.transpose()?,
        key_id: None,
        trust_pkce: issuers("trustPkce")?,
        omit_resource: issuers("omitResource")?,
        dpop: Dpop::Auto,
        prefetch: true,
        grant: None,
        scopes: options.strings("scopes").map_err(at)?.map(Scope::from_tokens),
    })
}

fn read_dpop(options: &Object) -> Result<Dpop> {
    match options.string("dpop").map_err(at)? {
        None | Some("auto") => Ok(Dpop::Auto),
        Some("require") => Ok(Dpop::Require),
        Some("off") => Ok(Dpop::Off),
        _ => Err(at(FieldError::new("dpop", "\"auto\", \"require\" or \"off\""))),
    }
}

fn read_display(options: &Object) -> Result<Display> {
    match options.string("display").map_err(at)? {
        None | Some("popup") => Ok(Display::Popup),
        Some("redirect") => Ok(Display::Redirect),
        Some("popup-or-redirect") => Ok(Display::PopupOrRedirect),
        _ => Err(at(FieldError::new("display", "\"popup\", \"redirect\" or \"popup-or-redirect\""))),
    }
}

/// `clientKey`: the key and its `kid`.
fn read_client_key(options: &JsValue) -> Result<(JsValue, Option<String>)> {
    let given = get(options, "clientKey");
    if given.is_undefined() {
        return Ok((JsValue::UNDEFINED, None));
    }
    let key = get(&given, "key");
    let expected =
        FieldError::new("clientKey", "{ key, id } with a private CryptoKey that signs (P-256, RSA or Ed25519)");
    algorithm_of(&key).ok_or(at(expected))?;
    Ok((key, get(&given, "id").as_string()))
}

fn function(options: &JsValue, name: &'static str) -> Result<Option<Function>> {
    let value = get(options, name);
    if value.is_undefined() {
        return Ok(None);
    }
    value.dyn_into().map(Some).map_err(|_| at(FieldError::new(name, "a function")))
}

fn read_storage(options: &JsValue) -> Result<Storage> {
    let given = get(options, "storage");
    if given.is_undefined() {
        return Ok(Storage::IndexedDb);
    }
    match given.as_string().as_deref() {
        Some("indexeddb") => return Ok(Storage::IndexedDb),
        Some("memory") => return Ok(Storage::Memory),
        _ => {}
    }
    let complete = given.is_object() && ["get", "set", "delete"].iter().all(|name| get(&given, name).is_function());
    if complete {
        Ok(Storage::Custom(given))
    } else {
        Err(at(FieldError::new("storage", "\"indexeddb\", \"memory\" or an object with get, set and delete")))
    }
}
