use std::future::pending;
use std::pin::pin;

use js_sys::{Function, Promise};
use mcp_authorize::Code;
use mcp_authorize::Result;
use mcp_authorize::browser::{Browser, BrowserOptions, Popup, PopupFeatures, Storage};
use mcp_authorize::ports::{AuthorizationPage, POPUP_BLOCKED, POPUP_CLOSED, POPUP_OPEN, UserAgent};
use mcp_authorize::protocol::{Issuer, ServerUrl, State, Url};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::AbortSignal;

use crate::support::{Replaced, bound, eval, property, run};

/// A popup, its window and the arguments of `window.open`.
fn open() -> (Popup, JsValue, JsValue) {
    open_with(None, None)
}

/// `on_event` gets the type and the detail of each event.
fn open_with(signal: Option<&AbortSignal>, on_event: Option<Function>) -> (Popup, JsValue, JsValue) {
    let seen = eval("{}");
    let record = bound(
        &[&seen, &eval("open")],
        "seen, original, ...rest",
        "seen.arguments = rest; return seen.window = original(...rest)",
    );
    let _replaced = Replaced::new("globalThis", "open", &record);
    let popup = Popup::open_for(&with_listener(on_event), &server(), "", &PopupFeatures::default(), signal).unwrap();
    (popup, property(&seen, "window"), property(&seen, "arguments"))
}

fn server() -> ServerUrl {
    ServerUrl::parse("https://mcp.example.com:8443/mcp").unwrap()
}

/// Sends the popup to a page, as a sign-in does.
fn go(popup: &mut Popup, url: &Url) -> Result<()> {
    let (state, issuer) = (State::from_text("state"), Issuer::parse("https://as.example").unwrap());
    popup.open(&AuthorizationPage { url, state: &state, server: server().as_str(), issuer: &issuer })
}

fn with_listener(on_event: Option<Function>) -> Browser {
    Browser::new(BrowserOptions { storage: Storage::Memory, on_event, ..BrowserOptions::default() })
}

/// Makes time pass five times as fast.
fn hurry() -> [Replaced; 2] {
    let timeout = bound(&[&eval("setTimeout")], "original, f, ms", "return original(f, ms / 5)");
    let now = bound(&[&eval("Date.now")], "original", "return original() * 5");
    [Replaced::new("globalThis", "setTimeout", &timeout), Replaced::new("Date", "now", &now)]
}

/// Waits for the next response in the background, then drops the popup. Resolves to the query and whether it is surely
/// from the popup, or to the error's code.
fn response(mut popup: Popup) -> Promise {
    future_to_promise(async move {
        Ok(match popup.response().await {
            Ok(response) => {
                [response.query.expose(), if response.from_own_popup { " ours" } else { " any" }].concat().into()
            }
            Err(error) => error.code().name().into(),
        })
    })
}

async fn next(popup: &mut Popup) -> (String, bool) {
    let response = popup.response().await.unwrap();
    (response.query.expose().to_owned(), response.from_own_popup)
}

fn page(path: &str) -> Url {
    Url::parse(&[eval("location.origin").as_string().unwrap().as_str(), path].concat()).unwrap()
}

/// Sends a message by a storage event, from another document, as the callback page does.
async fn store(text: &str) {
    let store = "const frame = document.createElement('iframe'); document.body.append(frame);
        const { localStorage } = frame.contentWindow;
        localStorage.setItem('mcp-authorize', a); localStorage.removeItem('mcp-authorize'); frame.remove()";
    run(store, &eval(text)).await;
}

async fn post(message: &str) {
    let channel = "const c = new BroadcastChannel('mcp-authorize'); c.postMessage(a); c.close()";
    run(channel, &eval(message)).await;
}

