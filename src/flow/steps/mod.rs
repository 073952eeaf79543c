//! The steps of a sign-in, each by itself, checked by the same rules as [`sign_in`](super::sign_in): for programs that
//! keep their tokens by themselves, that begin a sign-in in one process and finish it in another, or that look at what a
//! server does.
//!
//! No step writes to the store. What goes from one to the next is a value that serde writes as JSON and that `read`
//! checks again: who stores it has to keep others from changing it, since it says where secrets are sent, and
//! [`Pending`], [`DevicePending`] and [`Tokens`] have secrets in them.
//!
//! A [`Client`](super::Client) says what the app wants: of it, each step takes what concerns it.
//!
//! | step | what it does |
//! |---|---|
//! | [`discover`] | from the MCP server's URL to its authorization server's metadata |
//! | [`register`] | registers the app there |
//! | [`begin_authorization`], [`finish_authorization`] | the user's consent, and tokens for the code that comes back |
//! | [`device_authorization`], [`finish_device_authorization`] | the same on another device |
//! | [`client_credentials`], [`exchange_token`], [`jwt_bearer`] | tokens without a user |
//! | [`refresh`], [`revoke`] | new tokens for old ones, and their end |
//! | [`select_resource`], [`scope_for_step_up`] | what to ask for |
//! | [`dpop_proof`] | a proof of possession for one request |
//!
//! What [`Tokens`] are as JSON, [`Session::of_record`](super::Session::of_record) makes a session of, and
//! [`Session::record`](super::Session::record) gives back.
//!
//! There is no step that takes a bare code: it comes out of a response whose `state` and `iss` were checked.

mod authorization;
mod client_identity;
mod device;
mod discovery;
mod grants;
mod kept_key;
mod request;
mod select;
mod tokens;

pub use authorization::{Begun, Pending, begin_authorization, finish_authorization};
pub use client_identity::{ClientIdentity, register};
pub use device::{DeviceBegun, DevicePending, device_authorization, finish_device_authorization};
pub use discovery::{AuthorizationServer, Discovered, discover};
pub use grants::{client_credentials, exchange_token, jwt_bearer};
pub use kept_key::dpop_proof;
pub use select::{scope_for_step_up, select_resource};
pub use tokens::{Tokens, refresh, revoke};
