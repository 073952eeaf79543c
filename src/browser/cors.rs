//! Why `fetch` threw. Browsers say the same of a dead network and of an answer that a page may not
//! read, so this looks again: by HEAD at the same URL, with nothing of the request but the names of
//! its headers.

use wasm_bindgen::JsValue;

use super::abort::Abort;
use super::reflect::{JsCause, apply, get, global, object, set, settled};
use crate::Code;
use crate::ports::NoResponse;
use crate::protocol::Url;

/// What a thrown value stands for. `headers` are those for which the browser sent a preflight, joined
/// by commas.
pub(super) async fn unreadable(fetch: &JsValue, url: &Url, headers: &str, thrown: JsValue) -> NoResponse {
    let looks = async {
        // Outside of browsers there is no CORS, nor is there at the page's own origin.
        let origin = get(&global("location"), "origin").as_string().filter(|origin| origin != url.origin())?;
        if get(&thrown, "name").as_string().as_deref() != Some("TypeError") {
            return None;
        }
        head(fetch, url, "no-cors", "").await?;
        let readable = head(fetch, url, "cors", "").await.is_some();
        if readable && (headers.is_empty() || head(fetch, url, "cors", headers).await.is_some()) {
            return None;
        }
        let allow_origin = ["Access-Control-Allow-Origin: ", &origin].concat();
        let allow_headers = [" to OPTIONS, with status 204, Access-Control-Allow-Headers: ", headers].concat();
        let missing: &[&str] = match (readable, headers.is_empty()) {
            (false, true) => &[&allow_origin],
            (false, false) => &[&allow_origin, ", and", &allow_headers],
            (true, _) => &[&allow_headers],
        };
        Some(["it has to send ", missing.concat().trim_start(), "."].concat())
    };
    let missing = looks.await;
    NoResponse {
        code: if missing.is_some() { Code::CorsBlocked } else { Code::Network },
        missing: missing.unwrap_or_default(),
        source: Some(Box::new(JsCause(thrown))),
    }
}

/// Whether an answer came that may be read, or with `no-cors` any at all.
async fn head(fetch: &JsValue, url: &Url, mode: &str, headers: &str) -> Option<()> {
    let abort = Abort::new().ok()?;
    let dummies = object(&[]);
    for name in headers.split(", ").filter(|name| !name.is_empty()) {
        set(&dummies, name, &"x".into());
    }
    let init = object(&[
        ("method", "HEAD".into()),
        ("mode", mode.into()),
        ("headers", dummies),
        ("cache", "no-store".into()),
        ("credentials", "omit".into()),
        ("referrerPolicy", "no-referrer".into()),
        ("signal", abort.signal()),
    ]);
    settled(&apply(fetch, &[url.as_str().into(), init]).ok()?).await.ok().map(drop)
}
