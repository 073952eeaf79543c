//! The places where records may be kept: the browser's database, memory, the app's own object.

use std::cell::Cell;

use wasm_bindgen::prelude::*;

use super::by_name::ByName;
use crate::protocol::Secret;

#[wasm_bindgen(module = "/src/browser/database.js")]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = database)]
    static DATABASE: JsValue;
}

/// Where records are to be kept.
#[derive(Default)]
pub enum Storage {
    /// In IndexedDB, encrypted; in memory where the browser has none here.
    #[default]
    IndexedDb,
    /// In memory: gone with the page.
    Memory,
    /// By the app's own object with `get`, `set` and `delete`.
    Custom(JsValue),
}

/// All of them.
pub(super) struct Stores {
    /// The app's object or the database. Its methods answer at once or by a promise.
    pub object: JsValue,
    is_custom: bool,
    pub memory: ByName<Secret>,
    pub in_memory: Cell<bool>,
    /// Whether the object has ever answered with a record or kept one.
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
