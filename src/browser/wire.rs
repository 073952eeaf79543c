//! The exchanges of a diagnosis, by `fetch`.

use js_sys::Array;
use wasm_bindgen::JsValue;

use super::Browser;
use super::fetch::{headers, status};
use super::reflect::get;
use crate::Code;
use crate::diagnose::{Answer, Outcome, Probe, Raw, RawAnswer, Wire};
use crate::ports::NoResponse;
use crate::protocol::json::Writer;

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
        let is_probe = method == probe.method;
        let own = probe.headers.iter().filter(|_| is_probe);
        let names = own.chain(more).fold(Writer::new(), |names, (name, value)| names.string(name, value));
        let init = Writer::new()
            .object("headers", &names.finish())
            .string("method", method)
            .string("redirect", if probe.method == "GET" { "follow" } else { "manual" })
            .string("cache", "no-store")
            .optional("body", probe.body.as_deref().filter(|_| is_probe));
        let answer = match Self::exchange(self, &probe.url, &init.finish().into(), probe.read && is_probe).await {
            Ok(answer) => answer,
            Err(thrown) => return Err(self.unreadable(&probe.url, &probe.preflighted().join(", "), thrown).await),
        };
        let pair = |entry: JsValue| {
            let entry = Array::from(&entry);
            Some((entry.get(0).as_string()?, entry.get(1).as_string()?))
        };
        Ok(RawAnswer {
            status: status(&answer),
            redirected_to: get(&answer, "from").as_string(),
            headers: headers(&answer)?.iter().filter_map(pair).collect(),
            body: get(&answer, "body").as_string().unwrap_or_default(),
        })
    }
}
