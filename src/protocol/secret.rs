//! A text that must not be seen: tokens, codes, verifiers, client secrets.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

/// Prints as `[redacted]`. Clones share their text, which is zeroed when the last one is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// The text itself. Named so that each use is seen in a review.
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

    #[test]
    fn debug_does_not_tell() {
        assert_eq!(format!("{:?}", Some(Secret::from("hunter2"))), "Some([redacted])");
    }
}
