//! The options of `McpAuthorizer.create`, checked once.

use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::{JsCast, JsValue};

use super::grant;
use super::option::{
    STEP, about_client, authorization_parameters, function, initial_access_tokens, issuer_policy, issuers,
    read_client_key, read_dpop, timeout, url,
};
use crate::browser::reflect::{get, global};
use crate::browser::{PopupFeatures, REQUEST_TIMEOUT_MS, SIGN_IN_TIMEOUT_MS, Storage, to_value};
use crate::flow::{Client, Dpop, Grant, PreRegistered};
use crate::protocol::fields::Fields;
use crate::protocol::json::{FieldError, Value};
use crate::protocol::{ClientIdMetadataUrl, Issuer, RedirectUri, Scope, Url};
use crate::{Code, Result};

/// The options.
pub(super) struct Options {
    pub client: Rc<Client>,
    pub storage: Storage,
    pub fetch: Option<Function>,
    pub proxy: Option<Function>,
    pub choose: Option<Function>,
    pub confirm: Option<Function>,
    pub on_step_up: Option<Function>,
    pub authorize: Option<Function>,
    pub identify: Option<Function>,
    pub parameters: Option<Function>,
    pub display: Display,
    pub popup: PopupFeatures,
    pub no_opener: bool,
    pub client_key: JsValue,
    pub assertion: JsValue,
    pub request_timeout: u32,
    pub sign_in_timeout: u32,
    pub exportable: bool,
}

/// Where the authorization server's page is shown.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Display {
    Popup,
    Redirect,
    PopupOrRedirect,
    /// The user opens it by a link that the app shows.
    Link,
    PopupOrLink,
}

impl Options {
    /// Checks the app's options.
    pub fn read(given: &JsValue) -> Result<Self> {
        let Some(Value::Object(object)) = to_value(given) else {
            return Err(FieldError::new("options", "an object").at(Code::InvalidOption, STEP));
        };
        let options = Fields::new(&object, Code::InvalidOption, STEP);
        let grant::GivenGrant { redirects, grant, assertion } = grant::read(&options, object.get("grant"), given)?;
        let (client_key, key_id) = read_client_key(&options, given)?;
        let function = |name| function(&options, given, name);
        let authorize = function("authorize")?;
        let identify = function("client")?;
        let parameters: Option<Function> = get(given, "authorizationParameters").dyn_into().ok();
        let brings = Credentials {
            key: !client_key.is_undefined(),
            assertion: assertion.is_string(),
            asked: identify.is_some(),
        };
        #[cfg(feature = "enterprise")]
        let signs_in_at_provider = matches!(grant, Some(Grant::EnterpriseSignIn(_)));
        let client = read_client(&options, redirects, grant, &brings)?;
        // RFC 8252 §7.1: the response opens the app, not a page that a window could be watched for.
        let opens_app = client.redirect_uri.as_ref().is_some_and(|redirect_uri| redirect_uri.url().is_none());
        let shows = authorize.is_some() && object.get("display").is_none();
        options.check(
            !opens_app || shows,
            "redirectUri",
            "https, or http on loopback, unless authorize shows the page",
        )?;
        let display = read_display(&options)?;
        #[cfg(feature = "enterprise")]
        options.check(
            !(signs_in_at_provider && matches!(display, Display::Redirect | Display::PopupOrRedirect)),
            "display",
            "\"popup\", \"link\" or \"popup-or-link\" with identityProvider",
        )?;
        Ok(Self {
            client: Rc::new(Client {
                key_id,
                dpop: read_dpop(&options)?,
                prefetch: object.get("prefetch").is_none() || options.flag("prefetch")?,
                ..client
            }),
            storage: read_storage(&options, given)?,
            fetch: function("fetch")?,
            proxy: function("proxy")?,
            choose: function("chooseAuthorizationServer")?,
            confirm: function("confirmIssuer")?,
            on_step_up: function("onStepUp")?,
            authorize,
            identify,
            parameters,
            display,
            popup: read_popup(&options)?,
            no_opener: options.flag("noOpener")?,
            client_key,
            assertion,
            request_timeout: timeout(&options, "requestTimeout", REQUEST_TIMEOUT_MS)?,
            sign_in_timeout: timeout(&options, "signInTimeout", SIGN_IN_TIMEOUT_MS)?,
            exportable: options.flag("exportable")?,
        })
    }
}

/// The credentials of an app other than `clientSecret`.
struct Credentials {
    /// A key of its own.
    key: bool,
    /// One assertion for every authorization server.
    assertion: bool,
    /// A function that returns them for one authorization server at a time.
    asked: bool,
}

