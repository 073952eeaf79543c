//! Where records are stored: in the browser's database, in memory, or by the app's own object.

use std::cell::Cell;

use wasm_bindgen::prelude::*;

use super::by_name::ByName;
use crate::protocol::Secret;

#[wasm_bindgen(module = "/src/browser/database.js")]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = database)]
    static DATABASE: JsValue;
}

/// Where to store records.
#[derive(Default)]
pub enum Storage {
    /// In IndexedDB, encrypted; in memory if the browser has no IndexedDB here.
    #[default]
    IndexedDb,
    /// In memory, until the page is unloaded.
    Memory,
    /// By the app's own object with `get`, `set` and `delete`.
    Custom(JsValue),
}

/// The opened storage.
pub(super) struct Stores {
    /// The app's object or the database. Its methods return a value or a promise.
    pub object: JsValue,
    is_custom: bool,
    pub memory: ByName<Secret>,
    pub in_memory: Cell<bool>,
    /// Whether the object has ever returned or stored a record.
    pub works: Cell<bool>,
}

impl Stores {
    pub fn new(storage: Storage) -> Self {
        let in_memory = matches!(storage, Storage::Memory);
        let (object, is_custom) = match storage {
            Storage::Custom(object) => (object, true),
            _ => (DATABASE.with(Clone::clone), false),
        };
        let works = Cell::new(is_custom);
        Self { object, is_custom, memory: ByName::default(), in_memory: Cell::new(in_memory), works }
    }

    pub fn is_custom(&self) -> bool {
        self.is_custom
    }

    pub fn in_memory(&self) -> bool {
        self.in_memory.get()
    }
}
