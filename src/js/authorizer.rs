//! `McpAuthorizer`: signs users in.

use std::pin::Pin;
use std::rc::Rc;

use js_sys::{Array, Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::AbortSignal;

use super::options::{Display, Options};
use super::session::Session;
use crate::browser::promise::{promise, settled};
use crate::browser::reflect::{apply, strings};
use crate::browser::{AppPage, Browser, BrowserOptions, Connecting, JsCause, Popup, Redirect, race};
use crate::flow::{self, Client};
use crate::ports::{CallbackQuery, Event, Observer, UserAgent};
use crate::protocol::{Issuer, Scope, ServerUrl, State, Url};
use crate::{Code, Error, Result, Step};

/// Signs users in.
#[wasm_bindgen]
pub struct Authorizer(Rc<Setup>);

/// What signing in takes.
pub(super) struct Setup {
    browser: Browser,
    client: Rc<Client>,
    choose: Option<Function>,
    authorize: Option<Function>,
    display: Display,
    sign_in_timeout: u32,
}

#[wasm_bindgen]
impl Authorizer {
    /// Checks the options. `notify` gets the type and the detail of each event.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue, notify: Function) -> std::result::Result<Authorizer, JsValue> {
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
            authorize: options.authorize,
            display: options.display,
            sign_in_timeout: options.sign_in_timeout,
        })))
    }

    /// Signs in. The popup opens before this returns, while the click still counts.
    #[wasm_bindgen(js_name = signIn)]
    pub fn sign_in(&self, server: &JsValue, scopes: &JsValue, signal: Option<AbortSignal>) -> Promise {
        let setup = self.0.clone();
        let prepared = server_url(server).and_then(|server| {
            let scopes = scope(scopes)?;
            Ok((setup.user(&server, signal.as_ref())?, server, scopes))
        });
        settle(async move {
            let (mut user, server, scopes) = prepared?;
            let mut session = None;
            let connecting = user.connecting();
            let work = async {
                let Setup { browser, client, .. } = &*setup;
                session = Some(flow::sign_in(browser, client, &server, scopes.as_ref(), &mut user).await?);
                Ok(())
            };
            let outcome = setup.limited(signal, connecting, Box::pin(work)).await;
            outcome.map_err(|error| user.explain(error))?;
            Ok(session.map_or(JsValue::UNDEFINED, |session| Session::new(session, setup).into()))
        })
    }

    /// Brings a session back; `undefined` where there is none.
    pub fn restore(&self, server: &JsValue) -> Promise {
        let setup = self.0.clone();
        let server = server_url(server);
        settle(async move {
            let session = flow::restore(&setup.browser, &setup.client, &server?).await?;
            Ok(session.map_or(JsValue::UNDEFINED, |session| Session::new(session, setup).into()))
        })
    }
}

impl Setup {
    /// Who signs in. The popup opens now: to be called while the click still counts.
    pub(super) fn user(&self, server: &ServerUrl, signal: Option<&AbortSignal>) -> Result<User> {
        let page = self.page(server, signal)?;
        Ok(User { page, choose: self.choose.clone(), server: server.as_str().to_owned() })
    }

    /// What shows the authorization server's page.
    fn page(&self, server: &ServerUrl, signal: Option<&AbortSignal>) -> Result<Page> {
        match &self.authorize {
            _ if self.client.redirect_uri.is_none() => return Ok(Page::None),
            Some(authorize) => return Ok(Page::App(AppPage::new(authorize.clone()))),
            None => {}
        }
        if self.display != Display::Redirect {
            match open_popup(&self.browser, server, signal) {
                Err(error) if self.display == Display::PopupOrRedirect && error.code() == Code::PopupBlocked => {}
                opened => return opened.map(Page::Popup),
            }
        }
        Redirect::new(&self.browser, self.sign_in_timeout).map(Page::Redirect)
    }

    /// The user's part, as long as it may take. Boxed, so that this is compiled once.
    pub(super) async fn limited(
        &self,
        signal: Option<AbortSignal>,
        connecting: Connecting,
        mut work: Pin<Box<dyn Future<Output = Result<()>> + '_>>,
    ) -> Result<()> {
        let limit = self.sign_in_timeout;
        race(Step::Authorization, limit, signal.as_ref(), connecting.unless_closed(work.as_mut())).await
    }
}

/// A promise of the face: rejections are an error's fields.
pub(super) fn settle(work: impl Future<Output = std::result::Result<JsValue, JsValue>> + 'static) -> Promise {
    promise(Box::pin(work))
}

