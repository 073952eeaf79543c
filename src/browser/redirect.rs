//! Sign-in by redirect: the authorization server's page replaces the app's, and the response from it.

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;
use web_sys::AbortController;

use super::Browser;
use super::abort::Work;
use super::popup::needs_window;
use super::reflect::{JsCause, apply, global};
use crate::ports::{AuthorizationPage, CallbackQuery, REDIRECT_ABANDONED, Returned};
use crate::protocol::Secret;
use crate::{Code, Error, Result, Step};

#[wasm_bindgen(module = "/src/browser/user_agent.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    fn leave(state: &str, url: &str) -> std::result::Result<(), JsValue>;
    // With `catch`, here and below. Without it, wasm-bindgen imports these by a path that bundlers warn about.
    #[wasm_bindgen(js_name = cameBack, catch)]
    fn came_back(controller: &AbortController) -> std::result::Result<Promise, JsValue>;
    #[wasm_bindgen(catch)]
    fn responses() -> std::result::Result<Array, JsValue>;
    #[wasm_bindgen(catch)]
    fn forget(query: &str) -> std::result::Result<(), JsValue>;
}

/// A redirect to a page. Dropping it stops the navigation, if there is still time.
pub struct Redirect {
    browser: Browser,
    limit_ms: u32,
    leaving: bool,
}

impl Redirect {
    /// Does not navigate yet. The user has to be back within the limit.
    ///
    /// # Errors
    ///
    /// [`Code::Unsupported`] where there is no window.
    pub fn new(browser: &Browser, limit_ms: u32) -> Result<Self> {
        needs_window()?;
        Ok(Self { browser: browser.clone(), limit_ms, leaving: false })
    }

    /// How long the user may take, in milliseconds.
    pub fn redirect_timeout(&self) -> u64 {
        self.limit_ms.into()
    }

    /// Navigates to a page.
    ///
    /// # Errors
    ///
    /// [`Code::Unsupported`] if there is no persistent storage, or if the navigation fails.
    pub fn open(&mut self, page: &AuthorizationPage<'_>) -> Result<()> {
        if self.browser.keeps_in_memory() {
            return Err(unsupported("A redirect needs storage that outlasts the page."));
        }
        leave(page.state.as_str(), page.url.as_str()).map_err(|thrown| {
            unsupported("The browser could not leave the page.").with_source(Some(Box::new(JsCause(thrown))))
        })?;
        self.leaving = true;
        Ok(())
    }

    /// Waits until the page is unloaded. If the user comes back to it instead, that is an error.
    ///
    /// # Errors
    ///
    /// [`REDIRECT_ABANDONED`], always.
    pub async fn response(&mut self) -> Result<CallbackQuery> {
        if let Ok(back) = Work::start(|abort| came_back(abort).unwrap_or_else(|thrown| Promise::reject(&thrown))) {
            let _ = back.await;
        }
        self.leaving = false;
        let message = "The user came back to this page without signing in.";
        Err(Error::new(REDIRECT_ABANDONED, Step::Authorization, message))
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
        // If the storage is blocked by now, the response is gone.
        let _ = forget(response.expose());
    }
}
