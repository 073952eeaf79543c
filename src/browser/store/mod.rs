//! Where records are kept: in the browser's database, in memory, or by the app.

mod memory;

use std::cell::Cell;

use wasm_bindgen::prelude::*;

use self::memory::Memory;
use super::Browser;
use super::promise::settled;
use super::reflect::{JsCause, call};
use crate::ports::{Event, Observer, StorageProblem, Store};
use crate::protocol::Secret;
use crate::{Code, Error, Result, Step};

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

pub(super) struct Stores {
    /// The app's object or the database. Its methods answer at once or by a promise.
    object: JsValue,
    is_custom: bool,
    memory: Memory,
    in_memory: Cell<bool>,
    /// Whether the object has ever answered with a record or kept one.
    works: Cell<bool>,
}

impl Stores {
    pub(super) fn new(storage: Storage) -> Self {
        let in_memory = matches!(storage, Storage::Memory);
        let (object, is_custom) = match storage {
            Storage::Custom(object) => (object, true),
            _ => (DATABASE.with(Clone::clone), false),
        };
        let works = Cell::new(is_custom);
        Self { object, is_custom, memory: Memory::default(), in_memory: Cell::new(in_memory), works }
    }

    pub(super) fn is_custom(&self) -> bool {
        self.is_custom
    }

    pub(super) fn in_memory(&self) -> bool {
        self.in_memory.get()
    }
}

impl Browser {
    /// The object's answer, or nothing where memory has to do. Private windows and pages of insecure
    /// origins have no database or no cryptography; one that has worked before has rather failed, and
    /// so has the app's.
    async fn stored(&self, method: &str, arguments: &[JsValue]) -> Result<Option<JsValue>> {
        let stores = &self.stores;
        if stores.in_memory() {
            return Ok(None);
        }
        let answer = match call(&stores.object, method, arguments) {
            Ok(answer) => settled(&answer).await,
            Err(thrown) => Err(thrown),
        };
        match answer {
            Ok(answer) => {
                let says_so = method == "set" || (method == "get" && !answer.is_undefined());
                stores.works.set(stores.works.get() || says_so);
                Ok(Some(answer))
            }
            Err(thrown) if stores.works.get() => {
                Err(failed("The storage failed.").with_source(Some(Box::new(JsCause(thrown)))))
            }
            Err(_) => {
                if !stores.in_memory.replace(true) {
                    self.tabs.set_alone(true);
                    self.notify(&Event::Storage { problem: StorageProblem::Unavailable });
                }
                Ok(None)
            }
        }
    }
}

fn failed(message: &str) -> Error {
    Error::new(Code::StorageFailed, Step::Storage, message)
}

impl Store for Browser {
    async fn get(&self, key: &str) -> Result<Option<Secret>> {
        let Some(value) = self.stored("get", &[key.into()]).await? else { return Ok(self.stores.memory.get(key)) };
        match value.as_string() {
            Some(text) => Ok(Some(Secret::from(text))),
            None if value.is_null() || value.is_undefined() => Ok(None),
            None => Err(failed("storage.get has to answer with a string, or with null or undefined.")),
        }
    }

    async fn set(&self, key: &str, value: Secret) -> Result<()> {
        if self.stored("set", &[key.into(), value.expose().into()]).await?.is_none() {
            self.stores.memory.set(key, value);
        }
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<()> {
        self.stored("delete", &[key.into()]).await?;
        self.stores.memory.delete(key);
        Ok(())
    }

    fn changes(&self) -> u32 {
        self.tabs.changes()
    }
}
