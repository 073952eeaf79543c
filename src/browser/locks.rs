//! One holder at a time: by Web Locks among all tabs, or where there are none within this module.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

use super::Browser;
use super::abort::Abort;
use super::events::Queue;
use super::reflect::{apply, call, get, global, object, settled};
use crate::Result;
use crate::ports::Lock;

/// Holds a lock until it is dropped.
pub struct LockGuard {
    _held: Held,
}

#[allow(dead_code, reason = "held for its drop")]
enum Held {
    Web(WebLock),
    Local(Ticket),
}

impl Lock for Browser {
    type Guard = LockGuard;

    async fn lock(&self, name: &str) -> Result<LockGuard> {
        let name = ["mcp-authorize ", name].concat();
        let locks = get(&global("navigator"), "locks");
        // Where there are no Web Locks, or they are refused, as to an opaque origin, the lock holds
        // for this module alone.
        let held = match WebLock::request(&locks, &name).await {
            Ok(lock) => Held::Web(lock),
            Err(_) => Held::Local(Ticket::turn(name).await),
        };
        Ok(LockGuard { _held: held })
    }
}

/// A web lock, or a place in the queue for it.
struct WebLock {
    release: Option<Function>,
    // Takes a waiting request out of the queue; one that was granted it leaves alone.
    _abort: Abort,
    _callback: Closure<dyn FnMut(JsValue) -> JsValue>,
}

impl WebLock {
    async fn request(locks: &JsValue, name: &str) -> std::result::Result<Self, JsValue> {
        let mut release = None;
        // The browser holds the lock for as long as the promise is pending that the callback returns.
        let held = JsValue::from(Promise::new(&mut |resolve, _| release = Some(resolve)));
        let granted = Queue::default();
        let callback = Closure::new({
            let granted = granted.clone();
            move |lock| {
                granted.push(lock);
                held.clone()
            }
        });
        let abort = Abort::new()?;
        let options = object(&[("signal", abort.signal())]);
        let request = call(locks, "request", &[name.into(), options, JsValue::from(callback.as_ref())]);
        let lock = Self { release, _abort: abort, _callback: callback };

        let mut refused = settled(&request?);
        poll_fn(|context| match granted.poll_next(context) {
            Poll::Ready(_) => Poll::Ready(Ok(())),
            Poll::Pending => Pin::new(&mut refused).poll(context).map(|result| result.map(drop)),
        })
        .await?;
        Ok(lock)
    }
}

impl Drop for WebLock {
    fn drop(&mut self) {
        if let Some(release) = &self.release {
            let _ = apply(release, &[]);
        }
    }
}

thread_local! {
    /// Who holds or waits for a lock in this module, in the order of asking.
    static TICKETS: RefCell<Vec<Rc<Waiting>>> = const { RefCell::new(Vec::new()) };
}

struct Waiting {
    name: String,
    waker: Cell<Option<Waker>>,
}

/// A place in the queue; the first one for a name holds the lock.
struct Ticket(Rc<Waiting>);

impl Ticket {
    async fn turn(name: String) -> Self {
        let ticket = Self(Rc::new(Waiting { name, waker: Cell::default() }));
        TICKETS.with_borrow_mut(|tickets| tickets.push(ticket.0.clone()));
        poll_fn(|context| match ticket.first() {
            Some(first) if Rc::ptr_eq(&first, &ticket.0) => Poll::Ready(()),
            _ => {
                ticket.0.waker.set(Some(context.waker().clone()));
                Poll::Pending
            }
        })
        .await;
        ticket
    }

    fn first(&self) -> Option<Rc<Waiting>> {
        TICKETS.with_borrow(|tickets| tickets.iter().find(|other| other.name == self.0.name).cloned())
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        TICKETS.with_borrow_mut(|tickets| tickets.retain(|other| !Rc::ptr_eq(other, &self.0)));
        if let Some(waker) = self.first().and_then(|next| next.waker.take()) {
            waker.wake();
        }
    }
}
