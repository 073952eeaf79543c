//! The window that shows the authorization server's page, and what comes back from it.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::slice;
use std::task::Poll;

use wasm_bindgen::JsValue;

use super::closing::{Closing, Look, Verdict};
use super::events::Events;
use super::reflect::{JsCause, call, construct, get, global, object, parse, set, try_get};
use crate::ports::CallbackQuery;
use crate::protocol::json::decimal;
use crate::protocol::{Secret, Url};
use crate::{Code, Error, Result, Step};

/// The name of the channel, of the storage keys and of the messages' type. `pkg/callback.js` has it too.
pub(super) const NAME: &str = "mcp-authorize";
const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 720.0;
/// There is no event for a window that was closed.
const POLL_MS: u32 = 100;
const MESSAGE: &str = "message";
const STORAGE: &str = "storage";
const BEFORE_UNLOAD: &str = "beforeunload";

thread_local! {
    /// The window of the sign-in that was started last in this page, while that goes on, and its signal.
    static CURRENT: RefCell<(JsValue, JsValue)> = const { RefCell::new((JsValue::UNDEFINED, JsValue::UNDEFINED)) };
    /// How many were opened.
    static COUNT: Cell<u32> = const { Cell::new(0) };
}

/// A popup of this page. Dropping it closes it, and nothing listens any more.
pub struct Popup {
    window: JsValue,
    channel: Option<JsValue>,
    events: Events,
    navigated: Rc<Cell<bool>>,
    closing: Closing,
    /// Whether nothing but the popup itself can reach this page.
    partitioned: bool,
    on_waiting: Box<dyn Fn()>,
    /// What the callback page called the response that was read last.
    last: Option<JsValue>,
    finished: bool,
}

impl Popup {
    /// Opens it at once: to be called in the click, before anything is awaited. `host` is named in
    /// it, `signal` is the sign-in's, if it has one, and `on_waiting` is called when the popup can't
    /// be watched any more.
    pub fn open(host: &str, signal: JsValue, on_waiting: Box<dyn Fn()>) -> Result<Self> {
        let opener = window()?;
        // One after the other: two would be one too many for the user.
        let (current, its_signal) = CURRENT.with_borrow(Clone::clone);
        if get(&its_signal, "aborted").is_truthy() {
            // In this very click: its sign-in has not come to see it.
            let _ = call(&current, "close", &[]);
        } else if !is_closed(&current) {
            let _ = call(&current, "focus", &[]);
            return Err(Error::new(Code::PopupOpen, Step::Authorization, "The popup of another sign-in is open."));
        }
        // By its name a popup is found again that was left behind when the app was reloaded. One that
        // is about to close must not be found.
        let name = [NAME, &decimal(COUNT.get().into())].concat();
        COUNT.set(COUNT.get().wrapping_add(1));
        let window = call(&opener, "open", &["about:blank".into(), name.into(), features(&opener).into()]);
        let window = window.unwrap_or_default();
        // Some blockers give a window that is closed already.
        if is_closed(&window) {
            return Err(Error::new(Code::PopupBlocked, Step::Authorization, "The browser blocked the popup."));
        }
        CURRENT.set((window.clone(), signal));
        // The focus wakes the watch, in a page in the background too, where timers are slow.
        let mut events = Events::of(&opener, &[MESSAGE, STORAGE, "focus", "blur"]);
        events.listen(&window, BEFORE_UNLOAD);
        // A channel reaches this page even from a popup that was cut off from it.
        let channel = construct("BroadcastChannel", &[NAME.into()]).ok();
        if let Some(channel) = &channel {
            events.listen(channel, MESSAGE);
        }
        show_text(&window, &["Connecting to ", host, "…"].concat());
        Ok(Self {
            channel,
            events,
            navigated: Rc::default(),
            closing: Closing::new(),
            partitioned: is_partitioned(&opener, &window),
            on_waiting,
            last: None,
            finished: false,
            window,
        })
    }

