//! An [`Error`] as the fields of the JavaScript class `McpAuthorizeError`.

use std::error::Error as _;

use serde::Serialize;
use serde_wasm_bindgen::preserve;
use wasm_bindgen::JsValue;

use crate::browser::json::to_js;
use crate::browser::reflect::AppThrew;
use crate::browser::{JsCause, code_of};
use crate::{Error, Step};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorMembers<'a> {
    code: &'static str,
    step: Step,
    message: &'a str,
    remedy: &'static str,
    user_message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server_error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing_scopes: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr_values: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age: Option<u32>,
    #[serde(with = "preserve", skip_serializing_if = "JsValue::is_undefined")]
    cause: JsValue,
}

impl From<Error> for JsValue {
    /// A value that the app's own function threw is thrown unchanged.
    fn from(error: Error) -> Self {
        match error.source().and_then(|source| source.downcast_ref::<AppThrew>()) {
            Some(AppThrew(thrown)) => thrown.clone(),
            None => to_fields(&error),
        }
    }
}

fn to_fields(error: &Error) -> JsValue {
    let code = code_of(error);
    let step_up = error.step_up();
    let fields = ErrorMembers {
        code: code.name(),
        step: error.step(),
        message: error.message(),
        remedy: code.remedy(),
        user_message: code.user_message(),
        url: error.url(),
        status: error.status(),
        retry_after: error.retry_after(),
        server_error: error.server_error(),
        scopes: error.scopes(),
        missing_scopes: step_up.map(|wanted| &*wanted.missing_scopes),
        acr_values: step_up.and_then(|wanted| wanted.acr_values.as_deref()),
        max_age: step_up.and_then(|wanted| wanted.max_age),
        cause: cause(error),
    };
    to_js(&fields).unwrap_or_else(Into::into)
}

/// The cause: a value that the browser threw, or another error of this crate.
fn cause(error: &Error) -> JsValue {
    let Some(source) = error.source() else { return JsValue::UNDEFINED };
    match (source.downcast_ref::<JsCause>(), source.downcast_ref::<Error>()) {
        (Some(JsCause(thrown)), _) => thrown.clone(),
        (_, Some(error)) => to_fields(error),
        _ => JsValue::UNDEFINED,
    }
}
