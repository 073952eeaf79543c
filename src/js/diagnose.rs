//! `McpAuthorizer.diagnose`, in a WebAssembly module of its own.

use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::AbortSignal;

use super::settle;
use crate::browser::json::to_js;
use crate::browser::reflect::{get, global};
use crate::browser::{Browser, BrowserOptions, REQUEST_TIMEOUT_MS, Storage, absolute_url, race};
use crate::diagnose::{App, AsPage, Report, diagnose as go};
use crate::protocol::{RedirectUri, Url};
use crate::{Code, Error, Result, Step};

/// A few dozen requests.
const WHOLE_TIMEOUT_MS: u32 = 600_000;

/// Diagnoses a server. `options` are those of the authorizer, with `register` and, outside of pages,
/// `origin`.
#[wasm_bindgen]
pub fn diagnose(server: String, options: JsValue, signal: Option<AbortSignal>) -> Promise {
    settle(async move {
        let work = run(&server, &options);
        Ok(to_js(&race(Step::Setup, WHOLE_TIMEOUT_MS, signal.as_ref(), work).await?)?)
    })
}

async fn run(server: &str, options: &JsValue) -> Result<Report> {
    let text = |name| get(options, name).as_string();
    let limit = get(options, "requestTimeout").as_f64().unwrap_or(REQUEST_TIMEOUT_MS.into());
    let browser = Browser::new(BrowserOptions {
        fetch: get(options, "fetch").dyn_into::<Function>().ok(),
        storage: Storage::Memory,
        request_timeout_ms: limit as u32,
        ..BrowserOptions::default()
    });
    let redirect_uri = absolute_url(&text("redirectUri").unwrap_or_default());
    let redirect_uri =
        RedirectUri::parse(&redirect_uri).map_err(|error| error.at(Step::Setup, "redirectUri", &redirect_uri))?;
    let page = get(&global("location"), "origin").as_string();
    let origin = page
        .clone()
        .or_else(|| text("origin"))
        .or_else(|| redirect_uri.url().map(|url| url.origin().to_owned()))
        .unwrap_or_default();
    let parsed = Url::parse(&origin).map_err(|error| error.at(Step::Setup, "origin", &origin))?;
    if parsed.origin() != origin {
        return Err(Error::new(Code::InvalidOption, Step::Setup, "\"origin\" must be a scheme, host and port only."));
    }
    let app = App {
        name: text("clientName").unwrap_or_default(),
        redirect_uri,
        origin,
        client_id: text("clientId"),
        trust_pkce: texts(&get(options, "trustPkce")),
        metadata_document: text("clientIdMetadataUrl"),
        register: get(options, "register").is_truthy(),
    };
    Ok(match page {
        Some(_) => go(&browser, server, &app).await,
        None => go(&AsPage { raw: &browser, origin: &app.origin }, server, &app).await,
    })
}

fn texts(list: &JsValue) -> Vec<String> {
    let list = list.dyn_ref::<Array>();
    list.into_iter().flat_map(Array::iter).filter_map(|text| text.as_string()).collect()
}
