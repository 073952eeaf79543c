//! The ports of a native program: HTTP by reqwest, time by tokio, keys by ring. The feature `reqwest`.
//!
//! An [`Authorizer`](crate::Authorizer), its sessions, their futures and errors stay on one thread: they are not `Send`. In a
//! runtime with one thread that makes no difference. In one with several threads, run them in a
//! [`LocalSet`](https://docs.rs/tokio/latest/tokio/task/struct.LocalSet.html) and talk to it by a channel:
//!
//! ```no_run
//! use mcp_authorize::native::{Loopback, MemoryStore, Native};
//! use mcp_authorize::{Authorizer, Result};
//! use tokio::sync::{mpsc, oneshot};
//!
//! /// A question to the MCP server, and where its answer goes.
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
//!         // Errors hold what was thrown, and stay on their thread, too.
//!         let _ = answer.send(response.map(|it| it.0.status().as_u16()).map_err(|error| error.to_string()));
//!     }
//!     Ok(())
//! }
//!
//! fn main() {
//!     let (ask, questions) = mpsc::channel::<Question>(8);
//!     // A thread of its own for all that is about sessions. `ask` can go to any thread.
//!     std::thread::spawn(move || {
//!         let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
//!         let ended = tokio::task::LocalSet::new().block_on(&runtime, answer(questions));
//!         ended.map_err(|error| error.to_string())
//!     });
//! #   drop(ask);
//! }
//! ```
//!
//! A program brings a [`Store`](crate::ports::Store) where [`MemoryStore`] is not enough, and a
//! [`UserAgent`](crate::ports::UserAgent) where [`Loopback`] is not how its user signs in.
//!
//! Futures here are polled in tokio's runtime. The locks hold among the clones of one [`Native`]: programs
//! that share a store need ports of their own with locks that they share, too.

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
