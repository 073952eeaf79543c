//! A request of the app to the MCP server, with `fetch`.

use std::rc::Rc;

use gloo_net::http::Method;
use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, Response};

use super::Browser;
use super::abort::{AbortGuard, race};
use super::address::Address;
use super::body;
use super::fetch::{Init, header, response};
use super::http::date;
use super::reflect::{JsCause, get, parse, settled};
use crate::ports::{ResourceRequest, ResourceResponse, UnixMillis};
use crate::protocol::{Secret, Url};
use crate::{Code, Error, Result, Step};

#[wasm_bindgen(module = "/src/browser/app_request.js")]
extern "C" {
    #[wasm_bindgen(js_name = AppRequest)]
    type GivenRequest;
    #[wasm_bindgen(constructor, js_class = AppRequest)]
    fn new(fetch: Option<&Function>, input: &JsValue, init: &JsValue) -> GivenRequest;
    // Reading the app's arguments may throw.
    #[wasm_bindgen(method, getter, catch)]
    fn url(this: &GivenRequest) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, catch)]
    fn method(this: &GivenRequest) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, catch)]
    fn follows(this: &GivenRequest) -> std::result::Result<bool, JsValue>;
    #[wasm_bindgen(method, getter, catch)]
    fn signal(this: &GivenRequest) -> std::result::Result<Option<AbortSignal>, JsValue>;
    #[wasm_bindgen(method)]
    fn send(
        this: &GivenRequest,
        authorization: &str,
        dpop: Option<&str>,
        manual: bool,
        url: Option<&str>,
        via: Option<&str>,
    ) -> Promise;
}

/// The arguments that the app passed to `fetch`.
pub struct AppRequest {
    browser: Browser,
    given: GivenRequest,
    /// Read only once, so that the checked URL is the one that is used.
    address: Rc<Address>,
    via: Option<Url>,
    /// The target of a redirect.
    redirected_to: Option<Url>,
}

/// The browser's `Response`, unchanged.
pub struct AppResponse {
    response: Response,
    is_redirect: bool,
    /// The time limit for its body, if it is read here.
    limit_ms: u32,
}

impl From<AppResponse> for Response {
    fn from(response: AppResponse) -> Self {
        response.response
    }
}

impl From<AppResponse> for JsValue {
    fn from(response: AppResponse) -> Self {
        response.response.into()
    }
}

impl Browser {
    /// A request to send in a session: [`Session::call`](crate::flow::Session::call).
    pub fn request(&self, request: web_sys::Request) -> AppRequest {
        AppRequest::new(self, request.into(), JsValue::UNDEFINED)
    }
}

impl AppRequest {
    /// Takes the arguments of `fetch`.
    pub fn new(browser: &Browser, input: JsValue, init: JsValue) -> Self {
        let given = GivenRequest::new(browser.fetch.as_ref(), &input, &init);
        let url = given.url().unwrap_or_default().as_string();
        let address = url.map(|url| browser.last_address.read(url)).unwrap_or_default();
        Self { browser: browser.clone(), given, address, via: None, redirected_to: None }
    }

    /// The signal that ends the request, if there is one.
    pub fn signal(&self) -> Option<AbortSignal> {
        self.given.signal().ok()?
    }

    /// Why there is no response. A redirect that the app forbids is not a CORS error.
    async fn unanswered(&self, dpop: bool, thrown: JsValue) -> Error {
        let no_redirect = get(&self.given, "redirect") == "error";
        let Some(url) = self.url().filter(|_| !no_redirect) else {
            return Error::new(Code::Network, Step::Request, "The MCP server could not be reached.")
                .with_source(Some(Box::new(JsCause(thrown))));
        };
        let given = get(&self.given, "headerNames").as_string().unwrap_or_default();
        let mut names: Vec<_> = given.split(',').filter(|name| !name.is_empty()).collect();
        names.push("authorization");
        if dpop {
            names.push("dpop");
        }
        let via = self.via.as_ref();
        self.browser.unreadable(via.unwrap_or(&url), &names, thrown).await.at(Step::Request, &url, via)
    }
}

