//! The diagnosis on scripted exchanges: which requests are sent, and what a page may not read.
// Clippy exempts only the tests themselves, not their helpers.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg(not(target_arch = "wasm32"))]

mod as_a_page;
mod document;
mod findings;
mod scripted;
mod whole_report;
