//! One holder at a time: by Web Locks among all tabs, or where there are none within this module.

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use super::Browser;
use super::abort::{Abort, Work};
use super::reflect::JsCause;
use crate::ports::Lock;
use crate::{Code, Error, Result, Step};

#[wasm_bindgen(module = "/src/browser/locks.js")]
extern "C" {
    fn lock(controller: &Abort, name: &str) -> Promise;
}

/// Holds a lock until it is dropped.
pub struct LockGuard {
    _held: Work,
}

impl Lock for Browser {
    type Guard = LockGuard;

    async fn lock(&self, name: &str) -> Result<LockGuard> {
        let mut work = Work::start(|abort| lock(abort, &["mcp-authorize ", name].concat()));
        match (&mut work).await {
            Ok(_) => Ok(LockGuard { _held: work }),
            Err(thrown) => Err(Error::new(Code::Unsupported, Step::Storage, "There is no lock.")
                .with_source(Some(Box::new(JsCause(thrown))))),
        }
    }
}
