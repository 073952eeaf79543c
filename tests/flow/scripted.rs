//! Ports on a scripted world: each test says what the servers answer at each URL.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use base64::Engine;
use mcp_authorize::flow::Client;
use mcp_authorize::ports::*;
use mcp_authorize::protocol::json::Value;
use mcp_authorize::protocol::{
    AuthorizationParameters, Issuer, PublicKey, RedirectUri, Resource, Secret, StepUpDemand, Url, form,
};
use mcp_authorize::{Code, Error, Result, Step};
use serde::Serialize;

pub const SERVER: &str = "https://mcp.example/mcp";
pub const PRM: &str = "https://mcp.example/.well-known/oauth-protected-resource/mcp";
pub const ROOT_PRM: &str = "https://mcp.example/.well-known/oauth-protected-resource";
pub const ISSUER: &str = "https://as.example";
pub const METADATA: &str = "https://as.example/.well-known/oauth-authorization-server";
pub const OPENID: &str = "https://as.example/.well-known/openid-configuration";
pub const REGISTER: &str = "https://as.example/register";
pub const TOKEN: &str = "https://as.example/token";
pub const REVOKE: &str = "https://as.example/revoke";

/// In seconds: how long a document is cached if its server sends no `Cache-Control`.
pub const AN_HOUR: u64 = 3600;

