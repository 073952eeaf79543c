//! The time of day.

use super::Browser;
use crate::ports::{Clock, UnixMillis};

impl Clock for Browser {
    fn now(&self) -> UnixMillis {
        UnixMillis(js_sys::Date::now() as u64)
    }
}
