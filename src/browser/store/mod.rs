//! Where records are kept: in the browser's database, in memory, or by the app.

mod custom;
mod encrypted;
mod indexed_db;
mod memory;

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen::JsValue;

use self::custom::Custom;
pub(super) use self::indexed_db::Database;
use self::memory::Memory;
use super::Browser;
use super::reflect::JsCause;
use crate::ports::{Event, Observer, StorageProblem, Store};
use crate::protocol::Secret;
use crate::{Code, Error, Result, Step};

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

pub(super) struct Stores {
    custom: Option<Custom>,
    memory: Memory,
    in_memory: Rc<Cell<bool>>,
    /// Whether the database has ever answered with a record or kept one.
    works: Cell<bool>,
}

impl Stores {
    pub(super) fn new(storage: Storage) -> Self {
        let in_memory = Rc::new(Cell::new(matches!(storage, Storage::Memory)));
        let custom = match storage {
            Storage::Custom(object) => Some(Custom(object)),
            _ => None,
        };
        Self { custom, memory: Memory::default(), in_memory, works: Cell::new(false) }
    }

    pub(super) fn is_custom(&self) -> bool {
        self.custom.is_some()
    }

    pub(super) fn in_memory(&self) -> bool {
        self.in_memory.get()
    }

    /// The same, as it will be later.
    pub(super) fn in_memory_later(&self) -> Rc<Cell<bool>> {
        self.in_memory.clone()
    }
}

impl Browser {
    /// The database's answer, or nothing where memory has to do. Private windows and pages of
    /// insecure origins have no database or no cryptography; one that has worked before has rather
    /// failed.
    fn unless_missing<T>(&self, answer: std::result::Result<T, JsValue>) -> Result<Option<T>> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(thrown) if self.stores.works.get() => Err(failed(thrown)),
            Err(_) => {
                if !self.stores.in_memory.replace(true) {
                    self.notify(&Event::Storage { problem: StorageProblem::Unavailable });
                }
                Ok(None)
            }
        }
    }
}

fn failed(thrown: JsValue) -> Error {
    Error::new(Code::StorageFailed, Step::Storage, "The storage failed.").with_source(Some(Box::new(JsCause(thrown))))
}

impl Store for Browser {
    async fn get(&self, key: &str) -> Result<Option<Secret>> {
        let stores = &self.stores;
        if let Some(custom) = &stores.custom {
            return custom.get(key).await;
        }
        if !stores.in_memory()
            && let Some(found) = self.unless_missing(encrypted::get(key).await)?
        {
            if found.is_some() {
                stores.works.set(true);
            }
            return Ok(found);
        }
        Ok(stores.memory.get(key))
    }

    async fn set(&self, key: &str, value: Secret) -> Result<()> {
        let stores = &self.stores;
        if let Some(custom) = &stores.custom {
            return custom.set(key, &value).await;
        }
        if !stores.in_memory() && self.unless_missing(encrypted::set(key, &value).await)?.is_some() {
            stores.works.set(true);
            return Ok(());
        }
        stores.memory.set(key, value);
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<()> {
        let stores = &self.stores;
        if let Some(custom) = &stores.custom {
            return custom.delete(key).await;
        }
        if !stores.in_memory() {
            self.unless_missing(encrypted::delete(key).await)?;
        }
        stores.memory.delete(key);
        Ok(())
    }

    fn changes(&self) -> u32 {
        self.changes.get()
    }
}
