//! Time limits and abort signals: ends a future by dropping it, which cancels everything that it waits
//! for.

use std::future::{Future, pending};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use futures_channel::oneshot;
use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use js_sys::Promise;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, AbortSignal};

use super::reflect::{JsCause, get};
use crate::{Code, Error, Result, Step};

/// An `AbortController` that aborts when it is dropped.
pub(super) struct AbortGuard(AbortController);

impl AbortGuard {
    pub(super) fn new() -> std::result::Result<Self, JsCause> {
        AbortController::new().map(Self).map_err(JsCause)
    }

    pub(super) fn signal(&self) -> AbortSignal {
        self.0.signal()
    }
}

impl Drop for AbortGuard {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Work in JavaScript. Dropping this aborts it.
pub(super) struct Work {
    promise: JsFuture,
    _guard: AbortGuard,
}

impl Work {
    pub(super) fn start(begin: impl FnOnce(&AbortController) -> Promise) -> std::result::Result<Self, JsCause> {
        let guard = AbortGuard::new()?;
        let promise = begin(&guard.0).into();
        Ok(Self { promise, _guard: guard })
    }
}

impl Future for Work {
    type Output = std::result::Result<JsValue, JsValue>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.promise).poll(context)
    }
}

/// Waits for the time limit.
pub(super) fn timeout(milliseconds: u32) -> TimeoutFuture {
    // Browsers treat a time of more than 31 bits as zero.
    TimeoutFuture::new(milliseconds.min(i32::MAX.unsigned_abs()))
}

/// Listens to a signal until it is dropped. Signals may live long.
struct Listener<'a> {
    signal: &'a AbortSignal,
    closure: Closure<dyn FnMut()>,
}

impl<'a> Listener<'a> {
    /// Fails if the app passed something else: gloo's listener would panic.
    fn new(signal: &'a AbortSignal, tell: oneshot::Sender<()>) -> std::result::Result<Self, JsValue> {
        let closure = Closure::once(move || {
            // The receiver may be gone.
            let _ = tell.send(());
        });
        signal.add_event_listener_with_callback("abort", closure.as_ref().unchecked_ref())?;
        Ok(Self { signal, closure })
    }
}

impl Drop for Listener<'_> {
    fn drop(&mut self) {
        let _ = self.signal.remove_event_listener_with_callback("abort", self.closure.as_ref().unchecked_ref());
    }
}

/// Waits until a signal is aborted. Returns its reason.
async fn aborted(signal: &AbortSignal) -> JsValue {
    // Read by name: the app's value may not be an AbortSignal, and its methods may throw.
    if get(signal, "aborted").is_falsy() {
        let (tell, told) = oneshot::channel();
        let _listener = match Listener::new(signal, tell) {
            Ok(listener) => listener,
            Err(thrown) => return thrown,
        };
        let _ = told.await;
    }
    get(signal, "reason")
}

/// For work without a time limit.
pub const NO_LIMIT: u32 = u32::MAX;

/// Waits for a future, at most until the signal aborts or the time is over. Then the future is dropped, and
/// the error is [`Code::Aborted`] or [`Code::Timeout`].
///
/// # Errors
///
/// [`Code::Aborted`] if the signal aborts, [`Code::Timeout`] after the limit, and the errors of the work.
pub async fn race<T>(
    step: Step,
    limit_ms: u32,
    signal: Option<&AbortSignal>,
    future: impl Future<Output = Result<T>>,
) -> Result<T> {
    race_pinned(step, limit_ms, signal, pin!(future)).await
}

/// A separate function, so that it is compiled only once for each type of result.
async fn race_pinned<T>(
    step: Step,
    limit_ms: u32,
    signal: Option<&AbortSignal>,
    future: Pin<&mut dyn Future<Output = Result<T>>>,
) -> Result<T> {
    if limit_ms == NO_LIMIT && signal.is_none() {
        return future.await;
    }
    match select(pin!(end(step, limit_ms, signal)), future).await {
        Either::Left((error, _)) => Err(error),
        Either::Right((answer, _)) => answer,
    }
}

/// Waits until the signal aborts or the time is over.
async fn end(step: Step, limit_ms: u32, signal: Option<&AbortSignal>) -> Error {
    let given_up = pin!(async {
        match signal {
            Some(signal) => aborted(signal).await,
            None => pending().await,
        }
    });
    match select(given_up, timeout(limit_ms)).await {
        Either::Left((reason, _)) => {
            Error::new(Code::Aborted, step, "The call was aborted.").with_source(Some(Box::new(JsCause(reason))))
        }
        Either::Right(_) => Error::new(Code::Timeout, step, format!("It took longer than the limit of {limit_ms} ms.")),
    }
}
