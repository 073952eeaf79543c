//! `McpAuthorizer.openUrl`, in a WebAssembly module of its own.

use std::cell::RefCell;
use std::pin::pin;

use futures_channel::oneshot::{Receiver, Sender, channel};
use futures_util::future::{Either, select};
use js_sys::Promise;
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::AbortSignal;

use super::server_url::server_url;
use super::settle;
use crate::browser::json::to_js;
use crate::browser::reflect::{get, global};
use crate::browser::{NO_LIMIT, Popup, race};
use crate::protocol::{ElicitedUrl, ServerUrl, elicitation_message};
use crate::{Code, Error, Result, Step};

/// What to show the user.
#[derive(Serialize)]
struct Shown<'a> {
    server: &'a str,
    message: &'a str,
    url: &'a str,
    parts: [&'a str; 3],
    warnings: Vec<&'static str>,
}

/// How it ended.
#[derive(Clone, Copy)]
enum Outcome {
    /// The server said that it has finished.
    Completed,
    /// The user closed the window, or said that they have finished.
    Closed,
    Declined,
    Cancelled,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Outcome::Completed => "completed",
            Outcome::Closed => "closed",
            Outcome::Declined => "declined",
            Outcome::Cancelled => "cancelled",
        }
    }
}

/// A server's request to open a URL. Only this URL is opened, and only once.
#[wasm_bindgen]
pub struct UrlRequest {
    url: ElicitedUrl,
    server: ServerUrl,
    message: String,
    signal: Option<AbortSignal>,
    /// `None` after it was opened.
    opened: RefCell<Option<Sender<Result<Popup>>>>,
    /// `None` after it has ended.
    ended: RefCell<Option<Sender<Outcome>>>,
    waiting: RefCell<Option<Waiting>>,
}

/// What the promise waits for: the window, and the end.
type Waiting = (Receiver<Result<Popup>>, Receiver<Outcome>);

#[wasm_bindgen]
impl UrlRequest {
    /// Checks the URL. Does not open it.
    #[wasm_bindgen(constructor)]
    pub fn new(
        url: &JsValue,
        server: &JsValue,
        message: &JsValue,
        signal: Option<AbortSignal>,
    ) -> std::result::Result<UrlRequest, JsValue> {
        let server = server_url(server)?;
        let text = |value: &JsValue, wrong: &str| {
            value.as_string().ok_or_else(|| Error::new(Code::InvalidOption, Step::Setup, wrong))
        };
        let url = text(url, "The URL to open must be a string, as the server sent it.")?;
        let message = text(message, "\"message\" must be a string.")?;
        let app_origin = get(&global("location"), "origin").as_string();
        let url = ElicitedUrl::parse(&url, &server, app_origin.as_deref())?;
        let (opened, opening) = channel();
        let (ended, ending) = channel();
        Ok(Self {
            url,
            server,
            message: elicitation_message(&message),
            signal,
            opened: RefCell::new(Some(opened)),
            ended: RefCell::new(Some(ended)),
            waiting: RefCell::new(Some((opening, ending))),
        })
    }

    /// What the user must see.
    pub fn shown(&self) -> JsValue {
        let shown = Shown {
            server: self.server.url().without_query(),
            message: &self.message,
            url: self.url.url().as_str(),
            parts: self.url.parts(),
            warnings: self.url.warnings().iter().map(|warning| warning.name()).collect(),
        };
        to_js(&shown).unwrap_or_default()
    }

    /// Opens the URL, once, unless this has ended. Call it in the click by which the user agrees. Returns whether it is open.
    pub fn open(&self) -> bool {
        if self.ended.borrow().as_ref().is_none_or(Sender::is_canceled) {
            return false;
        }
        let Some(opened) = self.opened.take() else { return false };
        let popup = Popup::open_elicited(&self.url, self.signal.as_ref());
        let is_open = popup.is_ok();
        // If nobody waits any more, the popup is closed at once.
        opened.send(popup).is_ok() && is_open
    }

    /// The server says that it has finished.
    pub fn complete(&self) {
        self.end(Outcome::Completed);
    }

    /// The user says that they have finished, which is only possible after the URL was opened.
    pub fn done(&self) {
        if self.is_opened() {
            self.end(Outcome::Closed);
        }
    }

    /// The user declines, which is only possible before the URL is opened.
    pub fn decline(&self) {
        self.end(if self.is_opened() { Outcome::Cancelled } else { Outcome::Declined });
    }

    /// The user does not decide, or gives up.
    pub fn cancel(&self) {
        self.end(Outcome::Cancelled);
    }

    /// Waits for the end. Call this once.
    pub fn outcome(&self) -> Promise {
        let (waiting, signal) = (self.waiting.take(), self.signal.clone());
        settle(async move {
            let work = async {
                let Some((opening, ending)) = waiting else { return Ok(Outcome::Cancelled) };
                until_end(opening, ending).await
            };
            let outcome = race(Step::Request, NO_LIMIT, signal.as_ref(), work).await?;
            Ok(outcome.name().into())
        })
    }
}

impl UrlRequest {
    fn is_opened(&self) -> bool {
        self.opened.borrow().is_none()
    }

    /// The first end counts.
    fn end(&self, how: Outcome) {
        // If nobody waits any more, it has already ended.
        let _ = self.ended.take().map(|ended| ended.send(how));
    }
}

/// Waits for consent, and then for the window. Dropping this closes the window, if the browser allows that.
async fn until_end(opening: Receiver<Result<Popup>>, ending: Receiver<Outcome>) -> Result<Outcome> {
    // Both senders live as long as the request, which the face holds until this has ended.
    let (popup, ending) = match select(opening, ending).await {
        Either::Left((popup, ending)) => (popup, ending),
        Either::Right((outcome, _)) => return Ok(outcome.unwrap_or(Outcome::Cancelled)),
    };
    let Ok(popup) = popup else { return Ok(Outcome::Cancelled) };
    let mut popup = popup?;
    match select(pin!(popup.closed()), ending).await {
        Either::Left(_) => Ok(Outcome::Closed),
        Either::Right((outcome, _)) => Ok(outcome.unwrap_or(Outcome::Cancelled)),
    }
}
