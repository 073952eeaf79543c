//! A small map of values by name.

use std::cell::RefCell;

/// A list, because it is short.
pub(super) struct ByName<T>(RefCell<Vec<(String, T)>>);

impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<T: Clone> ByName<T> {
    pub(super) fn get(&self, name: &str) -> Option<T> {
        self.0.borrow().iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }

    pub(super) fn set(&self, name: &str, value: T) {
        self.remove(name);
        self.0.borrow_mut().push((name.to_owned(), value));
    }

    pub(super) fn remove(&self, name: &str) {
        let mut list = self.0.borrow_mut();
        if let Some(index) = list.iter().position(|(key, _)| key == name) {
            list.swap_remove(index);
        }
    }
}
