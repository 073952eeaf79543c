//! Refreshes that failed and may succeed later: when the next one is due.

use super::due::is_due;
use crate::ports::UnixMillis;
use crate::{Code, Error, Step};

/// After a first refresh that failed; each further one doubles it.
const FIRST_PAUSE_MS: u64 = 1000;

/// However long a server asks to be left alone: whoever uses the app waits for it.
const LONGEST_PAUSE_MS: u64 = 5 * 60_000;

/// A time in which nobody refreshes.
#[derive(Clone, Copy)]
pub(super) struct Pause {
    /// When a refresh failed.
    pub failed_at: UnixMillis,
    /// When the next one is due.
    pub retry_at: UnixMillis,
}

impl Pause {
    pub fn is_over(&self, now: UnixMillis) -> bool {
        is_due(self.retry_at, self.failed_at, now)
    }
}

/// The refreshes that failed in a row.
#[derive(Default)]
pub(super) struct BackOff {
    failures: u32,
    pause: Option<Pause>,
    last_failure: Option<(Code, Option<u16>)>,
}

impl BackOff {
    /// The pause that is on.
    pub fn pause(&self, now: UnixMillis) -> Option<Pause> {
        self.pause.filter(|pause| !pause.is_over(now))
    }

    /// Whether the next refresh is due by then.
    pub fn is_over_by(&self, time: UnixMillis) -> bool {
        self.pause.is_none_or(|pause| pause.retry_at <= time)
    }

    /// One more failed now: all callers wait for the same next try.
    pub fn fail(&mut self, error: &Error, now: UnixMillis) -> Pause {
        let own = FIRST_PAUSE_MS << self.failures.min(10);
        // RFC 9110 §10.2.3
        let asked = error.retry_after().unwrap_or_default().saturating_mul(1000).min(LONGEST_PAUSE_MS);
        let pause = Pause { failed_at: now, retry_at: now.after(own.max(asked)) };
        self.failures = self.failures.saturating_add(1);
        self.pause = Some(pause);
        self.last_failure = Some((error.code(), error.status()));
        pause
    }

    /// Somebody else's failed.
    pub fn join(&mut self, pause: Pause) {
        self.failures = self.failures.max(1);
        self.pause = Some(pause);
    }

    /// What a caller is told who can't wait for the next try.
    pub fn not_yet(&self) -> Error {
        let (code, status) = self.last_failure.unwrap_or((Code::Network, None));
        let error = Error::new(code, Step::Refresh, "The last refresh failed, and the next try is not due yet.");
        match status {
            Some(status) => error.with_status(status),
            None => error,
        }
    }

    /// One succeeded.
    pub fn end(&mut self) {
        self.failures = 0;
        self.pause = None;
    }
}
