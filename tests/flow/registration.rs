//! Registration: which requests are sent, what is stored, and when the app registers again (RFC 7591, MCP
//! client-registration).

use std::rc::Rc;

use mcp_authorize::flow::{Client, PreRegistered, Session, forget_client, sign_in};
use mcp_authorize::protocol::{Issuer, ServerUrl};
use mcp_authorize::{Code, Error};
use pollster::block_on;

use crate::scripted::*;

fn attempt(world: &Scripted, client: Client) -> Result<Session<Scripted>, Error> {
    let account = ServerUrl::parse(SERVER).unwrap().into();
    block_on(sign_in(world, &Rc::new(client), &account, None, &mut User::consents()))
}

fn refusal(error: &str) -> Reply {
    Reply::Json(400, format!(r#"{{"error": "{error}"}}"#))
}

/// A server that issues a secret.
fn with_secret() -> Scripted {
    let world = Scripted::working();
    world.reply(REGISTER, Reply::Json(201, r#"{"client_id": "registered", "client_secret": "hush"}"#.into()));
    world
}

#[test]
fn an_initial_access_token_is_sent_only_to_its_issuer() {
    // RFC 7591 §3: "an OAuth 2.0 access token … used to authorize calls to the client registration endpoint".
    let world = Scripted::working();
    let [theirs, ours] = [("https://other.example", "theirs"), (ISSUER, "ours")]
        .map(|(issuer, token)| (issuer.to_owned(), token.into()));
    let with = |initial_access_tokens| Client { initial_access_tokens, ..client() };
    attempt(&world, with(vec![theirs, ours])).unwrap();
    assert_eq!(world.authorizations(), ["Bearer ours"]);

    let world = Scripted::working();
    attempt(&world, with(vec![("https://other.example".to_owned(), "theirs".into())])).unwrap();
    assert!(world.authorizations().is_empty());
}

#[test]
fn a_refusal_without_a_reason_is_tried_without_scope_and_then_with_the_other_type() {
    // MCP 2026-07-28 client-registration: a rejection MAY be retried with the other application type.
    let requests = |reply: Reply| {
        let world = Scripted::working();
        world.reply(REGISTER, reply);
        let error = attempt(&world, client()).err().unwrap();
        let posted = world.posted(REGISTER);
        let says = |body: &String| (body.contains(r#""scope""#), body.contains(r#""application_type":"web""#));
        (error.code(), posted.iter().map(says).collect::<Vec<_>>())
    };
    let all = vec![(true, true), (false, true), (false, false)];
    assert_eq!(requests(Reply::Json(400, String::new())), (Code::RegistrationFailed, all.clone()));
    let about_scope = r#"{"error": "invalid_client_metadata", "error_description": "unknown scope: read"}"#;
    assert_eq!(requests(Reply::Json(400, about_scope.into())), (Code::RegistrationFailed, all));
    // Another scope does not help if the server requires authentication.
    assert_eq!(requests(Reply::Json(401, String::new())).1, [(true, true), (true, false)]);
    // A failure that may be temporary is not retried in another way (RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4).
    for status in [408, 425, 429, 503] {
        assert_eq!(requests(Reply::Json(status, String::new())), (Code::HttpStatus, vec![(true, true)]));
    }
}

#[test]
fn a_registration_that_the_server_may_have_lost_is_repeated_once() {
    // RFC 6749 §5.2 has `invalid_client` for this. Some servers send other codes, or only a status.
    let doubted = |reply: Reply| {
        let world = Scripted::working();
        attempt(&world, client()).unwrap();
        world.reply(TOKEN, reply);
        assert!(attempt(&world, client()).is_err());
        world.reply(TOKEN, Reply::ok(tokens("second")));
        attempt(&world, client()).unwrap();
        world.posted(REGISTER).len() == 2
    };
    assert!(doubted(refusal("invalid_request")));
    assert!(doubted(refusal("unknown_client_id")));
    assert!(doubted(Reply::Json(404, String::new())));
    for other in ["invalid_grant", "invalid_scope", "temporarily_unavailable"] {
        assert!(!doubted(refusal(other)), "{other} is not about the registration");
    }
    assert!(!doubted(Reply::Json(503, String::new())));
}

#[test]
fn the_other_way_to_send_a_secret_is_tried_once_and_remembered() {
    // RFC 7591 §2: without `token_endpoint_auth_method`, "the default is client_secret_basic".
    let basic = "Basic cmVnaXN0ZXJlZDpodXNo";
    // GitHub uses its own code instead of `invalid_client` (RFC 6749 §5.2).
    for error in ["invalid_client", "incorrect_client_credentials"] {
        let world = with_secret();
        world.replies(TOKEN, vec![refusal(error), Reply::ok(tokens("first"))]);
        attempt(&world, client()).unwrap();
        assert_eq!(world.authorizations(), [basic]);
        assert_eq!(world.form(TOKEN)["client_secret"], "hush");
        // From now on, it is sent in the form.
        world.forget_requests();
        attempt(&world, client()).unwrap();
        assert_eq!(world.posted(TOKEN).len(), 1);
        assert_eq!(world.form(TOKEN)["client_secret"], "hush");
    }
    // Another error is not about the secret. The code was used, so a second request would fail, too.
    let world = with_secret();
    world.reply(TOKEN, refusal("invalid_grant"));
    assert!(attempt(&world, client()).is_err());
    assert_eq!(world.posted(TOKEN).len(), 1);
}

#[test]
fn a_pre_registered_secret_is_not_stored_as_a_registration() {
    let world = Scripted::working();
    let issuer = Some(Issuer::parse(ISSUER).unwrap());
    let own = PreRegistered { client_id: "by-hand".into(), secret: Some("hush".into()), issuer };
    world.replies(TOKEN, vec![refusal("invalid_client"), Reply::ok(tokens("first"))]);
    attempt(&world, Client { pre_registered: Some(own), ..client() }).unwrap();
    assert_eq!(world.posted(TOKEN).len(), 2);
    assert!(!world.stored().keys().any(|key| key.starts_with("registration ")));
}

#[test]
fn a_client_id_that_is_released_at_one_issuer_stays_bound_to_another() {
    // MCP client-registration: "Clients MUST NOT use credentials of one authorization server with another".
    let world = Scripted::working();
    let own = PreRegistered { client_id: "by-hand".into(), secret: None, issuer: None };
    let client = Client { pre_registered: Some(own), ..client() };
    attempt(&world, client.clone()).unwrap();
    let other = "https://other.example";
    block_on(forget_client(&world, &client, &Issuer::parse(other).unwrap())).unwrap();
    world.wait(AN_HOUR);
    world.reply(PRM, Reply::ok(prm(SERVER, other)));
    world.reply(&format!("{other}/.well-known/oauth-authorization-server"), Reply::ok(metadata(other, "")));
    assert_eq!(attempt(&world, client).err().unwrap().code(), Code::ClientMismatch);
}
