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

/// The options of a [`Native`].
pub struct NativeOptions {
    /// Proxies, certificates and the like. These ports follow redirects themselves, because each is checked first.
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
    /// With a store.
    ///
    /// # Errors
    ///
    /// [`Code::Unsupported`] if there is no TLS.
    pub fn new(store: S) -> Result<Self> {
        Self::with_options(store, NativeOptions::default())
    }

    /// The same with options.
    ///
    /// # Errors
    ///
    /// [`Code::Unsupported`] if there is no TLS, or if the options of the client contradict each other.
    pub fn with_options(store: S, options: NativeOptions) -> Result<Self> {
        // If the program has not selected a provider. If another thread is faster, its provider is used.
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let http = options.http.redirect(reqwest::redirect::Policy::none()).build().map_err(|error| {
            Error::new(Code::Unsupported, Step::Setup, "The HTTP client could not be created.")
                .with_source(Some(error.into()))
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

    /// Runs all work without a caller to its end, such as a refresh whose request was dropped. Call this before the program
    /// ends. Otherwise the next caller that needs the same session runs it.
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

/// A program with its own key wraps these ports.
impl<S> ClientKey for Native<S> {}

/// A user signs in.
impl<S> Assertions for Native<S> {}

/// A native program keeps running while the user signs in.
impl<S> Returned for Native<S> {}

/// A request that needs more scopes fails, and its error says which.
impl<S> StepUp for Native<S> {}

impl<S> Lock for Native<S> {
    type Guard = LockGuard;

    async fn lock(&self, name: &str) -> Result<LockGuard> {
        // The lock may be held by work without a caller.
        Ok(self.0.detached.run_until(self.0.locks.lock(name)).await)
    }
}

impl<S> Spawn for Native<S> {
    async fn spawn_detached<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> T {
        self.0.detached.run(future).await
    }
}
