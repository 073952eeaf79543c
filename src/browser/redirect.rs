//! The authorization server's page in place of the app's own, and what comes back from it.

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};

use super::Browser;
use super::events::Events;
use super::popup::{NAME, window};
use super::reflect::{JsCause, call, get, global};
use crate::ports::{CallbackQuery, Returned};
use crate::protocol::{Secret, State, Url};
use crate::{Code, Error, Result, Step};

/// A page that is about to be left. Dropping it keeps the user here, if there is still time.
pub struct Redirect {
    browser: Browser,
    limit_ms: u32,
    events: Events,
    leaving: bool,
}

impl Redirect {
    /// Leaves nothing yet. The user has to be back within the limit.
    pub fn new(browser: &Browser, limit_ms: u32) -> Result<Self> {
        Ok(Self { browser: browser.clone(), limit_ms, events: Events::of(&window()?, &["pageshow"]), leaving: false })
    }

    /// How long the user may be away.
    pub fn leaves_for(&self) -> u64 {
        self.limit_ms.into()
    }

    /// Leaves for a page. The callback page finds where the user was by the state of the response, in
    /// the storage that this tab has for itself.
    pub fn open(&mut self, url: &Url, state: &State) -> Result<()> {
        if self.browser.keeps_in_memory() {
            return Err(unsupported("A redirect needs a storage that outlasts the page."));
        }
        let location = global("location");
        let key = [NAME, " ", state.as_str()].concat();
        let opened = call(&global("sessionStorage"), "setItem", &[key.into(), get(&location, "href")])
            .and_then(|_| call(&location, "assign", &[url.as_str().into()]));
        opened.map_err(|thrown| {
            unsupported("The page could not be left.").with_source(Some(Box::new(JsCause(thrown))))
        })?;
        self.leaving = true;
        Ok(())
    }

    /// Waits for the page's end. If the user comes back to it instead, that is an error.
    pub async fn response(&mut self) -> Result<CallbackQuery> {
        while !get(&self.events.next().await, "persisted").is_truthy() {}
        self.leaving = false;
        let message = "The user came back from the sign-in page without having signed in.";
        Err(Error::new(Code::RedirectAbandoned, Step::Authorization, message))
    }
}

impl Drop for Redirect {
    fn drop(&mut self) {
        if self.leaving {
            let _ = call(&js_sys::global(), "stop", &[]);
        }
    }
}

fn unsupported(message: &str) -> Error {
    Error::new(Code::Unsupported, Step::Authorization, message)
}

/// `pkg/callback.js` put them into the tab's own storage, as names.
impl Returned for Browser {
    fn responses(&self) -> Vec<Secret> {
        let names = call(&global("Object"), "keys", &[global("sessionStorage")]).unwrap_or_default();
        let names = names.dyn_ref::<Array>().map(Array::to_vec).unwrap_or_default();
        let query = |name: JsValue| {
            let name = Secret::from(name.as_string()?);
            name.expose().strip_prefix(NAME).filter(|query| query.starts_with('?')).map(Secret::from)
        };
        names.into_iter().filter_map(query).collect()
    }

    fn forget(&self, response: &Secret) {
        let _ = call(&global("sessionStorage"), "removeItem", &[[NAME, response.expose()].concat().into()]);
    }
}
