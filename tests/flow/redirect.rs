//! Sign-ins by redirect: the program ends when the authorization server's page opens. A second run of it, which has
//! only the store, finishes the sign-in.

use std::rc::Rc;

use mcp_authorize::flow::{Client, Dpop, PreRegistered, Session, restore, sign_in};
use mcp_authorize::ports::POPUP_CLOSED;
use mcp_authorize::protocol::{CodeVerifier, Scope, ServerUrl};
use mcp_authorize::{Code, Error};
use pollster::block_on;

use crate::scripted::*;

const LIMIT_S: u64 = 600;

fn server() -> ServerUrl {
    ServerUrl::parse(SERVER).unwrap()
}

/// Begins a sign-in whose page is gone before the response comes. Returns the parameters that were sent.
fn leave_as(world: &Scripted, client: Client, scopes: Option<&str>) -> std::collections::BTreeMap<String, String> {
    let mut user = User::answering(|_| Vec::new());
    user.redirect_timeout = Some(LIMIT_S * 1000);
    let gone =
        block_on(sign_in(world, &Rc::new(client), &server().into(), scopes.map(Scope::parse).as_ref(), &mut user));
    assert_eq!(gone.err().unwrap().code(), POPUP_CLOSED);
    user.sent()
}

fn leave(world: &Scripted) -> std::collections::BTreeMap<String, String> {
    leave_as(world, client(), None)
}

fn come_back(world: &Scripted) -> Result<Option<Session<Scripted>>, Error> {
    block_on(restore(world, &Rc::new(client()), &server().into()))
}

fn fails(world: &Scripted) -> Code {
    come_back(world).err().expect("it must fail").code()
}