/// `redirects`: the user comes back to a page.
fn read_client(options: &Fields<'_>, redirects: bool, grant: Option<Grant>, brings: &Credentials) -> Result<Client> {
    let redirect_uri = url(options, "redirectUri", RedirectUri::parse)?.filter(|_| redirects);
    options.check(redirect_uri.is_some() || !redirects, "redirectUri", "a URL")?;
    let issuer = match options.string("issuer")? {
        Some(text) => Some(Issuer::parse(text).map_err(|error| error.at(STEP, "issuer", text))?),
        None => None,
    };
    let secret = options.string("clientSecret")?.map(Into::into);
    let client_id = options.string("clientId")?;
    let own = client_id.is_none() && secret.is_none() && !brings.key;
    options.check(own || !brings.asked, "client", "given without clientId, clientSecret and clientKey")?;
    let by_credentials = matches!(grant, Some(Grant::ClientCredentials)) && !brings.asked;
    let document = url(options, "clientIdMetadataUrl", ClientIdMetadataUrl::parse)?;
    let has_shared_key = brings.key && client_id.is_none() && document.is_some();
    let has_own_key = brings.key && !has_shared_key;
    let has_credentials = secret.is_some() || has_own_key || brings.assertion || (by_credentials && !has_shared_key);
    let registers = options.get("initialAccessToken").is_some();
    // A workload's JWT says who it is.
    let is_workload = matches!(grant, Some(Grant::JwtBearer)) && client_id.is_none();
    let is_alone = secret.is_none() && (issuer.is_none() || registers || is_workload);
    options.check(client_id.is_some() || is_alone, "clientId", "given with clientSecret or issuer")?;
    // MCP 2026-07-28: credentials of one authorization server must not be used with another. Without `issuer`, the first
    // server would get them. But a key whose public half is in the app's metadata document is for all servers, because
    // each assertion names its issuer.
    options.check(!has_credentials || issuer.is_some(), "issuer", "given with credentials, to say whose they are")?;
    Ok(Client {
        // If a user signs in, the app may have to register, which needs a name.
        name: if grant.is_none() { options.required_string("clientName")?.to_owned() } else { String::new() },
        uri: url(options, "clientUri", Url::parse)?,
        about: about_client(options)?,
        redirect_uri,
        pre_registered: client_id.map(|id| PreRegistered { client_id: id.to_owned(), secret, issuer: issuer.clone() }),
        client_id_metadata_url: document,
        workload_issuer: issuer.clone().filter(|_| is_workload),
        key_id: None,
        trust_pkce: issuers(options, "trustPkce")?,
        omit_resource: issuers(options, "omitResource")?,
        issuer_policy: issuer_policy(options)?,
        require_iss: options.flag("requireIss")?,
        exact_resource: options.flag("exactResource")?,
        initial_access_tokens: initial_access_tokens(options, issuer.as_ref())?,
        authorization_parameters: authorization_parameters(options)?,
        dpop: Dpop::Auto,
        prefetch: true,
        grant,
        scopes: options.strings("scopes")?.map(Scope::from_tokens),
    })
}

fn read_display(options: &Fields<'_>) -> Result<Display> {
    match options.get("display").map(Value::as_str) {
        None | Some(Some("popup")) => Ok(Display::Popup),
        Some(Some("redirect")) => Ok(Display::Redirect),
        Some(Some("popup-or-redirect")) => Ok(Display::PopupOrRedirect),
        Some(Some("link")) => Ok(Display::Link),
        Some(Some("popup-or-link")) => Ok(Display::PopupOrLink),
        Some(_) => {
            const EXPECTED: &str = "\"popup\", \"redirect\", \"link\", \"popup-or-redirect\" or \"popup-or-link\"";
            Err(options.wrong("display", EXPECTED))
        }
    }
}

/// `popup`: its size, its position and its first page.
fn read_popup(options: &Fields<'_>) -> Result<PopupFeatures> {
    const EXPECTED: &str = "{ width, height, left, top, url } with whole numbers and a URL of the page's own origin";
    let default = PopupFeatures::default();
    let Some(object) = options.object("popup")? else { return Ok(default) };
    let popup = Fields::new(object, Code::InvalidOption, STEP);
    let number = |name| match object.get(name) {
        None => Ok(None),
        Some(Value::Number(number)) if number.trunc() == *number && number.abs() < 1e6 => Ok(Some(*number)),
        Some(_) => Err(options.wrong("popup", EXPECTED)),
    };
    let first_page = url(&popup, "url", Url::parse)?;
    // A page of another origin could not be distinguished from the sign-in page.
    let is_own = first_page.as_ref().is_none_or(|url| get(&global("location"), "origin") == url.origin());
    options.check(is_own, "popup", EXPECTED)?;
    Ok(PopupFeatures {
        width: number("width")?.unwrap_or(default.width),
        height: number("height")?.unwrap_or(default.height),
        left: number("left")?,
        top: number("top")?,
        first_page,
    })
}

fn read_storage(options: &Fields<'_>, given: &JsValue) -> Result<Storage> {
    let given = get(given, "storage");
    match given.as_string().as_deref() {
        Some("indexeddb") => return Ok(Storage::IndexedDb),
        Some("memory") => return Ok(Storage::Memory),
        _ if given.is_undefined() => return Ok(Storage::IndexedDb),
        _ => {}
    }
    let complete = given.is_object() && ["get", "set", "delete"].iter().all(|name| get(&given, name).is_function());
    options.check(complete, "storage", "\"indexeddb\", \"memory\" or an object with get, set and delete")?;
    Ok(Storage::Custom(given))
}
