//! The browser's JSON parser, and its values as [`Value`].

use js_sys::{Array, JSON};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::{JsCast, JsValue};

use super::Browser;
use super::reflect::{JsCause, call, global, parse};
use crate::ports::Json;
use crate::protocol::json::{Object, Value};
use crate::{Code, Error, Result, Step};

/// The maximum depth. Documents of the protocol are not half as deep.
const DEEPEST: u32 = 32;

impl Json for Browser {
    fn parse_json(&self, text: &str) -> Option<Value> {
        to_value(&parse(text).ok()?)
    }

    fn write_json(&self, value: &impl Serialize) -> Result<String> {
        let value = to_js(value).map_err(|error| unwritable(error.into()))?;
        JSON::stringify(&value).map(Into::into).map_err(unwritable)
    }
}

/// Converts a value to JavaScript. Structs and maps become plain objects.
pub(crate) fn to_js(value: &impl Serialize) -> std::result::Result<JsValue, serde_wasm_bindgen::Error> {
    value.serialize(&Serializer::json_compatible())
}

fn unwritable(thrown: JsValue) -> Error {
    Error::new(Code::Unsupported, Step::Setup, "A value can't be written as JSON.")
        .with_source(Some(Box::new(JsCause(thrown))))
}

/// Converts a JavaScript value, by its own enumerable properties. Leaves out members that JSON does not have (functions,
/// undefined). `None` if the value itself is one of these, or is nested too deeply.
pub fn to_value(value: &JsValue) -> Option<Value> {
    walk(value, DEEPEST).ok()?
}

struct TooDeep;

fn walk(value: &JsValue, depth: u32) -> std::result::Result<Option<Value>, TooDeep> {
    if value.is_null() {
        return Ok(Some(Value::Null));
    }
    let plain = (value.as_bool().map(Value::Bool))
        .or_else(|| value.as_f64().map(Value::Number))
        .or_else(|| value.as_string().map(Value::String));
    if plain.is_some() || !value.is_object() || value.is_function() {
        return Ok(plain);
    }
    let depth = depth.checked_sub(1).ok_or(TooDeep)?;
    if let Some(array) = as_array(value) {
        let values = array.iter().map(|value| Ok(walk(&value, depth)?.unwrap_or(Value::Null)));
        return Ok(Some(Value::Array(values.collect::<std::result::Result<_, _>>()?)));
    }
    // `__proto__` as an own property is an entry like any other.
    let Ok(entries) = call(&global("Object"), "entries", std::slice::from_ref(value)) else { return Ok(None) };
    let mut members = Vec::new();
    for entry in entries.unchecked_ref::<Array>().iter() {
        let entry: Array = entry.unchecked_into();
        if let (Some(name), Some(value)) = (entry.get(0).as_string(), walk(&entry.get(1), depth)?) {
            members.push((name, value));
        }
    }
    Ok(Some(Value::Object(Object(members))))
}

fn as_array(value: &JsValue) -> Option<&Array> {
    Array::is_array(value).then(|| value.unchecked_ref())
}
