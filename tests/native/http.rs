use std::time::{Duration, Instant, SystemTime};

use mcp_authorize::native::{MemoryStore, Native, NativeOptions};
use mcp_authorize::ports::*;
use mcp_authorize::protocol::form::Form;
use mcp_authorize::protocol::{Secret, ServerUrl, Url};
use mcp_authorize::{Code, Step};

use crate::server::{Answer, Server};

fn ports() -> Native<MemoryStore> {
    Native::new(MemoryStore::default()).unwrap()
}

fn url(server: &Server, path: &str) -> Url {
    Url::parse(&[&server.origin, path].concat()).unwrap()
}

async fn get(server: &Server, path: &str) -> Result<Response, TransportError> {
    ports().send(&Request::get(Step::ResourceMetadata, &url(server, path))).await
}

#[tokio::test]
async fn a_request_and_its_response_are_transferred_with_their_headers() {
    let now = SystemTime::now();
    let date = httpdate::fmt_http_date(now);
    let server = Server::start(move |_, _| {
        Answer::new(400, "{\"ü\": \u{fffd}}")
            .with("WWW-Authenticate", "Bearer")
            .with("WWW-Authenticate", "DPoP")
            .with("Cache-Control", "max-age=1")
            .with("DPoP-Nonce", "n")
            .with("Retry-After", "7")
            .with("Date", date.clone())
    })
    .await;
    let form = Form::new().add("code", "c/1");
    let mut request = Request::post(Step::Token, &url(&server, "/token?x"), Body::Form(form));
    request.authorization = Some(Secret::from("Basic eDp5"));
    request.dpop = Some(Secret::from("proof"));
    let answer = ports().send(&request).await.unwrap();

    let came = &server.received()[0];
    assert_eq!((came.method.as_str(), came.target.as_str(), came.body.as_str()), ("POST", "/token?x", "code=c%2F1"));
    for (name, value) in [
        ("accept", Some("application/json")),
        ("authorization", Some("Basic eDp5")),
        ("dpop", Some("proof")),
        ("content-type", Some("application/x-www-form-urlencoded")),
        ("cookie", None),
        ("referer", None),
    ] {
        assert_eq!(came.header(name), value, "{name}");
    }
    assert_eq!((answer.status, answer.redirected_to, answer.body.as_str()), (400, None, "{\"ü\": \u{fffd}}"));
    assert_eq!(answer.www_authenticate.as_deref(), Some("Bearer, DPoP"));
    assert_eq!((answer.cache_control.as_deref(), answer.dpop_nonce.as_deref()), (Some("max-age=1"), Some("n")));
    assert_eq!(answer.retry_after, Some(7));
    let seconds = now.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    assert_eq!(answer.date, Some(UnixMillis(seconds * 1000)));
}

#[tokio::test]
async fn retry_after_may_be_a_date() {
    // RFC 9110 §10.2.3: `Retry-After = HTTP-date / delay-seconds`.
    let server = Server::start(|_, request| {
        let seconds = if request.target == "/later" { 100 } else { 0 };
        let at = SystemTime::now() + Duration::from_secs(seconds);
        Answer::new(503, "").with("Retry-After", httpdate::fmt_http_date(at))
    })
    .await;
    assert!(matches!(get(&server, "/later").await.unwrap().retry_after, Some(98..=101)));
    assert!(matches!(get(&server, "/now").await.unwrap().retry_after, None | Some(1)));
}

#[tokio::test]
async fn redirects_are_followed_for_get() {
    let server = Server::start(|origin, request| match request.target.as_str() {
        "/1" => Answer::new(302, "").with("Location", "2?x"),
        "/2?x" => Answer::new(307, "").with("Location", [origin, "/3"].concat()),
        "/3" => Answer::new(200, "{}"),
        _ => Answer::new(301, "").with("Location", "/loop"),
    })
    .await;
    let answer = get(&server, "/1").await.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, "{}"));
    assert_eq!(answer.redirected_to, Some([&server.origin, "/3"].concat()));
    assert_eq!(server.targets(), ["/1", "/2?x", "/3"]);
    // A loop ends.
    assert_eq!(get(&server, "/loop").await.unwrap().status, 301);
    assert_eq!(server.targets().len(), 3 + 6);

    // A redirect would take the code or the client's secret to another server.
    let request = Request::post(Step::Token, &url(&server, "/1"), Body::Form(Form::new()));
    let answer = ports().send(&request).await.unwrap();
    assert_eq!((answer.status, answer.redirected_to), (302, Some("2?x".to_owned())));
    // A redirect that the app's backend passes on may lead to a URL that only the backend reaches.
    let mut request = Request::get(Step::ResourceMetadata, &url(&server, "/elsewhere"));
    request.proxy_url = Some(url(&server, "/1"));
    assert_eq!(ports().send(&request).await.unwrap().status, 302);
    assert_eq!(server.targets().len(), 9 + 2);
}

#[tokio::test]
async fn a_redirect_to_an_unsafe_url_is_not_followed() {
    // OAuth 2.1 §1.5: http is only for loopback. The response is the redirect itself, with its target.
    for location in
        ["http://10.0.0.1/", "http://metadata.internal/latest", "file:///etc/passwd", "https://u:p@a.example/"]
    {
        let server = Server::start(move |_, _| Answer::new(302, "{}").with("Location", location)).await;
        let answer = get(&server, "/x").await.unwrap();
        assert_eq!((answer.status, answer.redirected_to.as_deref()), (302, Some(location)));
        assert_eq!(server.targets(), ["/x"]);
    }
}

