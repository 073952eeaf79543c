//! Finds out why `fetch` threw. Browsers report a dead network and a response that a page may not read in
//! the same way. So this sends HEAD requests to the same URL, with nothing of the request but the names
//! of its headers.

use gloo_net::http::Method;
use wasm_bindgen::JsValue;
use web_sys::{RequestCache, RequestMode};

use super::Browser;
use super::abort::AbortGuard;
use super::fetch::Init;
use super::reflect::{JsCause, get, global};
use crate::ports::TransportError;
use crate::protocol::json::joined;
use crate::protocol::{Url, cors};

impl Browser {
    /// What a thrown value means. `headers` are those for which the browser sent a preflight.
    pub(super) async fn unreadable(&self, url: &Url, headers: &[&str], thrown: JsValue) -> TransportError {
        // HTML §8.9.1.4: `false` is reliable, `true` is not.
        if get(&global("navigator"), "onLine") == false {
            return TransportError::Offline(Some(Box::new(JsCause(thrown))));
        }
        // There is no CORS outside of browsers and at the page's own origin.
        let origin = get(&global("location"), "origin").as_string().filter(|origin| origin != url.origin());
        let (Some(origin), Some("TypeError")) = (origin, get(&thrown, "name").as_string().as_deref()) else {
            return JsCause(thrown).into();
        };
        let allow_origin = cors::allow_origin(&origin);
        let names = joined(headers.iter().copied(), ", ");
        let allow_headers = [" to OPTIONS, with status 204, ", &cors::allow_headers(&names)].concat();
        let missing: &[&str] = match self.in_time(self.visible(url, headers)).await {
            Ok(1) if headers.is_empty() => &[" ", &allow_origin],
            Ok(1) => &[" ", &allow_origin, ", and", &allow_headers],
            Ok(2) if !headers.is_empty() => &[&allow_headers],
            _ => return JsCause(thrown).into(),
        };
        TransportError::Blocked {
            why: ["it must send", &missing.concat(), "."].concat(),
            cause: Some(Box::new(JsCause(thrown))),
        }
    }

    /// What a page sees of a URL's responses: 0 nothing, 1 there is a response, 2 it may be read, 3 also with
    /// the headers in the request.
    async fn visible(&self, url: &Url, headers: &[&str]) -> Result<u8, TransportError> {
        let mut seen = 0;
        while seen < if headers.is_empty() { 2 } else { 3 } {
            let dummies = headers.iter().filter(|_| seen == 2).map(|name| (*name, "x")).collect();
            let guard = AbortGuard::new()?;
            let mut init = Init::new(Method::HEAD, dummies, guard.signal());
            init.mode = Some(if seen == 0 { RequestMode::NoCors } else { RequestMode::Cors });
            init.cache = Some(RequestCache::NoStore);
            if self.fetch(url, &init).await.is_err() {
                break;
            }
            seen += 1;
        }
        Ok(seen)
    }
}
