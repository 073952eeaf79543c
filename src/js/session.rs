//! `McpSession`: a user who is signed in to one MCP server.

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

/// A user who is signed in to one MCP server.
#[wasm_bindgen]
pub struct Session {
    session: flow::Session<Browser>,
    setup: Rc<Setup>,
    seen: RefCell<Seen>,
}

impl Session {
    pub(super) fn new(session: flow::Session<Browser>, setup: Rc<Setup>) -> Self {
        Self { session, setup, seen: RefCell::default() }
    }

    /// Runs something of the session's until it is done or the caller gives up.
    fn run<F>(&self, signal: Option<AbortSignal>, work: impl FnOnce(flow::Session<Browser>) -> F) -> Promise
    where
        F: Future<Output = Result<JsValue>> + 'static,
    {
        self.run_boxed(signal, Box::pin(work(self.session.clone())))
    }

    /// Boxed, so that it is compiled once for all that sessions do.
    fn run_boxed(&self, signal: Option<AbortSignal>, work: Pin<Box<dyn Future<Output = Result<JsValue>>>>) -> Promise {
        self.setup.settle(async move { Ok(race(Step::Request, NO_LIMIT, signal.as_ref(), work).await?) })
    }
}

#[wasm_bindgen]
impl Session {
    /// What can be known of it: the same object as long as it stays the same.
    #[wasm_bindgen(getter)]
    pub fn facts(&self) -> std::result::Result<JsValue, JsValue> {
        self.seen.borrow_mut().facts_of(&self.session)
    }

    /// `fetch` with the session's token. Its signal ends it with the signal's reason, as `fetch` does.
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

    /// An access token that is good; with `record`, all of the tokens as JSON, where the app said at its beginning that it
    /// may have them.
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

    /// An access token for who sends it as a Bearer token.
    #[wasm_bindgen(js_name = bearerToken)]
    pub fn bearer_token(&self) -> Promise {
        self.run(None, |session| async move { Ok(session.bearer_token().await?.expose().into()) })
    }

    /// Gets new tokens after an answer 401.
    #[wasm_bindgen(js_name = refreshRefused)]
    pub fn refresh_refused(&self) -> Promise {
        self.run(None, |session| async move { session.refresh_refused().await.map(|()| JsValue::UNDEFINED) })
    }

    /// Gets new tokens now.
    pub fn refresh(&self, signal: Option<AbortSignal>) -> Promise {
        self.run(signal, |session| async move { session.refresh().await.map(|()| JsValue::UNDEFINED) })
    }

    /// Has the user agree to more scopes. The popup opens before this returns; where it is open already,
    /// that one will do.
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

    /// Forgets the tokens and revokes them; `true` where the server confirmed that.
    #[wasm_bindgen(js_name = signOut)]
    pub fn sign_out(&self, signal: Option<AbortSignal>) -> Promise {
        self.run(signal, |session| async move { Ok(session.sign_out().await?.into()) })
    }
}
