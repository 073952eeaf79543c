//! JavaScript's own reflection: properties, calls and objects by name.

use std::fmt;

use js_sys::{Array, JSON, Object};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Reflect, js_name = get, catch)]
    fn reflect_get(target: &JsValue, name: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = Reflect, js_name = set, catch)]
    fn reflect_set(target: &JsValue, name: &str, value: &JsValue) -> Result<bool, JsValue>;
    #[wasm_bindgen(js_namespace = Reflect, js_name = apply, catch)]
    fn reflect_apply(function: &JsValue, this: &JsValue, arguments: &[JsValue]) -> Result<JsValue, JsValue>;
}

#[wasm_bindgen(module = "/src/browser/reflect.js")]
extern "C" {
    /// A property of the global object: of the window, or of the worker.
    pub(crate) fn global(name: &str) -> JsValue;
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

/// A property; undefined where there is none.
pub(crate) fn get(target: &JsValue, name: &str) -> JsValue {
    reflect_get(target, name).unwrap_or_default()
}

/// Sets a property, as far as it can be set.
pub(crate) fn set(target: &JsValue, name: &str, value: &JsValue) {
    let _ = reflect_set(target, name, value);
}

/// Calls a function without `this`.
pub(crate) fn apply(function: &JsValue, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    reflect_apply(function, &JsValue::UNDEFINED, arguments)
}

/// Calls a method.
pub(crate) fn call(this: &JsValue, method: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    reflect_apply(&get(this, method), this, arguments)
}

/// A plain object.
pub(crate) fn object(properties: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new().into();
    for (name, value) in properties {
        set(&object, name, value);
    }
    object
}

/// An array of strings.
pub(crate) fn strings<T: AsRef<str>>(texts: &[T]) -> JsValue {
    let array = Array::new();
    for text in texts {
        array.push(&text.as_ref().into());
    }
    array.into()
}

/// Parses JSON.
pub(crate) fn parse(text: &str) -> Result<JsValue, JsValue> {
    JSON::parse(text)
}
