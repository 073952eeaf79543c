//! Records in memory, for as long as the program runs.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use crate::Result;
use crate::ports::Store;
use crate::protocol::Secret;

/// A store that lasts as long as the program. On disk, secrets belong in the system's keychain.
#[derive(Default)]
pub struct MemoryStore {
    records: RefCell<HashMap<String, Secret>>,
    changes: Cell<u32>,
}

impl MemoryStore {
    fn changed(&self) {
        self.changes.set(self.changes.get().wrapping_add(1));
    }
}

impl Store for MemoryStore {
    async fn get(&self, key: &str) -> Result<Option<Secret>> {
        Ok(self.records.borrow().get(key).cloned())
    }

    async fn set(&self, key: &str, value: Secret) -> Result<()> {
        self.records.borrow_mut().insert(key.to_owned(), value);
        self.changed();
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<()> {
        self.records.borrow_mut().remove(key);
        self.changed();
        Ok(())
    }

    fn changes(&self) -> u32 {
        self.changes.get()
    }
}
