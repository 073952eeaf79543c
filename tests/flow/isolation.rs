//! Tenants, tabs, registrations and sign-outs do not get in each other's way.

use std::pin::Pin;
use std::rc::Rc;

use mcp_authorize::Code;
use mcp_authorize::flow::{Client, PreRegistered, Session, forget_client, restore, sign_in};
use mcp_authorize::protocol::{Issuer, Scope, ServerUrl};
use pollster::block_on;

use crate::scripted::*;
use crate::session::signed_in;

const OTHER: &str = "https://other-as.example";
const OTHER_METADATA: &str = "https://other-as.example/.well-known/oauth-authorization-server";

fn attempt(world: &Scripted, client: Client, server: &str) -> Result<Session<Scripted>, Code> {
    let server = ServerUrl::parse(server).unwrap();
    block_on(sign_in(world, &Rc::new(client), &server.clone().into(), None, &mut User::consents()))
        .map_err(|error| error.code())
}

fn step(session: &Session<Scripted>, user: &mut User) -> Result<(), Code> {
    block_on(session.step_up(Some(&Scope::parse("write")), user)).map_err(|error| error.code())
}

/// The session as another tab has it.
fn restored(world: &Scripted) -> Session<Scripted> {
    let account = ServerUrl::parse(SERVER).unwrap().into();
    block_on(restore(world, &Rc::new(client()), &account)).unwrap().unwrap()
}

#[test]
fn after_a_sign_out_no_step_up_brings_the_session_back() {
    // In the same tab, and in another one that shares the store.
    for elsewhere in [false, true] {
        let world = Scripted::working();
        let session = signed_in(&world);
        let signs_out = if elsewhere { restored(&world) } else { session.clone() };
        world.reply(TOKEN, Reply::ok(tokens("late")));
        // The user signs out while the page of the step-up is open.
        let mut user = User::answering(move |sent| {
            block_on(signs_out.sign_out()).unwrap();
            vec![Ok(from_popup(&format!("code=code&state={}", sent["state"])))]
        });
        assert_eq!(step(&session, &mut user), Err(Code::SignedOut), "elsewhere: {elsewhere}");
        assert!(!world.stored().keys().any(|key| key.starts_with("session ")), "{:?}", world.stored().keys());
        // The tokens that came too late are revoked.
        let revoked = world.posted(REVOKE).join("\n");
        assert!(revoked.contains("late-refresh") && revoked.contains("late-access"), "{revoked}");
    }
}

#[test]
fn a_sign_out_ends_a_step_up_whose_page_is_open() {
    for elsewhere in [false, true] {
        let world = Scripted::working();
        let session = signed_in(&world);
        let signs_out = if elsewhere { restored(&world) } else { session.clone() };
        let stepping: Pin<Box<dyn Future<Output = Result<(), Code>>>> = Box::pin(async {
            let mut user = User::consents();
            user.hesitates = true;
            let stepped = session.step_up(Some(&Scope::parse("write")), &mut user).await;
            stepped.map_err(|error| error.code())
        });
        let signing_out = Box::pin(async {
            for _ in 0..20 {
                yield_once().await;
            }
            signs_out.sign_out().await.map(drop).map_err(|error| error.code())
        });
        let done = block_on(all([stepping, signing_out]));
        assert!(done.contains(&Err(Code::SignedOut)) && done.contains(&Ok(())), "{done:?}");
        assert!(!world.stored().keys().any(|key| key.starts_with("session ")));
    }
}

