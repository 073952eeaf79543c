//! What the client does, in the order that the specification tells it. Straight-line async Rust over
//! the [`ports`](crate::ports).

mod call;
mod client;
mod device_authorization;
mod discover;
mod dpop;
mod exchange;
mod exchanges;
mod grant;
mod identify;
mod kept_discovery;
mod pending;
mod pushed_authorization_request;
mod record;
mod server_time;
mod session;
mod sign_in;
mod step_up;
mod token;

pub use call::call;
pub use client::{Client, Dpop, Grant, IdentityProvider, PreRegistered};
pub use discover::{
    AuthorizationServers, DiscoveredResource, discover_authorization_server, discover_origin_authorization_server,
    discover_resource,
};
pub use identify::identify;
pub use session::Session;
pub use sign_in::{restore, sign_in};
pub use step_up::step_up;
