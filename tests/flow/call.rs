use std::cell::{Cell, RefCell};

use mcp_authorize::flow::Session;
use mcp_authorize::{Code, Error};
use pollster::block_on;

use crate::scripted::*;
use crate::session::signed_in;

/// Sends a request, whose response depends on its token. Returns the tokens that were sent.
pub fn send(
    session: &Session<Scripted>,
    can_resend: bool,
    answer: impl Fn(&str) -> AppResponse,
) -> (Result<u16, Error>, Vec<String>) {
    let sent = RefCell::new(Vec::new());
    let request = AppRequest {
        url: SERVER,
        proofs: &mut Vec::new(),
        can_resend,
        answer: async |token: &str| {
            sent.borrow_mut().push(token.to_owned());
            answer(token)
        },
    };
    let outcome = block_on(session.call(request)).map(|response| response.status);
    (outcome, sent.into_inner())
}

#[test]
fn a_request_is_sent_with_the_token() {
    let session = signed_in(&Scripted::working());
    let (outcome, sent) = send(&session, true, |_| AppResponse::new(200, ""));
    assert_eq!((outcome.unwrap(), sent), (200, vec!["first-access".into()]));
}

#[test]
fn a_401_causes_one_refresh_and_one_retry() {
    let world = Scripted::working();
    let session = signed_in(&world);
    world.reply(TOKEN, Reply::ok(tokens("second")));
    let accepts_second = |token: &str| AppResponse::new(if token == "second-access" { 200 } else { 401 }, "Bearer");
    let (outcome, sent) = send(&session, true, accepts_second);
    assert_eq!((outcome.unwrap(), sent), (200, vec!["first-access".into(), "second-access".into()]));

    // A server that accepts no token gets two requests, not more, and the app sees its response.
    world.forget_requests();
    world.reply(TOKEN, Reply::ok(tokens("third")));
    let (outcome, sent) = send(&session, true, |_| AppResponse::new(401, ""));
    assert_eq!((outcome.unwrap(), sent.len(), world.posted(TOKEN).len()), (401, 2, 1));
}

#[test]
fn a_streamed_body_is_not_sent_twice() {
    let world = Scripted::working();
    let session = signed_in(&world);
    let (outcome, sent) = send(&session, false, |_| AppResponse::new(401, ""));
    assert_eq!((outcome.unwrap(), sent.len()), (401, 1));
    // The next request still gets new tokens.
    assert_eq!(world.posted(TOKEN).len(), 1);
}

#[test]
fn the_token_is_sent_only_to_its_resource() {
    let session = signed_in(&Scripted::working());
    let sent = Cell::new(false);
    for url in [
        "https://mcp.example/other",
        "https://mcp.example/mcpx",
        "https://evil.example/mcp",
        "https://mcp.example:8443/mcp",
        "http://mcp.example/mcp",
        "/mcp",
    ] {
        let answer = async |_: &str| {
            sent.set(true);
            AppResponse::new(200, "")
        };
        let outcome = block_on(session.call(AppRequest { url, proofs: &mut Vec::new(), can_resend: true, answer }));
        assert_eq!(outcome.err().map(|error| error.code()), Some(Code::WrongResource), "{url}");
    }
    assert!(!sent.get());
}

#[test]
fn a_refused_token_that_cannot_be_refreshed_ends_the_session() {
    let world = Scripted::working();
    world.reply(TOKEN, Reply::ok(r#"{"access_token": "only", "token_type": "Bearer"}"#));
    let session = signed_in(&world);
    let (outcome, sent) = send(&session, true, |_| AppResponse::new(401, ""));
    assert_eq!((outcome.unwrap_err().code(), sent.len()), (Code::SessionExpired, 1));
}

#[test]
fn insufficient_scope_asks_for_the_union() {
    // MCP, step-up: clients "SHOULD request the union of previously requested scopes and those of the
    // challenge".
    let session = signed_in(&Scripted::working());
    let challenge = "Bearer error=\"insufficient_scope\", scope=\"write admin\"";
    let (outcome, sent) = send(&session, true, |_| AppResponse::new(403, challenge));
    let error = outcome.unwrap_err();
    assert_eq!((error.code(), sent.len()), (Code::InsufficientScope, 1));
    assert_eq!(error.scopes().unwrap(), ["read", "write", "admin"]);
    assert_eq!(error.step_up().unwrap().missing_scopes, ["write", "admin"]);
    // A server may name all scopes that it requires (RFC 6750 §3.1), not only the missing ones.
    let all = |_: &str| AppResponse::new(403, "Bearer error=\"insufficient_scope\", scope=\"read write\"");
    assert_eq!(send(&session, true, all).0.unwrap_err().step_up().unwrap().missing_scopes, ["write"]);
    // If the challenge is hidden, the body still has the error code, and the error names the header.
    let hidden = |_: &str| AppResponse { status: 403, error: Some("insufficient_scope"), ..Default::default() };
    let error = send(&session, true, hidden).0.unwrap_err();
    assert_eq!(error.code(), Code::InsufficientScope);
    assert!(error.scopes().unwrap().is_empty());
    assert!(error.message().contains("Access-Control-Expose-Headers: WWW-Authenticate"));
    let (outcome, _) = send(&session, true, |_| AppResponse::new(403, ""));
    assert_eq!(outcome.unwrap(), 403);
    // Any other 403 is passed to the app.
    let (outcome, _) = send(&session, true, |_| AppResponse::new(403, "Bearer error=\"other\""));
    assert_eq!(outcome.unwrap(), 403);
}