#[test]
fn a_step_up_uses_only_the_issuer_of_the_session() {
    // MCP 2026-07-28: separate credentials and tokens for each authorization server.
    let world = Scripted::working();
    let session = signed_in(&world);
    world.reply(OTHER_METADATA, Reply::ok(metadata(OTHER, "")));
    let both = format!(r#"{{"resource": "{SERVER}", "authorization_servers": ["{OTHER}", "{ISSUER}"]}}"#);
    world.reply(PRM, Reply::ok(both));
    world.wait(AN_HOUR + 1); // Discovery is cached for an hour.
    let mut user = User::consents();
    step(&session, &mut user).unwrap();
    assert_eq!(session.issuer().as_str(), ISSUER);
    // An issuer that is no longer listed is not replaced by another.
    world.reply(PRM, Reply::ok(prm(SERVER, OTHER)));
    world.wait(AN_HOUR + 1);
    assert_eq!(step(&session, &mut User::consents()), Err(Code::IssuerMismatch));
    assert_eq!(session.issuer().as_str(), ISSUER);
    // Nor by the server's own origin, if its metadata is gone and it looks like a server of 2025-03-26.
    world.reply(SERVER, Reply::Challenge(401, "Bearer".into()));
    world.remove(PRM);
    world.wait(AN_HOUR + 1);
    let mut user = User::consents();
    assert_eq!(step(&session, &mut user), Err(Code::IssuerMismatch));
    assert!(user.opened.is_none());
    assert_eq!(session.issuer().as_str(), ISSUER);
}

#[test]
fn a_step_up_revokes_the_previous_access_token() {
    let world = Scripted::working();
    let session = signed_in(&world);
    world.reply(TOKEN, Reply::ok(tokens("second")));
    step(&session, &mut User::consents()).unwrap();
    let revoked = world.posted(REVOKE);
    assert_eq!(revoked.len(), 1);
    assert!(revoked[0].contains("first-access"), "{revoked:?}");
}

#[test]
fn two_servers_with_the_same_parent_resource_have_separate_sessions() {
    // RFC 9728 §3.3, widened to parents by MCP.
    let world = Scripted::working();
    let (one, two) = ("https://mcp.example/one", "https://mcp.example/two");
    for server in [one, two] {
        let place = server.replace("mcp.example/", "mcp.example/.well-known/oauth-protected-resource/");
        let challenge = format!("Bearer resource_metadata=\"{place}\"");
        world.reply(server, Reply::Challenge(401, challenge));
        world.reply(&place, Reply::ok(prm("https://mcp.example", ISSUER)));
    }
    attempt(&world, client(), one).unwrap();
    world.reply(TOKEN, Reply::ok(tokens("second")));
    let second = attempt(&world, client(), two).unwrap();
    let first = block_on(restore(&world, &Rc::new(client()), &ServerUrl::parse(one).unwrap().into())).unwrap().unwrap();
    let token = |session: &Session<Scripted>| block_on(session.access_token()).map(|token| token.expose().to_owned());
    assert_eq!((token(&first).unwrap(), token(&second).unwrap()), ("first-access".into(), "second-access".into()));
    block_on(second.sign_out()).unwrap();
    assert_eq!(token(&first).unwrap(), "first-access");
}

#[test]
fn a_parent_resource_is_accepted_unless_the_app_requires_an_exact_one() {
    let world = Scripted::working();
    world.reply(PRM, Reply::ok(prm("https://mcp.example/", ISSUER)));
    assert!(attempt(&world, client(), SERVER).is_ok());
    let exact = || Client { exact_resource: true, ..client() };
    assert_eq!(attempt(&world, exact(), SERVER).err(), Some(Code::ResourceMismatch));
    world.reply(PRM, Reply::ok(prm("https://mcp.example/mcp/", ISSUER)));
    assert!(attempt(&world, exact(), SERVER).is_ok());
}

#[test]
fn a_response_without_iss_is_refused_if_the_app_requires_it() {
    // RFC 9207 §2.4: "clients MUST reject authorization responses without the iss parameter from
    // authorization servers which do support the parameter according to the client's configuration".
    let world = Scripted::working();
    assert!(attempt(&world, client(), SERVER).is_ok());
    let requires = Client { require_iss: true, ..client() };
    assert_eq!(attempt(&world, requires, SERVER).err(), Some(Code::IssuerMismatch));
}

#[test]
fn a_new_session_that_cannot_be_stored_is_revoked() {
    let world = Scripted::working();
    // With a stored registration, only the session is written to the store.
    attempt(&world, client(), SERVER).unwrap();
    world.forget_requests();
    let broken = world.clone();
    let mut user = User::answering(move |sent| {
        broken.storage_fails(true);
        vec![Ok(from_popup(&format!("code=code&state={}", sent["state"])))]
    });
    let server = ServerUrl::parse(SERVER).unwrap();
    let error = block_on(sign_in(&world, &Rc::new(client()), &server.clone().into(), None, &mut user)).err().unwrap();
    assert_eq!(error.code(), Code::StorageFailed);
    assert_eq!(world.posted(REVOKE).len(), 2);
}

#[test]
fn a_404_is_not_metadata_even_with_a_valid_document() {
    let world = Scripted::working();
    world.reply(METADATA, Reply::Json(404, metadata(ISSUER, "")));
    assert_eq!(attempt(&world, client(), SERVER).err(), Some(Code::MetadataNotFound));
}

#[test]
fn a_registration_is_used_until_its_secret_expires() {
    // RFC 7591 §3.2.1: client_secret_expires_at, "or 0 if it will not expire".
    for (expires, registrations) in [(0, 1), (4_000_000_000_u64, 1), (1, 2)] {
        let world = Scripted::working();
        let answer = format!(
            r#"{{"client_id": "c", "client_secret": "s", "client_secret_expires_at": {expires},
                "token_endpoint_auth_method": "client_secret_post"}}"#
        );
        world.reply(REGISTER, Reply::Json(201, answer));
        attempt(&world, client(), SERVER).unwrap();
        attempt(&world, client(), SERVER).unwrap();
        assert_eq!(world.posted(REGISTER).len(), registrations, "{expires}");
    }
}

