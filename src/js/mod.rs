//! The JavaScript surface: converts and forwards, decides nothing.
//!
//! `pkg/index.js` wraps these bindings in the classes of `pkg/index.d.ts`, which documents them.

#[cfg(feature = "authorizer")]
mod arguments;
#[cfg(feature = "authorizer")]
mod authorizer;
#[cfg(feature = "authorizer")]
mod closing;
#[cfg(feature = "diagnose")]
mod diagnose;
#[cfg(feature = "elicitation")]
mod elicitation;
mod error;
#[cfg(feature = "authorizer")]
mod facts;
#[cfg(feature = "authorizer")]
mod grant;
#[cfg(any(feature = "authorizer", feature = "steps"))]
mod option;
#[cfg(feature = "authorizer")]
mod options;
#[cfg(any(feature = "authorizer", feature = "elicitation"))]
mod server_url;
#[cfg(feature = "authorizer")]
mod session;
#[cfg(feature = "authorizer")]
mod setup;
#[cfg(feature = "steps")]
mod steps;
#[cfg(feature = "authorizer")]
mod user;

use std::pin::Pin;

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::future_to_promise;

/// A promise for the face. It rejects with the fields of an error. Boxed, so that it is compiled once.
fn settle(work: impl Future<Output = Result<JsValue, JsValue>> + 'static) -> Promise {
    let work: Pin<Box<dyn Future<Output = _>>> = Box::pin(work);
    future_to_promise(work)
}
