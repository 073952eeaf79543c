//! The popup with the authorization server's page, and the response from it.

use std::future::Future;
use std::pin::Pin;

use futures_util::future::{Either, select};
use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

use super::Browser;
use super::closing::{Closing, Look, Verdict};
use super::reflect::{JsCause, global};
use crate::ports::{
    AuthorizationPage, CallbackQuery, Event, Observer, POPUP_BLOCKED, POPUP_CLOSED, POPUP_OPEN, UserAgent,
};
use crate::protocol::{ElicitedUrl, Issuer, ServerUrl, Url};
use crate::{Code, Error, Result, Step};

#[wasm_bindgen(module = "/src/browser/user_agent.js")]
extern "C" {
    // The app's value for the earlier sign-in may not be an AbortSignal.
    #[wasm_bindgen(catch)]
    fn open(
        host: &str,
        signal: &JsValue,
        width: f64,
        height: f64,
        left: Option<f64>,
        top: Option<f64>,
        url: Option<&str>,
    ) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = listen)]
    fn listen() -> Window;
    #[derive(Clone)]
    #[wasm_bindgen(js_name = Popup)]
    type Window;
    #[wasm_bindgen(method, catch)]
    fn navigate(this: &Window, url: &str, without_opener: bool) -> std::result::Result<(), JsValue>;
    // A leftover window may show another origin, whose properties can't be set from here.
    #[wasm_bindgen(method, catch)]
    fn disown(this: &Window) -> std::result::Result<(), JsValue>;
    #[wasm_bindgen(method, getter, js_name = isClosed)]
    fn is_closed(this: &Window) -> bool;
    #[wasm_bindgen(method, getter, js_name = isPartitioned)]
    fn is_partitioned(this: &Window) -> bool;
    #[wasm_bindgen(method, js_name = closedBefore)]
    fn closed_before(this: &Window) -> Promise;
    #[wasm_bindgen(method)]
    fn next(this: &Window) -> Promise;
    #[wasm_bindgen(method)]
    fn skip(this: &Window);
    #[wasm_bindgen(method)]
    fn look(this: &Window) -> u8;
    #[wasm_bindgen(method)]
    fn finish(this: &Window);
    #[wasm_bindgen(method)]
    fn end(this: &Window);
}

/// The size and position of a popup, in CSS pixels.
#[derive(Clone)]
pub struct PopupFeatures {
    /// The width of its page.
    pub width: f64,
    /// The height of its page.
    pub height: f64,
    /// The position of its left edge on the screen. By default, it is centred over this page's window.
    pub left: Option<f64>,
    /// The position of its upper edge on the screen. By default, it is centred over this page's window.
    pub top: Option<f64>,
    /// The app's own page that it shows first. By default, `about:blank` with a sentence.
    pub first_page: Option<Url>,
}

impl Default for PopupFeatures {
    fn default() -> Self {
        Self { width: 520.0, height: 720.0, left: None, top: None, first_page: None }
    }
}

/// A popup of this page. Dropping it closes the popup and removes all listeners.
pub struct Popup {
    window: Window,
    navigated: bool,
    closing: Closing,
    on_waiting: Box<dyn Fn()>,
    without_opener: bool,
    finished: bool,
    shows_page: bool,
}

impl Popup {
    /// Opens it at once, for a sign-in to an account at a server. Call this in the click handler, before anything is
    /// awaited. `signal` is the sign-in's, if it has one. The event [`Event::Waiting`] says that the popup can't be
    /// watched any more.
    ///
    /// # Errors
    ///
    /// [`POPUP_BLOCKED`], [`POPUP_OPEN`], and [`Code::Unsupported`] where there is no window.
    pub fn open_for(
        browser: &Browser,
        server: &ServerUrl,
        account: &str,
        features: &PopupFeatures,
        signal: Option<&AbortSignal>,
    ) -> Result<Self> {
        let (browser, text, account) = (browser.clone(), server.as_str().to_owned(), account.to_owned());
        let signal = signal.map_or(JsValue::UNDEFINED, JsValue::from);
        let on_waiting = move || browser.notify(&Event::Waiting { server: &text, account: &account });
        Self::open_at(server.url().host(), features, &signal, Box::new(on_waiting))
    }

