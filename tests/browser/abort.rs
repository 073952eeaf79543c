use std::error::Error as _;
use std::future::{pending, ready};

use mcp_authorize::browser::{JsCause, race};
use mcp_authorize::{Code, Step};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{AbortController, AbortSignal};

use crate::support::{eval, is_pending, property};

#[wasm_bindgen_test]
async fn a_result_within_the_time_limit_counts() {
    let signal = AbortController::new().unwrap().signal();
    assert_eq!(race(Step::Token, 10_000, Some(&signal), ready(Ok(7))).await.unwrap(), 7);
    // To setTimeout, 2^32 - 1 ms would be no time at all, as would anything of 2^31 ms or more.
    let mut long = Box::pin(race(Step::Token, u32::MAX, None, pending::<mcp_authorize::Result<()>>()));
    assert!(is_pending(&mut long).await);
    let tick = race(Step::Token, 1, None, pending::<mcp_authorize::Result<()>>()).await.unwrap_err();
    assert_eq!((tick.code(), tick.step()), (Code::Timeout, Step::Token));
    assert!(is_pending(&mut long).await);
}

#[wasm_bindgen_test]
async fn the_signal_aborts_with_its_reason() {
    let controller = AbortController::new().unwrap();
    let signal = controller.signal();
    let mut waiting = Box::pin(race(Step::Request, 10_000, Some(&signal), pending::<mcp_authorize::Result<()>>()));
    assert!(is_pending(&mut waiting).await);
    controller.abort_with_reason(&"enough".into());
    let error = waiting.await.unwrap_err();
    assert_eq!((error.code(), error.step()), (Code::Aborted, Step::Request));
    assert_eq!(error.source().unwrap().downcast_ref::<JsCause>().unwrap().0, JsValue::from("enough"));
    // A signal that was aborted before counts, too, even if the work would be done at once.
    let error = race(Step::Request, 10_000, Some(&signal), ready(Ok(()))).await.unwrap_err();
    assert_eq!(error.code(), Code::Aborted);
}

#[wasm_bindgen_test]
async fn no_listener_is_left_on_the_signal() {
    // Signals can live long: one per app is common.
    let counting = eval(
        "({ count: 0, aborted: false, addEventListener() { this.count++ }, removeEventListener() { this.count-- } })",
    );
    let signal: &AbortSignal = counting.unchecked_ref();
    let mut waiting = Box::pin(race(Step::Request, 10_000, Some(signal), pending::<mcp_authorize::Result<()>>()));
    assert!(is_pending(&mut waiting).await);
    assert_eq!(property(&counting, "count"), 1);
    drop(waiting);
    assert_eq!(property(&counting, "count"), 0);
    race(Step::Request, 10_000, Some(signal), ready(Ok(()))).await.unwrap();
    assert_eq!(property(&counting, "count"), 0);
}

#[wasm_bindgen_test]
async fn a_value_that_is_not_a_signal_is_an_error() {
    // An app that does not check types may pass anything.
    let anything = eval("({ aborted: false })");
    let signal: &AbortSignal = anything.unchecked_ref();
    let error = race(Step::Request, 10_000, Some(signal), pending::<mcp_authorize::Result<()>>()).await.unwrap_err();
    assert_eq!(error.code(), Code::Aborted);
    assert!(error.source().unwrap().downcast_ref::<JsCause>().unwrap().0.is_instance_of::<js_sys::TypeError>());
}
