//! Stores records where the app wants them, or in memory if that fails.

use wasm_bindgen::JsValue;

use super::Browser;
use super::reflect::{JsCause, answer, call, settled};
use crate::ports::{Event, Observer, StorageProblem, Store};
use crate::protocol::Secret;
use crate::{Code, Error, Result, Step};

impl Browser {
    /// The result of the object's method; `None` to use memory instead. Private windows and pages at insecure origins have
    /// no database or no cryptography. But if the database worked before, or if it is the app's own object, its failure is
    /// an error.
    async fn stored(&self, method: &str, arguments: &[JsValue]) -> Result<Option<JsValue>> {
        let stores = &self.stores;
        if stores.in_memory() {
            return Ok(None);
        }
        match answer(call(&stores.object, method, arguments)).await {
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
                    self.tabs.set_isolated(true);
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
            None => Err(failed("storage.get must return a string, null or undefined.")),
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
        self.stores.memory.remove(key);
        Ok(())
    }

    fn changes(&self) -> u32 {
        self.tabs.changes()
    }

    fn changed(&self) -> impl Future<Output = ()> {
        let changed = settled(&self.tabs.changed());
        async move {
            // This promise never rejects.
            let _ = changed.await;
        }
    }
}
