//! Locks among the clones of one [`Native`](super::Native).

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

/// Locks by name.
#[derive(Default)]
pub(super) struct Locks(RefCell<HashMap<String, Arc<Mutex<()>>>>);

/// Releases on drop.
pub struct LockGuard {
    _guard: OwnedMutexGuard<()>,
}

impl Locks {
    /// Waits for a lock.
    pub async fn lock(&self, name: &str) -> LockGuard {
        LockGuard { _guard: self.named(name).lock_owned().await }
    }

    fn named(&self, name: &str) -> Arc<Mutex<()>> {
        let mut locks = self.0.borrow_mut();
        // Locks that nobody holds or waits for.
        locks.retain(|_, lock| Arc::strong_count(lock) > 1);
        locks.entry(name.to_owned()).or_default().clone()
    }
}
