//! The authorization server's page, shown by the app's own function.

use js_sys::Function;
use serde::Serialize;
use serde_wasm_bindgen::preserve;
use wasm_bindgen::JsValue;

use super::abort::AbortGuard;
use super::json::to_js;
use super::reflect::{AppThrew, apply, get, settled};
use crate::ports::{AuthorizationPage, CallbackQuery};
use crate::protocol::Secret;
use crate::{Code, Error, Result, Step};

/// The app's function: gets the page's URL, and returns the URL that the user came back to.
pub struct AppPage {
    authorize: Function,
    answer: JsValue,
    /// Aborts when the sign-in has ended.
    ended: Option<AbortGuard>,
}

/// The other arguments of the app's function.
#[derive(Serialize)]
struct PageArguments<'a> {
    #[serde(with = "preserve")]
    signal: JsValue,
    server: &'a str,
    issuer: &'a str,
    state: &'a str,
}

impl AppPage {
    /// Does not call the function yet.
    pub fn new(authorize: Function) -> Self {
        Self { authorize, answer: JsValue::UNDEFINED, ended: None }
    }

    /// Sends the user to a page.
    ///
    /// # Errors
    ///
    /// The error that the app's `authorize` throws.
    pub fn open(&mut self, page: &AuthorizationPage<'_>) -> Result<()> {
        let details = |signal| PageArguments {
            signal,
            server: page.server,
            issuer: page.issuer.as_str(),
            state: page.state.as_str(),
        };
        let ended = AbortGuard::new().map_err(|thrown| failed(thrown.0))?;
        let details = to_js(&details(ended.signal().into())).map_err(|error| failed(error.into()))?;
        self.ended = Some(ended);
        self.answer = apply(&self.authorize, &[page.url.as_str().into(), details]).map_err(failed)?;
        Ok(())
    }

    /// Waits for the result.
    ///
    /// # Errors
    ///
    /// The error that the app's `authorize` rejects with.
    pub async fn response(&mut self) -> Result<CallbackQuery> {
        let answer = settled(&self.answer).await.map_err(failed)?;
        // A `URL` is an object with an `href`.
        let url = answer.as_string().or_else(|| get(&answer, "href").as_string()).map(Secret::from);
        let url = url.ok_or_else(|| {
            let message = "authorize must return the URL that came back, with its query.";
            Error::new(Code::InvalidOption, Step::Authorization, message)
        })?;
        let without_fragment = url.expose().split('#').next().unwrap_or_default();
        let query = without_fragment.split_once('?').map_or("", |(_, query)| query).into();
        Ok(CallbackQuery { query, from_own_popup: true })
    }
}

fn failed(thrown: JsValue) -> Error {
    Error::new(Code::AuthorizationFailed, Step::Authorization, "The app's authorize function failed.")
        .with_source(Some(Box::new(AppThrew(thrown))))
}
