//! The time of day.

use super::Browser;
use super::abort::until;
use super::reflect::{get, set};
use crate::ports::{Clock, UnixMillis};

impl Clock for Browser {
    fn now(&self) -> UnixMillis {
        UnixMillis(js_sys::Date::now() as u64)
    }

    async fn sleep(&self, milliseconds: u64) {
        let _ = until(u32::try_from(milliseconds).unwrap_or(u32::MAX), None).await;
    }

    fn ahead(&self, origin: &str) -> i64 {
        get(&self.ahead, origin).as_f64().unwrap_or_default() as i64
    }

    fn keep_ahead(&self, origin: &str, milliseconds: i64) {
        set(&self.ahead, origin, &(milliseconds as f64).into());
    }
}
