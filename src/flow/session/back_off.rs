//! When to refresh again, after refreshes that failed and may succeed later.

use super::due::is_due;
use crate::ports::UnixMillis;
use crate::{Code, Error, Step};

/// The pause after a first failure. Each further failure doubles it.
const FIRST_PAUSE_MS: u64 = 1000;

/// The longest pause, even if a server asks for a longer one: the user of the app is waiting.
const LONGEST_PAUSE_MS: u64 = 5 * 60_000;

/// A pause in which nobody refreshes.
#[derive(Clone, Copy)]
pub(super) struct Pause {
    /// When the last refresh failed.
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
    /// The current pause.
    pub fn pause(&self, now: UnixMillis) -> Option<Pause> {
        self.pause.filter(|pause| !pause.is_over(now))
    }

    /// Whether the next refresh is due by then.
    pub fn is_over_by(&self, time: UnixMillis) -> bool {
        self.pause.is_none_or(|pause| pause.retry_at <= time)
    }

    /// Another refresh failed now. All callers wait for the same next attempt.
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

    /// A refresh of another tab failed.
    pub fn join(&mut self, pause: Pause) {
        self.failures = self.failures.max(1);
        self.pause = Some(pause);
    }

    /// The error for a caller that can't wait for the next attempt.
    pub fn not_yet(&self) -> Error {
        let (code, status) = self.last_failure.unwrap_or((Code::Network, None));
        let error = Error::new(code, Step::Refresh, "The last refresh failed, and the next try is not due yet.");
        match status {
            Some(status) => error.with_status(status),
            None => error,
        }
    }

    /// A refresh succeeded.
    pub fn end(&mut self) {
        self.failures = 0;
        self.pause = None;
    }
}
