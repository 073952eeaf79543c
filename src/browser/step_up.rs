//! Step-ups, one at a time for each server.

use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::Browser;
use super::json::to_js;
use super::reflect::{JsCause, apply, settled};
use crate::ports::StepUp;
use crate::protocol::{StepUpDemand, UserAuthentication};
use crate::{Code, Error, Result, Step};

impl Browser {
    /// The promise of a step-up in progress, or of a new one.
    ///
    /// # Errors
    ///
    /// The errors of `start`.
    pub fn shared(&self, name: &str, start: impl FnOnce() -> Result<JsValue>) -> Result<JsValue> {
        if let Some(pending) = self.pending.get(name) {
            return Ok(pending);
        }
        let promise = start()?;
        self.pending.set(name, promise.clone());
        let (pending, name, waited) = (self.pending.clone(), name.to_owned(), settled(&promise));
        spawn_local(async move {
            let _ = waited.await;
            pending.remove(&name);
        });
        Ok(promise)
    }
}

/// The details of a step-up for the app.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StepUpDetails<'a> {
    server: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    account: &'a str,
    scopes: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    acr_values: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age: Option<u32>,
}

impl StepUp for Browser {
    async fn wait_for_step_up(&self, server: &str, account: &str, demand: &StepUpDemand) -> Result<()> {
        let Some(on_step_up) = &self.on_step_up else { return Ok(()) };
        let failed = |thrown| {
            Error::new(Code::InsufficientScope, Step::Request, "The app's onStepUp failed.")
                .with_source(Some(Box::new(JsCause(thrown))))
        };
        let promise = self.shared(&["handler ", account, " ", server].concat(), || {
            let UserAuthentication { acr_values, max_age } = demand.authentication.clone().unwrap_or_default();
            let acr_values = acr_values.tokens();
            let details = StepUpDetails { server, account, scopes: demand.scopes.tokens(), acr_values, max_age };
            let details = to_js(&details).map_err(Into::into);
            details.and_then(|details| apply(on_step_up, &[details])).map_err(failed)
        });
        settled(&promise?).await.map(drop).map_err(failed)
    }
}