    /// The time until it is sent to a page.
    pub fn connecting(&self) -> Connecting {
        Connecting { window: self.window.clone(), over: self.navigated.clone() }
    }

    /// Whether it was sent to a page from which nothing has come back.
    pub fn awaits_response(&self) -> bool {
        self.navigated.get() && !self.finished
    }

    /// Sends it to a page.
    pub fn navigate(&mut self, url: &Url) -> Result<()> {
        if is_closed(&self.window) {
            return Err(closed());
        }
        self.navigated.set(true);
        call(&get(&self.window, "location"), "replace", &[url.as_str().into()]).map_err(|thrown| {
            Error::new(Code::Unsupported, Step::Authorization, "The popup could not be sent to the page.")
                .with_source(Some(Box::new(JsCause(thrown))))
        })?;
        Ok(())
    }

    /// Waits for the next response at the redirect URI. It may be that of another sign-in: then ask
    /// again, and that one is left to whom it belongs.
    pub async fn response(&mut self) -> Result<CallbackQuery> {
        self.last = None;
        loop {
            self.events.set_timer(POLL_MS);
            let event = self.events.next().await;
            match get(&event, "type").as_string().as_deref() {
                Some(BEFORE_UNLOAD) => self.closing.leaving(),
                Some(MESSAGE | STORAGE) => {
                    if let Some(response) = self.read(&event) {
                        return Ok(response);
                    }
                }
                _ => {}
            }
            self.look()?;
        }
    }

    /// Looks whether the popup is still there.
    fn look(&mut self) -> Result<()> {
        // The address of another origin's page can't be read.
        let address = try_get(&get(&self.window, "location"), "href").ok().and_then(|href| href.as_string());
        let verdict = self.closing.look(&Look {
            now: js_sys::Date::now(),
            closed: is_closed(&self.window),
            shows_page: address.as_deref() != Some("about:blank"),
            focused: call(&global("document"), "hasFocus", &[]).is_ok_and(|focus| focus.is_truthy()),
        });
        match verdict {
            Verdict::Waiting => {}
            Verdict::Closed => return Err(closed()),
            Verdict::Lost if self.partitioned => return Err(unreachable()),
            Verdict::Lost => (self.on_waiting)(),
        }
        Ok(())
    }

    /// A response that came over one of three ways, of which any will do: what does not belong to
    /// this sign-in has another state, and once it has ended nobody listens.
    fn read(&mut self, event: &JsValue) -> Option<CallbackQuery> {
        let by_channel = self.channel.as_ref() == Some(&get(event, "target"));
        let surely_ours =
            get(event, "source") == self.window && get(event, "origin") == get(&global("location"), "origin");
        let message = if by_channel || surely_ours {
            get(event, "data")
        } else if get(event, "key") == NAME {
            parse(&get(event, "newValue").as_string()?).ok()?
        } else {
            return None;
        };
        if get(&message, "type") != NAME {
            return None;
        }
        let query = Secret::from(get(&message, "query").as_string()?);
        self.last = Some(get(&message, "id"));
        Some(CallbackQuery { query, surely_ours })
    }

    /// Lets the callback page know that its response has found the sign-in that it belongs to, and
    /// closes the popup.
    pub fn finish(&mut self) {
        self.finished = true;
        if let Some(id) = self.last.take() {
            // A popup that was cut off can only close itself.
            let message = object(&[("type", NAME.into()), ("ack", id)]);
            if let Ok(text) = call(&global("JSON"), "stringify", slice::from_ref(&message)) {
                let storage = global("localStorage");
                let _ = call(&storage, "setItem", &[NAME.into(), text]);
                let _ = call(&storage, "removeItem", &[NAME.into()]);
            }
            if let Some(channel) = &self.channel {
                let _ = call(channel, "postMessage", &[message]);
            }
        }
        let _ = call(&self.window, "close", &[]);
    }
}

