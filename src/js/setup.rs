//! What a sign-in needs: the ports, the client, and the window for the authorization server's page.

#[cfg(feature = "enterprise")]
use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;

use futures_channel::oneshot::Receiver;
use futures_util::future::{Either, select};
use js_sys::{Function, Promise};
use wasm_bindgen::JsValue;
use web_sys::AbortSignal;

use super::closing::{AuthorizerClosing, closed};
use super::options::Display;
use super::settle;
use super::user::{Page, User};
use crate::browser::{AppPage, Browser, Connecting, Popup, PopupFeatures, Redirect, race};
use crate::flow::{Account, Client};
use crate::ports::POPUP_BLOCKED;
use crate::{Result, Step};
#[cfg(feature = "enterprise")]
use crate::{flow::identity_usable_until, ports::Clock};

/// What a sign-in needs.
pub(super) struct Setup {
    pub browser: Browser,
    pub client: Rc<Client>,
    pub choose: Option<Function>,
    pub confirm: Option<Function>,
    pub authorize: Option<Function>,
    pub identify: Option<Function>,
    pub parameters: Option<Function>,
    pub display: Display,
    pub popup: PopupFeatures,
    pub no_opener: bool,
    pub sign_in_timeout: u32,
    pub exportable: bool,
    pub closing: AuthorizerClosing,
    #[cfg(feature = "enterprise")]
    /// Until when the identity provider's tokens identify the user, in milliseconds since 1970; 0 if the user has to sign
    /// in. This has to be known when the user clicks, before anything can be awaited.
    pub identity_until: Cell<u64>,
}

impl Setup {
    /// Reads whether the user has to sign in at the identity provider.
    #[cfg(feature = "enterprise")]
    pub(super) async fn look_for_identity(&self) -> Result<()> {
        let until = identity_usable_until(&self.browser, &self.client).await?;
        self.identity_until.set(until.map_or(0, |until| until.0));
        Ok(())
    }

    /// A promise that rejects when the authorizer is closed.
    pub(super) fn settle(
        &self,
        work: impl Future<Output = std::result::Result<JsValue, JsValue>> + 'static,
    ) -> Promise {
        let (end, work) = (self.closing.end(), Box::pin(work));
        settle(until_closed(end, work))
    }

    /// The user of a sign-in. Opens the popup now, so call this in the click handler. `parameters` returns more
    /// parameters for the authorization request.
    pub(super) fn user(
        &self,
        account: &Account,
        parameters: Option<Function>,
        signal: Option<&AbortSignal>,
    ) -> Result<User> {
        let page = self.page(account, signal)?;
        Ok(User {
            page,
            choose: self.choose.clone(),
            confirm: self.confirm.clone(),
            identify: self.identify.clone(),
            parameters: [self.parameters.clone(), parameters],
            server: account.server().as_str().to_owned(),
        })
    }

    /// The window for the authorization server's page.
    fn page(&self, account: &Account, signal: Option<&AbortSignal>) -> Result<Page> {
        match &self.authorize {
            _ if self.client.redirect_uri.is_none() => return Ok(Page::None),
            #[cfg(feature = "enterprise")]
            _ if self.identity_until.get() > self.browser.now().0 => return Ok(Page::NotOpened),
            Some(authorize) => return Ok(Page::App(AppPage::new(authorize.clone()))),
            None => {}
        }
        if !matches!(self.display, Display::Redirect | Display::Link) {
            match Popup::open_for(&self.browser, account.server(), account.name(), &self.popup, signal) {
                Err(error) if self.display != Display::Popup && error.code() == POPUP_BLOCKED => {}
                opened => {
                    let mut popup = opened?;
                    if self.no_opener {
                        popup.without_opener();
                    }
                    return Ok(Page::Popup(popup));
                }
            }
        }
        match self.display {
            Display::Link | Display::PopupOrLink => Popup::by_link().map(Page::Popup),
            _ => Redirect::new(&self.browser, self.sign_in_timeout).map(Page::Redirect),
        }
    }

    /// Waits for the sign-in, within its time limit. Boxed, so that this is compiled once.
    pub(super) async fn limited(
        &self,
        signal: Option<AbortSignal>,
        connecting: Connecting,
        mut work: Pin<Box<dyn Future<Output = Result<JsValue>> + '_>>,
    ) -> Result<JsValue> {
        let limit = self.sign_in_timeout;
        race(Step::Authorization, limit, signal.as_ref(), connecting.unless_closed(work.as_mut())).await
    }
}

/// A separate function, so that it is compiled only once.
async fn until_closed(
    end: Receiver<()>,
    work: Pin<Box<dyn Future<Output = std::result::Result<JsValue, JsValue>>>>,
) -> std::result::Result<JsValue, JsValue> {
    match select(end, work).await {
        Either::Left(_) => Err(closed().into()),
        Either::Right((answer, _)) => answer,
    }
}
