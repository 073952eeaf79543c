//! A request of the app's to the MCP server, by `fetch`.

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

use super::Browser;
use super::fetch::{date_of, header, oauth_error, status};
use super::promise::settled;
use super::reflect::JsCause;
use crate::ports::{LONGEST_BODY, ResourceRequest, ResourceResponse, UnixMillis};
use crate::protocol::{Secret, Url};
use crate::{Code, Error, Result, Step};

#[wasm_bindgen(module = "/src/browser/app_request.js")]
extern "C" {
    #[wasm_bindgen(js_name = AppRequest)]
    type Given;
    #[wasm_bindgen(constructor, js_class = AppRequest)]
    fn new(fetch: Option<&Function>, input: &JsValue, init: &JsValue) -> Given;
    #[wasm_bindgen(method, getter)]
    fn url(this: &Given) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn method(this: &Given) -> String;
    #[wasm_bindgen(method, getter)]
    fn redirect(this: &Given) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn signal(this: &Given) -> Option<AbortSignal>;
    #[wasm_bindgen(method, getter, js_name = canResend)]
    fn can_resend(this: &Given) -> bool;
    #[wasm_bindgen(method, getter, js_name = headerNames)]
    fn header_names(this: &Given) -> String;
    #[wasm_bindgen(method)]
    fn send(
        this: &Given,
        authorization: &str,
        dpop: Option<&str>,
        redirect: Option<&str>,
        via: Option<&str>,
    ) -> Promise;
}

/// What the app gave to `fetch`.
pub struct AppRequest {
    browser: Browser,
    given: Given,
    via: Option<Url>,
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
    /// Takes the arguments of `fetch`.
    pub fn new(browser: &Browser, input: JsValue, init: JsValue) -> Self {
        Self { browser: browser.clone(), given: Given::new(browser.fetch.as_ref(), &input, &init), via: None }
    }

    /// The signal that ends the request, if there is one.
    pub fn signal(&self) -> Option<AbortSignal> {
        self.given.signal()
    }

    /// Why no answer came. A redirect that the app forbids is no secret of CORS.
    async fn unanswered(&self, dpop: bool, thrown: JsValue) -> Error {
        let no_redirect = self.given.redirect().as_deref() == Some("error");
        let Some(url) = self.url().filter(|_| !no_redirect) else {
            return Error::new(Code::Network, Step::Request, "The MCP server could not be reached.")
                .with_source(Some(Box::new(JsCause(thrown))));
        };
        let given = self.given.header_names();
        let comma = if given.is_empty() { "" } else { ", " };
        let names = [given.as_str(), comma, "authorization", if dpop { ", dpop" } else { "" }].concat();
        let via = self.via.as_ref();
        self.browser.unreadable(via.unwrap_or(&url), &names, thrown).await.at(Step::Request, &url, via)
    }
}

impl ResourceRequest for AppRequest {
    type Response = AppResponse;

    fn url(&self) -> Option<Url> {
        let absolute = self.given.url()?;
        // What follows the path does not matter to where the token may go, and browsers leave
        // characters in a query that RFC 3986 does not have.
        Url::parse(absolute.split(['?', '#']).next()?).ok()
    }

    fn via(&mut self) -> Result<Option<Url>> {
        if self.browser.has_proxy() {
            self.via = self.browser.proxied(Step::Request, &self.given.url().unwrap_or_default())?;
        }
        Ok(self.via.clone())
    }

    fn method(&self) -> String {
        self.given.method()
    }

    fn can_resend(&self) -> bool {
        self.given.can_resend()
    }

    async fn send(&mut self, authorization: &Secret, dpop: Option<&Secret>) -> Result<AppResponse> {
        // Across origins a browser takes `Authorization` away and leaves `DPoP`. And where a redirect
        // leads to, a proof for this URL is of no use (RFC 9449 §4.3), nor is what a backend of the app's
        // hands back. Not "error", which Cloudflare Workers don't know.
        let stays = (dpop.is_some() || self.via.is_some()) && self.given.redirect().as_deref() == Some("follow");
        let redirect = if stays { Some("manual") } else { None };
        let via = self.via.as_ref().map(Url::as_str);
        let promise = self.given.send(authorization.expose(), dpop.map(Secret::expose), redirect, via);
        match settled(&promise).await.map(AppResponse) {
            Ok(response) if stays && response.is_redirect() => Err(self.unanswered(dpop.is_some(), response.0).await),
            Ok(response) => Ok(response),
            Err(thrown) => Err(self.unanswered(dpop.is_some(), thrown).await),
        }
    }
}

impl ResourceResponse for AppResponse {
    fn status(&self) -> u16 {
        status(&self.0)
    }

    fn www_authenticate(&self) -> Option<String> {
        header(&self.0, "www-authenticate")
    }

    fn dpop_nonce(&self) -> Option<String> {
        header(&self.0, "dpop-nonce")
    }

    fn date(&self) -> Option<UnixMillis> {
        date_of(&self.0)
    }

    async fn oauth_error(&self) -> Option<String> {
        settled(&oauth_error(&self.0, LONGEST_BODY)).await.ok()?.as_string()
    }
}
