//! The arguments of a step: values of other steps, which are checked again, and the options.

use js_sys::Function;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::AbortSignal;

use super::dpop_key::signer;
use crate::browser::reflect::get;
use crate::browser::{Browser, BrowserOptions, REQUEST_TIMEOUT_MS, SIGN_IN_TIMEOUT_MS, Storage, to_value};
use crate::flow::steps::{AuthorizationServer, ClientIdentity, Discovered, Tokens};
use crate::flow::{Client, Dpop};
use crate::js::option::{
    STEP, about_client, authorization_parameters, function, initial_access_tokens, issuer_policy, issuers,
    read_client_key, read_dpop, timeout, url,
};
use crate::protocol::fields::Fields;
use crate::protocol::json::{FieldError, Object, Value};
use crate::protocol::{ClientIdMetadataUrl, ClientMetadata, Issuer, RedirectUri, Scope, ServerUrl, Url};
use crate::{Code, Result};

/// One call of a step. It stores nothing, and its ports are dropped with it.
pub(super) struct Given {
    pub browser: Browser,
    pub client: Client,
    object: Object,
    dpop_key: JsValue,
    signal: Option<AbortSignal>,
}

/// What the app says about servers and what it asks for.
fn wishes(fields: &Fields<'_>) -> Result<Client> {
    Ok(Client {
        trust_pkce: issuers(fields, "trustPkce")?,
        omit_resource: issuers(fields, "omitResource")?,
        issuer_policy: issuer_policy(fields)?,
        require_iss: fields.flag("requireIss")?,
        exact_resource: fields.flag("exactResource")?,
        authorization_parameters: authorization_parameters(fields)?,
        prefetch: fields.get("prefetch").is_none() || fields.flag("prefetch")?,
        scopes: fields.strings("scopes")?.map(Scope::from_tokens),
        ..Client::default()
    })
}

impl Given {
    /// Checks the options.
    pub fn read(given: JsValue) -> Result<Self> {
        let object = match to_value(&given) {
            Some(Value::Object(object)) => object,
            None if given.is_undefined() => Object::default(),
            _ => return Err(FieldError::new("options", "an object").at(Code::InvalidOption, STEP)),
        };
        let fields = Fields::new(&object, Code::InvalidOption, STEP);
        let (client_key, key_id) = read_client_key(&fields, &given)?;
        let fetch: Option<Function> = function(&fields, &given, "fetch")?;
        let dpop_key = get(&given, "dpopKey");
        let dpop = read_dpop(&fields)?;
        fields.check(dpop != Dpop::Require || dpop_key.is_object(), "dpopKey", "given with dpop: \"require\"")?;
        let browser = Browser::new(BrowserOptions {
            fetch,
            storage: Storage::Memory,
            request_timeout_ms: timeout(&fields, "requestTimeout", REQUEST_TIMEOUT_MS)?,
            client_key,
            ..BrowserOptions::default()
        });
        let client = Client { key_id, dpop: if dpop_key.is_object() { dpop } else { Dpop::Off }, ..wishes(&fields)? };
        let signal = Some(get(&given, "signal")).filter(JsValue::is_object).map(JsCast::unchecked_into);
        Ok(Self { browser, client, dpop_key, signal, object })
    }

    pub fn fields(&self) -> Fields<'_> {
        Fields::new(&self.object, Code::InvalidOption, STEP)
    }

    pub fn signal(&self) -> Option<AbortSignal> {
        self.signal.clone()
    }

    fn member(&self, name: &'static str) -> Result<&Object> {
        self.fields().object(name)?.ok_or_else(|| self.fields().wrong(name, "an object"))
    }

    pub fn server(&self) -> Result<ServerUrl> {
        let text = self.fields().required_string("server")?;
        ServerUrl::parse(text).map_err(|error| error.at(STEP, "The server's URL", text))
    }

    pub fn issuer(&self, name: &'static str) -> Result<Option<Issuer>> {
        let Some(text) = self.fields().string(name)? else { return Ok(None) };
        Issuer::parse(text).map(Some).map_err(|error| error.at(STEP, name, text))
    }

    pub fn url(&self, name: &'static str) -> Result<Option<Url>> {
        url(&self.fields(), name, Url::parse)
    }

    pub fn redirect_uri(&self) -> Result<Option<RedirectUri>> {
        url(&self.fields(), "redirectUri", RedirectUri::parse)
    }

    pub fn discovered(&self) -> Result<Discovered> {
        Discovered::read(&self.client, self.member("discovered")?)
    }

    pub fn authorization_server(&self) -> Result<AuthorizationServer> {
        AuthorizationServer::read(&self.client, self.member("authorizationServer")?)
    }

    pub fn identity(&self) -> Result<ClientIdentity> {
        ClientIdentity::read(self.member("client")?)
    }

    pub fn pending(&self) -> Result<&Object> {
        self.member("pending")
    }

    pub fn tokens(&self) -> Result<Tokens> {
        Tokens::read(self.member("tokens")?)
    }

    /// How long the user may take, in milliseconds.
    pub fn limit(&self) -> Result<u64> {
        timeout(&self.fields(), "signInTimeout", SIGN_IN_TIMEOUT_MS).map(u64::from)
    }

    /// The app's metadata.
    pub fn read_app(&mut self) -> Result<()> {
        let name = self.fields().required_string("clientName")?.to_owned();
        self.client.name = name;
        self.client.uri = self.url("clientUri")?;
        self.client.about = about_client(&self.fields())?;
        if self.fields().flag("dpopBound")? {
            self.client.dpop = Dpop::Require;
        }
        Ok(())
    }

    /// The same, with everything that a registration needs.
    pub fn read_registration(&mut self, issuer: &Issuer) -> Result<()> {
        self.read_app()?;
        self.client.redirect_uri = self.redirect_uri()?;
        self.client.initial_access_tokens = initial_access_tokens(&self.fields(), Some(issuer))?;
        Ok(())
    }

    pub fn client_metadata(&self) -> ClientMetadata<'_> {
        ClientMetadata {
            client_name: &self.client.name,
            client_uri: self.client.uri.as_ref(),
            about: &self.client.about,
            redirect_uri: None,
            dpop_bound: self.client.dpop == Dpop::Require,
        }
    }

    pub fn metadata_url(&self) -> Result<ClientIdMetadataUrl> {
        let text = self.fields().required_string("url")?;
        ClientIdMetadataUrl::parse(text).map_err(|error| error.at(STEP, "url", text))
    }

    pub fn redirect_uris(&self) -> Result<Vec<RedirectUri>> {
        let texts = self.fields().strings("redirectUris")?.unwrap_or_default();
        self.fields().check(!texts.is_empty(), "redirectUris", "a list with at least one URL")?;
        let parse = |text| RedirectUri::parse(text).map_err(|error| error.at(STEP, "redirectUris", text));
        texts.into_iter().map(parse).collect()
    }

    /// Makes proofs with the app's key, if the app passed one.
    pub async fn show_key(&self, issuer: &Issuer) -> Result<()> {
        if self.dpop_key.is_object() {
            self.browser.use_dpop_key(issuer.as_str(), signer(&self.dpop_key).await?);
        }
        Ok(())
    }

    /// The same for the issuer of a value.
    pub async fn show_key_of(&self, value: &Object) -> Result<()> {
        match value.text("issuer").map(Issuer::parse) {
            Some(Ok(issuer)) => self.show_key(&issuer).await,
            // The check of the value itself reports this.
            _ => Ok(()),
        }
    }
}
