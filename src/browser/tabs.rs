//! What happens to sessions, told among the tabs and workers of the origin.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::JsValue;

use super::events::Callback;
use super::reflect::{apply, call, construct, get, global, object};

/// The channel. Dropping it closes it.
pub(super) struct Tabs {
    channel: JsValue,
    _listener: Callback,
}

impl Tabs {
    /// Listens to those of the same app, where there is such a channel. What others tell goes to
    /// `on_event` as if it had happened here, and counts as a change of the store; unless this tab keeps
    /// its sessions `alone`, in memory, where others have theirs.
    pub(super) fn join(app: &str, on_event: Function, changes: Rc<Cell<u32>>, alone: Rc<Cell<bool>>) -> Option<Self> {
        // A program without an address is no page of an origin, and an open channel would keep it from ending.
        if global("location").is_undefined() {
            return None;
        }
        let channel = construct("BroadcastChannel", &[["mcp-authorize sessions ", app].concat().into()]).ok()?;
        let listener = Callback::new(move |event: JsValue| {
            if alone.get() {
                return Ok(());
            }
            changes.set(changes.get().wrapping_add(1));
            let message = get(&event, "data");
            let _ = apply(&on_event, &[get(&message, "type"), get(&message, "detail")]);
            Ok(())
        });
        call(&channel, "addEventListener", &["message".into(), listener.as_ref().clone()]).ok()?;
        Some(Self { channel, _listener: listener })
    }

    /// Tells the others.
    pub(super) fn tell(&self, name: &str, detail: &JsValue) {
        let message = object(&[("type", name.into()), ("detail", detail.clone())]);
        let _ = call(&self.channel, "postMessage", &[message]);
    }
}

impl Drop for Tabs {
    fn drop(&mut self) {
        let _ = call(&self.channel, "close", &[]);
    }
}