/// A scripted response.
#[derive(Clone)]
pub enum Reply {
    Json(u16, String),
    Challenge(u16, String),
    /// A response with a `DPoP-Nonce`.
    Nonce(u16, &'static str, String),
    /// A response with a `Retry-After`.
    RetryAfter(u16, u64),
    /// A response with a `Cache-Control`.
    Cached(&'static str, String),
    RedirectTo(String),
    Fails(Code),
}

impl Reply {
    pub fn ok(body: impl Into<String>) -> Self {
        Reply::Json(200, body.into())
    }
}

#[derive(Default)]
struct World {
    /// The responses at a URL, in order; the last one repeats.
    replies: RefCell<BTreeMap<String, Vec<Reply>>>,
    requests: RefCell<Vec<(String, String)>>,
    times: RefCell<Vec<(String, u64)>>,
    store: RefCell<BTreeMap<String, String>>,
    events: RefCell<Vec<String>>,
    now: Cell<u64>,
    entropy: Cell<u8>,
    locked: RefCell<Vec<String>>,
    storage_fails: Cell<bool>,
    changes: Cell<u32>,
    proofs: RefCell<Vec<String>>,
    authorizations: RefCell<Vec<String>>,
    nonces: RefCell<BTreeMap<String, String>>,
    server_ahead: Cell<i64>,
    ahead: RefCell<BTreeMap<String, i64>>,
    client_key: Cell<Option<&'static str>>,
    waited_for: RefCell<Vec<String>>,
    on_step_up: Cell<Option<OnStepUp>>,
    forgets_keys: Cell<bool>,
    /// How many turns a response takes, at URLs where it takes more than one.
    turns: RefCell<BTreeMap<String, u32>>,
    /// The number of requests in flight, and how often it rose from zero.
    under_way: Cell<u32>,
    steps: Cell<u32>,
    /// Work that continues even if its caller is dropped.
    detached: RefCell<Vec<Rc<RefCell<Option<Work>>>>>,
}

/// What the app does when a request waits for more scopes.
type OnStepUp = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = Result<()>>>>>;

/// The world that all tabs share, and the responses that came back to this tab.
#[derive(Clone, Default)]
pub struct Scripted(Rc<World>, Rc<RefCell<Vec<String>>>);

impl Scripted {
    /// An MCP server and an authorization server without faults.
    pub fn working() -> Self {
        let world = Self::default();
        world.0.now.set(1_000_000);
        world.reply(SERVER, Reply::Challenge(401, format!("Bearer resource_metadata=\"{PRM}\", scope=\"read\"")));
        world.reply(PRM, Reply::ok(prm(SERVER, ISSUER)));
        world.reply(METADATA, Reply::ok(metadata(ISSUER, "")));
        world.reply(REGISTER, Reply::Json(201, r#"{"client_id": "registered"}"#.into()));
        world.reply(TOKEN, Reply::ok(tokens("first")));
        world.reply(REVOKE, Reply::Json(200, String::new()));
        world
    }

    /// Replaces the responses at a URL with one that repeats.
    pub fn reply(&self, url: &str, reply: Reply) {
        self.replies(url, vec![reply]);
    }

    /// Responses in order; the last one repeats.
    pub fn replies(&self, url: &str, mut replies: Vec<Reply>) {
        replies.reverse();
        self.0.replies.borrow_mut().insert(url.into(), replies);
    }

    /// From now on, a URL answers 404.
    pub fn remove(&self, url: &str) {
        self.0.replies.borrow_mut().remove(url);
    }

    /// The requested URLs, in order.
    pub fn requested(&self) -> Vec<String> {
        self.0.requests.borrow().iter().map(|(url, _)| url.clone()).collect()
    }

    /// The bodies that were posted to a URL.
    pub fn posted(&self, url: &str) -> Vec<String> {
        self.0.requests.borrow().iter().filter(|(asked, _)| asked == url).map(|(_, body)| body.clone()).collect()
    }

    /// The seconds before each request to a URL: since the previous one, or since the start.
    pub fn pauses(&self, url: &str) -> Vec<u64> {
        let times = self.0.times.borrow();
        let at: Vec<u64> = times.iter().filter(|(asked, _)| asked == url).map(|(_, at)| *at).collect();
        let before = [1_000_000].into_iter().chain(at.iter().copied());
        at.iter().zip(before).map(|(at, before)| (at - before) / 1000).collect()
    }

    /// The parameters of the last form posted to a URL.
    pub fn form(&self, url: &str) -> BTreeMap<String, String> {
        form::parse(self.posted(url).last().expect("a form was posted")).into_iter().collect()
    }

    /// A response from this URL takes this many turns instead of one, so that others arrive first.
    pub fn takes(&self, url: &str, turns: u32) {
        self.0.turns.borrow_mut().insert(url.into(), turns);
    }

    /// Runs detached work to its end.
    pub async fn finish_detached(&self) {
        let detached = self.0.detached.take();
        for work in detached {
            std::future::poll_fn(|context| poll_work(&work, context)).await;
        }
    }

    /// How many requests were sent in sequence: those in flight at the same time count as one.
    pub fn steps(&self) -> u32 {
        self.0.steps.get()
    }

    pub fn forget_requests(&self) {
        self.0.steps.set(0);
        self.0.requests.borrow_mut().clear();
    }

    pub fn events(&self) -> Vec<String> {
        self.0.events.borrow().clone()
    }

    pub fn stored(&self) -> BTreeMap<String, String> {
        self.0.store.borrow().clone()
    }

    pub fn write(&self, key: &str, value: &str) {
        self.0.store.borrow_mut().insert(key.into(), value.into());
    }

    /// The DPoP proofs of the flow's own requests, header and claims decoded.
    pub fn proofs(&self) -> Vec<(serde_json::Value, serde_json::Value)> {
        self.0.proofs.borrow().iter().map(|proof| decoded(proof)).collect()
    }

    /// The `Authorization` headers of the flow's own requests.
    pub fn authorizations(&self) -> Vec<String> {
        self.0.authorizations.borrow().clone()
    }

    /// The app has a key for client authentication.
    pub fn has_client_key(&self) {
        self.0.client_key.set(Some("ES256"));
    }

    /// What the app does when a request waits for more scopes, for one such request.
    pub fn on_step_up<F: Future<Output = Result<()>> + 'static>(&self, work: impl FnOnce() -> F + 'static) {
        self.0.on_step_up.set(Some(Box::new(|| Box::pin(work()))));
    }

    /// The scopes that requests waited for.
    pub fn waited_for(&self) -> Vec<String> {
        self.0.waited_for.borrow().clone()
    }

    /// The clocks of all servers are ahead of the program's, and their `Date` headers show it.
    pub fn servers_are_ahead(&self, milliseconds: i64) {
        self.0.server_ahead.set(milliseconds);
    }

    /// Keys are lost while the store is kept.
    pub fn forgets_keys(&self) {
        self.0.forgets_keys.set(true);
    }

    /// Another tab of the same browser: it does not get the responses that come back to this one.
    pub fn another_tab(&self) -> Self {
        Self(self.0.clone(), Rc::default())
    }

    /// A response comes back from a redirect.
    pub fn returns(&self, response: &str) {
        self.1.borrow_mut().push(response.into());
    }

    /// The responses that came back and were not taken yet.
    pub fn returned(&self) -> Vec<String> {
        self.1.borrow().clone()
    }

    pub fn storage_fails(&self, fails: bool) {
        self.0.storage_fails.set(fails);
    }

    /// Sets the clock, in milliseconds since 1970.
    pub fn set_clock(&self, now: u64) {
        self.0.now.set(now);
    }

    pub fn wait(&self, seconds: u64) {
        self.0.now.set(self.0.now.get() + seconds * 1000);
    }

    fn answer(&self, url: &str) -> Reply {
        let mut replies = self.0.replies.borrow_mut();
        match replies.get_mut(url) {
            None => Reply::Json(404, "not found".into()),
            Some(left) if left.len() > 1 => left.pop().expect("more than one"),
            Some(left) => left[0].clone(),
        }
    }
}

pub fn prm(resource: &str, issuer: &str) -> String {
    format!(
        r#"{{"resource": "{resource}", "authorization_servers": ["{issuer}"], "scopes_supported": ["read", "write"]}}"#
    )
}

pub fn metadata(issuer: &str, more: &str) -> String {
    let (registration, revocation) = (REGISTER, REVOKE);
    format!(
        r#"{{"issuer": "{issuer}", "authorization_endpoint": "https://as.example/authorize", "token_endpoint": "{TOKEN}",
        "registration_endpoint": "{registration}", "revocation_endpoint": "{revocation}",
        "code_challenge_methods_supported": ["S256"] {more}}}"#
    )
}

pub fn tokens(name: &str) -> String {
    format!(
        r#"{{"access_token": "{name}-access", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "{name}-refresh"}}"#
    )
}

pub fn client() -> Client {
    Client {
        name: "Acme Agent".into(),
        redirect_uri: RedirectUri::parse("https://app.example/callback").ok(),
        ..Client::default()
    }
}

/// Runs futures concurrently; returns their outputs in the order of completion.
pub async fn all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|context| {
        waiting.retain_mut(|future| match future.as_mut().poll(context) {
            std::task::Poll::Ready(output) => {
                done.push(output);
                false
            }
            std::task::Poll::Pending => true,
        });
        if waiting.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done
}

/// Gives the other futures a turn, like a request that waits for the network.
pub async fn yield_once() {
    let mut yielded = false;
    std::future::poll_fn(move |context| {
        if std::mem::replace(&mut yielded, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

type Work = Pin<Box<dyn Future<Output = ()>>>;

fn poll_work(work: &RefCell<Option<Work>>, context: &mut Context<'_>) -> Poll<()> {
    let polled = work.borrow_mut().as_mut().map_or(Poll::Ready(()), |work| work.as_mut().poll(context));
    if polled.is_ready() {
        work.borrow_mut().take();
    }
    polled
}

/// A request in flight.
struct UnderWay<'a>(&'a World);

impl<'a> UnderWay<'a> {
    fn begin(world: &'a World) -> Self {
        if world.under_way.get() == 0 {
            world.steps.set(world.steps.get() + 1);
        }
        world.under_way.set(world.under_way.get() + 1);
        Self(world)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.set(self.0.under_way.get() - 1);
    }
}

impl Http for Scripted {
    async fn send(&self, request: &Request) -> std::result::Result<Response, TransportError> {
        let body = request.body.as_ref().map(|body| body.as_str().to_owned()).unwrap_or_default();
        self.0.requests.borrow_mut().push((request.url.as_str().into(), body));
        self.0.times.borrow_mut().push((request.url.as_str().into(), self.0.now.get()));
        let _under_way = UnderWay::begin(&self.0);
        let turns = self.0.turns.borrow().get(request.url.as_str()).copied().unwrap_or(1);
        for _ in 0..turns {
            yield_once().await;
        }
        if let Some(proof) = &request.dpop {
            self.0.proofs.borrow_mut().push(proof.expose().into());
        }
        if let Some(authorization) = &request.authorization {
            self.0.authorizations.borrow_mut().push(authorization.expose().into());
        }
        let (mut dpop_nonce, mut retry_after, mut cache_control) = (None, None, None);
        let ahead = self.0.server_ahead.get();
        let date = (ahead != 0).then(|| UnixMillis(self.0.now.get().saturating_add_signed(ahead)));
        let (status, www_authenticate, redirected_to, body) = match self.answer(request.url.as_str()) {
            Reply::Json(status, body) => (status, None, None, body),
            Reply::Challenge(status, field) => (status, Some(field), None, String::new()),
            Reply::Nonce(status, nonce, body) => {
                dpop_nonce = Some(nonce.to_owned());
                (status, None, None, body)
            }
            Reply::RetryAfter(status, seconds) => {
                retry_after = Some(seconds);
                (status, None, None, String::new())
            }
            Reply::Cached(field, body) => {
                cache_control = Some(field.to_owned());
                (200, None, None, body)
            }
            Reply::RedirectTo(url) => {
                let Reply::Json(status, body) = self.answer(&url) else { panic!("a redirect must lead to JSON") };
                (status, None, Some(url), body)
            }
            Reply::Fails(code) => {
                return Err(match code {
                    Code::Timeout => TransportError::TimedOut(None),
                    Code::ResponseTooLarge => TransportError::TooLarge(None),
                    Code::CorsBlocked => TransportError::Blocked { why: String::new(), cause: None },
                    _ => TransportError::Unreachable(None),
                });
            }
        };
        Ok(Response { status, redirected_to, www_authenticate, cache_control, dpop_nonce, retry_after, date, body })
    }
}

impl Json for Scripted {
    fn parse_json(&self, text: &str) -> Option<Value> {
        serde_json::from_str::<serde_json::Value>(text).ok().map(Value::from)
    }

    fn write_json(&self, value: &impl Serialize) -> Result<String> {
        Ok(serde_json::to_string(value).expect("it can be serialized"))
    }
}

impl Clock for Scripted {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.now.get())
    }

    async fn sleep(&self, milliseconds: u64) {
        let until = self.0.now.get() + milliseconds;
        yield_once().await;
        // Others may have slept for longer meanwhile.
        self.0.now.set(self.0.now.get().max(until));
    }

    fn clock_offset(&self, origin: &str) -> i64 {
        self.0.ahead.borrow().get(origin).copied().unwrap_or_default()
    }

    fn keep_clock_offset(&self, origin: &str, milliseconds: i64) {
        self.0.ahead.borrow_mut().insert(origin.into(), milliseconds);
    }
}

impl Entropy for Scripted {
    fn entropy(&self) -> Result<[u8; 32]> {
        self.0.entropy.set(self.0.entropy.get() + 1);
        Ok([self.0.entropy.get(); 32])
    }
}

impl Store for Scripted {
    async fn get(&self, key: &str) -> Result<Option<Secret>> {
        yield_once().await;
        Ok(self.0.store.borrow().get(key).map(|value| value.as_str().into()))
    }

    async fn set(&self, key: &str, value: Secret) -> Result<()> {
        yield_once().await;
        if self.0.storage_fails.get() {
            return Err(Error::new(Code::StorageFailed, Step::Storage, "The disk is full."));
        }
        self.0.store.borrow_mut().insert(key.into(), value.expose().into());
        self.0.changes.set(self.0.changes.get() + 1);
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<()> {
        yield_once().await;
        self.0.store.borrow_mut().remove(key);
        self.0.changes.set(self.0.changes.get() + 1);
        Ok(())
    }

    fn changes(&self) -> u32 {
        self.0.changes.get()
    }

    fn changed(&self) -> impl Future<Output = ()> {
        let (world, seen) = (self.clone(), self.changes());
        async move {
            while world.changes() == seen {
                yield_once().await;
            }
        }
    }
}

pub struct Guard(Scripted, String);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.0.locked.borrow_mut().retain(|name| *name != self.1);
    }
}

impl Lock for Scripted {
    type Guard = Guard;

