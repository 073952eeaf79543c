//! The least of IndexedDB: one database, one request at a time.

use wasm_bindgen::JsValue;

use crate::browser::events::Events;
use crate::browser::reflect::{call, get, global};

/// Holds the key of the records.
pub(super) const KEYS: &str = "keys";
/// Holds the records by name.
pub(super) const RECORDS: &str = "records";

/// An open connection. It is opened for each use and closed on drop: one that stayed open would be
/// in the way of deleting the database, and browsers break those of pages in the background.
pub(in crate::browser) struct Database(JsValue);

impl Database {
    pub(in crate::browser) async fn open() -> Result<Self, JsValue> {
        let request = call(&global("indexedDB"), "open", &["mcp-authorize".into()])?;
        let events = Events::of(&request, &["upgradeneeded", "success", "error"]);
        loop {
            let event = events.next().await;
            match kind(&event).as_deref() {
                Some("success") => return Ok(Self(get(&request, "result"))),
                Some("error") => return Err(get(&request, "error")),
                // The database is new.
                _ => {
                    for store in [KEYS, RECORDS] {
                        call(&get(&request, "result"), "createObjectStore", &[store.into()])?;
                    }
                }
            }
        }
    }

    /// One request in a transaction of its own: its result, once that is complete.
    pub(super) async fn request(&self, store: &str, method: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
        let mode = if method == "get" { "readonly" } else { "readwrite" };
        let transaction = call(&self.0, "transaction", &[store.into(), mode.into()])?;
        let events = Events::of(&transaction, &["complete", "abort"]);
        let request = call(&call(&transaction, "objectStore", &[store.into()])?, method, arguments)?;
        match kind(&events.next().await).as_deref() {
            Some("complete") => Ok(get(&request, "result")),
            _ => Err(get(&transaction, "error")),
        }
    }
}

impl Database {
    /// The key of a name that all tabs use, made where there is none that is usable.
    pub(in crate::browser) async fn kept_key(
        &self,
        name: &str,
        usable: fn(&JsValue) -> bool,
        make: impl AsyncFnOnce() -> Result<JsValue, JsValue>,
    ) -> Result<JsValue, JsValue> {
        let kept = self.request(KEYS, "get", &[name.into()]).await?;
        if usable(&kept) {
            return Ok(kept);
        }
        self.request(KEYS, "delete", &[name.into()]).await?;
        // Another tab may have been faster: then `add` fails, and its key is the one.
        let added = self.request(KEYS, "add", &[make().await?, name.into()]).await;
        let kept = self.request(KEYS, "get", &[name.into()]).await?;
        if usable(&kept) { Ok(kept) } else { added }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = call(&self.0, "close", &[]);
    }
}

fn kind(event: &JsValue) -> Option<String> {
    get(event, "type").as_string()
}
