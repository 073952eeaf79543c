//! Work that runs to its end even if nobody waits for it any more.

use std::future::pending;

use futures_channel::oneshot;
use wasm_bindgen_futures::spawn_local;

use super::Browser;
use crate::ports::Spawn;

impl Spawn for Browser {
    async fn spawn_detached<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> T {
        let (tell, told) = oneshot::channel();
        spawn_local(async move {
            // The receiver may be gone.
            let _ = tell.send(future.await);
        });
        match told.await {
            Ok(outcome) => outcome,
            // Only unloading the page ends a task.
            Err(oneshot::Canceled) => pending().await,
        }
    }
}
