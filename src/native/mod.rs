//! The ports of a native program, with reqwest, tokio and ring. Needs the feature `reqwest`.
//!
//! An [`Authorizer`](crate::Authorizer), its sessions, their futures and errors stay on one thread: they are not `Send`. In a
//! runtime with one thread, that makes no difference. In one with several threads, run them in a
//! [`LocalSet`](https://docs.rs/tokio/latest/tokio/task/struct.LocalSet.html) and use a channel:
//!
//! ```no_run
//! use mcp_authorize::native::{Loopback, MemoryStore, Native};
//! use mcp_authorize::{Authorizer, Result};
//! use tokio::sync::{mpsc, oneshot};
//!
//! /// A request to the MCP server, and where its response goes.
//! type Question = (String, oneshot::Sender<std::result::Result<u16, String>>);
//!
//! async fn answer(mut questions: mpsc::Receiver<Question>) -> Result<()> {
//!     let mut browser = Loopback::listen(|url| println!("Open {}", url.as_str())).await?;
//!     let ports = Native::new(MemoryStore::default())?;
//!     let authorizer = Authorizer::builder(ports, "Example", &browser.redirect_uri())?.build();
//!     let session = authorizer.sign_in("https://mcp.example.com/mcp", &mut browser).await?;
//!     while let Some((body, answer)) = questions.recv().await {
//!         let ports = session.ports();
//!         let post = ports.http().post(session.server().as_str()).header("content-type", "application/json").body(body);
//!         let Ok(request) = post.build() else { continue };
//!         let response = session.call(ports.request(request)).await;
//!         // Errors contain their causes, and also stay on their thread.
//!         let _ = answer.send(response.map(|it| it.0.status().as_u16()).map_err(|error| error.to_string()));
//!     }
//!     Ok(())
//! }
//!
//! fn main() {
//!     let (ask, questions) = mpsc::channel::<Question>(8);
//!     // One thread for everything with sessions. `ask` can be sent to any thread.
//!     std::thread::spawn(move || {
//!         let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
//!         let ended = tokio::task::LocalSet::new().block_on(&runtime, answer(questions));
//!         ended.map_err(|error| error.to_string())
//!     });
//! #   drop(ask);
//! }
//! ```
//!
//! If [`MemoryStore`] is not enough, implement [`Store`](crate::ports::Store). If users do not sign in by [`Loopback`],
//! implement [`UserAgent`](crate::ports::UserAgent).
//!
//! The futures need tokio's runtime. All clones of one [`Native`] share their locks. Programs that share a store need
//! their own ports, with shared locks.

mod call;
mod clock;
mod detached;
mod http;
mod json;
mod keys;
mod locks;
mod loopback;
mod memory_store;
mod program;

pub use call::{NativeRequest, NativeResponse};
pub use locks::LockGuard;
pub use loopback::Loopback;
pub use memory_store::MemoryStore;
pub use program::{Native, NativeOptions};
pub use reqwest;
