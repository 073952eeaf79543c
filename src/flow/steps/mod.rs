//! The steps of a sign-in as single functions, with the same checks as [`sign_in`](super::sign_in). They are for programs
//! that store their tokens themselves, that begin a sign-in in one process and finish it in another, or that inspect a
//! server.
//!
//! No step writes to the store. Steps pass values to each other, which serde writes as JSON and `read` checks again. If
//! you store such a value, nobody else may be able to change it: it says where secrets are sent. [`Pending`],
//! [`DevicePending`] and [`Tokens`] contain secrets.
//!
//! A [`Client`](super::Client) says what the app wants. Each step uses the part that concerns it.
//!
//! | step | what it does |
//! |---|---|
//! | [`discover`] | finds the metadata of an MCP server and of its authorization server |
//! | [`register`] | registers the app there |
//! | [`begin_authorization`], [`finish_authorization`] | the user's consent, and tokens for the code in the response |
//! | [`device_authorization`], [`finish_device_authorization`] | the same on another device |
//! | [`client_credentials`], [`exchange_token`], [`jwt_bearer`] | tokens without a user |
//! | [`refresh`], [`revoke`] | new tokens for old ones, and revocation |
//! | [`select_resource`], [`scope_for_step_up`] | what to ask for |
//! | [`dpop_proof`] | a proof of possession for one request |
//!
//! [`Session::of_record`](super::Session::of_record) makes a session from the JSON of [`Tokens`], and
//! [`Session::record`](super::Session::record) returns that JSON.
//!
//! No step takes a bare code: a code comes from a response whose `state` and `iss` were checked.

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