    async fn lock(&self, name: &str) -> Result<Guard> {
        while self.0.locked.borrow().iter().any(|locked| locked == name) {
            yield_once().await;
        }
        self.0.locked.borrow_mut().push(name.into());
        Ok(Guard(self.clone(), name.into()))
    }
}

/// Header and claims of a JWT.
pub fn decoded(jwt: &str) -> (serde_json::Value, serde_json::Value) {
    let mut parts = jwt.split('.').map(|part| {
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).expect("base64url");
        serde_json::from_slice(&bytes).unwrap_or_default()
    });
    (parts.next().expect("a header"), parts.next().expect("claims"))
}

impl DpopKeys for Scripted {
    async fn dpop_key(&self, name: &str) -> Result<PublicKey> {
        Ok(PublicKey { x: name.into(), y: "y".into() })
    }

    async fn dpop_sign(&self, _name: &str, _input: &str) -> Result<Vec<u8>> {
        Ok(vec![1; 64])
    }

    fn keeps_dpop_keys(&self) -> bool {
        !self.0.forgets_keys.get()
    }
}

impl ClientKey for Scripted {
    fn client_key_algorithm(&self) -> Option<&'static str> {
        self.0.client_key.get()
    }

    async fn client_sign(&self, _input: &str) -> Result<Vec<u8>> {
        Ok(vec![2; 64])
    }
}

