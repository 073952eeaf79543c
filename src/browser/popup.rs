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
/// How often the window has to be seen closed in a row: a response may still be on its way.
const CLOSED_POLLS: u32 = 12;

/// A popup of this page. Dropping it closes it, and nothing listens any more.
pub struct Popup {
    window: JsValue,
    channel: Option<JsValue>,
    events: Events,
    navigated: bool,
    /// Whether a page was seen in it since.
    arrived: bool,
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
        let popup =
            Self { window: window.unwrap_or_default(), channel, events, navigated: false, arrived: false, last: None };
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
        let mut seen_closed = 0;
        loop {
            self.events.set_timer(POLL_MS);
            let event = self.events.next().await;
            if !event.is_undefined() {
                if let Some(response) = self.read(&event) {
                    return Ok(response);
                }
                continue;
            }
            seen_closed = if self.was_closed_by_user() { seen_closed + 1 } else { 0 };
            if seen_closed == CLOSED_POLLS {
                return Err(closed());
            }
        }
    }

    /// Whether `closed` says that the user closed the popup. It says so too when a page with
    /// `Cross-Origin-Opener-Policy` comes up in it, which cuts it off from this one. So it counts
    ///
    /// - only once a page was seen in it: with such a policy on the first one it never is;
    /// - and then only while this page has the focus: where a later page has such a policy, the
    ///   user is busy in the popup.
    fn was_closed_by_user(&mut self) -> bool {
        if !self.is_closed() {
            // The address of another origin's page can't be read.
            let address = try_get(&get(&self.window, "location"), "href");
            self.arrived |=
                self.navigated && address.ok().and_then(|href| href.as_string()).as_deref() != Some("about:blank");
            return false;
        }
        let document = global("document");
        !self.navigated || self.arrived && call(&document, "hasFocus", &[]).is_ok_and(|focus| focus.is_truthy())
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
    let middle = |position: &str, size: &str, own: f64| {
        let number = |name: &str| get(opener, name).as_f64().unwrap_or_default();
        // Screens to the left of the main one have negative positions, which browsers adjust.
        decimal((number(position) + (number(size) - own) / 2.0) as u64)
    };
    [
        "popup,width=",
        &decimal(WIDTH as u64),
        ",height=",
        &decimal(HEIGHT as u64),
        ",left=",
        &middle("screenX", "outerWidth", WIDTH),
        ",top=",
        &middle("screenY", "outerHeight", HEIGHT),
    ]
    .concat()
}
