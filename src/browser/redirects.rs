//! Redirects of the library's own requests, outside of browsers.

use gloo_net::http::Response as Incoming;
use wasm_bindgen::JsValue;
use web_sys::RequestRedirect;

use super::Browser;
use super::body::cancel;
use super::fetch::{Init, header};
use super::reflect::global;
use crate::protocol::Url;

/// The limit of browsers (Fetch §4.4).
const MOST: u32 = 20;

/// The final URL, if redirects were followed, or the target of a redirect that was not.
pub(super) type RedirectedTo = Option<String>;

impl Browser {
    /// Sends a request and follows redirects, if wanted. Browsers follow them themselves, hide the targets, and ask the
    /// user before they connect to a private network. Node.js, Deno and Workers would connect to anything, so each
    /// target is checked first there (RFC 9728 §7.7).
    pub(super) async fn fetch_on(&self, url: &Url, mut init: Init<'_>) -> Result<(Incoming, RedirectedTo), JsValue> {
        if init.redirect == RequestRedirect::Follow && global("document").is_undefined() {
            init.redirect = RequestRedirect::Manual;
            init.hops = MOST;
        }
        let mut at = url.clone();
        loop {
            let answer = self.fetch(&at, &init).await?;
            match next(&answer, &at, &mut init) {
                Next::Ask(url) => {
                    // Nobody reads this body.
                    if let Some(body) = answer.body() {
                        cancel(&body);
                    }
                    at = url;
                }
                Next::End(redirected_to) => return Ok((answer, redirected_to)),
            }
        }
    }
}

enum Next {
    Ask(Url),
    End(RedirectedTo),
}

fn next(answer: &Incoming, at: &Url, init: &mut Init<'_>) -> Next {
    let location = match answer.status() {
        _ if init.hops == 0 => None,
        // A worker in a browser, which hides the target (Fetch §5.5).
        0 => {
            (init.redirect, init.hops) = (RequestRedirect::Follow, 0);
            return Next::Ask(at.clone());
        }
        301..=303 | 307 | 308 => header(&answer.headers().into_raw(), "location"),
        _ => None,
    };
    let Some(location) = location else {
        let was_led = (1..MOST).contains(&init.hops);
        let by_itself = || answer.redirected().then(|| answer.url());
        return Next::End(if was_led { Some(at.as_str().to_owned()) } else { by_itself() });
    };
    // RFC 9110 §10.2.2: relative to the request's URL.
    let target = web_sys::Url::new_with_base(&location, at.as_str()).map_or(location, |url| url.href());
    init.hops -= 1;
    match Url::parse(&target) {
        Ok(url) if init.hops > 0 && at.may_lead_to(&url).is_ok() => Next::Ask(url),
        _ => Next::End(Some(target)),
    }
}
