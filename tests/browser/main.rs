//! The ports in a real browser.
// Clippy exempts only the tests themselves, not their helpers.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg(target_arch = "wasm32")]

mod abort;
mod app_request;
mod fetch;
mod json;
mod locks;
mod popup;
mod proxy;
mod stores;
mod support;
mod url;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
