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
