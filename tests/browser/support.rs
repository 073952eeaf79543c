//! What the tests share: ports, and helpers that run JavaScript.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use js_sys::{Array, Function, Promise, Reflect};
use mcp_authorize::browser::{Browser, BrowserOptions, Storage};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

pub fn browser(storage: Storage) -> Browser {
    Browser::new(BrowserOptions { fetch: None, storage, request_timeout_ms: 10_000, ..BrowserOptions::default() })
}

/// An async JavaScript function of `a` and `b`.
pub fn function(body: &str) -> Function {
    Function::new_with_args("a, b", &["return (async () => {", body, "})()"].concat())
}

/// A JavaScript function with its first arguments bound.
pub fn bound(values: &[&JsValue], parameters: &str, body: &str) -> Function {
    let bind: Function = property(&Function::new_with_args(parameters, body), "bind").unchecked_into();
    let arguments: Array = [&JsValue::UNDEFINED].iter().chain(values).copied().collect();
    Reflect::apply(&bind, &Function::new_with_args(parameters, body), &arguments).unwrap().unchecked_into()
}

/// Runs an async JavaScript function with the argument `a`; returns its result.
pub async fn run(body: &str, a: &JsValue) -> JsValue {
    let promise = function(body).call1(&JsValue::UNDEFINED, a).unwrap();
    JsFuture::from(Promise::resolve(&promise)).await.unwrap()
}

/// The value of a JavaScript expression.
pub fn eval(expression: &str) -> JsValue {
    Function::new_no_args(&["return (", expression, ")"].concat()).call0(&JsValue::UNDEFINED).unwrap()
}

pub fn property(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap()
}

/// A property of a global object that has another value until this is dropped.
pub struct Replaced(Function);

impl Replaced {
    pub fn new(owner: &str, name: &str, value: &JsValue) -> Self {
        let set = Function::new_with_args(
            "owner, name, value",
            "const before = Object.getOwnPropertyDescriptor(owner, name);
             Object.defineProperty(owner, name, { value, configurable: true, writable: true });
             return () => before ? Object.defineProperty(owner, name, before) : delete owner[name]",
        );
        Self(set.call3(&JsValue::UNDEFINED, &eval(owner), &name.into(), value).unwrap().unchecked_into())
    }
}

impl Drop for Replaced {
    fn drop(&mut self) {
        self.0.call0(&JsValue::UNDEFINED).unwrap();
    }
}

/// Polls once; returns whether the future is still pending.
pub async fn is_pending<F: Future>(future: &mut Pin<Box<F>>) -> bool {
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_pending())).await
}
