//! Sends the events of sessions to the app, and among the tabs and workers of the origin.

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/browser/tabs.js")]
extern "C" {
    pub(super) type Tabs;
    #[wasm_bindgen(constructor)]
    pub(super) fn new(app: &str, on_event: Option<&Function>) -> Tabs;
    #[wasm_bindgen(method, getter)]
    pub(super) fn changes(this: &Tabs) -> u32;
    #[wasm_bindgen(method)]
    pub(super) fn changed(this: &Tabs) -> Promise;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_isolated(this: &Tabs, isolated: bool);
    #[wasm_bindgen(method)]
    pub(super) fn tell(this: &Tabs, event: &JsValue, shared: bool);
    #[wasm_bindgen(method)]
    pub(super) fn close(this: &Tabs);
}
