//! The time at a server. The local clock may be wrong, and servers refuse proofs and assertions with a wrong time
//! (RFC 9449 §11.1, RFC 7523 §3). Lifetimes of tokens do not need this: they are counted from the response.

use crate::ports::{Ports, UnixMillis};
use crate::protocol::Url;

/// Stores the offset of a server's clock. Only call this for responses to a POST: other responses may come from a
/// cache, with the time at which they were made.
pub(super) fn note_date<P: Ports>(ports: &P, url: &Url, date: Option<UnixMillis>) {
    if let Some(date) = date {
        ports.keep_clock_offset(url.origin(), date.0.cast_signed().saturating_sub(ports.now().0.cast_signed()));
    }
}

/// The current time at a server, in seconds since 1970.
pub(super) fn seconds_at<P: Ports>(ports: &P, url: &Url) -> u64 {
    ports.now().0.saturating_add_signed(ports.clock_offset(url.origin())) / 1000
}