    /// Opens it at once with a page that a server has named. Call this in the click handler, before anything is awaited.
    /// The page has no `window.opener`, so it can't be closed from here while it shows another origin. `signal` ends the
    /// wait for it.
    ///
    /// # Errors
    ///
    /// [`POPUP_BLOCKED`], [`POPUP_OPEN`], and [`Code::Unsupported`] where there is no window.
    pub fn open_elicited(url: &ElicitedUrl, signal: Option<&AbortSignal>) -> Result<Self> {
        let signal = signal.map_or(JsValue::UNDEFINED, JsValue::from);
        let mut popup = Self::open_at(url.url().host(), &PopupFeatures::default(), &signal, Box::new(|| ()))?;
        popup.window.disown().map_err(unsendable)?;
        popup.send_to(url.url())?;
        Ok(popup)
    }

    /// Waits until the user closes it. Never returns if that can't be seen (`Cross-Origin-Opener-Policy`).
    pub async fn closed(&mut self) {
        loop {
            let event = JsFuture::from(self.window.next()).await.unwrap_or_default();
            if !event.is_object() && event.is_truthy() {
                self.closing.leaving();
            }
            if self.verdict() == Verdict::Closed {
                return;
            }
        }
    }

    fn open_at(host: &str, features: &PopupFeatures, signal: &JsValue, on_waiting: Box<dyn Fn()>) -> Result<Self> {
        needs_window()?;
        let PopupFeatures { width, height, left, top, first_page } = features;
        let url = first_page.as_ref().map(Url::as_str);
        let opened = open(host, signal, *width, *height, *left, *top, url);
        let opened = opened.unwrap_or_else(|_| "popup_blocked".into());
        let in_the_way = |code, message| Err(Error::new(code, Step::Authorization, message));
        match opened.as_string().as_deref() {
            Some("popup_open") => in_the_way(POPUP_OPEN, "The popup of another sign-in is open."),
            Some(_) => in_the_way(POPUP_BLOCKED, "The browser blocked the popup."),
            None => Ok(Self::of(opened.unchecked_into(), on_waiting, true)),
        }
    }

    /// Opens no window: the user opens the authorization server's page by a link, in a tab that can't be watched.
    ///
    /// # Errors
    ///
    /// [`Code::Unsupported`] if there is no window, and in a frame of another site: the response only reaches pages of
    /// the tab's own site.
    pub fn by_link() -> Result<Self> {
        needs_window()?;
        let window = listen();
        if window.is_partitioned() {
            let message = "In another site's frame, a link can't return a response: open the app in its own tab.";
            return Err(Error::new(Code::Unsupported, Step::Authorization, message));
        }
        Ok(Self::of(window, Box::new(|| ()), false))
    }

    fn of(window: Window, on_waiting: Box<dyn Fn()>, shows_page: bool) -> Self {
        let closing = Closing::new();
        Self { window, navigated: false, closing, on_waiting, without_opener: false, finished: false, shows_page }
    }

    /// Removes `window.opener` from the page that the popup shows, so that it can't navigate this window. This page then
    /// can't close the popup while it shows another origin.
    pub fn without_opener(&mut self) {
        self.without_opener = true;
    }

    /// The time until it opens the authorization server's page.
    pub fn connecting(&self) -> Connecting {
        Connecting(Some(self.window.closed_before().into()))
    }

    /// Distinguishes a page that sent no response from a server that was slow.
    pub fn explain(&self, error: Error) -> Error {
        if error.code() != Code::Timeout || !self.navigated || self.finished {
            return error;
        }
        let message = "Nothing came back from the sign-in page within the time limit: the user took too long, or the page \
                       failed, or its Content-Security-Policy (form-action) kept it from leaving.";
        Error::new(Code::Timeout, Step::Authorization, message)
    }

