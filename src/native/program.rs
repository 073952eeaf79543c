//! All ports of a native program together.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use ring::rand::SystemRandom;

use super::detached::Detached;
use super::locks::{LockGuard, Locks};
use crate::ports::{Assertions, ClientKey, Event, Lock, Nonces, Observer, Returned, Spawn, StepUp, Store};
use crate::protocol::Secret;
use crate::{Code, Error, Result, Step};

/// The limit for one exchange, body included.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// All [`Ports`](crate::ports::Ports) of a native program. Clones are the same.
pub struct Native<S>(pub(super) Rc<NativeParts<S>>);

pub(super) struct NativeParts<S> {
    pub http: reqwest::Client,
    pub time_limit: Duration,
    pub store: S,
    pub random: SystemRandom,
    pub locks: Locks,
    pub detached: Detached,
    /// By origin.
    pub nonces: RefCell<HashMap<String, String>>,
    /// How far servers' clocks are ahead, by origin, in milliseconds.
    pub clock_offsets: RefCell<HashMap<String, i64>>,
    pub on_event: Option<OnEvent>,
}

type OnEvent = Box<dyn Fn(&Event<'_>)>;

impl<S> Clone for Native<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// What a [`Native`] is made from, beside its store.
pub struct NativeOptions {
    /// Proxies, certificates and the like. Redirects are not the client's: each is checked before it is
    /// followed.
    pub http: reqwest::ClientBuilder,
    /// The limit for one exchange, body included.
    pub time_limit: Duration,
    /// Called with each event.
    pub on_event: Option<OnEvent>,
}

impl Default for NativeOptions {
    fn default() -> Self {
        Self { http: reqwest::Client::builder(), time_limit: TIME_LIMIT, on_event: None }
    }
}

impl<S: Store> Native<S> {
    /// Over a store.
    ///
    /// # Errors
    ///
    /// [`Code::Unsupported`] where there is no TLS.
    pub fn new(store: S) -> Result<Self> {
        Self::with_options(store, NativeOptions::default())
    }

    /// The same with options.
    ///
    /// # Errors
    ///
    /// [`Code::Unsupported`] where there is no TLS, or where the options of the client don't fit together.
    pub fn with_options(store: S, options: NativeOptions) -> Result<Self> {
        // Where the program has chosen no provider. If another thread is quicker, that one's will do.
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let http = options.http.redirect(reqwest::redirect::Policy::none()).build().map_err(|error| {
            Error::new(Code::Unsupported, Step::Setup, "There can be no HTTP client.").with_source(Some(error.into()))
        })?;
        Ok(Self(Rc::new(NativeParts {
            http,
            time_limit: options.time_limit,
            store,
            random: SystemRandom::new(),
            locks: Locks::default(),
            detached: Detached::default(),
            nonces: RefCell::default(),
            clock_offsets: RefCell::default(),
            on_event: options.on_event,
        })))
    }

    /// Runs to its end what lost its caller, such as a refresh whose request was given up: for a program
    /// that is about to end. Else whoever needs the same session next does so.
    pub async fn finish_detached(&self) {
        self.0.detached.finish().await;
    }
}

impl<S: Store> Store for Native<S> {
    async fn get(&self, key: &str) -> Result<Option<Secret>> {
        self.0.store.get(key).await
    }

    async fn set(&self, key: &str, value: Secret) -> Result<()> {
        self.0.store.set(key, value).await
    }

    async fn delete(&self, key: &str) -> Result<()> {
        self.0.store.delete(key).await
    }

    fn changes(&self) -> u32 {
        self.0.store.changes()
    }
}

impl<S> Nonces for Native<S> {
    fn nonce(&self, origin: &str) -> Option<String> {
        self.0.nonces.borrow().get(origin).cloned()
    }

    fn keep_nonce(&self, origin: &str, nonce: String) {
        self.0.nonces.borrow_mut().insert(origin.to_owned(), nonce);
    }
}

impl<S> Observer for Native<S> {
    fn notify(&self, event: &Event<'_>) {
        if let Some(on_event) = &self.0.on_event {
            on_event(event);
        }
    }
}

/// A program with a key of its own wraps these ports.
impl<S> ClientKey for Native<S> {}

/// A user signs in.
impl<S> Assertions for Native<S> {}

/// Nobody leaves a native program to sign in.
impl<S> Returned for Native<S> {}

/// A request that needs more scopes fails, and its error says which.
impl<S> StepUp for Native<S> {}

impl<S> Lock for Native<S> {
    type Guard = LockGuard;

    async fn lock(&self, name: &str) -> Result<LockGuard> {
        // What holds it may have lost its caller.
        Ok(self.0.detached.run_until(self.0.locks.lock(name)).await)
    }
}

impl<S> Spawn for Native<S> {
    async fn spawn_detached<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> T {
        self.0.detached.run(future).await
    }
}
