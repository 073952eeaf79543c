//! Locks: Web Locks among all tabs, or locks within this module if there are no Web Locks.

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use web_sys::AbortController;

use super::Browser;
use super::abort::Work;
use super::reflect::JsCause;
use crate::ports::Lock;
use crate::{Code, Error, Result, Step};

#[wasm_bindgen(module = "/src/browser/tabs.js")]
extern "C" {
    fn lock(controller: &AbortController, name: &str) -> Promise;
}

/// Holds a lock until it is dropped.
pub struct WebLockGuard {
    _held: Work,
}

impl Lock for Browser {
    type Guard = WebLockGuard;

    async fn lock(&self, name: &str) -> Result<WebLockGuard> {
        let refused = |thrown: JsCause| {
            Error::new(Code::Unsupported, Step::Storage, "Locking failed.").with_source(Some(Box::new(thrown)))
        };
        let mut held = Work::start(|abort| lock(abort, &["mcp-authorize ", name].concat())).map_err(refused)?;
        (&mut held).await.map_err(|thrown| refused(JsCause(thrown)))?;
        Ok(WebLockGuard { _held: held })
    }
}
