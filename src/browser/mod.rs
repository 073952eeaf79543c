//! The ports in a browser, in windows and workers.
//!
//! Work that would take hundreds of calls to the platform is in the scripts beside these files. They decide
//! nothing.

mod abort;
mod address;
mod app_page;
mod app_request;
mod assertion;
mod body;
mod by_name;
mod clock;
mod closing;
mod cors;
mod entropy;
mod fetch;
mod http;
pub(crate) mod json;
mod keys;
mod locks;
mod observer;
mod popup;
mod proxy;
mod redirect;
mod redirects;
pub(crate) mod reflect;
mod spawn;
mod step_up;
mod storage;
mod store;
mod tabs;
mod url;
#[cfg(any(feature = "diagnose", feature = "steps"))]
mod wire;

use std::ops::Deref;
use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::JsValue;

use by_name::ByName;

pub use abort::{NO_LIMIT, race};
pub use app_page::AppPage;
pub use app_request::{AppRequest, AppResponse};
pub use json::to_value;
pub use keys::algorithm_of;
pub use locks::WebLockGuard;
pub use popup::{Connecting, Popup, PopupFeatures};
pub use redirect::Redirect;
pub use reflect::JsCause;
pub use storage::Storage;
pub use url::{absolute_url, code_of};

#[cfg(test)]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

/// The limit for one exchange, unless the app has its own: 30 seconds.
pub const REQUEST_TIMEOUT_MS: u32 = 30_000;
/// The limit for a sign-in, including the time that the user takes, unless the app has its own: 10 minutes.
pub const SIGN_IN_TIMEOUT_MS: u32 = 600_000;

/// The options of a [`Browser`].
pub struct BrowserOptions {
    /// Identifies the app among those of the same origin. Apps do not get each other's events.
    pub app: String,
    /// Used instead of the global `fetch`.
    pub fetch: Option<Function>,
    /// Returns the URL to send a request to instead of its own.
    pub proxy: Option<Function>,
    /// Where to store records.
    pub storage: Storage,
    /// The limit for one exchange, body included, in milliseconds.
    pub request_timeout_ms: u32,
    /// The app's own private key, for `private_key_jwt`; undefined if it has none.
    pub client_key: JsValue,
    /// The assertion for a workload or a user: a text, or a function that returns one.
    pub assertion: JsValue,
    /// Called with the name and the detail of each event.
    pub on_event: Option<Function>,
    /// Asks the user to step up while a request waits.
    pub on_step_up: Option<Function>,
}

impl Default for BrowserOptions {
    /// An app without a name, with records in IndexedDB, whose requests may take 30 seconds.
    fn default() -> Self {
        Self {
            app: String::new(),
            fetch: None,
            proxy: None,
            storage: Storage::default(),
            request_timeout_ms: REQUEST_TIMEOUT_MS,
            client_key: JsValue::UNDEFINED,
            assertion: JsValue::UNDEFINED,
            on_event: None,
            on_step_up: None,
        }
    }
}

/// All [`Ports`](crate::ports::Ports) in a browser. Clones share their state.
#[derive(Clone)]
pub struct Browser(Rc<Parts>);

impl Deref for Browser {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Default for Browser {
    /// With the default options.
    fn default() -> Self {
        Self::new(BrowserOptions::default())
    }
}

/// The state of a [`Browser`].
pub struct Parts {
    fetch: Option<Function>,
    proxy: Option<Function>,
    stores: storage::Stores,
    request_timeout_ms: u32,
    on_step_up: Option<Function>,
    client_key: JsValue,
    assertion: JsValue,
    /// Key pairs that were used, by name.
    keys: ByName<JsValue>,
    /// Nonces by origin.
    nonces: ByName<String>,
    /// The offsets of servers' clocks, by origin.
    ahead: ByName<i64>,
    /// Promises that several callers wait for.
    pending: Rc<ByName<JsValue>>,
    /// The URL of the app's last request.
    last_address: address::LastAddress,
    tabs: tabs::Tabs,
}

impl Drop for Parts {
    fn drop(&mut self) {
        self.tabs.close();
    }
}

impl Browser {
    /// Storage is opened only when it is needed.
    pub fn new(options: BrowserOptions) -> Self {
        let stores = storage::Stores::new(options.storage);
        let tabs = tabs::Tabs::new(&options.app, options.on_event.as_ref());
        tabs.set_isolated(stores.in_memory());
        Self(Rc::new(Parts {
            fetch: options.fetch,
            proxy: options.proxy,
            stores,
            request_timeout_ms: options.request_timeout_ms,
            on_step_up: options.on_step_up,
            client_key: options.client_key,
            assertion: options.assertion,
            keys: ByName::default(),
            nonces: ByName::default(),
            ahead: ByName::default(),
            pending: Rc::default(),
            last_address: address::LastAddress::default(),
            tabs,
        }))
    }

    /// Stops sending events to the app and listening to other tabs.
    pub fn close(&self) {
        self.tabs.close();
    }

    /// Whether records are only in memory: because of the options, or because the browser has no persistent storage
    /// here. The latter is only known after the first use.
    pub fn keeps_in_memory(&self) -> bool {
        self.stores.in_memory()
    }
}