impl Drop for Popup {
    fn drop(&mut self) {
        self.finish();
        if let Some(channel) = &self.channel {
            let _ = call(channel, "close", &[]);
        }
        CURRENT.with_borrow_mut(|current| {
            if current.0 == self.window {
                *current = Default::default();
            }
        });
    }
}

/// The time in which a popup shows this page's own text, and `closed` is sure.
pub struct Connecting {
    window: JsValue,
    over: Rc<Cell<bool>>,
}

impl Connecting {
    /// None at all.
    pub fn over() -> Self {
        Self { window: JsValue::UNDEFINED, over: Rc::new(Cell::new(true)) }
    }

    /// Does the work, unless the user closes the popup before it is sent to a page.
    pub async fn unless_closed<T>(self, mut work: Pin<&mut dyn Future<Output = Result<T>>>) -> Result<T> {
        let mut timer = Events::none();
        timer.set_timer(POLL_MS);
        poll_fn(|context| {
            while !self.over.get() && timer.poll_next(context).is_ready() {
                if is_closed(&self.window) {
                    return Poll::Ready(Err(closed()));
                }
                timer.set_timer(POLL_MS);
            }
            work.as_mut().poll(context)
        })
        .await
    }
}

/// The window that this runs in, rather than a worker.
pub(super) fn window() -> Result<JsValue> {
    if global("document").is_undefined() {
        return Err(Error::new(
            Code::Unsupported,
            Step::Authorization,
            "There is no window to show a sign-in page in.",
        ));
    }
    Ok(js_sys::global().into())
}

fn is_closed(window: &JsValue) -> bool {
    !window.is_object() || get(window, "closed").is_truthy()
}

fn closed() -> Error {
    Error::new(Code::PopupClosed, Step::Authorization, "The popup was closed before the sign-in was done.")
}

fn unreachable() -> Error {
    let message = "The sign-in page cut the popup off (Cross-Origin-Opener-Policy), and into a frame of another site \
                   nothing else comes back: open the app in a tab of its own.";
    Error::new(Code::Unsupported, Step::Authorization, message)
}

/// In the page that is there until the authorization server is known.
fn show_text(window: &JsValue, text: &str) {
    let document = get(window, "document");
    set(&document, "title", &text.into());
    // In the user's colours from the first frame on, without a flash of white.
    let style = get(&get(&document, "documentElement"), "style");
    let css = "color-scheme:light dark;font:1rem system-ui;text-align:center;padding:2rem;overflow-wrap:anywhere";
    set(&style, "cssText", &css.into());
    set(&get(&document, "body"), "textContent", &text.into());
}

/// Whether this page is in a frame of another site, where storage and channels are others than in a
/// window of the same origin. The popup's first page has the window's.
fn is_partitioned(opener: &JsValue, window: &JsValue) -> bool {
    let here = get(opener, "localStorage");
    // Even where the answer is known: in WebKit a page gets no storage events before it has read.
    let found = || call(&here, "getItem", &[NAME.into()]).is_ok_and(|found| found == NAME);
    if get(opener, "parent") == *opener {
        found();
        return false;
    }
    let there = get(window, "localStorage");
    let _ = call(&there, "setItem", &[NAME.into(), NAME.into()]);
    let shared = found();
    let _ = call(&there, "removeItem", &[NAME.into()]);
    !shared
}

/// A window in the middle of this one.
fn features(opener: &JsValue) -> String {
    let number = |name: &str| get(opener, name).as_f64().unwrap_or_default();
    let left = number("screenX") + (number("outerWidth") - WIDTH) / 2.0;
    let top = number("screenY") + (number("outerHeight") - HEIGHT) / 2.0;
    let mut features = String::from("popup");
    for (name, value) in [(",width=", WIDTH), (",height=", HEIGHT), (",left=", left), (",top=", top)] {
        features.push_str(name);
        // As on a screen to the left of the main one.
        if value < 0.0 {
            features.push('-');
        }
        features.push_str(&decimal(value.abs() as u64));
    }
    features
}
