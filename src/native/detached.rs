//! Work that continues when its caller no longer waits for it.
//!
//! Futures here are not `Send`, so they can't be spawned in every runtime. A caller runs its own work. If the caller is
//! dropped, the next caller that waits for a lock runs it: work that must not stop half-way holds a lock.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use futures_util::FutureExt;
use futures_util::future::{Either, LocalBoxFuture, Shared, join_all, select};
use tokio::sync::Notify;

type SharedWork = Shared<LocalBoxFuture<'static, ()>>;

/// Work without a caller.
#[derive(Default)]
pub(super) struct Detached {
    orphans: RefCell<Vec<SharedWork>>,
    /// Wakes callers that wait for a lock, when there is more work.
    more: Notify,
}

/// The caller that waits for some work.
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

    /// Waits for a future, and meanwhile runs work without a caller.
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

    /// Runs all work without a caller to its end.
    pub async fn finish(&self) {
        let orphans = self.orphans.borrow().clone();
        join_all(orphans).await;
        self.orphans.borrow_mut().retain(|work| work.peek().is_none());
    }
}