impl Nonces for Scripted {
    fn nonce(&self, origin: &str) -> Option<String> {
        self.0.nonces.borrow().get(origin).cloned()
    }

    fn keep_nonce(&self, origin: &str, nonce: String) {
        self.0.nonces.borrow_mut().insert(origin.into(), nonce);
    }
}

impl Assertions for Scripted {
    async fn assertion(&self, issuer: &Issuer, resource: &Resource) -> Result<Secret> {
        Ok(["assertion for ", issuer.as_str(), " and ", resource.as_str()].concat().into())
    }
}

impl Observer for Scripted {
    fn notify(&self, event: &Event<'_>) {
        self.0.events.borrow_mut().push(format!("{event:?}"));
    }
}

impl StepUp for Scripted {
    async fn wait_for_step_up(&self, _server: &str, _account: &str, demand: &StepUpDemand) -> Result<()> {
        self.0.waited_for.borrow_mut().push(demand.scopes.tokens().join(" "));
        yield_once().await;
        match self.0.on_step_up.take() {
            Some(work) => work().await,
            None => Ok(()),
        }
    }
}

impl Returned for Scripted {
    fn responses(&self) -> Vec<Secret> {
        self.1.borrow().iter().map(|response| response.as_str().into()).collect()
    }

    fn forget(&self, response: &Secret) {
        self.1.borrow_mut().retain(|kept| kept != response.expose());
    }
}

