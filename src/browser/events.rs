//! JavaScript's callbacks as futures, and nothing left behind when those are dropped.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use wasm_bindgen::JsError;
use wasm_bindgen::prelude::*;

use super::reflect::{apply, call, global};

/// Values that come in from callbacks, in order, for one reader.
#[derive(Clone, Default)]
pub(super) struct Queue(Rc<RefCell<Entries>>);

#[derive(Default)]
struct Entries {
    values: VecDeque<JsValue>,
    reader: Option<Waker>,
}

impl Queue {
    /// Adds a value and wakes the reader.
    pub(super) fn push(&self, value: JsValue) {
        let mut entries = self.0.borrow_mut();
        entries.values.push_back(value);
        if let Some(reader) = entries.reader.take() {
            reader.wake();
        }
    }

    /// The next value.
    pub(super) fn poll_next(&self, context: &mut Context<'_>) -> Poll<JsValue> {
        let mut entries = self.0.borrow_mut();
        match entries.values.pop_front() {
            Some(value) => Poll::Ready(value),
            None => {
                entries.reader = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// The signature that promises are waited for with: one glue function does for both.
pub(super) type Callback = Closure<dyn FnMut(JsValue) -> Result<(), JsError>>;

/// Events of some objects and of one timer, one after the other. On drop the listeners are removed
/// and the timer is cleared.
pub(super) struct Events {
    queue: Queue,
    callback: Callback,
    targets: Vec<(JsValue, &'static str)>,
    timer: Option<JsValue>,
}

impl Events {
    /// Those of the given types that an object has.
    pub(super) fn of(target: &JsValue, types: &[&'static str]) -> Self {
        let mut events = Self::none();
        for name in types {
            events.listen(target, name);
        }
        events
    }

    /// Without any, as yet.
    pub(super) fn none() -> Self {
        let queue = Queue::default();
        let callback = Callback::new({
            let queue = queue.clone();
            move |event| {
                queue.push(event);
                Ok(())
            }
        });
        Self { queue, callback, targets: Vec::new(), timer: None }
    }

    /// Adds those of one type.
    pub(super) fn listen(&mut self, target: &JsValue, name: &'static str) {
        self.listener("addEventListener", target, name);
        self.targets.push((target.clone(), name));
    }

    fn listener(&self, method: &str, target: &JsValue, name: &str) {
        let _ = call(target, method, &[name.into(), self.callback.as_ref().clone()]);
    }

    /// Sets the timer, in place of an earlier one. Its event is undefined.
    pub(super) fn set_timer(&mut self, milliseconds: u32) {
        self.clear_timer();
        // A longer time than fits into 31 bits would count as none at all.
        let milliseconds = milliseconds.min(i32::MAX as u32);
        self.timer = apply(&global("setTimeout"), &[self.callback.as_ref().clone(), milliseconds.into()]).ok();
    }

    fn clear_timer(&mut self) {
        if let Some(timer) = self.timer.take() {
            let _ = apply(&global("clearTimeout"), &[timer]);
        }
    }

    /// The next event.
    pub(super) fn poll_next(&self, context: &mut Context<'_>) -> Poll<JsValue> {
        self.queue.poll_next(context)
    }

    /// Waits for the next event.
    pub(super) async fn next(&self) -> JsValue {
        poll_fn(|context| self.poll_next(context)).await
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.clear_timer();
        for (target, name) in &self.targets {
            self.listener("removeEventListener", target, name);
        }
    }
}
