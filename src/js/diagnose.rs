//! `McpAuthorizer.diagnose`, in a WebAssembly module of its own.

use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::AbortSignal;

use crate::browser::promise::promise;
use crate::browser::reflect::{get, global, object};
use crate::browser::{Browser, BrowserOptions, Storage, absolute_url, race};
use crate::diagnose::{App, AsPage, Finding, Report, diagnose as go};
use crate::protocol::Url;
use crate::{Code, Error, Result, Step};

const REQUEST_TIMEOUT_MS: f64 = 30_000.0;
/// A few dozen requests.
const WHOLE_TIMEOUT_MS: u32 = 600_000;

/// Goes through the steps of a sign-in. `options` are those of the authorizer, with `register` and, for
/// where there is no page, `origin`.
#[wasm_bindgen]
pub fn diagnose(server: String, options: JsValue, signal: Option<AbortSignal>) -> Promise {
    promise(Box::pin(async move {
        let work = run(&server, &options);
        Ok(to_object(&race(Step::Setup, WHOLE_TIMEOUT_MS, signal.as_ref(), work).await?))
    }))
}

async fn run(server: &str, options: &JsValue) -> Result<Report> {
    let text = |name| get(options, name).as_string();
    let limit = get(options, "requestTimeout").as_f64().unwrap_or(REQUEST_TIMEOUT_MS);
    let browser = Browser::new(BrowserOptions {
        fetch: get(options, "fetch").dyn_into::<Function>().ok(),
        storage: Storage::Memory,
        request_timeout_ms: limit as u32,
        ..BrowserOptions::default()
    });
    let redirect_uri = absolute_url(&text("redirectUri").unwrap_or_default());
    let redirect_uri = Url::parse(&redirect_uri).map_err(|error| error.at(Step::Setup, "redirectUri"))?;
    let page = get(&global("location"), "origin").as_string();
    let origin = page.clone().or_else(|| text("origin")).unwrap_or_else(|| redirect_uri.origin().to_owned());
    let parsed = Url::parse(&origin).map_err(|error| error.at(Step::Setup, "origin"))?;
    if parsed.origin() != origin {
        return Err(Error::new(Code::InvalidOption, Step::Setup, "\"origin\" has to be scheme, host and port alone."));
    }
    let app = App {
        name: text("clientName").unwrap_or_default(),
        redirect_uri,
        origin,
        pre_registered: text("clientId").is_some(),
        has_metadata_document: text("clientIdMetadataUrl").is_some(),
        register: get(options, "register").is_truthy(),
    };
    Ok(match page {
        Some(_) => go(&browser, server, &app).await,
        None => go(&AsPage { raw: &browser, origin: &app.origin }, server, &app).await,
    })
}

fn to_object(report: &Report) -> JsValue {
    let findings: Array = report.findings.iter().map(finding).collect();
    object(&[
        ("server", report.server.as_str().into()),
        ("origin", report.origin.as_str().into()),
        ("findings", findings.into()),
    ])
}

fn finding(finding: &Finding) -> JsValue {
    let request = finding.request.as_ref().map(|asked| {
        object(&[("method", asked.method.into()), ("url", asked.url.as_str().into()), ("status", asked.status.into())])
    });
    object(&[
        ("id", finding.id.into()),
        ("step", finding.step.name().into()),
        ("status", finding.status.name().into()),
        ("title", finding.title.into()),
        ("detail", finding.detail.as_str().into()),
        ("request", request.into()),
        ("spec", finding.spec.into()),
        ("remedy", finding.remedy.as_deref().into()),
    ])
}
