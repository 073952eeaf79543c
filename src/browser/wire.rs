//! The exchanges of a diagnosis, with `fetch`.

use std::error::Error as _;

use gloo_net::http::Method;
use js_sys::{Array, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{RequestCache, RequestRedirect};

use super::Browser;
use super::abort::AbortGuard;
use super::fetch::Init;
use super::reflect::{JsCause, call, get, global, parse};
use crate::diagnose::{Answer, Probe, Raw, RawAnswer, Wire};
use crate::ports::TransportError;
use crate::protocol::cors::WILDCARD;

impl Raw for Browser {
    fn reason(&self, failure: &TransportError) -> Option<(String, &'static str)> {
        Wire::reason(self, failure)
    }

    async fn exchange(&self, probe: &Probe, method: &str, more: &[(&str, &str)]) -> Result<RawAnswer, TransportError> {
        self.exchanged(probe, method, more).await
    }
}

/// The browser itself applies the rules of CORS.
impl Wire for Browser {
    /// Node.js gives a reason; browsers do not.
    fn reason(&self, failure: &TransportError) -> Option<(String, &'static str)> {
        let JsCause(thrown) = failure.source()?.downcast_ref()?;
        let code = get(&get(thrown, "cause"), "code").as_string()?;
        let (reason, remedy) = match code.as_str() {
            "ENOTFOUND" | "EAI_AGAIN" => ("Its name does not resolve (DNS).", "Add the name to DNS, or check the URL."),
            "ECONNREFUSED" => ("Nothing listens there.", "Have a server listen there."),
            "ECONNRESET" | "UND_ERR_SOCKET" => ("It closes the connection.", "Have it answer; see its log."),
            "CERT_HAS_EXPIRED" => ("Its certificate has expired.", "Renew the certificate."),
            "ERR_TLS_CERT_ALTNAME_INVALID" => {
                ("Its certificate is for another name.", "Serve a certificate for this host name.")
            }
            code if code.contains("CERT") || code.contains("SIGNATURE") => {
                ("Its certificate is not trusted.", "Serve a certificate that browsers trust, with its full chain.")
            }
            _ => return None,
        };
        Some(([reason, " (", &code, ")"].concat(), remedy))
    }

    async fn send(&self, probe: &Probe) -> Result<Answer, TransportError> {
        let has_token = probe.headers.iter().any(|(name, _)| *name == "authorization");
        let wildcards = has_token.then(Wildcards::watch).flatten();
        let doubted = wildcards.as_ref().is_some_and(Wildcards::was_reported);
        match self.exchanged(probe, probe.method, &[]).await {
            Ok(RawAnswer { status, redirected_to, headers, body }) => {
                let blocked = wildcards.filter(Wildcards::was_reported).map(|_| WILDCARD.to_owned());
                Ok(Answer { status, redirected_to, headers, hidden: None, body, exposed: None, blocked, doubted })
            }
            // The finding's remedy says what the server has to send.
            Err(TransportError::Blocked { cause, .. }) => Err(TransportError::Blocked { why: String::new(), cause }),
            Err(failure) => Err(failure),
        }
    }
}

impl Browser {
    async fn exchanged(&self, probe: &Probe, method: &str, more: &[(&str, &str)]) -> Result<RawAnswer, TransportError> {
        let is_probe = method == probe.method;
        let own = if is_probe { probe.headers.as_slice() } else { &[] };
        let guard = AbortGuard::new()?;
        let method = Method::from_bytes(method.as_bytes()).unwrap_or_default();
        let mut init = Init::new(method, own.iter().chain(more).copied().collect(), guard.signal());
        init.body = probe.body.as_deref().filter(|_| is_probe);
        init.cache = Some(RequestCache::NoStore);
        if !probe.follow {
            init.redirect = RequestRedirect::Manual;
        }
        let (answer, redirected_to, body) = Self::exchange(self, &probe.url, init, probe.read && is_probe).await?;
        let mut headers = Vec::new();
        for entry in js_sys::try_iter(&answer.headers().into_raw()).map_err(JsCause)?.into_iter().flatten() {
            let entry = Array::from(&entry.map_err(JsCause)?);
            headers.extend(entry.get(0).as_string().zip(entry.get(1).as_string()));
        }
        Ok(RawAnswer { status: answer.status(), redirected_to, headers, body })
    }
}

/// In Chromium, `*` includes Authorization, unlike in Fetch §4.8 and other browsers. Chromium says so in a report, once
/// per page.
struct Wildcards(JsValue);

impl Wildcards {
    /// `None` if there are no such reports.
    fn watch() -> Option<Self> {
        let class = global("ReportingObserver").dyn_into::<Function>().ok()?;
        // The constructor needs a function. The reports are taken before it is called.
        let idle = global("Object");
        let options = parse(r#"{"types":["deprecation"],"buffered":true}"#).ok()?;
        let observer = Reflect::construct(&class, &Array::of2(&idle, &options)).ok()?;
        call(&observer, "observe", &[]).ok()?;
        Some(Self(observer))
    }

    /// Whether there was a report since the last call, or since the page was opened.
    fn was_reported(&self) -> bool {
        let records = call(&self.0, "takeRecords", &[]).unwrap_or_default();
        let is_about_wildcard = |report: JsValue| get(&get(&report, "body"), "id") == "AuthorizationCoveredByWildcard";
        Array::from(&records).iter().any(is_about_wildcard)
    }
}

impl Drop for Wildcards {
    fn drop(&mut self) {
        let _ = call(&self.0, "disconnect", &[]);
    }
}
