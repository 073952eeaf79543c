use std::rc::Rc;

use mcp_authorize::flow::{Client, sign_in};
use mcp_authorize::ports::POPUP_CLOSED;
use mcp_authorize::protocol::{ClientIdMetadataUrl, ServerUrl};
use mcp_authorize::{Code, Error, Step};
use pollster::block_on;

use crate::scripted::*;

const KEPT: &str = "discovery https://mcp.example/mcp";

fn attempt_as(world: &Scripted, client: Client, user: &mut User) -> Result<(), Error> {
    let server = ServerUrl::parse(SERVER).unwrap();
    world.forget_requests();
    block_on(sign_in(world, &Rc::new(client), &server.clone().into(), None, user)).map(|_| ())
}

fn attempt(world: &Scripted) -> Result<(), Error> {
    attempt_as(world, client(), &mut User::consents())
}

/// A world in which the user has signed in once.
fn visited() -> Scripted {
    let world = Scripted::working();
    attempt(&world).unwrap();
    world
}

#[test]
fn a_first_visit_takes_three_steps_before_the_page_and_two_with_a_metadata_document() {
    let world = Scripted::working();
    attempt(&world).unwrap();
    assert_eq!(world.steps(), 3 + 1, "and the token request");

    let world = Scripted::working();
    world.reply(METADATA, Reply::ok(metadata(ISSUER, r#", "client_id_metadata_document_supported": true"#)));
    let document = Some(ClientIdMetadataUrl::parse("https://app.example/client.json").unwrap());
    attempt_as(&world, Client { client_id_metadata_url: document, ..client() }, &mut User::consents()).unwrap();
    assert_eq!(world.steps(), 2 + 1);
}

#[test]
fn the_slowest_discovery_takes_three_steps() {
    // No hint, metadata at the root, and an issuer whose document is at the last of its well-known URLs.
    let world = Scripted::working();
    let issuer = "https://as.example/tenant";
    world.reply(SERVER, Reply::Challenge(401, "Bearer".into()));
    world.remove(PRM);
    world.reply(ROOT_PRM, Reply::ok(prm(SERVER, issuer)));
    world.reply("https://as.example/tenant/.well-known/openid-configuration", Reply::ok(metadata(issuer, "")));
    attempt(&world).unwrap();
    assert_eq!(world.steps(), 3 + 2, "and registration and token request");
}

#[test]
fn an_error_of_the_app_does_not_repeat_the_discovery() {
    let world = visited();
    let mut user = User::consents();
    user.parameters = Box::new(|_| Err(Error::new(Code::InvalidOption, Step::Authorization, "No such parameter.")));
    assert_eq!(attempt_as(&world, client(), &mut user).unwrap_err().code(), Code::InvalidOption);
    assert!(world.requested().is_empty());
}

#[test]
fn a_second_visit_sends_no_request_before_the_page() {
    let world = visited();
    attempt(&world).unwrap();
    assert_eq!(world.requested(), [TOKEN]);
    // The challenge's scope is kept with the documents.
    let mut user = User::consents();
    attempt_as(&world, client(), &mut user).unwrap();
    assert_eq!(user.sent()["scope"], "read");
}

#[test]
fn documents_are_cached_as_long_as_their_servers_allow() {
    // RFC 9111 §5.2.2
    let asks_again = |resource: &'static str, server: &'static str, seconds| {
        let world = Scripted::working();
        world.reply(PRM, Reply::Cached(resource, prm(SERVER, ISSUER)));
        world.reply(METADATA, Reply::Cached(server, metadata(ISSUER, "")));
        attempt(&world).unwrap();
        world.wait(seconds);
        attempt(&world).unwrap();
        world.requested().contains(&METADATA.to_owned())
    };
    assert!(!asks_again("max-age=600", "max-age=60", 59));
    assert!(asks_again("max-age=600", "max-age=60", 60));
    assert!(asks_again("no-store", "max-age=60", 0) && asks_again("max-age=60", "no-cache", 0));
    assert!(!asks_again("public", "", AN_HOUR - 1) && asks_again("public", "", AN_HOUR));
    let year = "max-age=31536000";
    assert!(!asks_again(year, year, 24 * AN_HOUR - 1) && asks_again(year, year, 24 * AN_HOUR));
}

#[test]
fn a_failure_before_the_page_is_retried_with_fresh_documents() {
    let world = visited();
    let moved = "https://as.example/v2/register";
    world.write("registration https://as.example https://app.example/callback", "gone");
    world.reply(METADATA, Reply::ok(metadata(ISSUER, "").replace(REGISTER, moved)));
    world.reply(REGISTER, Reply::Json(404, String::new()));
    world.reply(moved, Reply::Json(201, r#"{"client_id": "again"}"#.into()));
    attempt(&world).unwrap();
    assert_eq!(world.form(TOKEN)["client_id"], "again");
    assert_eq!(world.posted(SERVER).len(), 1);
    // The error is that of the second attempt, and there is no third.
    let world = visited();
    world.wait(1);
    world.write("registration https://as.example https://app.example/callback", "gone");
    world.reply(REGISTER, Reply::Json(500, String::new()));
    assert_eq!(attempt(&world).unwrap_err().code(), Code::HttpStatus);
    assert_eq!((world.posted(REGISTER).len(), world.posted(SERVER).len()), (2, 1));
}

#[test]
fn a_failure_after_the_page_drops_the_cached_documents() {
    let moved = "https://as.example/v2/token";
    let world = visited();
    world.reply(METADATA, Reply::ok(metadata(ISSUER, "").replace(TOKEN, moved)));
    world.reply(moved, Reply::ok(tokens("second")));
    world.reply(TOKEN, Reply::Json(404, String::new()));
    assert_eq!(attempt(&world).unwrap_err().code(), Code::HttpStatus);
    assert!(!world.stored().contains_key(KEPT));
    attempt(&world).unwrap();
    assert!(world.stored().contains_key(KEPT));

    // If the authorization page is gone, the user closes the window.
    assert_eq!(attempt_as(&world, client(), &mut User::answering(|_| Vec::new())).unwrap_err().code(), POPUP_CLOSED);
    attempt(&world).unwrap();
    assert!(world.requested().contains(&METADATA.to_owned()));
}

#[test]
fn a_refused_token_drops_the_cached_documents() {
    // MCP 2026-07-28 client-registration: the server may have changed its authorization server.
    let world = Scripted::working();
    let session = crate::session::signed_in(&world);
    assert!(world.stored().contains_key(KEPT));
    let answer = async |_: &str| AppResponse::new(401, "Bearer");
    let request = AppRequest { url: SERVER, proofs: &mut Vec::new(), can_resend: true, answer };
    assert_eq!(block_on(session.call(request)).unwrap().status, 401);
    assert!(!world.stored().contains_key(KEPT));
}

#[test]
fn cached_documents_are_checked_like_new_ones() {
    let kept = visited().stored()[KEPT].clone();
    for spoilt in [
        kept.replace(ISSUER, "http://as.example"),
        kept.replace(SERVER, "https://other.example/mcp"),
        kept.replace(TOKEN, "javascript:alert(1)"),
        kept.replace(r#""v":1"#, r#""v":2"#),
        kept.replace("until", "x"),
        "rubbish".into(),
    ] {
        let world = visited();
        world.write(KEPT, &spoilt);
        attempt(&world).unwrap();
        assert!(world.requested().contains(&METADATA.to_owned()), "{spoilt}");
    }
}
