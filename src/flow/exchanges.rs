//! Requests whose responses are used in a fixed order, no matter which arrives first.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use futures_util::future::{MaybeDone, maybe_done};

use super::exchange::{JsonResponse, exchange};
use crate::ports::{Ports, Request};
use crate::{Code, Error, Result, Step};

type Exchange<'a> = Pin<Box<dyn Future<Output = Result<Box<JsonResponse>>> + 'a>>;

/// Requests, in the order in which their responses are used. Dropping it cancels those in progress.
pub(super) struct Exchanges<'a> {
    left: VecDeque<MaybeDone<Exchange<'a>>>,
    /// Whether all are sent at once, or each when its turn comes.
    pub ahead: bool,
}

impl<'a> Exchanges<'a> {
    pub fn new(ahead: bool) -> Self {
        Self { left: VecDeque::new(), ahead }
    }

    /// Adds a request at the end.
    pub fn add<P: Ports>(&mut self, ports: &'a P, request: Box<Request>) {
        self.left.push_back(maybe_done(Box::pin(exchange(ports, request))));
    }

    /// Cancels all requests.
    pub fn clear(&mut self) {
        self.left.clear();
    }

    /// The response to the next request.
    pub async fn next(&mut self) -> Result<Box<JsonResponse>> {
        poll_fn(|context| {
            let under_way = if self.ahead { self.left.len() } else { 1 };
            for exchange in self.left.iter_mut().take(under_way) {
                let _ = Pin::new(exchange).poll(context);
            }
            let Some(first) = self.left.front_mut() else { return Poll::Ready(Err(nothing_asked())) };
            match Pin::new(first).take_output() {
                Some(answer) => {
                    self.left.pop_front();
                    Poll::Ready(answer)
                }
                None => Poll::Pending,
            }
        })
        .await
    }
}

fn nothing_asked() -> Error {
    Error::new(Code::MetadataNotFound, Step::ResourceMetadata, "There was no place to ask.")
}