impl ResourceRequest for AppRequest {
    type Response = AppResponse;

    fn url(&self) -> Option<Url> {
        self.address.url.clone()
    }

    fn proxy_url(&mut self) -> Result<Option<Url>> {
        if self.browser.has_proxy() {
            self.via = self.browser.proxied(Step::Request, &self.address.absolute)?;
        }
        Ok(self.via.clone())
    }

    fn method(&self) -> String {
        self.given.method().unwrap_or_default().as_string().unwrap_or_default()
    }

    fn can_resend(&self) -> bool {
        get(&self.given, "canResend").is_truthy()
    }

    async fn send(&mut self, authorization: &Secret, dpop: Option<&Secret>) -> Result<AppResponse> {
        // Browsers would send the token along on this origin, older ones also to other origins. A proof is only valid
        // for its URL (RFC 9449 §4.3). Not "error", which Cloudflare Workers don't support.
        let follows = self.given.follows().unwrap_or_default();
        // The checked URL, because `fetch` would resolve a relative one by the page's <base>.
        let url = match &self.redirected_to {
            Some(target) => target.as_str(),
            None => &self.address.absolute,
        };
        let via = self.via.as_ref().map(Url::as_str);
        let promise = self.given.send(authorization.expose(), dpop.map(Secret::expose), follows, Some(url), via);
        match settled(&promise).await.and_then(response) {
            Ok(response) => {
                let response: Response = response.into();
                // In a browser, a redirect that is not followed has the status 0 (Fetch §5.5).
                let is_redirect = follows && matches!(response.status(), 0 | 301..=303 | 307 | 308);
                // If the app's backend passes a redirect on, only that backend can reach its target.
                match is_redirect && self.via.is_some() {
                    true => Err(self.unanswered(dpop.is_some(), response.into()).await),
                    false => Ok(AppResponse { response, is_redirect, limit_ms: self.browser.request_timeout_ms }),
                }
            }
            Err(thrown) => Err(self.unanswered(dpop.is_some(), thrown).await),
        }
    }

    async fn redirect_target(&self, response: &AppResponse) -> Option<Url> {
        let from = self.redirected_to.as_ref().map_or(self.address.absolute.as_str(), Url::as_str);
        if let Some(location) = header(&response.response.headers(), "location") {
            return Url::parse(&web_sys::Url::new_with_base(&location, from).ok()?.href()).ok();
        }
        // A browser hides the target until it has followed the redirect. So the request is sent without the token.
        let guard = AbortGuard::new().ok()?;
        let method = if self.method() == "POST" { Method::POST } else { Method::GET };
        let init = Init::new(method, Vec::new(), guard.signal());
        let (_, redirected_to, _) = self.browser.exchange(&Url::parse(from).ok()?, init, false).await.ok()?;
        Url::parse(&redirected_to?).ok()
    }

    fn redirect_to(&mut self, target: &Url) {
        self.redirected_to = Some(target.clone());
    }
}

impl ResourceResponse for AppResponse {
    fn status(&self) -> u16 {
        self.response.status()
    }

    fn is_redirect(&self) -> bool {
        self.is_redirect
    }

    fn www_authenticate(&self) -> Option<String> {
        header(&self.response.headers(), "www-authenticate")
    }

    fn dpop_nonce(&self) -> Option<String> {
        header(&self.response.headers(), "dpop-nonce")
    }

    fn date(&self) -> Option<UnixMillis> {
        date(&self.response.headers())
    }

    async fn oauth_error(&self) -> Option<String> {
        // A copy, because the app reads the body itself.
        let copy = Response::clone(&self.response).ok()?;
        // There is a time limit for bodies that never end. The app gets the response then.
        let reading = async {
            let body = body::read(copy.body(), true).await;
            Ok(body.ok().and_then(|body| parse(&body).ok()).unwrap_or_default())
        };
        let document = race(Step::Request, self.limit_ms, None, reading).await.ok()?;
        get(&document, "error").as_string()
    }
}
