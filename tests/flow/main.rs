//! The flows over scripted ports, natively: what is asked of whom, in which order, and what follows.
// Helpers of tests are no tests to clippy.
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
mod tenants_and_turns;
mod vendors;
mod who;
