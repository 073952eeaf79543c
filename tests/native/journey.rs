use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use mcp_authorize::flow::Session;
use mcp_authorize::native::{MemoryStore, Native};
use mcp_authorize::ports::{AuthorizationPage, CallbackQuery, UserAgent};
use mcp_authorize::protocol::{Issuer, form};
use mcp_authorize::{Authorizer, Code, Result};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

use crate::server::{Answer, Received, Server};

/// A user who consents: the code comes back with the state that was sent.
#[derive(Default)]
struct Consents(Option<String>);

impl UserAgent for Consents {
    async fn choose(&mut self, _issuers: &[Issuer]) -> Result<usize> {
        Ok(0)
    }

    fn open(&mut self, page: &AuthorizationPage<'_>) -> Result<()> {
        let sent: Vec<_> = form::parse(page.url.query());
        assert!(sent.contains(&("code_challenge_method".into(), "S256".into())));
        self.0 = Some(["?code=the-code&state=", page.state.as_str()].concat());
        Ok(())
    }

    async fn response(&mut self) -> Result<CallbackQuery> {
        Ok(CallbackQuery { query: self.0.take().unwrap().into(), from_own_popup: false })
    }
}

/// An MCP server and its authorization server in one. It accepts only the newest token.
struct World {
    server: Server,
    newest: Arc<AtomicU32>,
}

impl World {
    async fn start(refresh_takes: Duration) -> Self {
        let newest = Arc::new(AtomicU32::new(0));
        let tokens = newest.clone();
        let server = Server::start(move |origin, request| answer(origin, request, &tokens, refresh_takes)).await;
        Self { server, newest }
    }

    fn url(&self) -> String {
        [&self.server.origin, "/mcp"].concat()
    }

    fn requests(&self, target: &str) -> Vec<Received> {
        self.server.received().into_iter().filter(|request| request.target == target).collect()
    }

    async fn sign_in(&self, ports: &Native<MemoryStore>) -> Session<Native<MemoryStore>> {
        authorizer(ports).sign_in(&self.url(), &mut Consents::default()).await.unwrap()
    }
}

fn authorizer(ports: &Native<MemoryStore>) -> Authorizer<Native<MemoryStore>> {
    Authorizer::builder(ports.clone(), "test", "http://127.0.0.1:1/callback").unwrap().build()
}

fn answer(origin: &str, request: &Received, newest: &AtomicU32, refresh_takes: Duration) -> Answer {
    let current = || format!("token-{}", newest.load(Ordering::SeqCst));
    match request.target.as_str() {
        "/mcp" => match request.header("authorization") {
            Some(sent) if sent == format!("DPoP {}", current()) => Answer::new(200, "pong"),
            _ => Answer::new(401, "").with(
                "WWW-Authenticate",
                format!("DPoP resource_metadata=\"{origin}/.well-known/oauth-protected-resource/mcp\""),
            ),
        },
        "/.well-known/oauth-protected-resource/mcp" => {
            Answer::new(200, format!(r#"{{"resource": "{origin}/mcp", "authorization_servers": ["{origin}"]}}"#))
        }
        "/.well-known/oauth-authorization-server" => Answer::new(
            200,
            format!(
                r#"{{"issuer": "{origin}", "authorization_endpoint": "{origin}/authorize", "token_endpoint": "{origin}/token",
                "registration_endpoint": "{origin}/register", "revocation_endpoint": "{origin}/revoke",
                "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"],
                "dpop_signing_alg_values_supported": ["ES256"]}}"#
            ),
        ),
        "/register" => Answer::new(201, r#"{"client_id": "registered"}"#),
        "/token" => {
            newest.fetch_add(1, Ordering::SeqCst);
            let delay = if request.body.contains("refresh_token=") { refresh_takes } else { Duration::ZERO };
            let token = current();
            let body = format!(r#"{{"access_token": "{token}", "token_type": "DPoP", "refresh_token": "r-{token}"}}"#);
            Answer { delay, ..Answer::new(200, body) }
        }
        "/revoke" => Answer::new(200, ""),
        _ => Answer::new(404, ""),
    }
}

/// Checks a proof as a server does (RFC 9449 §4.3).
fn check(proof: &str, method: &str, url: &str) {
    let (input, signature) = proof.rsplit_once('.').unwrap();
    let decoded = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).unwrap();
    let [header, claims] = [0, 1]
        .map(|at| serde_json::from_slice::<serde_json::Value>(&decoded(input.split('.').nth(at).unwrap())).unwrap());
    let coordinate = |name: &str| decoded(header["jwk"][name].as_str().unwrap());
    let key = [vec![4], coordinate("x"), coordinate("y")].concat();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key).verify(input.as_bytes(), &decoded(signature)).unwrap();
    assert_eq!((claims["htm"].as_str(), claims["htu"].as_str()), (Some(method), Some(url)));
}

async fn call(session: &Session<Native<MemoryStore>>) -> Result<String> {
    let request = session.ports().http().post(session.server().as_str()).body("ping").build().unwrap();
    let answer = session.call(session.ports().request(request)).await?;
    Ok(answer.0.text().await.unwrap())
}

#[tokio::test]
async fn a_program_signs_in_calls_and_signs_out() {
    let world = World::start(Duration::ZERO).await;
    let ports = Native::new(MemoryStore::default()).unwrap();
    let session = world.sign_in(&ports).await;
    assert_eq!(call(&session).await.unwrap(), "pong");
    let token_url = [&world.server.origin, "/token"].concat();
    check(world.requests("/token")[0].header("dpop").unwrap(), "POST", &token_url);
    check(world.requests("/mcp").last().unwrap().header("dpop").unwrap(), "POST", session.server().as_str());

    // If the server no longer accepts the token, it is refreshed once, and the request is sent again.
    world.newest.fetch_add(1, Ordering::SeqCst);
    assert_eq!(call(&session).await.unwrap(), "pong");
    assert_eq!(world.requests("/token").len(), 2);

    // Another part of the program finds the session, without the network.
    let before = world.server.received().len();
    let restored = authorizer(&ports).restore(&world.url()).await.unwrap().unwrap();
    assert_eq!(world.server.received().len(), before);
    assert_eq!(call(&restored).await.unwrap(), "pong");

    assert!(session.sign_out().await.unwrap());
    assert_eq!(world.requests("/revoke").len(), 2);
    assert_eq!(call(&restored).await.unwrap_err().code(), Code::SignedOut);
}

#[tokio::test]
async fn a_refresh_outlives_its_caller() {
    // RFC 9700 §2.2.2: a refresh token is spent when it is sent. A caller that gives up would lose the session.
    let world = World::start(Duration::from_millis(300)).await;
    let session = world.sign_in(&Native::new(MemoryStore::default()).unwrap()).await;
    for _ in 0..2 {
        let given_up = tokio::time::timeout(Duration::from_millis(100), session.refresh()).await;
        assert!(given_up.is_err());
        // The next request, whose token the server now refuses, waits for that refresh and does not begin another one.
        let before = world.requests("/token").len();
        let answer = tokio::time::timeout(Duration::from_secs(10), call(&session)).await.expect("it continues");
        assert_eq!(answer.unwrap(), "pong");
        assert_eq!(world.requests("/token").len(), before);
    }
}
