//! An [`Error`] as the fields of the JavaScript class `McpAuthorizeError`.

use std::error::Error as _;

use wasm_bindgen::JsValue;

use crate::Error;
use crate::browser::reflect::{object, set, strings};
use crate::browser::{JsCause, code_of};

impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        to_fields(&error)
    }
}

/// The fields, as a plain object.
fn to_fields(error: &Error) -> JsValue {
    let code = code_of(error);
    let fields = object(&[
        ("code", code.name().into()),
        ("step", error.step().name().into()),
        ("message", error.message().into()),
        ("remedy", code.remedy().into()),
    ]);
    let scopes = error.scopes().map(|scopes| strings(scopes.tokens()));
    let optional = [
        ("url", error.url().map(JsValue::from)),
        ("status", error.status().map(JsValue::from)),
        ("serverError", error.server_error().map(JsValue::from)),
        ("scopes", scopes),
        ("cause", cause(error)),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            set(&fields, name, &value);
        }
    }
    fields
}

/// What the browser threw, or an error of this crate's own below another one.
fn cause(error: &Error) -> Option<JsValue> {
    let source = error.source()?;
    match (source.downcast_ref::<JsCause>(), source.downcast_ref::<Error>()) {
        (Some(JsCause(thrown)), _) => Some(thrown.clone()),
        (_, Some(error)) => Some(to_fields(error)),
        _ => None,
    }
}
