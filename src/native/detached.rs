//! SharedWork that goes on where its caller does not wait for it any more.
//!
//! Futures here are not `Send`, so that no runtime can be relied upon to take them. A caller runs its own;
//! one that is dropped leaves it to whoever waits for a lock next, since what must not stop half-way holds
//! one.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use futures_util::FutureExt;
use futures_util::future::{Either, LocalBoxFuture, Shared, join_all, select};
use tokio::sync::Notify;

type SharedWork = Shared<LocalBoxFuture<'static, ()>>;

/// What lost its caller.
#[derive(Default)]
pub(super) struct Detached {
    orphans: RefCell<Vec<SharedWork>>,
    /// Wakes those that wait for a lock, when there is one more.
    more: Notify,
}

/// The one that waits for some work.
struct Caller<'a> {
    detached: &'a Detached,
    work: SharedWork,
}

impl Drop for Caller<'_> {
    fn drop(&mut self) {
        if self.work.peek().is_none() {
            self.detached.orphans.borrow_mut().push(self.work.clone());
            self.detached.more.notify_waiters();
        }
    }
}

impl Detached {
    /// Runs a future to its end.
    pub async fn run<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> T {
        let result = Rc::new(RefCell::new(None));
        let work = {
            let result = result.clone();
            async move {
                let value = future.await;
                *result.borrow_mut() = Some(value);
            }
        };
        let mut caller = Caller { detached: self, work: work.boxed_local().shared() };
        poll_fn(|context| {
            let _ = caller.work.poll_unpin(context);
            result.borrow_mut().take().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    /// Waits for a future, and runs meanwhile what lost its caller.
    pub async fn run_until<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        loop {
            let mut more = pin!(self.more.notified());
            more.as_mut().enable();
            let until_more = async {
                if let Either::Left(((), more)) = select(pin!(self.finish()), more).await {
                    more.await;
                }
            };
            if let Either::Left((output, _)) = select(future.as_mut(), pin!(until_more)).await {
                return output;
            }
        }
    }

    /// Runs to its end what lost its caller.
    pub async fn finish(&self) {
        let orphans = self.orphans.borrow().clone();
        join_all(orphans).await;
        self.orphans.borrow_mut().retain(|work| work.peek().is_none());
    }
}
