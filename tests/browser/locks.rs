use mcp_authorize::browser::{Browser, Storage};
use mcp_authorize::ports::Lock;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{Replaced, browser, is_pending, run};

/// Lets pending work finish, in this page and in the browser's lock manager, which grants locks in the order of the
/// requests.
async fn settle() {
    run(
        "await navigator.locks?.request('test: unrelated', () => {}); await new Promise((done) => setTimeout(done))",
        &JsValue::UNDEFINED,
    )
    .await;
}

/// Two authorizers, as in two bundles of one page.
async fn one_holder_at_a_time(first: &Browser, second: &Browser) {
    let held = first.lock("a").await.unwrap();
    let other_name = second.lock("b").await.unwrap();
    let mut next = Box::pin(second.lock("a"));
    let mut dropped = Box::pin(first.lock("a"));
    let mut last = Box::pin(second.lock("a"));
    for waiting in [&mut next, &mut dropped, &mut last] {
        assert!(is_pending(waiting).await);
    }
    settle().await;
    for waiting in [&mut next, &mut dropped, &mut last] {
        assert!(is_pending(waiting).await);
    }
    // A dropped future gives up its place in the queue.
    drop(dropped);
    drop(held);
    let held = next.await.unwrap();
    settle().await;
    assert!(is_pending(&mut last).await);
    drop(held);
    drop((last.await.unwrap(), other_name));
    // All are free again.
    drop(first.lock("a").await.unwrap());
}

#[wasm_bindgen_test]
async fn web_locks_have_one_holder_at_a_time() {
    one_holder_at_a_time(&browser(Storage::IndexedDb), &browser(Storage::IndexedDb)).await;
    let held = browser(Storage::IndexedDb).lock("a").await.unwrap();
    let names = "return (await navigator.locks.query()).held.map((lock) => lock.name).join()";
    // Other tabs see it under this name.
    assert_eq!(run(names, &JsValue::UNDEFINED).await, "mcp-authorize a");
    drop(held);
    settle().await;
    assert_eq!(run(names, &JsValue::UNDEFINED).await, "");
    let waiting = "const { held, pending } = await navigator.locks.query(); return held.length + pending.length";
    assert_eq!(run(waiting, &JsValue::UNDEFINED).await, 0);
}

#[wasm_bindgen_test]
async fn without_web_locks_a_lock_has_one_holder_at_a_time() {
    let _replaced = Replaced::new("navigator", "locks", &JsValue::UNDEFINED);
    one_holder_at_a_time(&browser(Storage::IndexedDb), &browser(Storage::IndexedDb)).await;
}

#[wasm_bindgen_test]
async fn if_web_locks_are_refused_a_lock_has_one_holder_at_a_time() {
    // "If environment's origin is an opaque origin, then return a promise rejected with SecurityError."
    let refusing =
        run("return { request: () => Promise.reject(new DOMException('', 'SecurityError')) }", &JsValue::UNDEFINED)
            .await;
    let _replaced = Replaced::new("navigator", "locks", &refusing);
    let first = browser(Storage::IndexedDb);
    let held = first.lock("a").await.unwrap();
    let mut next = Box::pin(first.lock("a"));
    assert!(is_pending(&mut next).await);
    drop(held);
    drop(next.await.unwrap());
}
