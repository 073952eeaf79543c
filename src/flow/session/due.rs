//! Points in time that are stored and compared with the clock later.

use crate::ports::UnixMillis;

/// How far a clock may go back without having been set.
const UNSTEADY_MS: u64 = 60_000;

/// Whether a stored point in time has come. Times are local, and servers send lifetimes in seconds from the
/// response, so a wrong clock does not matter. If the clock was set forward in between, a token looks expired,
/// which costs a refresh. If it was set back, a token would look valid and a pause would last for too long. This
/// shows: now is before the time at which the point was stored, and the point counts as due.
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
