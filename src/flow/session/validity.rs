//! How long an access token is good, and when it is time for another one.

use super::due::is_due;
use crate::ports::UnixMillis;

/// A token is refreshed when a tenth of its life is left, but not more than a minute ahead.
const LONGEST_MARGIN_MS: u64 = 60_000;

/// How long the answer to a request may take that went with the token before.
const JUST_NOW_MS: u64 = 10_000;

/// The life of an access token, by the local clock.
#[derive(Clone, Copy)]
pub(in crate::flow) struct Validity {
    pub issued_at: UnixMillis,
    /// Nothing where the server did not say.
    pub expires_at: Option<UnixMillis>,
    /// When to refresh, so that the token does not run out on its way.
    pub refresh_at: Option<UnixMillis>,
}

impl Validity {
    /// That of a token which has just come, with its `expires_in` in seconds (RFC 6749 §5.1).
    pub fn from(now: UnixMillis, expires_in: Option<u64>) -> Self {
        let life = expires_in.map(|seconds| seconds.saturating_mul(1000));
        Self {
            issued_at: now,
            expires_at: life.map(|life| now.after(life)),
            refresh_at: life.map(|life| now.after(life - (life / 10).min(LONGEST_MARGIN_MS))),
        }
    }

    /// Whether it is time for another token.
    pub fn is_near_its_end(&self, now: UnixMillis) -> bool {
        self.refresh_at.is_some_and(|at| is_due(at, self.issued_at, now))
    }

    /// Whether the token is known to be good.
    pub fn is_good(&self, now: UnixMillis) -> bool {
        self.expires_at.is_some_and(|at| !is_due(at, self.issued_at, now))
    }

    /// Whether a request that is answered now may have gone with the token before.
    pub fn is_new(&self, now: UnixMillis) -> bool {
        !is_due(self.issued_at.after(JUST_NOW_MS), self.issued_at, now)
    }
}
