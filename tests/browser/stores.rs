use std::error::Error as _;

use mcp_authorize::browser::{Browser, JsCause, Storage};
use mcp_authorize::ports::Store;
use mcp_authorize::{Code, Step};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::future_to_promise;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{Replaced, browser, eval, run};

async fn text(browser: &Browser, key: &str) -> Option<String> {
    browser.get(key).await.unwrap().map(|value| value.expose().to_owned())
}

async fn stores_and_deletes(browser: &Browser) {
    assert_eq!(text(browser, "a").await, None);
    browser.set("a", "hunter2".into()).await.unwrap();
    browser.set("b", "2".into()).await.unwrap();
    browser.set("a", "zwölf ✓".into()).await.unwrap();
    assert_eq!(text(browser, "a").await.as_deref(), Some("zwölf ✓"));
    browser.delete("a").await.unwrap();
    browser.delete("a").await.unwrap();
    assert_eq!((text(browser, "a").await, text(browser, "b").await.as_deref()), (None, Some("2")));
}

/// Calls `database` with a JavaScript body, in which `one(store, method, ...arguments)` is one request.
async fn in_database(body: &str, a: &JsValue) -> JsValue {
    let prelude = "
        const done = (target, type, request) => new Promise((y, n) => { target['on' + type] = () => y(request.result); request.onerror = () => n(request.error) });
        const opening = indexedDB.open('mcp-authorize');
        const db = await done(opening, 'success', opening);
        const one = (store, method, ...rest) => {
            const transaction = db.transaction(store, 'readwrite');
            return done(transaction, 'complete', transaction.objectStore(store)[method](...rest));
        };
        const name = (text) => crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
        const [aName, bName] = [await name('a'), await name('b')];
        try {";
    run(&[prelude, body, "} finally { db.close() }"].concat(), a).await
}

async fn fresh_database() {
    // Fails with `blocked` if a connection was left open.
    run(
        "await new Promise((y, n) => Object.assign(indexedDB.deleteDatabase('mcp-authorize'), { onsuccess: y, onerror: n, onblocked: n }))",
        &JsValue::UNDEFINED,
    )
    .await;
}

#[wasm_bindgen_test]
async fn the_memory_stores_and_deletes() {
    let browser = browser(Storage::Memory);
    stores_and_deletes(&browser).await;
    assert!(browser.keeps_in_memory());
    // Another instance has its own memory.
    assert_eq!(text(&crate::support::browser(Storage::Memory), "b").await, None);
}

#[wasm_bindgen_test]
async fn the_apps_storage_stores_and_deletes() {
    stores_and_deletes(&browser(Storage::Custom(eval("new Map()")))).await;
    let asynchronous = "{ m: new Map(), async get(k) { return this.m.get(k) ?? null },
        async set(k, v) { this.m.set(k, v) }, async delete(k) { this.m.delete(k) } }";
    stores_and_deletes(&browser(Storage::Custom(eval(asynchronous)))).await;
}

#[wasm_bindgen_test]
async fn errors_of_the_apps_storage_are_reported() {
    let bad = browser(Storage::Custom(eval(
        "{ get: () => 1, set() { throw new Error('full') }, delete: () => Promise.reject(new Error('gone')) }",
    )));
    let wrong_type = bad.get("a").await.unwrap_err();
    assert_eq!((wrong_type.code(), wrong_type.step()), (Code::StorageFailed, Step::Storage));
    let thrown = bad.set("a", "1".into()).await.unwrap_err();
    assert_eq!(thrown.code(), Code::StorageFailed);
    assert_eq!(thrown.source().unwrap().downcast_ref::<JsCause>().unwrap().to_string(), "full");
    assert_eq!(bad.delete("a").await.unwrap_err().source().unwrap().to_string(), "gone");
}

#[wasm_bindgen_test]
async fn the_database_stores_and_deletes_for_all_tabs() {
    fresh_database().await;
    let first = browser(Storage::IndexedDb);
    stores_and_deletes(&first).await;
    assert!(!first.keeps_in_memory());
    // Another tab reads the same.
    assert_eq!(text(&browser(Storage::IndexedDb), "b").await.as_deref(), Some("2"));
    fresh_database().await;
    assert_eq!(text(&first, "b").await, None);
}

