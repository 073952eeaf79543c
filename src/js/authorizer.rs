//! `McpAuthorizer`: signs users in.

#[cfg(feature = "enterprise")]
use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::AbortSignal;

use super::arguments::{account, parameters, scope};
use super::closing::AuthorizerClosing;
use super::options::Options;
use super::session::JsSession;
use super::setup::Setup;
use crate::Step;
use crate::browser::{Browser, BrowserOptions, NO_LIMIT, race, to_value};
use crate::flow::{self, Grant};
use crate::protocol::Issuer;

/// Signs users in.
#[wasm_bindgen(js_name = Authorizer)]
pub struct JsAuthorizer(Rc<Setup>);

#[wasm_bindgen(js_class = Authorizer)]
impl JsAuthorizer {
    /// Checks the options. `notify` gets the type and the detail of each event.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue, notify: Function) -> std::result::Result<JsAuthorizer, JsValue> {
        let options = Options::read(options)?;
        let browser = Browser::new(BrowserOptions {
            app: options.client.app().to_owned(),
            fetch: options.fetch,
            proxy: options.proxy,
            storage: options.storage,
            request_timeout_ms: options.request_timeout,
            client_key: options.client_key,
            assertion: options.assertion,
            on_event: Some(notify),
            on_step_up: options.on_step_up,
        });
        Ok(Self(Rc::new(Setup {
            browser,
            client: options.client,
            choose: options.choose,
            confirm: options.confirm,
            authorize: options.authorize,
            identify: options.identify,
            parameters: options.parameters,
            popup: options.popup,
            display: options.display,
            no_opener: options.no_opener,
            sign_in_timeout: options.sign_in_timeout,
            exportable: options.exportable,
            closing: AuthorizerClosing::default(),
            #[cfg(feature = "enterprise")]
            identity_until: Cell::default(),
        })))
    }

    /// The MCP extension that its sign-ins use; `undefined` if they use none.
    #[wasm_bindgen(getter)]
    pub fn extension(&self) -> JsValue {
        self.0.client.grant.as_ref().and_then(Grant::extension).map_or(JsValue::UNDEFINED, JsValue::from)
    }

    /// Signs in. The popup opens before this returns, while the click still counts.
    #[wasm_bindgen(js_name = signIn)]
    pub fn sign_in(
        &self,
        server: &JsValue,
        name: &JsValue,
        scopes: &JsValue,
        more: &JsValue,
        signal: Option<AbortSignal>,
    ) -> Promise {
        let setup = self.0.clone();
        let prepared = account(server, name).and_then(|account| {
            let (scopes, parameters) = (scope(scopes)?, parameters(more)?);
            Ok((setup.user(&account, more.clone().dyn_into().ok(), signal.as_ref())?, account, scopes, parameters))
        });
        self.0.settle(async move {
            let (mut user, account, scopes, parameters) = prepared?;
            let connecting = user.connecting();
            let work = async {
                let Setup { browser, client, .. } = &*setup;
                let scopes = scopes.as_ref();
                let session = flow::sign_in_with(browser, client, &account, scopes, &parameters, &mut user).await?;
                Ok(JsSession::new(session, setup.clone()).into())
            };
            let outcome = setup.limited(signal, connecting, Box::pin(work)).await;
            #[cfg(feature = "enterprise")]
            if setup.client.sign_in_provider().is_some() {
                // If this can't be read, the next sign-in opens a window that it may not need.
                let _ = setup.look_for_identity().await;
            }
            Ok(outcome.map_err(|error| user.explain(error))?)
        })
    }

    /// Deletes the app's registration at an issuer, and the binding of its client id to that issuer.
    #[wasm_bindgen(js_name = forgetClient)]
    pub fn forget_client(&self, issuer: String) -> Promise {
        let setup = self.0.clone();
        self.0.settle(async move {
            let issuer = Issuer::parse(&issuer).map_err(|error| error.at(Step::Setup, "issuer", &issuer))?;
            flow::forget_client(&setup.browser, &setup.client, &issuer).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Deletes what is stored for an account at a server. Sends no requests.
    pub fn forget(&self, server: &JsValue, name: &JsValue) -> Promise {
        let setup = self.0.clone();
        let account = account(server, name);
        self.0.settle(async move {
            flow::forget(&setup.browser, &setup.client, &account?).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// All stored sessions.
    pub fn sessions(&self) -> Promise {
        let setup = self.0.clone();
        self.0.settle(async move {
            let sessions = flow::sessions(&setup.browser, &setup.client).await?;
            let to_js = |session| JsValue::from(JsSession::new(session, setup.clone()));
            Ok(sessions.into_iter().map(to_js).collect::<Array>().into())
        })
    }

    /// Ends all calls in progress and all further calls, and stops listening to other tabs.
    pub fn close(&self) {
        self.0.closing.close();
        self.0.browser.close();
    }

    /// Restores a session; `undefined` if there is none. Makes one from `tokens`, if the app passes them.
    pub fn restore(&self, server: &JsValue, name: &JsValue, tokens: &JsValue, signal: Option<AbortSignal>) -> Promise {
        let setup = self.0.clone();
        let account = account(server, name);
        let record = to_value(tokens);
        self.0.settle(async move {
            let (browser, client, account) = (&setup.browser, &setup.client, account?);
            let work = async {
                match record {
                    None => flow::restore(browser, client, &account).await,
                    Some(record) => flow::Session::of_record(browser, client, &account, &record).await.map(Some),
                }
            };
            let session = race(Step::Setup, NO_LIMIT, signal.as_ref(), work).await?;
            Ok(session.map_or(JsValue::UNDEFINED, |session| JsSession::new(session, setup.clone()).into()))
        })
    }
}

/// The session at an organisation's identity provider.
#[cfg(feature = "enterprise")]
#[wasm_bindgen(js_class = Authorizer)]
impl JsAuthorizer {
    /// Reads what has to be known when the user clicks.
    pub fn prepare(&self) -> Promise {
        let setup = self.0.clone();
        self.0.settle(async move {
            setup.look_for_identity().await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Deletes and revokes what the identity provider issued.
    #[wasm_bindgen(js_name = signOutOfIdentityProvider)]
    pub fn sign_out_of_identity_provider(&self) -> Promise {
        let setup = self.0.clone();
        self.0.settle(async move {
            let confirmed = flow::sign_out_of_identity_provider(&setup.browser, &setup.client).await?;
            setup.identity_until.set(0);
            Ok(confirmed.into())
        })
    }
}