#[test]
fn each_client_id_is_bound_to_its_issuer_until_it_is_forgotten() {
    let by_hand = |id: &str| Client {
        pre_registered: Some(PreRegistered { client_id: id.into(), secret: None, issuer: None }),
        ..client()
    };
    let world = Scripted::working();
    attempt(&world, by_hand("one"), SERVER).unwrap();
    world.reply(PRM, Reply::ok(prm(SERVER, OTHER)));
    world.wait(AN_HOUR + 1);
    world.reply(
        OTHER_METADATA,
        Reply::ok(metadata(OTHER, "").replace("https://as.example/", "https://other-as.example/")),
    );
    world.reply("https://other-as.example/token", Reply::ok(tokens("other")));
    // That does not bind another client ID.
    attempt(&world, by_hand("two"), SERVER).unwrap();
    assert_eq!(attempt(&world, by_hand("one"), SERVER).err(), Some(Code::ClientMismatch));
    block_on(forget_client(&world, &by_hand("one"), &Issuer::parse(ISSUER).unwrap())).unwrap();
    attempt(&world, by_hand("one"), SERVER).unwrap();
}

#[test]
fn forgetting_a_client_causes_a_new_registration_only_at_that_issuer() {
    let world = Scripted::working();
    attempt(&world, client(), SERVER).unwrap();
    block_on(forget_client(&world, &client(), &Issuer::parse(OTHER).unwrap())).unwrap();
    attempt(&world, client(), SERVER).unwrap();
    assert_eq!(world.posted(REGISTER).len(), 1);
    block_on(forget_client(&world, &client(), &Issuer::parse(ISSUER).unwrap())).unwrap();
    attempt(&world, client(), SERVER).unwrap();
    assert_eq!(world.posted(REGISTER).len(), 2);
}

#[test]
fn a_newer_registration_survives_the_rejection_of_an_older_one() {
    // RFC 6749 §5.2: "Client authentication failed (e.g., unknown client, …)" is about the client that asked.
    let world = Scripted::working();
    let other = "https://mcp.example/other";
    let place = "https://mcp.example/.well-known/oauth-protected-resource/other";
    world.reply(other, Reply::Challenge(401, format!("Bearer resource_metadata=\"{place}\"")));
    world.reply(place, Reply::ok(prm(other, ISSUER)));
    let old = attempt(&world, client(), SERVER).unwrap();
    block_on(forget_client(&world, &client(), &Issuer::parse(ISSUER).unwrap())).unwrap();
    world.reply(REGISTER, Reply::Json(201, r#"{"client_id": "newer"}"#.into()));
    assert_eq!(attempt(&world, client(), other).unwrap().client_id(), "newer");
    world.reply(TOKEN, Reply::Json(401, r#"{"error": "invalid_client"}"#.into()));
    assert_eq!(block_on(old.refresh()).unwrap_err().code(), Code::SessionExpired);
    world.reply(TOKEN, Reply::ok(tokens("second")));
    world.forget_requests();
    assert_eq!(attempt(&world, client(), SERVER).unwrap().client_id(), "newer");
    assert!(world.posted(REGISTER).is_empty());
}

#[test]
fn a_response_whose_state_is_the_key_of_a_record_causes_no_deadlock() {
    // Locks for responses have a prefix that no record has.
    let world = Scripted::working();
    world.returns("code=code&state=pending");
    let server = ServerUrl::parse(SERVER).unwrap();
    assert!(block_on(restore(&world, &Rc::new(client()), &server.clone().into())).unwrap().is_none());
}

#[test]
fn offline_access_is_not_requested_as_the_only_scope() {
    // It would replace the server's default scopes.
    let world = Scripted::working();
    world.reply(SERVER, Reply::Challenge(401, "Bearer".into()));
    world.reply(PRM, Reply::ok(format!(r#"{{"resource": "{SERVER}", "authorization_servers": ["{ISSUER}"]}}"#)));
    world.reply(METADATA, Reply::ok(metadata(ISSUER, r#", "scopes_supported": ["offline_access"]"#)));
    let mut user = User::consents();
    let server = ServerUrl::parse(SERVER).unwrap();
    block_on(sign_in(&world, &Rc::new(client()), &server.clone().into(), None, &mut user)).unwrap();
    assert_eq!(user.sent().get("scope"), None);
}

#[test]
fn a_token_with_a_lifetime_under_a_minute_is_used_for_most_of_it() {
    let world = Scripted::working();
    world.reply(TOKEN, Reply::ok(tokens("first").replace("3600", "30")));
    let session = signed_in(&world);
    world.reply(TOKEN, Reply::ok(tokens("second")));
    let token = || block_on(session.access_token()).unwrap().expose().to_owned();
    world.wait(26);
    assert_eq!(token(), "first-access");
    world.wait(2);
    assert_eq!(token(), "second-access");
}
