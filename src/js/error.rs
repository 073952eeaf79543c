//! An [`Error`] as the fields of the JavaScript class `McpAuthorizeError`.

use std::error::Error as _;

use wasm_bindgen::JsValue;

use crate::Error;
use crate::browser::reflect::{parse, set};
use crate::browser::{JsCause, code_of};
use crate::protocol::json::Writer;

impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        to_fields(&error)
    }
}

/// The fields, as a plain object.
fn to_fields(error: &Error) -> JsValue {
    let code = code_of(error);
    let fields = Writer::new()
        .string("code", code.name())
        .string("step", error.step().name())
        .string("message", error.message())
        .string("remedy", code.remedy())
        .optional("url", error.url())
        .optional_number("status", error.status().map(u64::from))
        .optional("serverError", error.server_error());
    let fields = match error.scopes() {
        Some(scopes) => fields.strings("scopes", scopes.tokens()),
        None => fields,
    };
    let fields = parse(&fields.finish()).unwrap_or_default();
    if let Some(cause) = cause(error) {
        set(&fields, "cause", &cause);
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
