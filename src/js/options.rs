//! The options of `McpAuthorizer.create`, checked once.

use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::{JsCast, JsValue};

use super::grant;
use crate::browser::reflect::get;
use crate::browser::{Storage, absolute_url, algorithm_of, to_value};
use crate::flow::{Client, Dpop, Grant, PreRegistered};
use crate::protocol::fields::Fields;
use crate::protocol::json::{FieldError, Object, Value};
use crate::protocol::{Issuer, Scope, Url, UrlError, client_id_metadata_url};
use crate::{Code, Result, Step};

const STEP: Step = Step::Setup;
const REQUEST_TIMEOUT_MS: u64 = 30_000;
const SIGN_IN_TIMEOUT_MS: u64 = 600_000;

/// The options.
pub(super) struct Options {
    pub client: Rc<Client>,
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

impl Options {
    /// Checks what the app gave.
    pub fn read(given: &JsValue) -> Result<Self> {
        let Some(Value::Object(object)) = to_value(given) else {
            return Err(FieldError::new("options", "an object").at(Code::InvalidOption, STEP));
        };
        let options = Fields::new(&object, Code::InvalidOption, STEP);
        let read = read(&options, &object, given);
        options.end().map(|()| read)
    }
}

fn read(options: &Fields<'_>, object: &Object, given: &JsValue) -> Options {
    let grant::Given { redirects, grant, assertion } = grant::read(options, object.get("grant"), given);
    let (client_key, key_id) = read_client_key(options, given);
    let function = |name| function(options, given, name);
    // The longest time that a browser's timer takes.
    let timeout = |name, default| {
        let time = i32::try_from(options.whole_number(name).unwrap_or(default));
        options.check(time.is_ok(), name, "below 2,147,483,648");
        time.unwrap_or_default().unsigned_abs()
    };
    Options {
        client: Rc::new(Client {
            key_id,
            dpop: read_dpop(options),
            prefetch: object.get("prefetch").is_none() | options.flag("prefetch"),
            ..read_client(options, redirects, grant)
        }),
        storage: read_storage(options, given),
        fetch: function("fetch"),
        proxy: function("proxy"),
        choose: function("chooseAuthorizationServer"),
        on_step_up: function("onStepUp"),
        authorize: function("authorize"),
        display: read_display(options),
        client_key,
        assertion,
        request_timeout: timeout("requestTimeout", REQUEST_TIMEOUT_MS),
        sign_in_timeout: timeout("signInTimeout", SIGN_IN_TIMEOUT_MS),
    }
}

/// `redirects`: the user comes back to a page.
fn read_client(options: &Fields<'_>, redirects: bool, grant: Option<Grant>) -> Client {
    let checked = |name, parse: fn(&str) -> std::result::Result<Url, UrlError>| {
        let url = parse(&absolute_url(options.string(name)?));
        url.map_err(|error| options.fail(error.at(STEP, name))).ok()
    };
    let issuers = |name| options.strings(name).unwrap_or_default().into_iter().map(str::to_owned).collect();
    let redirect_uri = checked("redirectUri", Url::parse).filter(|_| redirects);
    options.check(redirect_uri.is_some() || !redirects, "redirectUri", "a URL");
    // RFC 6749 §3.1.2: "The endpoint URI MUST NOT include a fragment component."
    let fragment = redirect_uri.as_ref().is_some_and(Url::has_fragment);
    options.check(!fragment, "redirectUri", "without a fragment");
    let issuer = options.string("issuer").and_then(|text| {
        let issuer = Issuer::parse(text);
        issuer.map_err(|error| options.fail(error.at(STEP, "issuer"))).ok()
    });
    let secret = options.string("clientSecret").map(Into::into);
    let client_id = options.string("clientId");
    let is_alone = secret.is_none() && issuer.is_none();
    options.check(client_id.is_some() || is_alone, "clientId", "given with clientSecret or issuer");
    Client {
        // The app may register where a user signs in, and needs a name for it.
        name: if grant.is_none() { options.required_string("clientName").to_owned() } else { String::new() },
        uri: checked("clientUri", Url::parse),
        redirect_uri,
        pre_registered: client_id.map(|id| PreRegistered { client_id: id.to_owned(), secret, issuer }),
        client_id_metadata_url: checked("clientIdMetadataUrl", client_id_metadata_url),
        key_id: None,
        trust_pkce: issuers("trustPkce"),
        omit_resource: issuers("omitResource"),
        dpop: Dpop::Auto,
        prefetch: true,
        grant,
        scopes: options.strings("scopes").map(Scope::from_tokens),
    }
}

fn read_dpop(options: &Fields<'_>) -> Dpop {
    let given = options.string("dpop").unwrap_or("auto");
    options.check(matches!(given, "auto" | "require" | "off"), "dpop", "\"auto\", \"require\" or \"off\"");
    match given {
        "require" => Dpop::Require,
        "off" => Dpop::Off,
        _ => Dpop::Auto,
    }
}

fn read_display(options: &Fields<'_>) -> Display {
    let given = options.string("display").unwrap_or("popup");
    let expected = "\"popup\", \"redirect\" or \"popup-or-redirect\"";
    options.check(matches!(given, "popup" | "redirect" | "popup-or-redirect"), "display", expected);
    match given {
        "redirect" => Display::Redirect,
        "popup-or-redirect" => Display::PopupOrRedirect,
        _ => Display::Popup,
    }
}

/// `clientKey`: the key and its `kid`.
fn read_client_key(options: &Fields<'_>, given: &JsValue) -> (JsValue, Option<String>) {
    let given = get(given, "clientKey");
    if given.is_undefined() {
        return (JsValue::UNDEFINED, None);
    }
    let key = get(&given, "key");
    let expected = "{ key, id } with a private CryptoKey that signs (P-256, RSA or Ed25519)";
    options.check(algorithm_of(&key).is_some(), "clientKey", expected);
    (key, get(&given, "id").as_string())
}

fn function(options: &Fields<'_>, given: &JsValue, name: &'static str) -> Option<Function> {
    let value = get(given, name);
    options.check(value.is_undefined() || value.is_function(), name, "a function");
    value.dyn_into().ok()
}

fn read_storage(options: &Fields<'_>, given: &JsValue) -> Storage {
    let given = get(given, "storage");
    match given.as_string().as_deref() {
        Some("indexeddb") => return Storage::IndexedDb,
        Some("memory") => return Storage::Memory,
        _ if given.is_undefined() => return Storage::IndexedDb,
        _ => {}
    }
    let complete = given.is_object() && ["get", "set", "delete"].iter().all(|name| get(&given, name).is_function());
    options.check(complete, "storage", "\"indexeddb\", \"memory\" or an object with get, set and delete");
    Storage::Custom(given)
}
