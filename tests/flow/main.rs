//! The flows on scripted ports, natively: which requests are sent, in which order, and the result.
// Clippy exempts only the tests themselves, not their helpers.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg(not(target_arch = "wasm32"))]

mod accounts;
mod authorizer;
mod call;
mod device_authorization;
mod discover;
mod dpop;
mod enterprise;
mod grant;
mod identify;
mod isolation;
mod kept_discovery;
mod organisations;
mod pushed_authorization_request;
mod redirect;
mod redirects;
mod registration;
mod scripted;
mod secrets;
mod session;
mod sign_in;
mod step_up;
mod steps;
mod user_info;
mod vendors;
