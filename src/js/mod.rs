//! The JavaScript surface: converts and forwards, decides nothing.
//!
//! `pkg/index.js` wraps these bindings in the classes of `pkg/index.d.ts`, which documents them.

#[cfg(feature = "authorizer")]
mod authorizer;
#[cfg(feature = "diagnose")]
mod diagnose;
mod error;
#[cfg(feature = "authorizer")]
mod grant;
#[cfg(feature = "authorizer")]
mod options;
#[cfg(feature = "authorizer")]
mod session;
