//! Ends what takes too long or is not wanted any more: the future is dropped, and with it goes all
//! that it waits for.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use wasm_bindgen::JsValue;
use web_sys::AbortSignal;

use super::events::Events;
use super::reflect::{JsCause, call, construct, get};
use crate::protocol::json::decimal;
use crate::{Code, Error, Result, Step};

/// Waits for a future, at most until the signal fires or the time is over: then it is dropped, and
/// the error is [`Code::Aborted`] or [`Code::Timeout`].
pub async fn race<T>(
    step: Step,
    limit_ms: u32,
    signal: Option<&AbortSignal>,
    future: impl Future<Output = Result<T>>,
) -> Result<T> {
    match until(limit_ms, signal, pin!(future)).await {
        Ok(result) => result,
        Err(Some(reason)) => {
            Err(Error::new(Code::Aborted, step, "The call was aborted.").with_source(Some(Box::new(JsCause(reason)))))
        }
        Err(None) => {
            let message = ["It took longer than the limit of ", &decimal(limit_ms.into()), " ms."].concat();
            Err(Error::new(Code::Timeout, step, message))
        }
    }
}

/// The same, with the signal's reason or, when the time is over, nothing.
pub(super) async fn until<T>(
    limit_ms: u32,
    signal: Option<&AbortSignal>,
    mut future: Pin<&mut dyn Future<Output = T>>,
) -> std::result::Result<T, Option<JsValue>> {
    let mut events = Events::none();
    if let Some(signal) = signal {
        if signal.aborted() {
            return Err(Some(signal.reason()));
        }
        events.listen(signal, "abort");
    }
    events.set_timer(limit_ms);
    poll_fn(|context| match events.poll_next(context) {
        Poll::Ready(event) if event.is_undefined() => Poll::Ready(Err(None)),
        Poll::Ready(event) => Poll::Ready(Err(Some(get(&get(&event, "target"), "reason")))),
        Poll::Pending => future.as_mut().poll(context).map(Ok),
    })
    .await
}

/// An `AbortController` that aborts on drop.
pub(super) struct Abort(JsValue);

impl Abort {
    pub(super) fn new() -> std::result::Result<Self, JsValue> {
        construct("AbortController", &[]).map(Self)
    }

    pub(super) fn signal(&self) -> JsValue {
        get(&self.0, "signal")
    }
}

impl Drop for Abort {
    fn drop(&mut self) {
        let _ = call(&self.0, "abort", &[]);
    }
}