#[wasm_bindgen_test]
async fn the_database_reveals_nothing_without_the_key() {
    fresh_database().await;
    let first = browser(Storage::IndexedDb);
    first.set("a", "hunter2hunter2".into()).await.unwrap();
    let raw = "const r = await one('records', 'get', aName);
        return new TextDecoder('latin1').decode(r.iv) + '|' + new TextDecoder('latin1').decode(r.data)";
    let before = in_database(raw, &JsValue::UNDEFINED).await.as_string().unwrap();
    assert!(!before.contains("hunter"));
    // A fresh IV for each encryption (NIST SP 800-38D §8).
    first.set("a", "hunter2hunter2".into()).await.unwrap();
    let after = in_database(raw, &JsValue::UNDEFINED).await.as_string().unwrap();
    assert_ne!(before.split('|').next(), after.split('|').next());
    let key = "const key = await one('keys', 'get', 'records');
        return [key.algorithm.name, key.algorithm.length, key.extractable, key.usages].join()";
    assert_eq!(in_database(key, &JsValue::UNDEFINED).await, "AES-GCM,256,false,encrypt,decrypt");
}

#[wasm_bindgen_test]
async fn a_record_that_cannot_be_decrypted_is_empty_and_can_be_replaced() {
    for spoil in [
        // Moved to another name: another session's tokens would be sent to this one's server.
        "await one('records', 'put', await one('records', 'get', bName), aName)",
        "const r = await one('records', 'get', aName); new Uint8Array(r.data)[0] ^= 1; await one('records', 'put', r, aName)",
        "await one('records', 'put', 'hunter2', aName)",
        "await one('records', 'put', { iv: 1, data: null }, aName)",
        "await one('keys', 'delete', 'records')",
        "await one('keys', 'put', 'hunter2', 'records')",
    ] {
        fresh_database().await;
        let first = browser(Storage::IndexedDb);
        first.set("a", "1".into()).await.unwrap();
        first.set("b", "2".into()).await.unwrap();
        in_database(spoil, &JsValue::UNDEFINED).await;
        assert_eq!(text(&first, "a").await.as_deref(), Some(""), "{spoil}");
        first.set("a", "3".into()).await.unwrap();
        assert_eq!(text(&first, "a").await.as_deref(), Some("3"));
    }
}

#[wasm_bindgen_test]
async fn tabs_that_start_at_once_share_one_key() {
    for _ in 0..5 {
        fresh_database().await;
        // All at once: each finds no key, and makes one.
        let setting = [("0", "x"), ("1", "y"), ("2", "z")].map(|(key, value)| {
            let tab = browser(Storage::IndexedDb);
            future_to_promise(async move {
                tab.set(key, value.into()).await.unwrap();
                Ok(JsValue::UNDEFINED)
            })
        });
        for set in setting {
            set.await.unwrap();
        }
        let tabs = [browser(Storage::IndexedDb), browser(Storage::IndexedDb)];
        for (key, value) in [("0", "x"), ("1", "y"), ("2", "z")] {
            for tab in &tabs {
                assert_eq!(text(tab, key).await.as_deref(), Some(value));
            }
        }
    }
}

#[wasm_bindgen_test]
async fn without_a_database_memory_is_used() {
    // Private windows of some browsers, workers without one, insecure origins without cryptography.
    let throwing = "{ open() { throw new DOMException('', 'SecurityError') } }";
    for (owner, name, value) in [
        ("globalThis", "indexedDB", "undefined"),
        ("globalThis", "indexedDB", throwing),
        ("crypto", "subtle", "undefined"),
    ] {
        fresh_database().await;
        let replaced = Replaced::new(owner, name, &eval(value));
        let browser = browser(Storage::IndexedDb);
        stores_and_deletes(&browser).await;
        assert!(browser.keeps_in_memory());
        drop(replaced);
    }
}

#[wasm_bindgen_test]
async fn a_database_that_fails_later_is_reported() {
    // Continuing in memory would lose the stored session.
    fresh_database().await;
    let browser = browser(Storage::IndexedDb);
    browser.set("a", "1".into()).await.unwrap();
    let replaced = Replaced::new("globalThis", "indexedDB", &eval("{ open() { throw new Error('lost') } }"));
    let error = browser.get("a").await.unwrap_err();
    assert_eq!((error.code(), error.source().unwrap().to_string().as_str()), (Code::StorageFailed, "lost"));
    drop(replaced);
    assert_eq!(text(&browser, "a").await.as_deref(), Some("1"));
}
