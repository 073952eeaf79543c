//! The time at a server. This machine's clock may be wrong, and a proof or an assertion with a wrong time is refused
//! (RFC 9449 §11.1, RFC 7523 §3). A token's life needs none of this: it is counted from when the token came.

use crate::ports::{Ports, UnixMillis};
use crate::protocol::Url;

/// Takes note of what a server says the time is. Only what answers a POST tells: other answers may come from a cache,
/// with the time at which they were made.
pub(super) fn note_date<P: Ports>(ports: &P, url: &Url, date: Option<UnixMillis>) {
    if let Some(date) = date {
        ports.keep_clock_offset(url.origin(), date.0.cast_signed().saturating_sub(ports.now().0.cast_signed()));
    }
}

/// Now, at a server: seconds since 1970.
pub(super) fn seconds_at<P: Ports>(ports: &P, url: &Url) -> u64 {
    ports.now().0.saturating_add_signed(ports.clock_offset(url.origin())) / 1000
}
