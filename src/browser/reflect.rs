//! JavaScript's own reflection: properties, calls and objects by name.

use std::fmt;

use js_sys::{JSON, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Reflect, js_name = get, catch)]
    fn reflect_get(target: &JsValue, name: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = Reflect, js_name = apply, catch)]
    fn reflect_apply(function: &JsValue, this: &JsValue, arguments: &[JsValue]) -> Result<JsValue, JsValue>;
}

/// What JavaScript threw.
pub struct JsCause(pub JsValue);

impl fmt::Display for JsCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&get(&self.0, "message").as_string().unwrap_or_default())
    }
}

impl fmt::Debug for JsCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for JsCause {}

/// A value that the app's own function threw. It is rethrown unchanged.
#[derive(Debug)]
pub(crate) struct AppThrew(pub JsValue);

impl fmt::Display for AppThrew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a function of the app threw")
    }
}

impl std::error::Error for AppThrew {}

/// A property; undefined if there is none.
pub(crate) fn get(target: &JsValue, name: &str) -> JsValue {
    if target.is_undefined() {
        // Reading it would throw, which takes a hundred times as long.
        return JsValue::UNDEFINED;
    }
    reflect_get(target, name).unwrap_or_default()
}

/// A property, or the error of its getter.
pub(crate) fn try_get(target: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    reflect_get(target, name)
}

/// A property of the global object, in a window or a worker.
pub(crate) fn global(name: &str) -> JsValue {
    get(&js_sys::global(), name)
}

/// Calls a function without `this`.
pub(crate) fn apply(function: &JsValue, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    reflect_apply(function, &JsValue::UNDEFINED, arguments)
}

/// Calls a method.
pub(crate) fn call(this: &JsValue, method: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    reflect_apply(&get(this, method), this, arguments)
}

/// Awaits a promise; other values resolve to themselves.
pub(crate) fn settled(value: &JsValue) -> JsFuture {
    Promise::resolve(value).into()
}

/// Awaits the result of a function, which may have thrown at once.
pub(crate) async fn answer(returned: Result<JsValue, JsValue>) -> Result<JsValue, JsValue> {
    settled(&returned?).await
}

/// Parses JSON.
pub(crate) fn parse(text: &str) -> Result<JsValue, JsValue> {
    JSON::parse(text)
}
