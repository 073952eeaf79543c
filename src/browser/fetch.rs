//! `fetch`: the global function of the window or the worker, or the app's own function.

use gloo_net::http::{Method, RequestBuilder, Response};
use js_sys::Promise;
use serde::{Serialize, Serializer};
use serde_wasm_bindgen::preserve;
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, Headers, ReferrerPolicy, RequestCache, RequestCredentials, RequestMode, RequestRedirect};

use super::Browser;
use super::json::to_js;
use super::reflect::{apply, get, settled, try_get};
use crate::protocol::Url;

#[wasm_bindgen]
extern "C" {
    // Not a method of `window`, which workers do not have.
    #[wasm_bindgen(js_name = fetch, catch)]
    fn global_fetch(request: &web_sys::Request) -> Result<Promise, JsValue>;
}

/// The `init` of a call of `fetch`. Sends no cookies, and no code or token in a `Referer`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Init<'a> {
    #[serde(serialize_with = "method_name")]
    pub method: Method,
    #[serde(serialize_with = "as_js")]
    pub redirect: RequestRedirect,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<&'a str>,
    #[serde(serialize_with = "as_record")]
    pub headers: Vec<(&'a str, &'a str)>,
    #[serde(serialize_with = "as_js", skip_serializing_if = "Option::is_none")]
    pub mode: Option<RequestMode>,
    #[serde(serialize_with = "as_js", skip_serializing_if = "Option::is_none")]
    pub cache: Option<RequestCache>,
    #[serde(serialize_with = "as_js")]
    credentials: RequestCredentials,
    #[serde(serialize_with = "as_js")]
    referrer_policy: ReferrerPolicy,
    #[serde(with = "preserve")]
    signal: AbortSignal,
    /// How many redirects are followed, if they are checked one by one.
    #[serde(skip)]
    pub hops: u32,
}

fn method_name<S: Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(method.as_str())
}

fn as_js<T: Into<JsValue> + Copy, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    preserve::serialize(&(*value).into(), serializer)
}

fn as_record<S: Serializer>(headers: &[(&str, &str)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(headers.iter().copied())
}

impl<'a> Init<'a> {
    /// A request that the signal aborts.
    pub fn new(method: Method, headers: Vec<(&'a str, &'a str)>, signal: AbortSignal) -> Self {
        Self {
            method,
            redirect: RequestRedirect::Follow,
            body: None,
            headers,
            mode: None,
            cache: None,
            credentials: RequestCredentials::Omit,
            referrer_policy: ReferrerPolicy::NoReferrer,
            signal,
            hops: 0,
        }
    }

    fn request(&self, url: &Url) -> Result<web_sys::Request, gloo_net::Error> {
        let mut builder = RequestBuilder::new(url.as_str())
            .method(self.method.clone())
            .redirect(self.redirect)
            .credentials(self.credentials)
            .referrer_policy(self.referrer_policy)
            .abort_signal(Some(&self.signal));
        if let Some(mode) = self.mode {
            builder = builder.mode(mode);
        }
        if let Some(cache) = self.cache {
            builder = builder.cache(cache);
        }
        for (name, value) in &self.headers {
            builder = builder.header(name, value);
        }
        let request = match self.body {
            Some(body) => builder.body(body),
            None => builder.build(),
        };
        request.map(Into::into)
    }
}

impl Browser {
    /// Sends a request. The app's own `fetch` gets a URL and an `init`. The error is the thrown value itself. gloo's
    /// `send` would keep only the name and the message, and panic on anything but an `Error`.
    pub(super) async fn fetch(&self, url: &Url, init: &Init<'_>) -> Result<Response, JsValue> {
        let promise = match &self.fetch {
            Some(fetch) => apply(fetch, &[url.as_str().into(), to_js(init)?])?,
            None => {
                let request = init.request(url).map_err(|_| JsError::new("The request can't be made."))?;
                global_fetch(&request)?.into()
            }
        };
        response(settled(&promise).await?)
    }
}

/// A header, if it may be read.
pub(super) fn header(headers: &Headers, name: &str) -> Option<String> {
    headers.get(name).ok()?
}

/// The response of a `fetch`. The app's own may return anything.
pub(super) fn response(answer: JsValue) -> Result<Response, JsValue> {
    match answer.dyn_into::<web_sys::Response>() {
        Ok(response) => Ok(response.into()),
        // A `Response` of another window, or one that the app made.
        Err(other) if is_response(&other) => Ok(other.unchecked_into::<web_sys::Response>().into()),
        Err(other) => Err(other),
    }
}

/// Whether an object has all members of a response that are read here, with their types: getters may throw, and a
/// wrong type would throw later.
fn is_response(other: &JsValue) -> bool {
    let is = |name, suits: fn(&JsValue) -> bool| try_get(other, name).is_ok_and(|value| suits(&value));
    get(&get(other, "headers"), "get").is_function()
        && is("status", |status| status.as_f64().is_some())
        && (is("redirected", |redirected| redirected.is_undefined() || *redirected == false)
            || (is("redirected", |redirected| *redirected == true) && is("url", JsValue::is_string)))
        && is("body", |body| body.is_undefined() || body.is_null() || body.is_object())
}
