//! Requests whose answers are looked at in an order, whichever comes first.

use std::future::{Future, poll_fn};
use std::mem::replace;
use std::pin::Pin;
use std::task::Poll;

use super::exchange::{Answer, exchange};
use crate::ports::{Ports, Request};
use crate::{Code, Error, Result, Step};

/// Requests in the order in which their answers count. Dropping it ends those that are under way.
pub(super) struct Exchanges<'a> {
    all: Vec<Exchange<'a>>,
    /// Whether all are under way while one is waited for, or each begins when it is its turn.
    pub ahead: bool,
}

enum Exchange<'a> {
    UnderWay(Pin<Box<dyn Future<Output = Result<Box<Answer>>> + 'a>>),
    Over(Result<Box<Answer>>),
    Taken,
}

impl<'a> Exchanges<'a> {
    pub fn new(ahead: bool) -> Self {
        Self { all: Vec::new(), ahead }
    }

    /// Adds a request, after those that are there.
    pub fn add<P: Ports>(&mut self, ports: &'a P, request: Box<Request>) {
        self.all.push(Exchange::UnderWay(Box::pin(exchange(ports, request))));
    }

    /// Ends all that are there.
    pub fn clear(&mut self) {
        self.all.clear();
    }

    /// The answer to the next one.
    pub async fn next(&mut self) -> Result<Box<Answer>> {
        poll_fn(|context| {
            let mut waiting = false;
            for exchange in &mut self.all {
                if let Exchange::UnderWay(future) = exchange
                    && let Poll::Ready(answer) = future.as_mut().poll(context)
                {
                    *exchange = Exchange::Over(answer);
                }
                if !waiting {
                    match replace(exchange, Exchange::Taken) {
                        Exchange::Over(answer) => return Poll::Ready(answer),
                        Exchange::Taken => continue,
                        under_way => *exchange = under_way,
                    }
                    waiting = true;
                }
                if !self.ahead {
                    break;
                }
            }
            if waiting { Poll::Pending } else { Poll::Ready(Err(nothing_asked())) }
        })
        .await
    }
}

fn nothing_asked() -> Error {
    Error::new(Code::MetadataNotFound, Step::ResourceMetadata, "There was no place to ask at.")
}
