//! How long an access token is valid, and when to refresh it.

use super::due::is_due;
use crate::ports::UnixMillis;

/// A token is refreshed when a tenth of its lifetime is left, but at most a minute before it expires.
const LONGEST_MARGIN_MS: u64 = 60_000;

/// How long a request with the previous token may take until its response arrives.
const JUST_NOW_MS: u64 = 10_000;

/// The lifetime of an access token, by the local clock.
#[derive(Clone, Copy)]
pub(in crate::flow) struct Validity {
    pub issued_at: UnixMillis,
    /// `None` if the server did not say.
    pub expires_at: Option<UnixMillis>,
    /// When to refresh, so that the token does not expire while a request is under way.
    pub refresh_at: Option<UnixMillis>,
}

impl Validity {
    /// For a token that has just been issued, with its `expires_in` in seconds (RFC 6749 §5.1).
    pub fn from(now: UnixMillis, expires_in: Option<u64>) -> Self {
        let life = expires_in.map(|seconds| seconds.saturating_mul(1000));
        Self {
            issued_at: now,
            expires_at: life.map(|life| now.after(life)),
            refresh_at: life.map(|life| now.after(life - (life / 10).min(LONGEST_MARGIN_MS))),
        }
    }

    /// Whether it is time to refresh.
    pub fn is_near_its_end(&self, now: UnixMillis) -> bool {
        self.refresh_at.is_some_and(|at| is_due(at, self.issued_at, now))
    }

    /// Whether the token is known to be valid.
    pub fn is_good(&self, now: UnixMillis) -> bool {
        self.expires_at.is_some_and(|at| !is_due(at, self.issued_at, now))
    }

    /// Whether a request that is answered now may have been sent with the previous token.
    pub fn is_new(&self, now: UnixMillis) -> bool {
        !is_due(self.issued_at.after(JUST_NOW_MS), self.issued_at, now)
    }
}
