//! What a flow needs from where it runs, in a terminal: HTTP by reqwest, records in memory, one
//! session at a time.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mcp_authorize::ports::*;
use mcp_authorize::protocol::json::Value;
use mcp_authorize::protocol::{Issuer, PublicKey, Resource, Secret};
use mcp_authorize::{Code, Error, Result, Step};
use reqwest::redirect::Policy;

const TIME_LIMIT: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub struct Terminal(Rc<Parts>);

struct Parts {
    /// Follows redirects, for GET.
    gets: reqwest::Client,
    /// Does not: a redirect would take the code or a secret to another server.
    posts: reqwest::Client,
    records: RefCell<HashMap<String, String>>,
    changes: Cell<u32>,
}

impl Terminal {
    pub fn new() -> reqwest::Result<Self> {
        let client = |policy| reqwest::Client::builder().timeout(TIME_LIMIT).redirect(policy).build();
        Ok(Self(Rc::new(Parts {
            gets: client(Policy::limited(5))?,
            posts: client(Policy::none())?,
            records: RefCell::default(),
            changes: Cell::default(),
        })))
    }

    /// For requests that carry a token.
    pub fn http(&self) -> &reqwest::Client {
        &self.0.posts
    }

    fn changed(&self) {
        self.0.changes.set(self.0.changes.get().wrapping_add(1));
    }
}

impl Http for Terminal {
    async fn send(&self, request: &Request) -> std::result::Result<Response, NoResponse> {
        let mut sent = match &request.body {
            None => self.0.gets.get(request.url.as_str()),
            Some(body) => self
                .0
                .posts
                .post(request.url.as_str())
                .header("content-type", body.content_type())
                .body(body.as_str().to_owned()),
        }
        .header(
            "accept",
            if request.step == Step::Challenge { "application/json, text/event-stream" } else { "application/json" },
        );
        for (name, value) in [("authorization", &request.authorization), ("dpop", &request.dpop)] {
            if let Some(value) = value {
                sent = sent.header(name, value.expose());
            }
        }

        let mut answer = sent.send().await.map_err(no_response)?;
        let header = |name: &str| answer.headers().get(name)?.to_str().ok().map(str::to_owned);
        let (www_authenticate, dpop_nonce) = (header("www-authenticate"), header("dpop-nonce"));
        let cache_control = header("cache-control");
        let retry_after = header("retry-after").and_then(|seconds| seconds.parse().ok());
        let redirected_to = (answer.url().as_str() != request.url.as_str()).then(|| answer.url().to_string());
        let status = answer.status().as_u16();
        let mut body = Vec::new();
        // An MCP server may answer the question for a challenge with a stream of events that never ends.
        while request.step != Step::Challenge
            && let Some(chunk) = answer.chunk().await.map_err(no_response)?
        {
            if body.len() + chunk.len() > LONGEST_BODY {
                return Err(NoResponse::new(Code::ResponseTooLarge));
            }
            body.extend_from_slice(&chunk);
        }
        let body = String::from_utf8_lossy(&body).into_owned();
        // Of use to a program that keeps how far servers' clocks are ahead (`Clock::keep_ahead`).
        let date = None;
        Ok(Response { status, redirected_to, www_authenticate, cache_control, dpop_nonce, retry_after, date, body })
    }
}

fn no_response(error: reqwest::Error) -> NoResponse {
    let code = if error.is_timeout() { Code::Timeout } else { Code::Network };
    NoResponse { source: Some(Box::new(error)), ..NoResponse::new(code) }
}

impl Json for Terminal {
    fn parse_json(&self, text: &str) -> Option<Value> {
        serde_json::from_str::<serde_json::Value>(text).ok().map(Value::from)
    }
}

impl Clock for Terminal {
    fn now(&self) -> UnixMillis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixMillis(since.as_millis() as u64)
    }

    async fn sleep(&self, milliseconds: u64) {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}

impl Entropy for Terminal {
    fn entropy(&self) -> Result<[u8; 32]> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| unsupported(&error.to_string()))?;
        Ok(bytes)
    }
}

/// In memory: what a program keeps on disk belongs into the system's keychain.
impl Store for Terminal {
    async fn get(&self, key: &str) -> Result<Option<Secret>> {
        Ok(self.0.records.borrow().get(key).map(|value| value.as_str().into()))
    }

    async fn set(&self, key: &str, value: Secret) -> Result<()> {
        self.0.records.borrow_mut().insert(key.into(), value.expose().into());
        self.changed();
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<()> {
        self.0.records.borrow_mut().remove(key);
        self.changed();
        Ok(())
    }

    fn changes(&self) -> u32 {
        self.0.changes.get()
    }
}

/// This program does one thing after another.
impl Lock for Terminal {
    type Guard = ();

    async fn lock(&self, _name: &str) -> Result<()> {
        Ok(())
    }
}

/// None: the client says `Dpop::Off` and has no key of its own.
impl Keys for Terminal {
    async fn dpop_key(&self, _issuer: &Issuer) -> Result<PublicKey> {
        Err(unsupported("There are no keys"))
    }

    async fn dpop_sign(&self, _issuer: &Issuer, _input: &str) -> Result<Vec<u8>> {
        Err(unsupported("There are no keys"))
    }

    fn keeps_dpop_keys(&self) -> bool {
        false
    }

    fn client_key(&self) -> Option<&'static str> {
        None
    }

    async fn client_sign(&self, _input: &str) -> Result<Vec<u8>> {
        Err(unsupported("There are no keys"))
    }

    fn nonce(&self, _origin: &str) -> Option<String> {
        None
    }

    fn keep_nonce(&self, _origin: &str, _nonce: String) {}
}

/// None: a user signs in.
impl Assertions for Terminal {
    async fn assertion(&self, _issuer: &Issuer, _resource: &Resource) -> Result<Secret> {
        Err(unsupported("There are no assertions"))
    }
}

fn unsupported(message: &str) -> Error {
    Error::new(Code::Unsupported, Step::Setup, message)
}

/// Says what is asked of whom.
impl Observer for Terminal {
    fn notify(&self, event: &Event<'_>) {
        if let Event::Exchange { method, url, status, duration, .. } = event {
            let status = status.map_or("no answer".to_owned(), |status| status.to_string());
            eprintln!("{method} {url}: {status} ({duration} ms)");
        }
    }
}

/// Nobody leaves this program to sign in.
impl Returned for Terminal {}

/// A request that needs more scopes fails.
impl StepUp for Terminal {}

/// Nobody drops a future here.
impl Task for Terminal {
    async fn to_the_end<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> T {
        future.await
    }
}
