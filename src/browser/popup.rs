//! The window that shows the authorization server's page, and what comes back from it.

use wasm_bindgen::JsValue;

use super::events::Events;
use super::reflect::{JsCause, call, construct, get, global, object, set, try_get};
use crate::ports::CallbackQuery;
use crate::protocol::json::decimal;
use crate::protocol::{Secret, Url};
use crate::{Code, Error, Result, Step};

/// The channel's name and the messages' type. `pkg/callback.js` has it too.
const NAME: &str = "mcp-authorize";
const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 720.0;
/// There is no event for a window that was closed.
const POLL_MS: u32 = 250;
/// How often a page has to be seen in it. Chromium lets a popup that is being cut off look as if it
/// showed a page for some milliseconds.
const PAGE_POLLS: u32 = 3;
/// How long it has to be closed: a response may still be on its way.
const CLOSED_MS: f64 = 3000.0;

/// A popup of this page. Dropping it closes it, and nothing listens any more.
pub struct Popup {
    window: JsValue,
    channel: Option<JsValue>,
    events: Events,
    navigated: bool,
    /// How often a page was seen in it since.
    page_polls: u32,
    /// When it was first seen closed by the user.
    closed_since: Option<f64>,
    /// What the callback page called the response that was read last.
    last: Option<JsValue>,
}

impl Popup {
    /// Opens it at once: to be called in the click, before anything is awaited.
    pub fn open() -> Result<Self> {
        let opener = JsValue::from(js_sys::global());
        if get(&opener, "document").is_undefined() {
            return Err(Error::new(Code::Unsupported, Step::Authorization, "There is no window to open a popup from."));
        }
        // A channel reaches this page even from a popup that was cut off from it.
        let channel = construct("BroadcastChannel", &[NAME.into()]).ok();
        let mut events = Events::of(&opener, &["message"]);
        if let Some(channel) = &channel {
            events.listen(channel, "message");
        }
        let window = call(&opener, "open", &["about:blank".into(), "_blank".into(), features(&opener).into()]);
        let popup = Self {
            window: window.unwrap_or_default(),
            channel,
            events,
            navigated: false,
            page_polls: 0,
            closed_since: None,
            last: None,
        };
        // Some blockers give a window that is closed already.
        if popup.is_closed() {
            return Err(Error::new(Code::PopupBlocked, Step::Authorization, "The browser blocked the popup."));
        }
        popup.show_text("Connecting…");
        Ok(popup)
    }

    /// In the page that is there until the authorization server is known.
    fn show_text(&self, text: &str) {
        let document = get(&self.window, "document");
        set(&document, "title", &text.into());
        // In the user's colours from the first frame on, without a flash of white.
        let style = get(&get(&document, "documentElement"), "style");
        set(&style, "cssText", &"color-scheme:light dark;font:1rem system-ui;text-align:center;padding:2rem".into());
        set(&get(&document, "body"), "textContent", &text.into());
    }

    fn is_closed(&self) -> bool {
        !get(&self.window, "closed").is_falsy() || !self.window.is_object()
    }

    /// Sends it to a page.
    pub fn navigate(&mut self, url: &Url) -> Result<()> {
        if self.is_closed() {
            return Err(closed());
        }
        call(&get(&self.window, "location"), "replace", &[url.as_str().into()]).map_err(|thrown| {
            Error::new(Code::Unsupported, Step::Authorization, "The popup could not be sent to the page.")
                .with_source(Some(Box::new(JsCause(thrown))))
        })?;
        self.navigated = true;
        Ok(())
    }

    /// Waits for the next response at the redirect URI. It may be that of another sign-in: then ask
    /// again, and that one is left to whom it belongs.
    pub async fn response(&mut self) -> Result<CallbackQuery> {
        self.last = None;
        loop {
            self.events.set_timer(POLL_MS);
            let event = self.events.next().await;
            if event.is_undefined() {
                self.look()?;
            } else if let Some(response) = self.read(&event) {
                return Ok(response);
            }
        }
    }

    /// Looks whether the popup is still there.
    fn look(&mut self) -> Result<()> {
        if !self.is_closed() {
            // The address of another origin's page can't be read.
            let address = try_get(&get(&self.window, "location"), "href").ok().and_then(|href| href.as_string());
            if self.navigated && address.as_deref() != Some("about:blank") {
                self.page_polls = self.page_polls.saturating_add(1);
            }
        }
        if !self.was_closed_by_user() {
            self.closed_since = None;
            return Ok(());
        }
        let now = js_sys::Date::now();
        if now - *self.closed_since.get_or_insert(now) < CLOSED_MS { Ok(()) } else { Err(closed()) }
    }

    /// Whether `closed` says that the user closed the popup. It says so too when a page with
    /// `Cross-Origin-Opener-Policy` comes up in it, which cuts it off from this one. So it counts
    ///
    /// - only once a page was seen in it: with such a policy on the first one it never is;
    /// - and then only while this page has the focus: where a later page has such a policy, the
    ///   user is busy in the popup.
    fn was_closed_by_user(&self) -> bool {
        let has_focus = || call(&global("document"), "hasFocus", &[]).is_ok_and(|focus| focus.is_truthy());
        self.is_closed() && (!self.navigated || self.page_polls >= PAGE_POLLS && has_focus())
    }

    fn read(&mut self, event: &JsValue) -> Option<CallbackQuery> {
        let by_channel = self.channel.as_ref() == Some(&get(event, "target"));
        if !by_channel && get(event, "origin") != get(&global("location"), "origin") {
            return None;
        }
        let message = get(event, "data");
        if get(&message, "type").as_string().as_deref() != Some(NAME) {
            return None;
        }
        let query = Secret::from(get(&message, "query").as_string()?);
        self.last = Some(get(&message, "id"));
        Some(CallbackQuery { query, surely_ours: get(event, "source") == self.window })
    }

    /// Lets the callback page know that its response has found the sign-in that it belongs to, and
    /// closes the popup.
    pub fn finish(&mut self) {
        if let (Some(channel), Some(id)) = (&self.channel, self.last.take()) {
            // A popup that was cut off can only close itself.
            let _ = call(channel, "postMessage", &[object(&[("type", NAME.into()), ("ack", id)])]);
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
    }
}

fn closed() -> Error {
    Error::new(Code::PopupClosed, Step::Authorization, "The popup was closed before the sign-in was done.")
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
