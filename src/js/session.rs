//! `McpSession`: a user who is signed in to one MCP server.

use std::pin::Pin;
use std::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::AbortSignal;

use super::authorizer::{Setup, scope, settle};
use crate::browser::promise::settled;
use crate::browser::{AppRequest, Browser, NO_LIMIT, race};
use crate::flow;
use crate::protocol::json::Writer;
use crate::{Code, Result, Step};

/// A user who is signed in to one MCP server.
#[wasm_bindgen]
pub struct Session(flow::Session<Browser>, Rc<Setup>);

impl Session {
    pub(super) fn new(session: flow::Session<Browser>, setup: Rc<Setup>) -> Self {
        Self(session, setup)
    }

    /// Runs something of the session's until it is done or the caller gives up.
    fn run<F>(&self, signal: Option<AbortSignal>, work: impl FnOnce(flow::Session<Browser>) -> F) -> Promise
    where
        F: Future<Output = Result<JsValue>> + 'static,
    {
        run(signal, Box::pin(work(self.0.clone())))
    }
}

/// Boxed, so that it is compiled once for all that sessions do.
fn run(signal: Option<AbortSignal>, work: Pin<Box<dyn Future<Output = Result<JsValue>>>>) -> Promise {
    settle(async move { Ok(race(Step::Request, NO_LIMIT, signal.as_ref(), work).await?) })
}

#[wasm_bindgen]
impl Session {
    /// What can be known of it, as JSON: one call in place of seven getters, of which each has its price.
    #[wasm_bindgen(getter)]
    pub fn facts(&self) -> String {
        let Self(session, _) = self;
        Writer::new()
            .string("server", session.server().as_str())
            .string("resource", session.resource().as_str())
            .string("issuer", session.issuer().as_str())
            .string("clientId", &session.client_id())
            .strings("scopes", session.scope().tokens())
            .optional_number("expiresAt", session.expires_at().map(|at| at.0))
            .optional_number("canRefresh", session.can_refresh().then_some(1))
            .finish()
    }

    /// `fetch` with the session's token. Its signal ends it with the signal's reason, as `fetch` does.
    pub fn fetch(&self, input: JsValue, init: JsValue) -> Promise {
        let session = self.0.clone();
        let request = AppRequest::new(session.ports(), input, init);
        settle(async move {
            let signal = request.signal();
            let answer = race(Step::Request, NO_LIMIT, signal.as_ref(), flow::call(&session, request)).await;
            match (answer, signal) {
                (Err(error), Some(signal)) if error.code() == Code::Aborted => Err(signal.reason()),
                (answer, _) => Ok(answer?.into()),
            }
        })
    }

    /// An access token that is good.
    #[wasm_bindgen(js_name = accessToken)]
    pub fn access_token(&self, signal: Option<AbortSignal>) -> Promise {
        self.run(signal, |session| async move { Ok(session.access_token().await?.expose().into()) })
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
    pub fn step_up(&self, scopes: &JsValue, signal: Option<AbortSignal>) -> Promise {
        let (session, setup, own_signal) = (self.0.clone(), self.1.clone(), signal.clone());
        let scopes = scope(scopes);
        let name = ["user ", session.server().as_str()].concat();
        let shared = self.0.ports().shared(&name, || {
            let scopes = scopes?;
            session.step_up_scope(scopes.as_ref())?;
            let mut user = setup.user(session.server(), own_signal.as_ref())?;
            let work = async move {
                let connecting = user.connecting();
                let work = Box::pin(flow::step_up(&session, scopes.as_ref(), &mut user));
                let outcome = setup.limited(own_signal, connecting, work).await;
                outcome.map_err(|error| user.explain(error))?;
                Ok(JsValue::UNDEFINED)
            };
            Ok(settle(work).into())
        });
        settle(async move {
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