impl Spawn for Scripted {
    async fn spawn_detached<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> T {
        let result = Rc::new(RefCell::new(None));
        let came = result.clone();
        let work: Work = Box::pin(async move {
            let value = future.await;
            *came.borrow_mut() = Some(value);
        });
        let work = Rc::new(RefCell::new(Some(work)));
        self.0.detached.borrow_mut().push(work.clone());
        std::future::poll_fn(|context| {
            poll_work(&work, context).map(|()| result.borrow_mut().take().expect("it is awaited once"))
        })
        .await
    }
}

/// The identity that the app gives for an authorization server.
type Identify = Box<dyn Fn(&FoundServer<'_>, bool) -> Result<Option<GivenIdentity>>>;
type Parameters = Box<dyn Fn(&FoundServer<'_>) -> Result<AuthorizationParameters>>;

/// The responses of a scripted user, made from the parameters of the opened URL.
type Answers = Box<dyn Fn(&BTreeMap<String, String>) -> Vec<Result<CallbackQuery>>>;

pub struct User {
    pub opened: Option<Url>,
    pub chooses: usize,
    /// The time limit of a sign-in by redirect, in milliseconds.
    pub redirect_timeout: Option<u64>,
    /// Leaves the page open and never answers.
    pub hesitates: bool,
    pub shows_page: bool,
    /// The identity and the parameters that the app, or its user, gives.
    pub identity: Identify,
    pub parameters: Parameters,
    answers: Answers,
    queue: Vec<Result<CallbackQuery>>,
}

impl User {
    /// A user whose page leads to these responses.
    pub fn answering(answers: impl Fn(&BTreeMap<String, String>) -> Vec<Result<CallbackQuery>> + 'static) -> Self {
        Self {
            opened: None,
            chooses: 0,
            redirect_timeout: None,
            hesitates: false,
            shows_page: true,
            answers: Box::new(answers),
            queue: Vec::new(),
            identity: Box::new(|_, _| Ok(None)),
            parameters: Box::new(|_| Ok(AuthorizationParameters::default())),
        }
    }

    /// A user who consents.
    pub fn consents() -> Self {
        Self::answering(|sent| vec![Ok(from_popup(&format!("?code=the-code&state={}", sent["state"])))])
    }

    /// The parameters of the URL that was opened.
    pub fn sent(&self) -> BTreeMap<String, String> {
        form::parse(self.opened.as_ref().expect("a page was opened").query()).into_iter().collect()
    }
}

/// A response that is sure to come from the sign-in's own popup.
pub fn from_popup(query: &str) -> CallbackQuery {
    CallbackQuery { query: query.into(), from_own_popup: true }
}

/// A response on a channel that all tabs share.
pub fn from_shared_channel(query: &str) -> CallbackQuery {
    CallbackQuery { query: query.into(), from_own_popup: false }
}

impl UserAgent for User {
    async fn choose(&mut self, _issuers: &[Issuer]) -> Result<usize> {
        Ok(self.chooses)
    }

    fn redirect_timeout(&self) -> Option<u64> {
        self.redirect_timeout
    }

    fn shows_page(&self) -> bool {
        self.shows_page
    }

    async fn identity(&mut self, server: &FoundServer<'_>, can_register: bool) -> Result<Option<GivenIdentity>> {
        (self.identity)(server, can_register)
    }

    async fn authorization_parameters(&mut self, server: &FoundServer<'_>) -> Result<AuthorizationParameters> {
        (self.parameters)(server)
    }

    fn open(&mut self, page: &AuthorizationPage<'_>) -> Result<()> {
        let (url, state) = (page.url, page.state);
        assert!(url.as_str().contains(state.as_str()) || url.as_str().contains("request_uri"));
        self.opened = Some(url.clone());
        self.queue = (self.answers)(&self.sent());
        self.queue.reverse();
        Ok(())
    }

    async fn response(&mut self) -> Result<CallbackQuery> {
        if self.hesitates {
            std::future::pending::<()>().await;
        }
        self.queue.pop().unwrap_or_else(|| Err(Error::new(POPUP_CLOSED, Step::Authorization, "No more answers.")))
    }
}

/// A request of the app. The script gets its token and answers.
pub struct AppRequest<'a, F> {
    pub url: &'static str,
    pub proofs: &'a mut Vec<String>,
    pub can_resend: bool,
    pub answer: F,
}

#[derive(Default)]
pub struct AppResponse {
    pub status: u16,
    pub www_authenticate: &'static str,
    pub nonce: Option<&'static str>,
    pub error: Option<&'static str>,
    /// The target of a redirect that the flow follows; empty if the target is hidden.
    pub redirects_to: Option<&'static str>,
    pub date: Option<UnixMillis>,
}

impl AppResponse {
    pub fn new(status: u16, www_authenticate: &'static str) -> Self {
        Self { status, www_authenticate, ..Self::default() }
    }
}

impl<F: AsyncFnMut(&str) -> AppResponse> ResourceRequest for AppRequest<'_, F> {
    type Response = AppResponse;

    fn url(&self) -> Option<Url> {
        Url::parse(self.url).ok()
    }

    fn method(&self) -> String {
        "POST".into()
    }

    fn can_resend(&self) -> bool {
        self.can_resend
    }

    async fn send(&mut self, authorization: &Secret, dpop: Option<&Secret>) -> Result<AppResponse> {
        yield_once().await;
        let token = authorization.expose().split_once(' ').expect("a scheme and a token").1;
        assert_eq!(authorization.expose().starts_with("DPoP "), dpop.is_some());
        self.proofs.extend(dpop.map(|proof| proof.expose().to_owned()));
        Ok((self.answer)(token).await)
    }
}

impl ResourceResponse for AppResponse {
    fn status(&self) -> u16 {
        self.status
    }

    fn www_authenticate(&self) -> Option<String> {
        Some(self.www_authenticate.to_owned()).filter(|field| !field.is_empty())
    }

    fn is_redirect(&self) -> bool {
        self.redirects_to.is_some()
    }

    fn date(&self) -> Option<UnixMillis> {
        self.date
    }

    async fn oauth_error(&self) -> Option<String> {
        self.error.map(str::to_owned)
    }

    fn dpop_nonce(&self) -> Option<String> {
        self.nonce.map(str::to_owned)
    }
}
