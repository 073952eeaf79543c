//! Step-ups, one at a time for each server.

use wasm_bindgen::JsValue;

use super::Browser;
use super::promise::{settled, spawn};
use super::reflect::{JsCause, apply, get, object, set, strings};
use crate::ports::StepUp;
use crate::protocol::Scope;
use crate::{Code, Error, Result, Step};

impl Browser {
    /// The promise that somebody waits for already, or the one that is made now.
    pub fn shared(&self, name: &str, start: impl FnOnce() -> Result<JsValue>) -> Result<JsValue> {
        let pending = get(&self.pending, name);
        if pending.is_object() {
            return Ok(pending);
        }
        let promise = start()?;
        set(&self.pending, name, &promise);
        let (pending, name, waited) = (self.pending.clone(), name.to_owned(), settled(&promise));
        spawn(Box::pin(async move {
            let _ = waited.await;
            set(&pending, &name, &JsValue::UNDEFINED);
        }));
        Ok(promise)
    }
}

impl StepUp for Browser {
    async fn wait_for_step_up(&self, server: &str, scopes: &Scope) -> Result<()> {
        let Some(on_step_up) = &self.on_step_up else { return Ok(()) };
        let failed = |thrown| {
            Error::new(Code::InsufficientScope, Step::Request, "The app's onStepUp failed.")
                .with_source(Some(Box::new(JsCause(thrown))))
        };
        let promise = self.shared(&["handler ", server].concat(), || {
            let details = object(&[("server", server.into()), ("scopes", strings(scopes.tokens()))]);
            apply(on_step_up, &[details]).map_err(failed)
        });
        settled(&promise?).await.map(drop).map_err(failed)
    }
}
