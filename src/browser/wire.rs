//! The exchanges of a diagnosis, by `fetch`.

use std::pin::pin;

use js_sys::Array;
use wasm_bindgen::JsValue;

use super::Browser;
use super::abort::{Abort, until};
use super::cors::unreadable;
use super::fetch::Reader;
use super::reflect::{apply, call, get, object, set, settled};
use crate::Code;
use crate::diagnose::{Answer, Outcome, Probe, Raw, RawAnswer, Wire};
use crate::ports::NoResponse;

impl Raw for Browser {
    async fn exchange(&self, probe: &Probe, method: &str, more: &[(&str, &str)]) -> Result<RawAnswer, Code> {
        self.exchanged(probe, method, more).await.map_err(|failure| failure.code)
    }
}

/// As the page sees it: the browser judges.
impl Wire for Browser {
    async fn send(&self, probe: &Probe) -> Outcome {
        match self.exchanged(probe, probe.method, &[]).await {
            Ok(RawAnswer { status, redirected_to, headers, body }) => {
                Outcome::Answer(Answer { status, redirected_to, headers, hidden: None, body })
            }
            Err(NoResponse { code: Code::CorsBlocked, .. }) => Outcome::Blocked(String::new()),
            Err(failure) => Outcome::Failed(failure.code),
        }
    }
}

impl Browser {
    async fn exchanged(&self, probe: &Probe, method: &str, more: &[(&str, &str)]) -> Result<RawAnswer, NoResponse> {
        let fetch = self.fetch_function();
        match until(self.request_timeout_ms, None, pin!(exchange(&fetch, probe, method, more))).await {
            Ok(result) => result,
            Err(_) => Err(NoResponse::new(Code::Timeout)),
        }
    }
}

async fn exchange(
    fetch: &JsValue,
    probe: &Probe,
    method: &str,
    more: &[(&str, &str)],
) -> Result<RawAnswer, NoResponse> {
    let abort = Abort::new()?;
    let is_probe = method == probe.method;
    let headers = object(&[]);
    let own = probe.headers.iter().filter(|_| is_probe);
    for (name, value) in own.chain(more) {
        set(&headers, name, &(*value).into());
    }
    let init = object(&[
        ("method", method.into()),
        ("headers", headers),
        ("redirect", if probe.method == "GET" { "follow" } else { "manual" }.into()),
        ("credentials", "omit".into()),
        ("cache", "no-store".into()),
        ("referrerPolicy", "no-referrer".into()),
        ("signal", abort.signal()),
    ]);
    if let Some(body) = probe.body.as_ref().filter(|_| is_probe) {
        set(&init, "body", &body.as_str().into());
    }
    let response = match settled(&apply(fetch, &[probe.url.as_str().into(), init])?).await {
        Ok(response) => response,
        Err(thrown) => return Err(unreadable(fetch, &probe.url, &probe.preflighted().join(", "), thrown).await),
    };
    let status = get(&response, "status").as_f64().unwrap_or_default() as u16;
    let redirected_to = if get(&response, "redirected").is_truthy() { get(&response, "url").as_string() } else { None };
    let entries = Array::from(&call(&get(&response, "headers"), "entries", &[])?);
    let pair = |entry: JsValue| {
        let entry = Array::from(&entry);
        Some((entry.get(0).as_string()?, entry.get(1).as_string()?))
    };
    let headers = entries.iter().filter_map(pair).collect();
    let body = match Reader::of(&response)? {
        Some(reader) if probe.read && is_probe => reader.text().await?,
        _ => String::new(),
    };
    Ok(RawAnswer { status, redirected_to, headers, body })
}
