//! The ports in a browser, in a window as well as in a worker.
//!
//! What only JavaScript can do is done by the scripts beside these files, which decide nothing: one
//! function of theirs weighs less than the calls that it takes the place of.

mod abort;
mod app_page;
mod app_request;
mod assertion;
mod clock;
mod closing;
mod cors;
mod entropy;
mod fetch;
mod json;
mod keys;
mod locks;
mod observer;
mod popup;
pub(crate) mod promise;
mod proxy;
mod redirect;
pub(crate) mod reflect;
mod step_up;
mod store;
mod tabs;
mod task;
mod url;
#[cfg(feature = "diagnose")]
mod wire;

use std::ops::Deref;
use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::JsValue;

pub use abort::{NO_LIMIT, race};
pub use app_page::AppPage;
pub use app_request::{AppRequest, AppResponse};
pub use json::to_value;
pub use keys::algorithm_of;
pub use locks::LockGuard;
pub use popup::{Connecting, Popup};
pub use redirect::Redirect;
pub use reflect::JsCause;
pub use store::Storage;
pub use url::{absolute_url, code_of};

/// What a [`Browser`] is made from.
#[derive(Default)]
pub struct BrowserOptions {
    /// Which app it is, among those of the same origin: two don't hear of each other's sessions.
    pub app: String,
    /// Used in place of the global `fetch`.
    pub fetch: Option<Function>,
    /// Tells where a request shall be sent in place of its URL.
    pub proxy: Option<Function>,
    /// Where records are kept.
    pub storage: Storage,
    /// The limit for one exchange, body included, in milliseconds.
    pub request_timeout_ms: u32,
    /// The app's own private key, for `private_key_jwt`; undefined where it has none.
    pub client_key: JsValue,
    /// What stands for a workload or a user: a text, or a function that gives one.
    pub assertion: JsValue,
    /// Called with the name and the detail of each event.
    pub on_event: Option<Function>,
    /// Has the user step up while a request waits.
    pub on_step_up: Option<Function>,
}

/// All [`Ports`](crate::ports::Ports) in a browser. Clones are the same.
#[derive(Clone)]
pub struct Browser(Rc<Parts>);

impl Deref for Browser {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// What a [`Browser`] is made of.
pub struct Parts {
    fetch: Option<Function>,
    proxy: Option<Function>,
    stores: store::Stores,
    request_timeout_ms: u32,
    on_step_up: Option<Function>,
    client_key: JsValue,
    assertion: JsValue,
    /// Key pairs by issuer, as far as they were needed.
    keys: JsValue,
    /// Nonces by origin.
    nonces: JsValue,
    /// How far servers' clocks are ahead, by origin.
    ahead: JsValue,
    /// What is waited for by several at once.
    pending: JsValue,
    tabs: tabs::Tabs,
}

impl Drop for Parts {
    fn drop(&mut self) {
        self.tabs.close();
    }
}

impl Browser {
    /// Does nothing yet: storage is opened when it is needed.
    pub fn new(options: BrowserOptions) -> Self {
        let stores = store::Stores::new(options.storage);
        let tabs = tabs::Tabs::new(&options.app, options.on_event.as_ref());
        tabs.set_alone(stores.in_memory());
        Self(Rc::new(Parts {
            fetch: options.fetch,
            proxy: options.proxy,
            stores,
            request_timeout_ms: options.request_timeout_ms,
            on_step_up: options.on_step_up,
            client_key: options.client_key,
            assertion: options.assertion,
            keys: reflect::object(&[]),
            nonces: reflect::object(&[]),
            ahead: reflect::object(&[]),
            pending: reflect::object(&[]),
            tabs,
        }))
    }

    /// Whether records are kept in memory alone: asked for so, or since the browser has no
    /// persistent storage here, which shows when it is first used.
    pub fn keeps_in_memory(&self) -> bool {
        self.stores.in_memory()
    }
}