#[wasm_bindgen_test]
async fn the_popup_opens_with_a_text_in_the_users_colour_scheme() {
    let (popup, window, arguments) = open();
    let document = property(&window, "document");
    assert_eq!(property(&document, "title"), "Connecting to mcp.example.com:8443…");
    assert_eq!(property(&property(&document, "body"), "textContent"), "Connecting to mcp.example.com:8443…");
    let scheme = run("return getComputedStyle(a.documentElement).colorScheme", &document).await;
    assert_eq!(scheme, "light dark");
    let features = js_sys::Array::from(&arguments).get(2).as_string().unwrap();
    assert!(features.starts_with("popup,width=520,height=720,left="), "{features}");
    drop(popup);
    assert_eq!(property(&window, "closed"), true);
}

#[wasm_bindgen_test]
fn a_blocked_popup_is_reported_at_once() {
    for blocked in ["() => null", "() => ({ closed: true })", "() => { throw new Error() }"] {
        let _replaced = Replaced::new("globalThis", "open", &eval(blocked));
        assert_eq!(opening_fails(), POPUP_BLOCKED);
    }
}

fn opening_fails() -> Code {
    Popup::open_for(&with_listener(None), &server(), "", &PopupFeatures::default(), None).err().unwrap().code()
}

#[wasm_bindgen_test]
async fn only_one_popup_is_open_at_a_time() {
    let controller = eval("new AbortController()");
    let (first, window, _) = open_with(Some(&property(&controller, "signal").unchecked_into()), None);
    let focused = bound(&[&window], "a", "a.focused = true");
    run("Object.defineProperty(a.window, 'focus', { value: a.focus })", &object(&window, &focused)).await;
    assert_eq!(opening_fails(), POPUP_OPEN);
    assert_eq!(property(&window, "focused"), true);
    assert_eq!(property(&window, "closed"), false);

    // "Open again" in the click that aborts: the first sign-in has not noticed the abort yet.
    run("a.abort()", &controller).await;
    let (second, other, _) = open();
    assert_eq!(property(&window, "closed"), true);
    drop(first);
    assert_eq!(property(&other, "closed"), false);
    assert_eq!(opening_fails(), POPUP_OPEN);
    drop(second);
    drop(open());
}

fn object(window: &JsValue, focus: &JsValue) -> JsValue {
    js_sys::Reflect::apply(
        &bound(&[window, focus], "window, focus", "return { window, focus }"),
        &JsValue::UNDEFINED,
        &js_sys::Array::new(),
    )
    .unwrap()
}

/// Reads the last messages of another test's callback page, which reach every popup of the page.
async fn drain(popup: &mut Popup) {
    let last = "{ type: 'mcp-authorize', query: '?last', id: 0 }";
    post(last).await;
    store(&["JSON.stringify(", last, ")"].concat()).await;
    for _by_each_way in 0..2 {
        while next(popup).await.0 != "?last" {}
    }
}

#[wasm_bindgen_test]
async fn only_responses_are_accepted() {
    let (mut popup, window, _) = open();
    drain(&mut popup).await;
    for bad in [
        "null",
        "'text'",
        "{ type: 'other', query: '?a' }",
        "{ type: 'mcp-authorize' }",
        "{ type: 'mcp-authorize', query: 1 }",
    ] {
        post(bad).await;
        run("postMessage(a, origin)", &eval(bad)).await;
        run("a.eval(`opener.postMessage(${b}, origin)`)".replace("${b}", bad).as_str(), &window).await;
        store(&["JSON.stringify(", bad, ")"].concat()).await;
    }
    store("'no JSON'").await;
    // "origin must equal location.origin": another site that has a handle on this window.
    let foreign = "dispatchEvent(new MessageEvent('message',
        { data: { type: 'mcp-authorize', query: '?evil' }, origin: 'https://evil.example', source: a }))";
    run(foreign, &window).await;
    // A channel is shared by all tabs: the sender may be another sign-in's page.
    post("{ type: 'mcp-authorize', query: '?code=1', id: 1 }").await;
    assert_eq!(next(&mut popup).await, ("?code=1".to_owned(), false));
    // So is the storage.
    store("JSON.stringify({ type: 'mcp-authorize', query: '?code=2', id: 2 })").await;
    assert_eq!(next(&mut popup).await, ("?code=2".to_owned(), false));
    // "postMessage (origin and source checked)": this one comes from a window that is not the popup.
    run("postMessage(a, origin)", &eval("{ type: 'mcp-authorize', query: '?other', id: 3 }")).await;
    run("a.eval(`opener.postMessage({ type: 'mcp-authorize', query: '?code=3', id: 3 }, origin)`)", &window).await;
    assert_eq!(next(&mut popup).await, ("?code=3".to_owned(), true));
}