    fn send_to(&mut self, url: &Url) -> Result<()> {
        self.navigated = true;
        self.window.navigate(url.as_str(), self.without_opener).map_err(unsendable)
    }

    fn verdict(&mut self) -> Verdict {
        let seen = self.window.look();
        self.closing.look(&Look {
            now: js_sys::Date::now(),
            closed: seen & 1 != 0,
            shows_page: seen & 2 != 0,
            focused: seen & 4 != 0,
        })
    }

    /// Checks whether the popup is still open.
    fn look(&mut self) -> Result<()> {
        match self.verdict() {
            Verdict::Waiting => {}
            Verdict::Closed => return Err(closed()),
            Verdict::Lost if self.window.is_partitioned() => return Err(unreachable()),
            Verdict::Lost => (self.on_waiting)(),
        }
        Ok(())
    }
}

impl UserAgent for Popup {
    /// The first one.
    async fn choose(&mut self, _issuers: &[Issuer]) -> Result<usize> {
        Ok(0)
    }

    /// Sends the popup to a page. Fails with [`POPUP_CLOSED`], or with [`Code::Unsupported`] if the browser refuses.
    fn open(&mut self, page: &AuthorizationPage<'_>) -> Result<()> {
        if self.window.is_closed() {
            return Err(closed());
        }
        self.send_to(page.url)
    }

    fn shows_page(&self) -> bool {
        self.shows_page
    }

    /// Waits for the next response at the redirect URI. It may belong to another sign-in: then call this again. Fails with
    /// [`POPUP_CLOSED`] if the user closes the popup.
    async fn response(&mut self) -> Result<CallbackQuery> {
        self.window.skip();
        loop {
            let event = JsFuture::from(self.window.next()).await.unwrap_or_default();
            if event.is_object() {
                let response = Array::from(&event);
                let query = response.get(0).as_string().unwrap_or_default().into();
                return Ok(CallbackQuery { query, from_own_popup: response.get(1).is_truthy() });
            }
            if event.is_truthy() {
                self.closing.leaving();
            }
            self.look()?;
        }
    }

    /// Tells the callback page that its sign-in has received the response, and closes the popup.
    fn done(&mut self) {
        self.finished = true;
        self.window.finish();
    }
}

impl Drop for Popup {
    fn drop(&mut self) {
        self.window.end();
    }
}

/// The time in which a popup shows this page's own text, and `closed` is reliable.
pub struct Connecting(Option<JsFuture>);

impl Connecting {
    /// There is no popup.
    pub fn over() -> Self {
        Self(None)
    }

    /// Does the work, unless the user closes the popup first.
    ///
    /// # Errors
    ///
    /// [`POPUP_CLOSED`] if the user closes it, and the errors of the work.
    pub async fn unless_closed<T>(self, work: Pin<&mut dyn Future<Output = Result<T>>>) -> Result<T> {
        let Some(closed_before) = self.0 else { return work.await };
        match select(closed_before, work).await {
            Either::Left((was_closed, _)) if was_closed.as_ref().is_ok_and(JsValue::is_truthy) => Err(closed()),
            Either::Left((_, work)) => work.await,
            Either::Right((answer, _)) => answer,
        }
    }
}

/// Fails in a worker, which has no window.
pub(super) fn needs_window() -> Result<()> {
    if global("document").is_undefined() {
        let message = "There is no window for the sign-in page.";
        return Err(Error::new(Code::Unsupported, Step::Authorization, message));
    }
    Ok(())
}

fn unsendable(thrown: JsValue) -> Error {
    Error::new(Code::Unsupported, Step::Authorization, "The popup could not be sent to the page.")
        .with_source(Some(Box::new(JsCause(thrown))))
}

fn closed() -> Error {
    Error::new(POPUP_CLOSED, Step::Authorization, "The popup was closed before the sign-in was done.")
}

fn unreachable() -> Error {
    let message = "The sign-in page cut the popup off (Cross-Origin-Opener-Policy), and in another site's frame \
                   nothing else can return the response: open the app in its own tab.";
    Error::new(Code::Unsupported, Step::Authorization, message)
}
