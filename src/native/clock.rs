//! The system's clock, and how far servers' clocks are from it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::program::Native;
use crate::ports::{Clock, UnixMillis};

/// A system time in milliseconds.
pub(super) fn unix_millis(time: SystemTime) -> UnixMillis {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(since.as_millis().try_into().unwrap_or(u64::MAX))
}

impl<S> Clock for Native<S> {
    fn now(&self) -> UnixMillis {
        unix_millis(SystemTime::now())
    }

    async fn sleep(&self, milliseconds: u64) {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }

    fn clock_offset(&self, origin: &str) -> i64 {
        self.0.clock_offsets.borrow().get(origin).copied().unwrap_or_default()
    }

    fn keep_clock_offset(&self, origin: &str, milliseconds: i64) {
        self.0.clock_offsets.borrow_mut().insert(origin.to_owned(), milliseconds);
    }
}