#[test]
fn a_second_run_finishes_the_sign_in_that_the_first_began() {
    let world = Scripted::working();
    let sent = leave_as(&world, client(), Some("read write"));
    world.forget_requests();
    world.returns(&format!("?code=the-code&state={}", sent["state"]));
    let session = come_back(&world).unwrap().unwrap();
    assert_eq!(block_on(session.access_token()).unwrap().expose(), "first-access");
    assert_eq!(session.scope().tokens(), ["read", "write"]);
    // The only request exchanges the code, with the stored values.
    assert_eq!(world.requested(), [TOKEN]);
    let form = world.form(TOKEN);
    let verifier = CodeVerifier::from_entropy([2; 32]);
    assert_eq!((&*form["code_verifier"], &*sent["code_challenge"]), (verifier.expose(), verifier.challenge().as_str()));
    assert_eq!((&form["redirect_uri"], &form["client_id"]), (&sent["redirect_uri"], &"registered".to_owned()));
    assert_eq!((&*form["code"], &*form["resource"]), ("the-code", SERVER));
    // Only the session is left, and the next run finds it.
    assert_eq!(world.returned(), Vec::<String>::new());
    assert_eq!(world.stored()["pending"], r#"{"v":1}"#);
    assert!(world.stored().values().all(|record| !record.contains(verifier.expose())));
    assert!(come_back(&world).unwrap().is_some());
    assert_eq!(world.requested(), [TOKEN]);
}

#[test]
fn the_values_to_check_are_stored_before_the_page_opens() {
    // MCP 2026-07-28: the client "MUST record the `issuer` value … before redirecting".
    let world = Scripted::working();
    let sent = leave(&world);
    let pending = &world.stored()["pending"];
    assert!(pending.contains(ISSUER) && pending.contains(&sent["state"]));
    // If they can't be stored, the page does not open.
    let world = Scripted::working();
    block_on(async {
        let mut user = User::consents();
        user.redirect_timeout = Some(1);
        sign_in(&world, &Rc::new(client()), &server().into(), None, &mut user).await.unwrap();
        world.storage_fails(true);
        user.opened = None;
        let error = sign_in(&world, &Rc::new(client()), &server().into(), None, &mut user).await.err().unwrap();
        assert_eq!((error.code(), user.opened.is_none()), (Code::StorageFailed, true));
    });
}

#[test]
fn the_response_to_a_redirect_is_checked_like_that_of_a_popup() {
    for (query, expected) in [
        ("error=access_denied", Code::AccessDenied),
        ("error=server_error", Code::AuthorizationFailed),
        ("code=c&iss=https://evil.example", Code::IssuerMismatch),
        ("code=c&code=d", Code::InvalidResponse),
        ("", Code::InvalidResponse),
    ] {
        let world = Scripted::working();
        let sent = leave(&world);
        let response = format!("?{query}&state={}", sent["state"]);
        world.returns(&response);
        assert_eq!(fails(&world), expected, "{query}");
        assert!(world.posted(TOKEN).is_empty());
        // The error is reported once, and a valid response comes too late.
        assert!(come_back(&world).unwrap().is_none());
        world.returns(&format!("?code=c&state={}", sent["state"]));
        assert!(come_back(&world).unwrap().is_none());
        assert!(world.posted(TOKEN).is_empty() && world.returned().is_empty());
    }
    // RFC 9207 §2.4: `iss` is absent although the server advertises it.
    let world = Scripted::working();
    world.reply(METADATA, Reply::ok(metadata(ISSUER, r#", "authorization_response_iss_parameter_supported": true"#)));
    let sent = leave(&world);
    world.returns(&format!("?code=c&state={}", sent["state"]));
    assert_eq!(fails(&world), Code::IssuerMismatch);
}

#[test]
fn a_foreign_or_replayed_response_changes_nothing() {
    let world = Scripted::working();
    let sent = leave(&world);
    let good = format!("?code=the-code&state={}", sent["state"]);
    for foreign in ["?code=evil&state=forged", "?code=evil", "?code=evil&state=", "?error=access_denied&state=x", ""] {
        world.returns(foreign);
        assert!(come_back(&world).unwrap().is_none(), "{foreign}");
    }
    assert_eq!(world.returned(), Vec::<String>::new());
    assert!(world.posted(TOKEN).is_empty());
    // The right response still counts, but only once.
    world.returns(&good);
    assert!(come_back(&world).unwrap().is_some());
    world.returns(&good);
    assert!(come_back(&world).unwrap().is_some());
    assert_eq!(world.posted(TOKEN).len(), 1);
}

#[test]
fn a_response_after_the_time_limit_is_a_timeout() {
    let world = Scripted::working();
    let sent = leave(&world);
    world.wait(LIMIT_S);
    world.returns(&format!("?code=the-code&state={}", sent["state"]));
    assert_eq!(fails(&world), Code::Timeout);
    assert!(world.posted(TOKEN).is_empty());
    assert!(come_back(&world).unwrap().is_none());
}

#[test]
fn only_the_last_eight_unfinished_sign_ins_are_kept() {
    let world = Scripted::working();
    let sent: Vec<_> = (0..9).map(|_| leave(&world)).collect();
    assert_eq!(world.stored()["pending"].matches("ends_at").count(), 8);
    for (sent, counts) in [(&sent[0], false), (&sent[1], true)] {
        world.returns(&format!("?code=c&state={}", sent["state"]));
        assert_eq!(come_back(&world).unwrap().is_some(), counts);
    }
}

#[test]
fn two_concurrent_redirects_both_finish() {
    let world = Scripted::working();
    let (first, second) = (leave(&world), leave(&world));
    for (sent, code) in [(second, "second"), (first, "first")] {
        world.returns(&format!("?code={code}&state={}", sent["state"]));
        assert!(come_back(&world).unwrap().is_some());
        assert_eq!(world.form(TOKEN)["code"], code);
    }
}

#[test]
fn a_response_waits_until_its_server_is_restored() {
    let world = Scripted::working();
    let sent = leave(&world);
    let response = format!("?code=the-code&state={}", sent["state"]);
    world.returns(&response);
    let other = ServerUrl::parse("https://mcp.example/other").unwrap();
    assert!(block_on(restore(&world, &Rc::new(client()), &other.clone().into())).unwrap().is_none());
    assert_eq!((world.returned(), world.posted(TOKEN).len()), (vec![response], 0));
    assert!(come_back(&world).unwrap().is_some());
}

#[test]
fn two_concurrent_restores_both_get_the_session() {
    // React does this in its strict mode.
    let world = Scripted::working();
    let sent = leave(&world);
    world.returns(&format!("?code=the-code&state={}", sent["state"]));
    let client = Rc::new(client());
    let account = server().into();
    let sessions = block_on(all((0..2).map(|_| restore(&world, &client, &account))));
    assert!(sessions.into_iter().all(|session| session.unwrap().is_some()));
    assert_eq!(world.posted(TOKEN).len(), 1);
}

#[test]
fn the_second_run_has_the_client_secret_and_the_dpop_key() {
    // "Clients MUST NOT use credentials of one authorization server with another": the second run uses those of the
    // server that the user was sent to.
    let own = Client {
        pre_registered: Some(PreRegistered { client_id: "given".into(), secret: Some("hush".into()), issuer: None }),
        dpop: Dpop::Require,
        ..client()
    };
    let world = Scripted::working();
    world.reply(METADATA, Reply::ok(metadata(ISSUER, r#", "dpop_signing_alg_values_supported": ["ES256"]"#)));
    world.reply(TOKEN, Reply::ok(tokens("first").replace("Bearer", "DPoP")));
    let sent = leave_as(&world, own.clone(), None);
    world.returns(&format!("?code=the-code&state={}", sent["state"]));
    block_on(restore(&world, &Rc::new(own), &server().into())).unwrap().unwrap();
    assert_eq!(world.authorizations().len(), 1, "by client_secret_basic");
    assert_eq!(world.proofs().len(), 1);
    // A server that does not bind the token is refused, since DPoP was required when the sign-in began.
    let world = Scripted::working();
    world.reply(METADATA, Reply::ok(metadata(ISSUER, r#", "dpop_signing_alg_values_supported": ["ES256"]"#)));
    let sent = leave_as(&world, Client { dpop: Dpop::Require, ..client() }, None);
    world.returns(&format!("?code=the-code&state={}", sent["state"]));
    assert_eq!(fails(&world), Code::DpopUnsupported);
}

#[test]
fn a_denied_step_up_leaves_the_session_unchanged() {
    let world = Scripted::working();
    let sent = leave(&world);
    world.returns(&format!("?code=the-code&state={}", sent["state"]));
    assert!(come_back(&world).unwrap().is_some());
    let sent = leave_as(&world, client(), Some("admin"));
    world.returns(&format!("?error=access_denied&state={}", sent["state"]));
    assert_eq!(fails(&world), Code::AccessDenied);
    assert_eq!(come_back(&world).unwrap().unwrap().scope().tokens(), ["read"]);
}

#[test]
fn an_unreadable_pending_record_yields_no_session() {
    for record in ["", "rubbish", "{}", r#"{"v": 1}"#, r#"{"v": 1, "s": 5}"#, r#"{"v": 1, "s": "x"}"#] {
        let world = Scripted::working();
        world.write("pending", record);
        world.returns("?code=c&state=s");
        assert!(come_back(&world).unwrap().is_none(), "{record}");
        leave(&world);
    }
    for (ends_at, expected) in [("9000000", Code::StateMismatch), ("null", Code::Timeout)] {
        let world = Scripted::working();
        let broken = format!(r#"{{\"server\": \"{SERVER}\", \"ends_at\": {ends_at}}}"#);
        world.write("pending", &format!(r#"{{"v": 1, "s": "{broken}"}}"#));
        world.returns("?code=c&state=s");
        assert_eq!(fails(&world), expected);
    }
}
