//! The option `proxy`: the app's own backend forwards requests that the app chooses.

use js_sys::Function;
use wasm_bindgen::JsValue;

use super::Browser;
use super::reflect::{JsCause, apply, get};
use super::url::absolute_url;
use crate::protocol::Url;
use crate::{Code, Error, Result, Step};

impl Browser {
    pub(super) fn has_proxy(&self) -> bool {
        self.proxy.is_some()
    }

    /// The URL to send a request to instead of its own; `None` to send it directly. The app returns a text, a `URL`, or
    /// nothing. Anything else is refused: a promise, as text, would be a path at the page's own origin.
    pub(super) fn proxied(&self, step: Step, url: &str) -> Result<Option<Url>> {
        self.proxy.as_ref().map_or(Ok(None), |proxy| {
            ask(proxy, step, url).map_err(|thrown| {
                let message = "\"proxy\" must return an https URL (http on loopback), or nothing.";
                Error::new(Code::InvalidOption, step, message).with_source(Some(Box::new(JsCause(thrown))))
            })
        })
    }
}

fn ask(proxy: &Function, step: Step, url: &str) -> std::result::Result<Option<Url>, JsValue> {
    let answer = apply(proxy, &[url.into(), step.name().into()])?;
    if answer.is_undefined() || answer.is_null() {
        return Ok(None);
    }
    let text = answer.as_string().or_else(|| get(&answer, "href").as_string());
    let url = text.and_then(|text| Url::parse(&absolute_url(&text)).ok());
    url.map(Some).ok_or(JsValue::UNDEFINED)
}
