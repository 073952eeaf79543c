//! What the client does, in the order of the specification: async functions over the
//! [`ports`](crate::ports).

mod account;
mod call;
mod client;
mod device_authorization;
mod discover;
mod discovered;
mod dpop;
mod endpoint;
mod exchange;
mod exchanges;
mod grant;
mod grant_request;
mod identify;
#[cfg(feature = "enterprise")]
mod identity_provider;
mod kept_accounts;
mod kept_discovery;
mod kept_registration;
mod parties;
mod pending;
mod pushed_authorization_request;
mod record;
mod response;
mod restore;
mod server_time;
mod session;
mod sessions;
mod sign_in;
mod step_up;
pub mod steps;
mod who;

pub use account::Account;
pub use client::{Client, Dpop, Grant, IdentityProvider, PreRegistered, SignInProvider};
pub use discover::{
    AuthorizationServers, DiscoveredResource, discover_authorization_server, discover_origin_authorization_server,
    discover_resource,
};
pub use identify::{forget_client, identify};
#[cfg(feature = "enterprise")]
pub use identity_provider::{identity_usable_until, sign_out_of_identity_provider};
pub use kept_registration::{Identity, Registration};
pub use restore::restore;
pub use session::Session;
pub use sessions::{forget, sessions};
pub use sign_in::{sign_in, sign_in_with};
