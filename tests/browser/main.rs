//! The ports in a real browser.
#![cfg(target_arch = "wasm32")]

mod abort;
mod fetch;
mod json;
mod locks;
mod popup;
mod proxy;
mod stores;
mod support;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
