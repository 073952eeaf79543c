//! Promises as futures, and futures as promises.
//!
//! Where wasm-bindgen-futures hands two functions to JavaScript for each promise that is waited for, and
//! has them registered for the garbage collector, here a promise is left the address of a waker.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use js_sys::Promise;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/browser/promise.js")]
extern "C" {
    type Outcome;
    #[wasm_bindgen(constructor)]
    fn new(promise: &JsValue) -> Outcome;
    #[wasm_bindgen(method, getter)]
    fn state(this: &Outcome) -> u8;
    #[wasm_bindgen(method, getter)]
    fn value(this: &Outcome) -> JsValue;
    #[wasm_bindgen(method)]
    fn leave(this: &Outcome, waker: *mut Waker, table: &JsValue, wake: usize) -> *mut Waker;

    fn soon(table: &JsValue, run: usize, task: *const Task);

    type Deferred;
    #[wasm_bindgen(constructor, js_class = Deferred)]
    fn deferred() -> Deferred;
    #[wasm_bindgen(method, getter)]
    fn promise(this: &Deferred) -> Promise;
    #[wasm_bindgen(method)]
    fn resolve(this: &Deferred, value: &JsValue);
    #[wasm_bindgen(method)]
    fn reject(this: &Deferred, reason: &JsValue);
}

/// What a promise comes to. Nobody has to wait for it: its rejection is heard by this.
pub(crate) struct Settled {
    outcome: Outcome,
    waits: bool,
}

/// What a promise comes to; other values come to themselves.
pub(crate) fn settled(promise: &JsValue) -> Settled {
    Settled { outcome: Outcome::new(promise), waits: false }
}

impl Settled {
    /// Leaves a waker, or none, in place of the one before.
    fn leave(&mut self, waker: *mut Waker) {
        self.waits = !waker.is_null();
        let before = self.outcome.leave(waker, &wasm_bindgen::function_table(), woken as *const () as usize);
        if !before.is_null() {
            // SAFETY: it was made from a box below, and whoever takes it from the outcome owns it.
            drop(unsafe { Box::from_raw(before) });
        }
    }
}

/// Called when a promise is settled, with what was left at it.
extern "C" fn woken(waker: *mut Waker) {
    // SAFETY: as above.
    unsafe { Box::from_raw(waker) }.wake();
}

impl Future for Settled {
    type Output = Result<JsValue, JsValue>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let state = self.outcome.state();
        if state == 0 {
            self.leave(Box::into_raw(Box::new(context.waker().clone())));
            return Poll::Pending;
        }
        self.waits = false;
        let value = self.outcome.value();
        Poll::Ready(if state == 1 { Ok(value) } else { Err(value) })
    }
}

impl Drop for Settled {
    fn drop(&mut self) {
        if self.waits {
            self.leave(std::ptr::null_mut());
        }
    }
}

/// A future that runs on its own.
struct Task {
    future: RefCell<Option<Pin<Box<dyn Future<Output = ()>>>>>,
    queued: Cell<bool>,
}

// SAFETY: a WebAssembly module without the threads proposal has one thread.
#[cfg(not(target_feature = "atomics"))]
unsafe impl Send for Task {}
#[cfg(not(target_feature = "atomics"))]
unsafe impl Sync for Task {}

thread_local! {
    /// Whether a task is running now.
    static RUNNING: Cell<bool> = const { Cell::new(false) };
}

impl Wake for Task {
    /// A promise wakes when nothing else runs: then so may the task. What wakes while a task runs waits for its end.
    fn wake(self: Arc<Self>) {
        if !RUNNING.get() {
            self.run();
        } else if !self.queued.replace(true) {
            soon(&wasm_bindgen::function_table(), turn as *const () as usize, Arc::into_raw(self));
        }
    }
}

impl Task {
    fn run(self: Arc<Self>) {
        let before = RUNNING.replace(true);
        let waker = Waker::from(self.clone());
        let mut future = self.future.borrow_mut();
        if future.as_mut().is_some_and(|future| future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready()) {
            *future = None;
        }
        RUNNING.set(before);
    }
}

/// Called when a task's turn has come.
extern "C" fn turn(task: *const Task) {
    // SAFETY: it was made from an `Arc` above, once for each time that it is queued.
    let task = unsafe { Arc::from_raw(task) };
    task.queued.set(false);
    task.run();
}

/// Runs a future to its end, beginning now.
pub(crate) fn spawn(future: Pin<Box<dyn Future<Output = ()>>>) {
    Arc::new(Task { future: RefCell::new(Some(future)), queued: Cell::new(false) }).run();
}

/// A promise of what a future comes to.
pub(crate) fn promise(future: Pin<Box<dyn Future<Output = Result<JsValue, JsValue>>>>) -> Promise {
    let deferred = Deferred::deferred();
    let promise = deferred.promise();
    spawn(Box::pin(async move {
        match future.await {
            Ok(value) => deferred.resolve(&value),
            Err(reason) => deferred.reject(&reason),
        }
    }));
    promise
}
