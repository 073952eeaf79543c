//! Signs the user of an app in to an MCP server and calls it.
//!
//! Follows the Model Context Protocol's authorization specification, revision 2026-07-28, and its
//! older revisions, on top of OAuth 2.1. The same crate runs in a page (as WebAssembly) and in a native program.
//!
//! # A sign-in
//!
//! A native program, with the feature `reqwest`:
//!
//! ```no_run
//! # #[cfg(feature = "reqwest")]
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use mcp_authorize::Authorizer;
//! use mcp_authorize::native::{Loopback, MemoryStore, Native};
//!
//! let ports = Native::new(MemoryStore::default())?;
//! let mut browser = Loopback::listen(|url| println!("Open {}", url.as_str())).await?;
//! let authorizer = Authorizer::builder(ports, "Example", &browser.redirect_uri())?.build();
//!
//! let session = authorizer.sign_in("https://mcp.example.com/mcp", &mut browser).await?;
//! let get = session.ports().http().get(session.server().as_str()).build()?;
//! let response = session.call(session.ports().request(get)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! A page in Rust, as with Yew, Leptos or Dioxus. Call this in the click handler, because browsers open popups
//! only then, and await what it returns:
//!
//! ```ignore
//! let authorizer = Authorizer::builder(Browser::default(), "Example", "https://app.example/callback.html")?.build();
//! let signing_in = authorizer.sign_in_by_popup("https://mcp.example.com/mcp");
//! spawn_local(async move {
//!     let session = signing_in.await?;
//!     let get = gloo_net::http::Request::get(session.server().as_str()).build()?;
//!     let response = session.call(session.ports().request(get.into())).await?;
//! });
//! ```
//!
//! `examples/` has both as complete programs. [`AuthorizerBuilder`] has more settings.
//!
//! # What a sign-in does
//!
//! | step | by | what it is | source |
//! |---|---|---|---|
//! | [`Challenge`](Step::Challenge) | [`flow::discover_resource`] | a request without a token; the MCP server names its metadata | RFC 9110 §11.6.1, RFC 9728 §5.1 |
//! | [`ResourceMetadata`](Step::ResourceMetadata) | [`flow::discover_resource`] | finds its authorization servers | RFC 9728 |
//! | [`AuthorizationServerMetadata`](Step::AuthorizationServerMetadata) | [`flow::discover_authorization_server`] | finds their endpoints and what they support | RFC 8414, OpenID Connect Discovery |
//! | [`Registration`](Step::Registration) | [`flow::identify`] | identifies the app: registered by hand, by a metadata document, by dynamic registration | RFC 7591 |
//! | [`Authorization`](Step::Authorization) | [`ports::UserAgent`] | the user consents; `state`, `iss` and PKCE tie the response to the request | OAuth 2.1 §4.1, RFC 7636, RFC 9207, RFC 9126 |
//! | [`Token`](Step::Token) | [`flow::sign_in`] | the code is exchanged for tokens for this resource, bound to a key if the server supports that | RFC 8707, RFC 9449 |
//! | [`Request`](Step::Request) | [`flow::Session::call`] | sends the token only to the resource | RFC 6750 |
//! | [`Refresh`](Step::Refresh) | [`flow::Session::refresh`] | gets new tokens, once for all callers | RFC 6749 §6 |
//! | [`Revocation`](Step::Revocation) | [`flow::Session::sign_out`] | revokes the tokens | RFC 7009 |
//!
//! An [`Error`] says which step failed, what was found and what was expected, and what to do.
//!
//! # Modules
//!
//! Dependencies point one way: `js` → `browser` → `ports` ← `flow` → `protocol`.
//!
//! | module | what it is for |
//! |---|---|
//! | [`protocol`] | what the RFCs say: builds, parses and checks messages, without I/O |
//! | [`flow`] | what the client does, in the order of the specification |
//! | [`diagnose`] | finds what prevents pages from using a server |
//! | [`ports`] | what a flow needs from its environment |
//! | `native` | the ports of a native program: the feature `reqwest` |
//! | `browser` | the ports in a browser |
//! | `js` | the JavaScript surface: converts and forwards |
//!
//! A program with other needs implements [`ports::Ports`] itself.

mod authorizer;
#[cfg(target_arch = "wasm32")]
pub mod browser;
pub mod diagnose;
mod error;
pub mod flow;
#[cfg(all(
    target_arch = "wasm32",
    any(feature = "authorizer", feature = "diagnose", feature = "elicitation", feature = "steps")
))]
mod js;
#[cfg(all(feature = "reqwest", not(target_family = "wasm")))]
pub mod native;
pub mod ports;
pub mod protocol;

/// Smaller than the standard library's own by 1,500 bytes, brotli.
#[cfg(all(feature = "npm", target_family = "wasm"))]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

pub use authorizer::{Authorizer, AuthorizerBuilder};
pub use error::{Code, Error, OwnCode, Result, Step, WantedStepUp};
