//! Records in memory.

use std::cell::RefCell;

use crate::protocol::Secret;

/// A handful of records: a list does.
#[derive(Default)]
pub(super) struct Memory(RefCell<Vec<(String, Secret)>>);

impl Memory {
    pub(super) fn get(&self, key: &str) -> Option<Secret> {
        self.0.borrow().iter().find(|(name, _)| name == key).map(|(_, value)| value.clone())
    }

    pub(super) fn set(&self, key: &str, value: Secret) {
        self.delete(key);
        self.0.borrow_mut().push((key.to_owned(), value));
    }

    pub(super) fn delete(&self, key: &str) {
        self.0.borrow_mut().retain(|(name, _)| name != key);
    }
}
