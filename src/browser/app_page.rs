//! The authorization server's page, shown by the app in its own way.

use js_sys::Function;
use wasm_bindgen::JsValue;

use super::promise::settled;
use super::reflect::{JsCause, apply, get};
use crate::ports::CallbackQuery;
use crate::protocol::{Secret, Url};
use crate::{Code, Error, Result, Step};

/// The app's function: gets the page's URL, answers with the URL that came back.
pub struct AppPage {
    authorize: Function,
    answer: JsValue,
}

impl AppPage {
    /// Calls nothing yet.
    pub fn new(authorize: Function) -> Self {
        Self { authorize, answer: JsValue::UNDEFINED }
    }

    /// Sends the user to a page.
    pub fn open(&mut self, url: &Url) -> Result<()> {
        self.answer = apply(&self.authorize, &[url.as_str().into()]).map_err(failed)?;
        Ok(())
    }

    /// Waits for the answer.
    pub async fn response(&mut self) -> Result<CallbackQuery> {
        let answer = settled(&self.answer).await.map_err(failed)?;
        // A `URL` is an object with an `href`.
        let url = answer.as_string().or_else(|| get(&answer, "href").as_string()).map(Secret::from);
        let query =
            url.as_ref().and_then(|url| url.expose().split('#').next()?.split_once('?')).map(|(_, query)| query.into());
        let query = query.ok_or_else(|| {
            let message = "authorize has to answer with the URL that came back, its query included.";
            Error::new(Code::InvalidOption, Step::Authorization, message)
        })?;
        Ok(CallbackQuery { query, surely_ours: true })
    }
}

fn failed(thrown: JsValue) -> Error {
    Error::new(Code::AuthorizationFailed, Step::Authorization, "The app's authorize function failed.")
        .with_source(Some(Box::new(JsCause(thrown))))
}