#[wasm_bindgen_test]
async fn the_last_response_is_acknowledged_and_no_listener_is_left() {
    eval("globalThis.counted = 0");
    let count = |method: &str, step: &str| {
        let count =
            ["function (...rest) { counted += ", step, "; EventTarget.prototype.", method, ".apply(this, rest) }"];
        Replaced::new("globalThis", method, &eval(&count.concat()))
    };
    let listeners = [count("addEventListener", "1"), count("removeEventListener", "-1")];
    let class = "class extends BroadcastChannel { close() { globalThis.counted -= 10; super.close() } }";
    let channel = Replaced::new("globalThis", "BroadcastChannel", &eval(class));
    let (mut popup, _, _) = open();
    drop(channel);
    assert_eq!(eval("counted"), 4);

    eval(
        "(globalThis.testChannel = new BroadcastChannel('mcp-authorize'), globalThis.heard = [], testChannel.onmessage = ({ data }) => heard.push(data))",
    );
    post("{ type: 'mcp-authorize', query: '?other', id: 7 }").await;
    next(&mut popup).await;
    // Waiting for the next response means that the first one was for another sign-in.
    post("{ type: 'mcp-authorize', query: '?ours', id: 8 }").await;
    next(&mut popup).await;
    popup.done();
    drop(popup);
    drop(listeners);
    assert_eq!(eval("counted"), -10);
    post("'last'").await;
    let heard = "while (!heard.includes('last')) await new Promise((y) => testChannel.addEventListener('message', y, { once: true }));
         testChannel.close(); return JSON.stringify(heard.filter((it) => it.ack))";
    assert_eq!(run(heard, &JsValue::UNDEFINED).await, r#"[{"type":"mcp-authorize","ack":8}]"#);
}

#[wasm_bindgen_test]
async fn a_popup_that_is_closed_before_it_shows_a_page_is_reported() {
    let (mut popup, window, _) = open();
    let connecting = popup.connecting();
    run("a.close()", &window).await;
    let answer = connecting.unless_closed(pin!(pending::<mcp_authorize::Result<()>>())).await;
    assert_eq!(answer.unwrap_err().code(), POPUP_CLOSED);
    assert_eq!(go(&mut popup, &page("/")).unwrap_err().code(), POPUP_CLOSED);
}

/// Waits until the popup shows a page of this origin, closes it and runs `then`, which may give the opener the focus.
async fn closed_by_user(answer: Promise, window: &JsValue, then: &str) -> JsValue {
    let close = "while (a.location.href === 'about:blank') await new Promise((y) => setTimeout(y, 100)); a.close(); ";
    run(&[close, then].concat(), window).await;
    JsFuture::from(Promise::race(&js_sys::Array::of2(&answer, &run_later("'still waiting'")))).await.unwrap()
}

/// A value after ten seconds, which `hurry` shortens.
fn run_later(value: &str) -> Promise {
    let later = ["new Promise((y) => setTimeout(() => y(", value, "), 10_000))"].concat();
    Promise::resolve(&eval(&later))
}

#[wasm_bindgen_test]
async fn a_popup_that_the_user_closes_is_reported_if_the_opener_has_the_focus() {
    let _hurry = hurry();
    let _focus = Replaced::new("document", "hasFocus", &eval("() => globalThis.focused"));
    for (then, outcome, expected) in [
        ("globalThis.focused = true", POPUP_CLOSED.name(), ""),
        ("", "still waiting", "waiting https://mcp.example.com:8443/mcp"),
    ] {
        eval("globalThis.focused = false");
        let events = eval("[]");
        let listener = bound(&[&events], "events, type, detail", "events.push(type, detail.server)");
        let (mut popup, window, _) = open_with(None, Some(listener));
        go(&mut popup, &page("/tests/browser/elsewhere.html")).unwrap();
        assert_eq!(closed_by_user(response(popup), &window, then).await, outcome);
        // If it can't be told from a popup that was cut off, the app gets one event that says so.
        assert_eq!(js_sys::Array::from(&events).join(" ").as_string().unwrap(), expected);
        post("{ type: 'mcp-authorize', query: '', id: 0 }").await;
    }
}

#[wasm_bindgen_test]
async fn a_popup_that_a_policy_cuts_off_does_not_count_as_closed() {
    // This test's server sends Cross-Origin-Opener-Policy: same-origin, also under its other origin, `localhost`.
    let _hurry = hurry();
    let _focus = Replaced::new("document", "hasFocus", &eval("() => true"));
    let (mut popup, window, _) = open();
    let elsewhere = page("/tests/browser/elsewhere.html").as_str().replacen("127.0.0.1", "localhost", 1);
    go(&mut popup, &Url::parse(&elsewhere).unwrap()).unwrap();
    let answer = response(popup);
    run("while (!a.closed) await new Promise((y) => setTimeout(y, 100))", &window).await;
    let either = js_sys::Array::of2(&answer, &run_later("'still waiting'"));
    assert_eq!(Promise::race(&either).await.unwrap(), "still waiting");
    post("{ type: 'mcp-authorize', query: '?code=1', id: 1 }").await;
    assert_eq!(answer.await.unwrap(), "?code=1 any");
}

/// Waits until the callback page, which holds this lock, is gone.
async fn callback_page_is_gone() {
    run("await navigator.locks.request('callback page', () => {})", &JsValue::UNDEFINED).await;
}

#[wasm_bindgen_test]
async fn the_callback_page_sends_the_response_to_its_opener() {
    let (mut popup, window, _) = open();
    go(&mut popup, &page("/tests/browser/callback.html?code=1&state=2")).unwrap();
    assert_eq!(next(&mut popup).await.0, "?code=1&state=2");
    // RFC 9700 §4.2.4: the code does not stay in the address bar and in the history.
    assert_eq!(property(&property(&window, "location"), "search"), "");
    popup.done();
    callback_page_is_gone().await;
}

#[wasm_bindgen_test]
async fn the_callback_page_closes_itself_if_it_is_cut_off() {
    let (mut popup, window, _) = open();
    let to = page("/tests/browser/callback.html?code=1&state=2");
    let to = js_sys::encode_uri_component(to.as_str()).as_string().unwrap();
    let elsewhere = page(&["/tests/browser/elsewhere.html?to=", &to].concat());
    go(&mut popup, &Url::parse(&elsewhere.as_str().replacen("127.0.0.1", "localhost", 1)).unwrap()).unwrap();
    assert_eq!(next(&mut popup).await, ("?code=1&state=2".to_owned(), false));
    assert_eq!(property(&window, "closed"), true);
    drop(popup);
    callback_page_is_gone().await;
}

/// Opens the callback page without a sign-in. Returns its state, its text and the rest of its address.
async fn on_its_own(query: &str) -> JsValue {
    let shown = "const page = open('/tests/browser/callback.html' + a);
        while (!page.document?.documentElement?.dataset.mcpAuthorize) await new Promise((y) => setTimeout(y, 50));
        const shown = [page.document.documentElement.dataset.mcpAuthorize, page.document.body.textContent.trim(), page.location.search];
        page.close(); return shown.join('|')";
    run(shown, &query.into()).await
}

#[wasm_bindgen_test]
async fn the_callback_page_without_a_sign_in_says_what_to_do() {
    assert_eq!(
        on_its_own("?state=1").await,
        "callback_without_response|This page finishes a sign-in. Go back to the app and start there.|?state=1"
    );
    assert_eq!(
        on_its_own("?error=access_denied&error_description=%3Cb%3E").await,
        "no_opener|The page that started this sign-in can’t be reached. Go back to the app and sign in again.|"
    );
}
