use std::sync::mpsc;
use std::time::Duration;

use mcp_authorize::native::Loopback;
use mcp_authorize::ports::{AuthorizationPage, UserAgent};
use mcp_authorize::protocol::{Issuer, State, Url};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

async fn listening() -> (Loopback, String) {
    let browser = Loopback::listen(|_| {}).await.unwrap();
    let redirect_uri = browser.redirect_uri();
    (browser, redirect_uri)
}

#[tokio::test]
async fn the_page_is_shown_and_the_response_comes_back() {
    let (shown, show) = mpsc::channel();
    let mut browser = Loopback::listen(move |url| shown.send(url.as_str().to_owned()).unwrap()).await.unwrap();
    let page = Url::parse("https://as.example/authorize?state=s").unwrap();
    let (state, issuer) = (State::from_text("s"), Issuer::parse("https://as.example").unwrap());
    let server = "https://mcp.example/mcp";
    browser.open(&AuthorizationPage { url: &page, state: &state, server, issuer: &issuer }).unwrap();
    assert_eq!(show.recv().unwrap(), page.as_str());
    let redirect_uri = browser.redirect_uri();
    // RFC 8252 §8.3: the loopback address rather than a name.
    assert!(redirect_uri.starts_with("http://127.0.0.1:"), "{redirect_uri}");

    let get = reqwest::get([&redirect_uri, "?code=1&state=s%20x"].concat());
    let (response, answered) = tokio::join!(browser.response(), get);
    let response = response.unwrap();
    assert_eq!(response.query.expose(), "code=1&state=s%20x");
    // Any program on this machine may have sent it.
    assert!(!response.from_own_popup);
    let answered = answered.unwrap();
    assert_eq!(answered.headers()["referrer-policy"], "no-referrer");
    assert!(answered.text().await.unwrap().contains("go back to the app"));
}

#[tokio::test]
async fn any_other_request_is_answered_with_404() {
    let (mut browser, redirect_uri) = listening().await;
    let origin = redirect_uri.strip_suffix("/callback").unwrap().to_owned();
    let http = reqwest::Client::new();
    let asked = async {
        for path in ["/favicon.ico", "/", "/callback", "/callback2?code=1", "/callback/?code=1"] {
            assert_eq!(http.get([&origin, path].concat()).send().await.unwrap().status(), 404, "{path}");
        }
        let posted = http.post([&redirect_uri, "?code=2"].concat()).body("x").send().await.unwrap();
        assert_eq!(posted.status(), 404);
        http.get([&redirect_uri, "?code=3"].concat()).send().await.unwrap();
    };
    let (response, ()) = tokio::join!(browser.response(), asked);
    assert_eq!(response.unwrap().query.expose(), "code=3");
}

#[tokio::test]
async fn a_program_that_sends_nothing_does_not_hold_up_the_browser() {
    let (mut browser, redirect_uri) = listening().await;
    let address = redirect_uri.strip_prefix("http://").unwrap().strip_suffix("/callback").unwrap().to_owned();
    let _silent = TcpStream::connect(&address).await.unwrap();
    let mut half = TcpStream::connect(&address).await.unwrap();
    half.write_all(b"GET /callback?code=half HTTP/1.1\r\nHost: x\r\n").await.unwrap();
    let mut garbage = TcpStream::connect(&address).await.unwrap();
    garbage.write_all(&[0xff, 0xfe, b'\n', b'\n']).await.unwrap();

    let get = reqwest::get([&redirect_uri, "?code=1"].concat());
    let both = async { tokio::join!(browser.response(), get) };
    let (response, answered) = tokio::time::timeout(Duration::from_secs(20), both).await.expect("it continues");
    assert_eq!(response.unwrap().query.expose(), "code=1");
    assert_eq!(answered.unwrap().status(), 200);
}
