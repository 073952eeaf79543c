//! A request of the app's to the MCP server, by `fetch`.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::AbortSignal;

use super::Browser;
use super::cors::unreadable;
use super::fetch::{Reader, date, header};
use super::reflect::{JsCause, apply, call, construct, get, global, object, parse, settled};
use super::url::absolute_url;
use crate::ports::{ResourceRequest, ResourceResponse, UnixMillis};
use crate::protocol::{Secret, Url};
use crate::{Code, Error, Result, Step};

/// What the app gave to `fetch`.
pub struct AppRequest {
    fetch: JsValue,
    input: JsValue,
    init: JsValue,
}

/// The browser's `Response`, as it came.
pub struct AppResponse(JsValue);

impl From<AppResponse> for JsValue {
    fn from(response: AppResponse) -> Self {
        response.0
    }
}

impl AppResponse {
    /// A redirect that was not followed: a browser gives it the status 0 (Fetch §5.5).
    fn is_redirect(&self) -> bool {
        matches!(self.status(), 0 | 301..=303 | 307 | 308)
    }
}

impl AppRequest {
    /// Takes the arguments of `fetch`. What is no `Request` is read as text once, as `fetch` reads it,
    /// so that what is checked is what is sent.
    pub fn new(browser: &Browser, input: JsValue, init: JsValue) -> Self {
        let is_request = input.is_object() && get(&input, "clone").is_function();
        let input = if is_request { input } else { apply(&global("String"), &[input]).unwrap_or_default() };
        Self { fetch: browser.fetch_function(), input, init }
    }

    /// `init` comes before the `Request`, as with `fetch`.
    fn member(&self, name: &str) -> JsValue {
        let own = if self.init.is_object() { get(&self.init, name) } else { JsValue::UNDEFINED };
        if own.is_undefined() && self.input.is_object() { get(&self.input, name) } else { own }
    }

    /// The signal that ends the request, if there is one.
    pub fn signal(&self) -> Option<AbortSignal> {
        self.member("signal").dyn_into().ok()
    }

    /// Whether the app leaves redirects to `fetch`.
    fn follows(&self) -> bool {
        self.member("redirect").as_string().is_none_or(|redirect| redirect == "follow")
    }

    fn is_request(&self) -> bool {
        self.input.is_object()
    }

    /// The app's `init` with the token among its headers.
    fn init_with(&self, authorization: &Secret, dpop: Option<&Secret>) -> std::result::Result<JsValue, JsValue> {
        let headers = construct("Headers", &[self.member("headers")])?;
        call(&headers, "set", &["authorization".into(), authorization.expose().into()])?;
        let changed = object(&[("headers", headers.clone())]);
        if let Some(proof) = dpop {
            call(&headers, "set", &["dpop".into(), proof.expose().into()])?;
            // Across origins a browser takes `Authorization` away and leaves `DPoP`. And where a redirect
            // leads to, a proof for this URL is of no use (RFC 9449 §4.3). Not "error", which Cloudflare
            // Workers don't know.
            if self.follows() {
                super::reflect::set(&changed, "redirect", &"manual".into());
            }
        }
        call(&global("Object"), "assign", &[object(&[]), self.init.clone(), changed])
    }
}

impl AppRequest {
    /// Why no answer came. A redirect that the app forbids is no secret of CORS.
    async fn unanswered(&self, dpop: bool, thrown: JsValue) -> Error {
        let no_redirect = self.member("redirect").as_string().as_deref() == Some("error");
        let Some(url) = self.url().filter(|_| !no_redirect) else {
            return Error::new(Code::Network, Step::Request, "The MCP server could not be reached.")
                .with_source(Some(Box::new(JsCause(thrown))));
        };
        let given = construct("Headers", &[self.member("headers")]).and_then(|headers| call(&headers, "keys", &[]));
        let names = given.map(|names| js_sys::Array::from(&names)).unwrap_or_default();
        let own = if dpop { ["authorization", "dpop"].as_slice() } else { &["authorization"] };
        for name in own {
            names.push(&(*name).into());
        }
        let names: String = names.filter(&mut |name, _, _| name != "accept").join(", ").into();
        unreadable(&self.fetch, &url, &names, thrown).await.at(Step::Request, &url)
    }
}

impl ResourceRequest for AppRequest {
    type Response = AppResponse;

    fn url(&self) -> Option<Url> {
        let given = if self.is_request() { get(&self.input, "url") } else { self.input.clone() };
        let absolute = absolute_url(&given.as_string()?);
        // What follows the path does not matter to where the token may go, and browsers leave
        // characters in a query that RFC 3986 does not have.
        Url::parse(absolute.split(['?', '#']).next()?).ok()
    }

    fn method(&self) -> String {
        self.member("method").as_string().unwrap_or_else(|| "GET".into())
    }

    /// A stream in `init` is spent when it is sent. A `Request` is cloned.
    fn can_resend(&self) -> bool {
        !self.init.is_object() || !get(&get(&self.init, "body"), "getReader").is_function()
    }

    async fn send(&mut self, authorization: &Secret, dpop: Option<&Secret>) -> Result<AppResponse> {
        let sent = match self.is_request() {
            true => call(&self.input, "clone", &[]),
            false => Ok(self.input.clone()),
        };
        let answer = match sent.and_then(|input| apply(&self.fetch, &[input, self.init_with(authorization, dpop)?])) {
            Ok(promise) => settled(&promise).await,
            Err(thrown) => Err(thrown),
        };
        match answer.map(AppResponse) {
            Ok(response) if dpop.is_some() && self.follows() && response.is_redirect() => {
                Err(self.unanswered(true, response.0).await)
            }
            Ok(response) => Ok(response),
            Err(thrown) => Err(self.unanswered(dpop.is_some(), thrown).await),
        }
    }
}

impl ResourceResponse for AppResponse {
    fn status(&self) -> u16 {
        get(&self.0, "status").as_f64().unwrap_or_default() as u16
    }

    fn www_authenticate(&self) -> Option<String> {
        header(&self.0, "www-authenticate")
    }

    fn dpop_nonce(&self) -> Option<String> {
        header(&self.0, "dpop-nonce")
    }

    fn date(&self) -> Option<UnixMillis> {
        date(&self.0)
    }

    async fn oauth_error(&self) -> Option<String> {
        // The app reads the body itself: this is a copy of it.
        let copy = call(&self.0, "clone", &[]).ok()?;
        let text = Reader::of(&copy).ok()??.text().await.ok()?;
        get(&parse(&text).ok()?, "error").as_string()
    }
}
