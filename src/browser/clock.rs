//! The time of day.

use super::Browser;
use super::abort::timeout;
use crate::ports::{Clock, UnixMillis};

impl Clock for Browser {
    fn now(&self) -> UnixMillis {
        UnixMillis(js_sys::Date::now() as u64)
    }

    async fn sleep(&self, milliseconds: u64) {
        timeout(u32::try_from(milliseconds).unwrap_or(u32::MAX)).await;
    }

    fn clock_offset(&self, origin: &str) -> i64 {
        self.ahead.get(origin).unwrap_or_default()
    }

    fn keep_clock_offset(&self, origin: &str, milliseconds: i64) {
        self.ahead.set(origin, milliseconds);
    }
}