#[tokio::test]
async fn no_more_than_1_mib_is_read() {
    let server =
        Server::start(|_, request| Answer::new(200, " ".repeat(LONGEST_BODY + usize::from(request.target == "/more"))))
            .await;
    assert_eq!(get(&server, "/").await.unwrap().body.len(), LONGEST_BODY);
    assert!(matches!(get(&server, "/more").await, Err(TransportError::TooLarge(_))));
    let server = Server::start(|_, _| Answer { endless: true, ..Answer::new(200, " ".repeat(LONGEST_BODY)) }).await;
    assert!(matches!(get(&server, "/").await, Err(TransportError::TooLarge(_))));
}

#[tokio::test]
async fn the_body_of_a_probe_is_not_read() {
    // Streamable HTTP: a response may be a stream of events that never ends.
    let server = Server::start(|_, _| Answer { endless: true, ..Answer::new(200, "") }).await;
    let probe = Request::probe(&ServerUrl::parse(&server.origin).unwrap());
    let answer = ports().send(&probe).await.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert_eq!(server.received()[0].header("accept"), Some("application/json, text/event-stream"));
    assert_eq!(server.received()[0].header("content-type"), Some("text/plain"));
}

#[tokio::test]
async fn the_time_limit_covers_headers_and_body() {
    let server = Server::start(|_, request| match request.target.as_str() {
        "/headers" => Answer { delay: Duration::from_secs(60), ..Answer::new(200, "") },
        _ => Answer { endless: true, ..Answer::new(200, "") },
    })
    .await;
    let options = NativeOptions { time_limit: Duration::from_millis(100), ..NativeOptions::default() };
    let ports = Native::with_options(MemoryStore::default(), options).unwrap();
    for path in ["/headers", "/body"] {
        let started = Instant::now();
        let failure = ports.send(&Request::get(Step::Token, &url(&server, path))).await.err().unwrap();
        assert_eq!(failure.code(), Code::Timeout, "{path}");
        assert!(started.elapsed() < Duration::from_secs(30));
    }
}

#[tokio::test]
async fn an_unreachable_server_is_a_network_error() {
    // Port 9 (discard) on a machine that has no such service.
    let nowhere = Url::parse("http://127.0.0.1:9/?code=secret").unwrap();
    let failure = ports().send(&Request::get(Step::Token, &nowhere)).await.err().unwrap();
    assert_eq!(failure.code(), Code::Network);
    // Logs must not contain the query: it may hold secrets.
    let cause = std::error::Error::source(&failure).unwrap();
    assert!(!format!("{failure} {cause} {cause:?}").contains("secret"));
}

#[tokio::test]
async fn a_lock_has_one_holder_at_a_time() {
    let ports = ports();
    let first = ports.lock("a").await.unwrap();
    let _other = ports.lock("b").await.unwrap();
    let waiting = ports.clone();
    let mut second = std::pin::pin!(waiting.lock("a"));
    assert!(tokio::time::timeout(Duration::from_millis(20), second.as_mut()).await.is_err());
    drop(first);
    let _second = tokio::time::timeout(Duration::from_secs(5), second).await.unwrap().unwrap();
}

#[tokio::test]
async fn work_that_lost_its_caller_continues_while_its_lock_is_awaited() {
    let ports = ports();
    let done = std::rc::Rc::new(std::cell::Cell::new(0));
    let work = || {
        let (ports, done) = (ports.clone(), done.clone());
        async move {
            let guard = ports.lock("session").await.unwrap();
            let work = async move {
                let _guard = guard;
                tokio::time::sleep(Duration::from_millis(50)).await;
                done.set(done.get() + 1);
            };
            ports.spawn_detached(work).await;
        }
    };
    // Two tasks lose their callers while a third one is already waiting.
    let impatient = async {
        for _ in 0..2 {
            assert!(tokio::time::timeout(Duration::from_millis(10), work()).await.is_err());
        }
    };
    tokio::join!(impatient, async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        tokio::time::timeout(Duration::from_secs(5), ports.lock("session")).await.unwrap().unwrap();
        assert!(done.get() >= 1);
    });
    // Or the program waits for such tasks before it ends.
    assert!(tokio::time::timeout(Duration::from_millis(10), work()).await.is_err());
    let before = done.get();
    ports.finish_detached().await;
    assert!(done.get() > before);
}

#[tokio::test]
async fn keys_last_as_long_as_the_store() {
    let ports = ports();
    let [a, b] = ["https://a.example", "https://b.example"];
    let key = ports.dpop_key(a).await.unwrap();
    assert_eq!(ports.dpop_key(a).await.unwrap().thumbprint(), key.thumbprint());
    assert_ne!(ports.dpop_key(b).await.unwrap().thumbprint(), key.thumbprint());
    assert!(ports.keeps_dpop_keys());
    // An unreadable key is replaced.
    ports.set("dpop-key https://a.example", Secret::from("rubbish")).await.unwrap();
    assert_ne!(ports.dpop_key(a).await.unwrap().thumbprint(), key.thumbprint());
    assert_ne!(ports.entropy().unwrap(), ports.entropy().unwrap());
}
