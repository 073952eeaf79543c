//! Texts that must stay secret: tokens, codes, verifiers, client secrets.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

/// Prints as `[redacted]`. Clones share their text, which is zeroed when the last one is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// The text itself. The name makes each use visible in a review.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Arc::new(text.into()))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::test_support::is_zeroed_on_drop;

    #[test]
    fn a_secret_is_zeroed_when_its_last_clone_is_dropped() {
        use zeroize::Zeroize;

        let secret = Secret::from("hunter2");
        is_zeroed_on_drop(&*secret.0);
        let clone = secret.clone();
        assert!(Arc::ptr_eq(&secret.0, &clone.0), "a clone must not be a copy, which would stay");
        drop(secret);
        assert_eq!(clone.expose(), "hunter2");
        // What dropping the last clone does to the text.
        let mut last = Arc::into_inner(clone.0).unwrap();
        last.zeroize();
        assert!(last.is_empty());
    }

    #[test]
    fn debug_output_is_redacted() {
        assert_eq!(format!("{:?}", Some(Secret::from("hunter2"))), "Some([redacted])");
    }
}
