//! The authorization server's page in place of the app's own, and what comes back from it.

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;

use super::Browser;
use super::abort::{Abort, Work};
use super::popup::needs_window;
use super::reflect::{JsCause, apply, global};
use crate::ports::{CallbackQuery, Returned};
use crate::protocol::{Secret, State, Url};
use crate::{Code, Error, Result, Step};

#[wasm_bindgen(module = "/src/browser/redirect.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    fn leave(state: &str, url: &str) -> std::result::Result<(), JsValue>;
    // `catch` here and below: else wasm-bindgen imports these two past the glue, by a path that bundlers warn of.
    #[wasm_bindgen(js_name = cameBack, catch)]
    fn came_back(controller: &Abort) -> std::result::Result<Promise, JsValue>;
    #[wasm_bindgen(catch)]
    fn responses() -> std::result::Result<Array, JsValue>;
    fn forget(query: &str);
}

/// A page that is about to be left. Dropping it keeps the user here, if there is still time.
pub struct Redirect {
    browser: Browser,
    limit_ms: u32,
    leaving: bool,
}

impl Redirect {
    /// Leaves nothing yet. The user has to be back within the limit.
    pub fn new(browser: &Browser, limit_ms: u32) -> Result<Self> {
        needs_window()?;
        Ok(Self { browser: browser.clone(), limit_ms, leaving: false })
    }

    /// How long the user may be away.
    pub fn leaves_for(&self) -> u64 {
        self.limit_ms.into()
    }

    /// Leaves for a page.
    pub fn open(&mut self, url: &Url, state: &State) -> Result<()> {
        if self.browser.keeps_in_memory() {
            return Err(unsupported("A redirect needs a storage that outlasts the page."));
        }
        leave(state.as_str(), url.as_str()).map_err(|thrown| {
            unsupported("The page could not be left.").with_source(Some(Box::new(JsCause(thrown))))
        })?;
        self.leaving = true;
        Ok(())
    }

    /// Waits for the page's end. If the user comes back to it instead, that is an error.
    pub async fn response(&mut self) -> Result<CallbackQuery> {
        let _ = Work::start(|abort| came_back(abort).unwrap_or_else(|thrown| Promise::reject(&thrown))).await;
        self.leaving = false;
        let message = "The user came back from the sign-in page without having signed in.";
        Err(Error::new(Code::RedirectAbandoned, Step::Authorization, message))
    }
}

impl Drop for Redirect {
    fn drop(&mut self) {
        if self.leaving {
            let _ = apply(&global("stop"), &[]);
        }
    }
}

fn unsupported(message: &str) -> Error {
    Error::new(Code::Unsupported, Step::Authorization, message)
}

impl Returned for Browser {
    fn responses(&self) -> Vec<Secret> {
        responses().unwrap_or_default().iter().filter_map(|query| query.as_string().map(Secret::from)).collect()
    }

    fn forget(&self, response: &Secret) {
        forget(response.expose());
    }
}
