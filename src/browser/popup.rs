//! The window that shows the authorization server's page, and what comes back from it.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;

use super::closing::{Closing, Look, Verdict};
use super::promise::{Settled, settled};
use super::reflect::{JsCause, global};
use crate::ports::CallbackQuery;
use crate::protocol::Url;
use crate::{Code, Error, Result, Step};

#[wasm_bindgen(module = "/src/browser/popup.js")]
extern "C" {
    fn open(host: &str, signal: &JsValue) -> JsValue;
    #[derive(Clone)]
    #[wasm_bindgen(js_name = Popup)]
    type Window;
    #[wasm_bindgen(method, catch)]
    fn navigate(this: &Window, url: &str) -> std::result::Result<(), JsValue>;
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

/// A popup of this page. Dropping it closes it, and nothing listens any more.
pub struct Popup {
    window: Window,
    navigated: bool,
    closing: Closing,
    on_waiting: Box<dyn Fn()>,
    finished: bool,
}

impl Popup {
    /// Opens it at once: to be called in the click, before anything is awaited. `host` is named in
    /// it, `signal` is the sign-in's, if it has one, and `on_waiting` is called when the popup can't
    /// be watched any more.
    pub fn open(host: &str, signal: JsValue, on_waiting: Box<dyn Fn()>) -> Result<Self> {
        needs_window()?;
        let opened = open(host, &signal);
        let in_the_way = |code, message| Err(Error::new(code, Step::Authorization, message));
        match opened.as_string().as_deref() {
            Some("popup_open") => in_the_way(Code::PopupOpen, "The popup of another sign-in is open."),
            Some(_) => in_the_way(Code::PopupBlocked, "The browser blocked the popup."),
            None => Ok(Self {
                window: opened.unchecked_into(),
                navigated: false,
                closing: Closing::new(),
                on_waiting,
                finished: false,
            }),
        }
    }

    /// The time until it is sent to a page.
    pub fn connecting(&self) -> Connecting {
        Connecting(Some(settled(&self.window.closed_before())))
    }

    /// Whether it was sent to a page from which nothing has come back.
    pub fn awaits_response(&self) -> bool {
        self.navigated && !self.finished
    }

    /// Sends it to a page.
    pub fn navigate(&mut self, url: &Url) -> Result<()> {
        if self.window.is_closed() {
            return Err(closed());
        }
        self.navigated = true;
        self.window.navigate(url.as_str()).map_err(|thrown| {
            Error::new(Code::Unsupported, Step::Authorization, "The popup could not be sent to the page.")
                .with_source(Some(Box::new(JsCause(thrown))))
        })
    }

    /// Waits for the next response at the redirect URI. It may be that of another sign-in: then ask
    /// again, and that one is left to whom it belongs.
    pub async fn response(&mut self) -> Result<CallbackQuery> {
        self.window.skip();
        loop {
            let event = settled(&self.window.next()).await.unwrap_or_default();
            if event.is_object() {
                let response = Array::from(&event);
                let query = response.get(0).as_string().unwrap_or_default().into();
                return Ok(CallbackQuery { query, surely_ours: response.get(1).is_truthy() });
            }
            if event.is_truthy() {
                self.closing.leaving();
            }
            self.look()?;
        }
    }

    /// Looks whether the popup is still there.
    fn look(&mut self) -> Result<()> {
        let seen = self.window.look();
        let verdict = self.closing.look(&Look {
            now: js_sys::Date::now(),
            closed: seen & 1 != 0,
            shows_page: seen & 2 != 0,
            focused: seen & 4 != 0,
        });
        match verdict {
            Verdict::Waiting => {}
            Verdict::Closed => return Err(closed()),
            Verdict::Lost if self.window.is_partitioned() => return Err(unreachable()),
            Verdict::Lost => (self.on_waiting)(),
        }
        Ok(())
    }

    /// Lets the callback page know that its response has found the sign-in that it belongs to, and
    /// closes the popup.
    pub fn finish(&mut self) {
        self.finished = true;
        self.window.finish();
    }
}

impl Drop for Popup {
    fn drop(&mut self) {
        self.window.end();
    }
}

/// The time in which a popup shows this page's own text, and `closed` is sure.
pub struct Connecting(Option<Settled>);

impl Connecting {
    /// None at all.
    pub fn over() -> Self {
        Self(None)
    }

    /// Does the work, unless the user closes the popup before it is sent to a page.
    pub async fn unless_closed<T>(mut self, mut work: Pin<&mut dyn Future<Output = Result<T>>>) -> Result<T> {
        poll_fn(|context| {
            if let Some(Poll::Ready(was_closed)) = self.0.as_mut().map(|before| Pin::new(before).poll(context)) {
                self.0 = None;
                if was_closed.is_ok_and(|closed| closed.is_truthy()) {
                    return Poll::Ready(Err(closed()));
                }
            }
            work.as_mut().poll(context)
        })
        .await
    }
}

/// This has to run in a window rather than in a worker.
pub(super) fn needs_window() -> Result<()> {
    if global("document").is_undefined() {
        let message = "There is no window to show a sign-in page in.";
        return Err(Error::new(Code::Unsupported, Step::Authorization, message));
    }
    Ok(())
}

fn closed() -> Error {
    Error::new(Code::PopupClosed, Step::Authorization, "The popup was closed before the sign-in was done.")
}

fn unreachable() -> Error {
    let message = "The sign-in page cut the popup off (Cross-Origin-Opener-Policy), and into a frame of another site \
                   nothing else comes back: open the app in a tab of its own.";
    Error::new(Code::Unsupported, Step::Authorization, message)
}
