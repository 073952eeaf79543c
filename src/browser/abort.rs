//! Ends what takes too long or is not wanted any more: the future is dropped, and with it goes all
//! that it waits for.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

use super::promise::{Settled, settled};
use super::reflect::JsCause;
use crate::protocol::json::decimal;
use crate::{Code, Error, Result, Step};

#[wasm_bindgen(module = "/src/browser/limit.js")]
extern "C" {
    fn limit(controller: &Abort, milliseconds: u32, signal: Option<&AbortSignal>) -> Promise;
}

#[wasm_bindgen]
extern "C" {
    /// An `AbortController`.
    #[wasm_bindgen(js_name = AbortController)]
    pub(super) type Abort;
    #[wasm_bindgen(constructor, js_class = AbortController)]
    fn new() -> Abort;
    #[wasm_bindgen(method)]
    fn abort(this: &Abort);
}

/// What JavaScript does meanwhile. Dropping it ends that.
pub(super) struct Work {
    abort: Abort,
    promise: Settled,
}

impl Work {
    pub(super) fn start(begin: impl FnOnce(&Abort) -> Promise) -> Self {
        let abort = Abort::new();
        let promise = settled(&begin(&abort));
        Self { abort, promise }
    }
}

impl Future for Work {
    type Output = std::result::Result<JsValue, JsValue>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.promise).poll(context)
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.abort.abort();
    }
}

/// Waits for the time to be over, or fails with the signal's reason.
pub(super) fn until(limit_ms: u32, signal: Option<&AbortSignal>) -> Work {
    Work::start(|abort| limit(abort, limit_ms, signal))
}

/// For what may take its time.
pub const NO_LIMIT: u32 = u32::MAX;

/// Waits for a future, at most until the signal fires or the time is over: then it is dropped, and
/// the error is [`Code::Aborted`] or [`Code::Timeout`].
pub async fn race<T>(
    step: Step,
    limit_ms: u32,
    signal: Option<&AbortSignal>,
    future: impl Future<Output = Result<T>>,
) -> Result<T> {
    race_pinned(step, limit_ms, signal, pin!(future)).await
}

/// Apart, so that it is compiled once for each kind of answer.
async fn race_pinned<T>(
    step: Step,
    limit_ms: u32,
    signal: Option<&AbortSignal>,
    mut future: Pin<&mut dyn Future<Output = Result<T>>>,
) -> Result<T> {
    let aborted =
        |reason| Error::new(Code::Aborted, step, "The call was aborted.").with_source(Some(Box::new(JsCause(reason))));
    if let Some(signal) = signal.filter(|signal| signal.aborted()) {
        return Err(aborted(signal.reason()));
    }
    if limit_ms == NO_LIMIT && signal.is_none() {
        return future.await;
    }
    let mut end = until(limit_ms, signal);
    poll_fn(|context| match Pin::new(&mut end).poll(context) {
        Poll::Ready(Err(reason)) => Poll::Ready(Err(aborted(reason))),
        Poll::Ready(Ok(_)) => {
            let message = ["It took longer than the limit of ", &decimal(limit_ms.into()), " ms."].concat();
            Poll::Ready(Err(Error::new(Code::Timeout, step, message)))
        }
        Poll::Pending => future.as_mut().poll(context),
    })
    .await
}
