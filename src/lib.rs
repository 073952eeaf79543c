//! Signs the user of a web page in to an MCP server and calls it.
//!
//! Follows the Model Context Protocol's authorization specification, revision 2026-07-28, and its
//! older revisions, on top of OAuth 2.1.
//!
//! Dependencies point one way: `js` → `browser` → `ports` ← `flow` → `protocol`.
//!
//! | module | what it is for |
//! |---|---|
//! | [`protocol`] | what the RFCs say: messages built, parsed and checked; no I/O |
//! | [`flow`] | what the client does, in the order that the specification tells it |
//! | [`diagnose`] | what a page will stumble over at a server |
//! | [`ports`] | what a flow needs from where it runs |
//! | `browser` | the ports in a browser |
//! | `js` | the JavaScript surface: converts and forwards |
//!
//! A program that is not a browser brings its own [`ports::Ports`] and [`ports::UserAgent`], and
//! calls [`flow::sign_in`]. `examples/terminal` is one, `examples/yew` is a page in Rust.
//!
//! ```
//! use std::rc::Rc;
//!
//! use mcp_authorize::ports::{Ports, ResourceRequest, UserAgent};
//! use mcp_authorize::protocol::ServerUrl;
//! use mcp_authorize::{Code, Error, Result, Step, flow};
//!
//! async fn call_once<P: Ports, R: ResourceRequest>(
//!     ports: &P,
//!     client: &Rc<flow::Client>,
//!     user_agent: &mut impl UserAgent,
//!     request: R,
//! ) -> Result<R::Response> {
//!     let server = ServerUrl::parse("https://mcp.example.com/mcp")
//!         .map_err(|_| Error::new(Code::InvalidUrl, Step::Setup, "This is no URL."))?;
//!     let session = match flow::restore(ports, client, &server).await? {
//!         Some(session) => session,
//!         None => flow::sign_in(ports, client, &server, None, user_agent).await?,
//!     };
//!     flow::call(&session, request).await
//! }
//! ```
#![warn(missing_docs)]

#[cfg(feature = "browser")]
pub mod browser;
#[forbid(unsafe_code)]
pub mod diagnose;
mod error;
#[forbid(unsafe_code)]
pub mod flow;
#[cfg(feature = "browser")]
mod js;
#[forbid(unsafe_code)]
pub mod ports;
#[forbid(unsafe_code)]
pub mod protocol;

/// Half a kilobyte in place of the standard library's two and a half, brotli.
#[cfg(all(feature = "npm", target_arch = "wasm32"))]
#[global_allocator]
static ALLOCATOR: lol_alloc::AssumeSingleThreaded<lol_alloc::FreeListAllocator> =
    // SAFETY: a WebAssembly module without the threads proposal has one thread.
    unsafe { lol_alloc::AssumeSingleThreaded::new(lol_alloc::FreeListAllocator::new()) };

pub use error::{Code, Error, Result, Step};
