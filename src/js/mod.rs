//! The JavaScript surface: converts and forwards, decides nothing.
//!
//! `pkg/index.js` wraps these bindings in the classes of `pkg/index.d.ts`, which documents them.

mod authorizer;
mod error;
mod grant;
mod options;
mod session;