fn server_url(server: &JsValue) -> Result<ServerUrl> {
    let invalid = || Error::new(Code::InvalidUrl, Step::Setup, "The server has to be given as a URL.");
    let text = server.as_string().ok_or_else(invalid)?;
    ServerUrl::parse(&text).map_err(|error| error.at(Step::Setup, "The server's URL"))
}

pub(super) fn scope(scopes: &JsValue) -> Result<Option<Scope>> {
    if scopes.is_undefined() {
        return Ok(None);
    }
    let tokens = Array::is_array(scopes)
        .then(|| Array::from(scopes).iter().map(|token| token.as_string()).collect::<Option<Vec<_>>>());
    let expected = || Error::new(Code::InvalidOption, Step::Setup, "\"scopes\" has to be a list of strings.");
    tokens.flatten().map(|tokens| Some(Scope::from_tokens(tokens))).ok_or_else(expected)
}

/// Who signs in, before what shows them the authorization server's page.
pub(super) struct User {
    page: Page,
    choose: Option<Function>,
    server: String,
}

enum Page {
    Popup(Popup),
    Redirect(Redirect),
    App(AppPage),
    /// A user on another device sees none, and a grant without a user shows none.
    None,
}

fn open_popup(browser: &Browser, server: &ServerUrl, signal: Option<&AbortSignal>) -> Result<Popup> {
    let (browser, text) = (browser.clone(), server.as_str().to_owned());
    let signal = signal.map_or(JsValue::UNDEFINED, JsValue::from);
    Popup::open(server.url().host(), signal, Box::new(move || browser.notify(&Event::Waiting { server: &text })))
}

fn no_page() -> Error {
    Error::new(Code::Unsupported, Step::Authorization, "This grant has no page to show.")
}

impl User {
    pub(super) fn connecting(&self) -> Connecting {
        match &self.page {
            Page::Popup(popup) => popup.connecting(),
            _ => Connecting::over(),
        }
    }

    /// Tells a page that sent nobody back from a server that was slow.
    pub(super) fn explain(&self, error: Error) -> Error {
        match &self.page {
            Page::Popup(popup) if error.code() == Code::Timeout && popup.awaits_response() => {
                let message = "Nothing came back from the sign-in page within the time limit: the user took too long, \
                               or the page failed, or its Content-Security-Policy (form-action) kept it from leaving.";
                Error::new(Code::Timeout, Step::Authorization, message)
            }
            _ => error,
        }
    }
}

impl UserAgent for User {
    /// Asks the app, or takes the first.
    async fn choose(&mut self, issuers: &[Issuer]) -> Result<usize> {
        let Some(choose) = &self.choose else { return Ok(0) };
        let issuer_texts: Vec<&str> = issuers.iter().map(Issuer::as_str).collect();
        let chosen = match apply(choose, &[strings(&issuer_texts), self.server.as_str().into()]) {
            Ok(answer) => settled(&answer).await,
            Err(thrown) => Err(thrown),
        };
        let chosen = chosen.map_err(|thrown| {
            Error::new(Code::InvalidOption, Step::AuthorizationServerMetadata, "chooseAuthorizationServer failed.")
                .with_source(Some(Box::new(JsCause(thrown))))
        })?;
        // One that is none of them has no place in the list, and the flow says so.
        let position = chosen.as_string().and_then(|chosen| issuers.iter().position(|issuer| *issuer == *chosen));
        Ok(position.unwrap_or(usize::MAX))
    }

    fn leaves_for(&self) -> Option<u64> {
        match &self.page {
            Page::Redirect(redirect) => Some(redirect.leaves_for()),
            _ => None,
        }
    }

    fn open(&mut self, url: &Url, state: &State) -> Result<()> {
        match &mut self.page {
            Page::Popup(popup) => popup.navigate(url),
            Page::Redirect(redirect) => redirect.open(url, state),
            Page::App(page) => page.open(url),
            Page::None => Err(no_page()),
        }
    }

    async fn response(&mut self) -> Result<CallbackQuery> {
        match &mut self.page {
            Page::Popup(popup) => popup.response().await,
            Page::Redirect(redirect) => redirect.response().await,
            Page::App(page) => page.response().await,
            Page::None => Err(no_page()),
        }
    }

    fn done(&mut self) {
        if let Page::Popup(popup) = &mut self.page {
            popup.finish();
        }
    }
}
