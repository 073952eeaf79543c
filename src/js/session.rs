//! `McpSession`: a user's session with one MCP server.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::AbortSignal;

use super::arguments::demand;
use super::facts::Seen;
use super::setup::Setup;
use crate::browser::reflect::{get, settled};
use crate::browser::{AppRequest, Browser, NO_LIMIT, race};
use crate::flow;
use crate::{Code, Error, Result, Step};

/// A user's session with one MCP server.
#[wasm_bindgen(js_name = Session)]
pub struct JsSession {
    session: flow::Session<Browser>,
    setup: Rc<Setup>,
    seen: RefCell<Seen>,
}

impl JsSession {
    pub(super) fn new(session: flow::Session<Browser>, setup: Rc<Setup>) -> Self {
        Self { session, setup, seen: RefCell::default() }
    }

    /// Runs a method of the session until it has finished or the caller gives up.
    fn run<F>(&self, signal: Option<AbortSignal>, work: impl FnOnce(flow::Session<Browser>) -> F) -> Promise
    where
        F: Future<Output = Result<JsValue>> + 'static,
    {
        self.run_boxed(signal, Box::pin(work(self.session.clone())))
    }

    /// Boxed, so that it is compiled once for all methods.
    fn run_boxed(&self, signal: Option<AbortSignal>, work: Pin<Box<dyn Future<Output = Result<JsValue>>>>) -> Promise {
        self.setup.settle(async move { Ok(race(Step::Request, NO_LIMIT, signal.as_ref(), work).await?) })
    }
}

#[wasm_bindgen(js_class = Session)]
impl JsSession {
    /// Its properties. Returns the same object until one of them changes.
    #[wasm_bindgen(getter)]
    pub fn facts(&self) -> std::result::Result<JsValue, JsValue> {
        self.seen.borrow_mut().facts_of(&self.session)
    }

    /// `fetch` with the session's token. Like `fetch`, it rejects with the reason of its signal.
    pub fn fetch(&self, input: JsValue, init: JsValue) -> Promise {
        let session = self.session.clone();
        let request = AppRequest::new(session.ports(), input, init);
        self.setup.settle(async move {
            let signal = request.signal();
            let answer = race(Step::Request, NO_LIMIT, signal.as_ref(), session.call(request)).await;
            match (answer, signal) {
                (Err(error), Some(signal)) if error.code() == Code::Aborted => Err(get(&signal, "reason")),
                (answer, _) => Ok(answer?.into()),
            }
        })
    }

    /// A valid access token. With `record`, all tokens as JSON, if the app asked for that when the session
    /// began.
    #[wasm_bindgen(js_name = accessToken)]
    pub fn access_token(&self, signal: Option<AbortSignal>, record: bool) -> Promise {
        let exportable = self.setup.exportable;
        self.run(signal, move |session| async move {
            let token = session.access_token().await?;
            let given = match (record, exportable) {
                (false, _) => token,
                (true, true) => session.record()?,
                (true, false) => return Err(Error::new(Code::Unsupported, Step::Setup, "exportable is not set.")),
            };
            Ok(given.expose().into())
        })
    }

    /// An access token for callers that send it as a Bearer token.
    #[wasm_bindgen(js_name = bearerToken)]
    pub fn bearer_token(&self) -> Promise {
        self.run(None, |session| async move { Ok(session.bearer_token().await?.expose().into()) })
    }

    /// Gets new tokens after a 401.
    #[wasm_bindgen(js_name = refreshRefused)]
    pub fn refresh_refused(&self) -> Promise {
        self.run(None, |session| async move { session.refresh_refused().await.map(|()| JsValue::UNDEFINED) })
    }

    /// Gets new tokens now.
    pub fn refresh(&self, signal: Option<AbortSignal>) -> Promise {
        self.run(signal, |session| async move { session.refresh().await.map(|()| JsValue::UNDEFINED) })
    }

    /// Asks the user for more scopes. The popup opens before this returns, unless the one of a step-up is already
    /// open.
    #[wasm_bindgen(js_name = stepUp)]
    pub fn step_up(
        &self,
        scopes: &JsValue,
        acr_values: &JsValue,
        max_age: &JsValue,
        signal: Option<AbortSignal>,
    ) -> Promise {
        let (session, setup, own_signal) = (self.session.clone(), self.setup.clone(), signal.clone());
        let demand = demand(scopes, acr_values, max_age);
        let name = ["user ", session.account().name(), " ", session.server().as_str()].concat();
        let shared = self.session.ports().shared(&name, || {
            let demand = demand?;
            session.step_up_demand(demand.as_ref())?;
            let mut user = setup.user(session.account(), None, own_signal.as_ref())?;
            let closing = setup.clone();
            let work = async move {
                let connecting = user.connecting();
                let work = async {
                    session.step_up_for(demand.as_ref(), &mut user).await?;
                    Ok(JsValue::UNDEFINED)
                };
                let outcome = setup.limited(own_signal, connecting, Box::pin(work)).await;
                Ok(outcome.map_err(|error| user.explain(error))?)
            };
            Ok(closing.settle(work).into())
        });
        self.setup.settle(async move {
            let answer = settled(&shared?);
            race(Step::Authorization, NO_LIMIT, signal.as_ref(), async { Ok(answer.await) }).await?
        })
    }

    /// Deletes and revokes the tokens; `true` if the server confirmed the revocation.
    #[wasm_bindgen(js_name = signOut)]
    pub fn sign_out(&self, signal: Option<AbortSignal>) -> Promise {
        self.run(signal, |session| async move { Ok(session.sign_out().await?.into()) })
    }
}
