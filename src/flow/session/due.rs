//! Times that are noted now and looked at later.

use crate::ports::UnixMillis;

/// How far a clock may differ between two looks at it, without that anybody has set it.
const UNSTEADY_MS: u64 = 60_000;

/// Whether a time has come that was ahead when it was noted. Times are kept by the local clock, as the
/// lives that servers tell in seconds from then: how far that clock is from others' does not matter.
/// One that was set ahead since then makes a token look old, which costs a refresh. One that was set
/// back would make it good for too long, and a pause last: it shows, as now is before what was noted.
pub(super) fn is_due(at: UnixMillis, noted: UnixMillis, now: UnixMillis) -> bool {
    at <= now || now.after(UNSTEADY_MS) < noted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_back_by_more_than_a_minute_makes_everything_due() {
        let is_due = |now| is_due(UnixMillis(200_000), UnixMillis(100_000), UnixMillis(now));
        assert!([200_000, 200_001, 39_999, 0].into_iter().all(is_due));
        assert!(![199_999, 100_000, 40_000].into_iter().any(is_due));
    }
}
