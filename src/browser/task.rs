//! Work that goes to its end, whoever waits for it.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::rc::Rc;
use std::task::{Poll, Waker};

use super::Browser;
use super::promise::spawn;
use crate::ports::Task;

struct Outcome<T> {
    value: Option<T>,
    waiting: Option<Waker>,
}

impl Task for Browser {
    async fn to_the_end<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> T {
        let outcome = Rc::new(RefCell::new(Outcome { value: None, waiting: None }));
        spawn(Box::pin({
            let outcome = outcome.clone();
            async move {
                let value = future.await;
                let mut outcome = outcome.borrow_mut();
                outcome.value = Some(value);
                if let Some(waiting) = outcome.waiting.take() {
                    waiting.wake();
                }
            }
        }));
        poll_fn(|context| {
            let mut outcome = outcome.borrow_mut();
            match outcome.value.take() {
                Some(value) => Poll::Ready(value),
                None => {
                    outcome.waiting = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}
