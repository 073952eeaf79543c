//! The ports of a native program, against a server on loopback.
// Clippy exempts only the tests themselves, not their helpers.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg(all(feature = "reqwest", not(target_family = "wasm")))]

mod http;
mod journey;
mod loopback;
mod server;
