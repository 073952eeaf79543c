use std::rc::Rc;

use mcp_authorize::flow::{Client, PreRegistered, Session, restore, sign_in};
use mcp_authorize::ports::POPUP_CLOSED;
use mcp_authorize::protocol::{AuthorizationParameters, CodeVerifier, Scope, ServerUrl};
use mcp_authorize::{Code, Error};
use pollster::block_on;

use crate::scripted::*;

fn attempt(world: &Scripted, scopes: Option<&str>, user: &mut User) -> Result<(), Error> {
    let server = ServerUrl::parse(SERVER).unwrap();
    block_on(sign_in(world, &Rc::new(client()), &server.clone().into(), scopes.map(Scope::parse).as_ref(), user))
        .map(|_| ())
}

fn session(world: &Scripted) -> Session<Scripted> {
    let server = ServerUrl::parse(SERVER).unwrap();
    let session = block_on(sign_in(world, &Rc::new(client()), &server.clone().into(), None, &mut User::consents()));
    session.unwrap_or_else(|error| panic!("{}", error.message()))
}

fn code(world: &Scripted, user: &mut User) -> Code {
    attempt(world, None, user).expect_err("the sign-in must fail").code()
}

#[test]
fn a_sign_in_takes_the_steps_of_the_specification_in_order() {
    let world = Scripted::working();
    let mut user = User::consents();
    attempt(&world, None, &mut user).unwrap();
    assert_eq!(world.requested(), [SERVER, PRM, METADATA, OPENID, REGISTER, TOKEN]);
    let sent = user.sent();
    let form = world.form(TOKEN);
    // MCP: `resource` "MUST be included in both authorization requests and token requests".
    assert_eq!((&*sent["resource"], &*form["resource"]), (SERVER, SERVER));
    assert_eq!((&*sent["scope"], &*form["grant_type"], &*form["code"]), ("read", "authorization_code", "the-code"));
    assert_eq!(sent["redirect_uri"], form["redirect_uri"]);
    assert_eq!((&sent["client_id"], &form["client_id"]), (&"registered".to_owned(), &"registered".to_owned()));
    // RFC 7636 §4.6: the challenge that was sent is the verifier's.
    let verifier = CodeVerifier::from_entropy([2; 32]);
    assert_eq!((&*form["code_verifier"], &*sent["code_challenge"]), (verifier.expose(), verifier.challenge().as_str()));
    assert_ne!(sent["state"], form["code_verifier"]);
}

/// A server of MCP 2025-03-26: it is its own authorization server, without metadata that says so.
fn of_2025_03_26() -> Scripted {
    let world = Scripted::default();
    world.reply(SERVER, Reply::Challenge(401, "Bearer".into()));
    world.reply("https://mcp.example/register", Reply::Json(201, r#"{"client_id": "old"}"#.into()));
    world.reply("https://mcp.example/token", Reply::ok(tokens("old")));
    world
}

#[test]
fn a_server_of_2025_03_26_is_its_own_authorization_server() {
    let world = of_2025_03_26();
    let mut user = User::consents();
    attempt(&world, None, &mut user).unwrap();
    assert_eq!(user.opened.as_ref().unwrap().without_query(), "https://mcp.example/authorize");
    // `resource` is sent with both requests, "regardless of whether authorization servers support it".
    assert_eq!((&*user.sent()["resource"], &*world.form("https://mcp.example/token")["resource"]), (SERVER, SERVER));
    assert!(user.sent().contains_key("code_challenge"));
}

#[test]
fn metadata_at_the_origin_of_a_server_of_2025_03_26_is_used() {
    let world = of_2025_03_26();
    let own = metadata("https://mcp.example", "").replace("https://as.example/", "https://mcp.example/oauth/");
    world.reply("https://mcp.example/.well-known/oauth-authorization-server", Reply::ok(own));
    world.reply("https://mcp.example/oauth/register", Reply::Json(201, r#"{"client_id": "old"}"#.into()));
    world.reply("https://mcp.example/oauth/token", Reply::ok(tokens("old")));
    let mut user = User::consents();
    attempt(&world, None, &mut user).unwrap();
    assert_eq!(user.opened.as_ref().unwrap().without_query(), "https://mcp.example/oauth/authorize");
}

#[test]
fn a_hidden_challenge_that_is_needed_is_named_in_the_error() {
    let world = Scripted::default();
    world.reply(SERVER, Reply::Json(401, String::new()));
    let error = attempt(&world, None, &mut User::consents()).unwrap_err();
    assert_eq!(error.code(), Code::MetadataNotFound);
    assert!(error.message().contains("Access-Control-Expose-Headers: WWW-Authenticate"));
}

#[test]
fn no_event_contains_a_secret() {
    let world = Scripted::working();
    let mut user = User::consents();
    attempt(&world, None, &mut user).unwrap();
    let events = world.events().join("\n");
    assert!(events.contains("SignedIn") && events.contains("Authorizing") && events.contains(TOKEN));
    for secret in
        ["the-code", "first-access", "first-refresh", &user.sent()["state"], &world.form(TOKEN)["code_verifier"]]
    {
        assert!(!events.contains(secret), "{secret} is in an event");
    }
}

#[test]
fn a_wrong_state_is_an_error_from_the_popup_and_ignored_on_the_shared_channel() {
    let world = Scripted::working();
    let mut forged = User::answering(|_| vec![Ok(from_popup("?code=evil&state=forged"))]);
    assert_eq!(code(&world, &mut forged), Code::StateMismatch);
    // On a channel that all tabs share, it is the response to another sign-in.
    let mut patient = User::answering(|sent| {
        vec![
            Ok(from_shared_channel("?code=theirs&state=theirs")),
            Ok(from_shared_channel(&format!("?code=mine&state={}", sent["state"]))),
        ]
    });
    attempt(&world, None, &mut patient).unwrap();
    assert_eq!(world.form(TOKEN)["code"], "mine");
}

#[test]
fn each_error_response_has_its_code() {
    for (query, expected) in [
        ("error=access_denied", Code::AccessDenied),
        ("error=server_error", Code::AuthorizationFailed),
        ("code=c&iss=https://evil.example", Code::IssuerMismatch),
        ("", Code::InvalidResponse),
    ] {
        let world = Scripted::working();
        let mut user = User::answering(move |sent| vec![Ok(from_popup(&format!("?{query}&state={}", sent["state"])))]);
        assert_eq!(code(&world, &mut user), expected, "{query}");
        assert!(world.posted(TOKEN).is_empty());
    }
    assert_eq!(code(&Scripted::working(), &mut User::answering(|_| Vec::new())), POPUP_CLOSED);
}

#[test]
fn each_fault_of_the_token_endpoint_has_its_code() {
    for (reply, expected) in [
        (Reply::Json(400, r#"{"error": "invalid_grant"}"#.into()), Code::TokenFailed),
        (Reply::Json(401, r#"{"error": "invalid_client"}"#.into()), Code::TokenFailed),
        (Reply::Json(500, "oops".into()), Code::HttpStatus),
        (Reply::ok("<!doctype html>"), Code::InvalidResponse),
        (Reply::ok(r#"{"access_token": "x", "token_type": "mac"}"#), Code::InvalidResponse),
        (Reply::ok(r#"{"access_token": "x", "token_type": "DPoP"}"#), Code::InvalidResponse),
        (Reply::ok(r#"{"token_type": "bearer"}"#), Code::InvalidResponse),
        (Reply::Fails(Code::Network), Code::Network),
        (Reply::Fails(Code::Timeout), Code::Timeout),
    ] {
        let world = Scripted::working();
        world.reply(TOKEN, reply);
        assert_eq!(code(&world, &mut User::consents()), expected);
    }
}

#[test]
fn a_code_that_the_server_repeats_does_not_get_into_the_error() {
    let world = Scripted::working();
    let echo = r#"{"error": "invalid_grant", "error_description": "no such code: the-code"}"#;
    world.reply(TOKEN, Reply::Json(400, echo.into()));
    let error = attempt(&world, None, &mut User::consents()).unwrap_err();
    assert!(!format!("{error:?}").contains("the-code"));
    assert_eq!(error.server_error(), Some("invalid_grant"));
}

#[test]
fn a_failed_sign_in_leaves_the_session_unchanged() {
    let world = Scripted::working();
    attempt(&world, None, &mut User::consents()).unwrap();
    let before = world.stored();
    for (url, reply) in [
        (SERVER, Reply::Challenge(401, "Bearer resource_metadata=\"file:///x\"".into())),
        (PRM, Reply::ok("<html>")),
        (METADATA, Reply::ok("{}")),
        (TOKEN, Reply::Json(500, String::new())),
    ] {
        let kept = Scripted::working();
        for (key, value) in &before {
            kept.write(key, value);
        }
        kept.reply(url, reply);
        kept.wait(AN_HOUR); // discovery is cached for an hour
        assert!(attempt(&kept, None, &mut User::consents()).is_err());
        assert_eq!(kept.stored(), before);
    }
}

#[test]
fn the_apps_scopes_take_precedence_over_the_servers() {
    let world = Scripted::working();
    let mut user = User::consents();
    attempt(&world, Some("admin"), &mut user).unwrap();
    assert_eq!(user.sent()["scope"], "admin");
}

#[test]
fn offline_access_is_requested_if_the_server_lists_it() {
    // MCP, refresh tokens: only if "the authorization server's metadata contains it in its
    // `scopes_supported` field".
    let world = Scripted::working();
    world.reply(METADATA, Reply::ok(metadata(ISSUER, r#", "scopes_supported": ["read", "offline_access"]"#)));
    let mut user = User::consents();
    attempt(&world, None, &mut user).unwrap();
    assert_eq!(user.sent()["scope"], "read offline_access");
}

#[test]
fn the_user_chooses_between_authorization_servers() {
    let world = Scripted::working();
    let servers =
        prm(SERVER, ISSUER).replace(r#"["https://as.example"]"#, r#"["https://first.example", "https://as.example"]"#);
    world.reply(PRM, Reply::ok(servers));
    let mut user = User::consents();
    user.chooses = 1;
    attempt(&world, None, &mut user).unwrap();
    assert!(world.requested().contains(&METADATA.to_owned()));
    user.chooses = 2;
    assert_eq!(code(&world, &mut user), Code::InvalidOption);
}

#[test]
fn a_stored_session_is_restored_without_requests() {
    let world = Scripted::working();
    attempt(&world, None, &mut User::consents()).unwrap();
    world.forget_requests();
    let server = ServerUrl::parse(SERVER).unwrap();
    let session = block_on(restore(&world, &Rc::new(client()), &server.clone().into())).unwrap().unwrap();
    assert_eq!(block_on(session.access_token()).unwrap().expose(), "first-access");
    assert_eq!(session.scope().tokens(), ["read"]);
    assert_eq!(world.requested(), Vec::<String>::new());
    let other = ServerUrl::parse("https://mcp.example/other").unwrap();
    assert!(block_on(restore(&world, &Rc::new(client()), &other.clone().into())).unwrap().is_none());
}

#[test]
fn an_unreadable_record_is_deleted_and_reported_once() {
    let server = ServerUrl::parse(SERVER).unwrap();
    for record in ["", "rubbish", "[]", "{}", r#"{"v": 2}"#, r#"{"v": 1, "issuer": 5, "session": 5}"#] {
        for key in ["session ", "server "] {
            let world = Scripted::working();
            attempt(&world, None, &mut User::consents()).unwrap();
            let key = world.stored().into_keys().find(|name| name.starts_with(key)).unwrap();
            world.write(&key, record);
            assert!(
                block_on(restore(&world, &Rc::new(client()), &server.clone().into())).unwrap().is_none(),
                "{record}"
            );
            assert!(!world.stored().contains_key(&key), "{key}: {record}");
            assert_eq!(world.events().last().unwrap(), "Storage { problem: Unreadable }");
            // It is reported once, and the next sign-in works.
            let events = world.events().len();
            assert!(block_on(restore(&world, &Rc::new(client()), &server.clone().into())).unwrap().is_none());
            assert_eq!(world.events().len(), events);
            attempt(&world, None, &mut User::consents()).unwrap();
            assert!(block_on(restore(&world, &Rc::new(client()), &server.clone().into())).unwrap().is_some());
        }
    }
}

#[test]
fn a_record_stored_under_the_key_of_another_is_not_used() {
    let world = Scripted::working();
    attempt(&world, None, &mut User::consents()).unwrap();
    let server = ServerUrl::parse(SERVER).unwrap();
    let (key, record) = world.stored().into_iter().find(|(name, _)| name.starts_with("session ")).unwrap();
    world.write(&key, &record.replace("\"registered\"", "\"another\""));
    assert!(block_on(restore(&world, &Rc::new(client()), &server.clone().into())).unwrap().is_none());
}

#[test]
fn two_apps_of_one_origin_share_no_session() {
    let app = |client_id: &str| {
        let own = PreRegistered { client_id: client_id.into(), secret: None, issuer: None };
        Rc::new(Client { pre_registered: Some(own), ..client() })
    };
    let world = Scripted::working();
    let server = ServerUrl::parse(SERVER).unwrap();
    let signed_in = block_on(sign_in(&world, &app("one"), &server.clone().into(), None, &mut User::consents()));
    assert!(signed_in.is_ok());
    let restored = |client_id| block_on(restore(&world, &app(client_id), &server.clone().into())).unwrap();
    assert!(restored("one").is_some() && restored("two").is_none());
    assert!(block_on(restore(&world, &Rc::new(client()), &server.clone().into())).unwrap().is_none());
    let Ok(second) = block_on(sign_in(&world, &app("two"), &server.clone().into(), None, &mut User::consents())) else {
        panic!("the sign-in must succeed")
    };
    block_on(second.sign_out()).unwrap();
    assert!(restored("one").is_some() && restored("two").is_none());
}

#[test]
fn tokens_of_a_replaced_authorization_server_are_dropped() {
    // MCP 2026-07-28: credentials belong to the authorization server that issued them.
    const OTHER: &str = "https://other.example";
    let world = Scripted::working();
    let old = session(&world);
    world.reply(PRM, Reply::ok(prm(SERVER, OTHER)));
    world.reply(
        "https://other.example/.well-known/oauth-authorization-server",
        Reply::ok(metadata(OTHER, "").replace("/register", "/register-there")),
    );
    world.reply("https://as.example/register-there", Reply::Json(201, r#"{"client_id": "registered-there"}"#.into()));
    world.reply(TOKEN, Reply::ok(tokens("second")));
    world.wait(AN_HOUR);
    let new = session(&world);
    assert_eq!((new.issuer().as_str(), new.client_id().as_str()), (OTHER, "registered-there"));
    let kept: Vec<String> = world.stored().into_keys().filter(|name| name.starts_with("session ")).collect();
    assert_eq!(kept, [format!("session {SERVER} {OTHER} registered-there {SERVER}")]);
    // The old session object continues with the new tokens.
    assert_eq!(block_on(old.access_token()).unwrap().expose(), "second-access");
    assert_eq!(old.issuer().as_str(), OTHER);
}

#[test]
fn a_registration_that_the_server_no_longer_knows_is_deleted() {
    // RFC 6749 §5.2: "Client authentication failed (e.g., unknown client, …)".
    let unknown = || Reply::Json(401, r#"{"error": "invalid_client"}"#.into());
    let registrations = |world: &Scripted| world.posted(REGISTER).len();
    let world = Scripted::working();
    attempt(&world, None, &mut User::consents()).unwrap();
    attempt(&world, None, &mut User::consents()).unwrap();
    assert_eq!(registrations(&world), 1);
    // At the exchange of a code.
    world.reply(TOKEN, unknown());
    assert_eq!(code(&world, &mut User::consents()), Code::TokenFailed);
    world.reply(TOKEN, Reply::ok(tokens("second")));
    attempt(&world, None, &mut User::consents()).unwrap();
    assert_eq!(registrations(&world), 2);
    // At a refresh.
    let known = session(&world);
    world.reply(TOKEN, unknown());
    assert_eq!(block_on(known.refresh()).unwrap_err().code(), Code::SessionExpired);
    world.reply(TOKEN, Reply::ok(tokens("third")));
    attempt(&world, None, &mut User::consents()).unwrap();
    assert_eq!(registrations(&world), 3);
}

#[test]
fn after_a_closed_page_an_older_registration_is_replaced_once() {
    // RFC 6749 §4.1.2.1: if the client is unknown, the authorization server "MUST NOT automatically
    // redirect the user-agent".
    let closes = || User::answering(|_| Vec::new());
    let world = Scripted::working();
    // The server knows a registration that was made in this sign-in.
    assert_eq!(code(&world, &mut closes()), POPUP_CLOSED);
    assert!(world.posted(TOKEN).is_empty());
    // It may have lost an older one: the next sign-in registers again, but only once.
    assert_eq!(code(&world, &mut closes()), POPUP_CLOSED);
    assert_eq!(world.posted(REGISTER).len(), 1);
    for _ in 0..3 {
        assert_eq!(code(&world, &mut closes()), POPUP_CLOSED);
        assert_eq!(world.posted(REGISTER).len(), 2);
    }
    // No request was sent to find out.
    assert!(world.posted(TOKEN).is_empty());
    // A successful sign-in confirms the registration; from then on, the server may lose it again.
    attempt(&world, None, &mut User::consents()).unwrap();
    assert_eq!(world.posted(REGISTER).len(), 2);
    assert_eq!(code(&world, &mut closes()), POPUP_CLOSED);
    attempt(&world, None, &mut User::consents()).unwrap();
    assert_eq!(world.posted(REGISTER).len(), 3);
}

#[test]
fn a_failing_store_is_reported() {
    let world = Scripted::working();
    world.storage_fails(true);
    assert_eq!(code(&world, &mut User::consents()), Code::StorageFailed);
}

/// The error of a sign-in.
fn failure(world: &Scripted, client: Client, user: &mut User) -> Error {
    let account = ServerUrl::parse(SERVER).unwrap().into();
    block_on(sign_in(world, &Rc::new(client), &account, None, user)).err().unwrap()
}

#[test]
fn a_refused_consent_is_reported_with_a_remedy() {
    // OpenID Connect Core §11: offline_access needs `prompt=consent`. Some providers require an administrator's consent.
    let failed = |scopes: &str, parameters: &[(&str, Option<&str>)], error: &'static str| {
        let world = Scripted::working();
        world.reply(METADATA, Reply::ok(metadata(ISSUER, &format!(r#", "scopes_supported": [{scopes}]"#))));
        let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned)));
        let authorization_parameters = AuthorizationParameters::new(parameters.collect()).unwrap();
        let client = Client { authorization_parameters, ..client() };
        let mut user =
            User::answering(move |sent| vec![Ok(from_popup(&format!("?error={error}&state={}", sent["state"])))]);
        failure(&world, client, &mut user).message().contains("prompt: null")
    };
    let offline = r#""read", "offline_access""#;
    for error in ["consent_required", "access_denied", "interaction_required"] {
        assert!(failed(offline, &[], error), "{error}");
    }
    assert!(!failed(offline, &[], "server_error"), "not about consent");
    assert!(!failed(r#""read""#, &[], "access_denied"), "nothing asked for consent");
    assert!(!failed(offline, &[("prompt", None)], "access_denied"), "the app has removed the prompt");
}

#[test]
fn a_hidden_challenge_has_its_own_error() {
    // Neither server has metadata. RFC 9110 §15.5.2 requires a challenge with a 401: if there is none, the page can't read it.
    for (challenge, code) in [("Bearer", Code::RegistrationFailed), ("", Code::MetadataNotFound)] {
        let world = Scripted::default();
        world.reply(SERVER, Reply::Challenge(401, challenge.into()));
        assert_eq!(failure(&world, client(), &mut User::consents()).code(), code);
    }
    // With metadata, the challenge is not needed.
    let world = Scripted::working();
    world.reply(SERVER, Reply::Challenge(401, String::new()));
    world.reply(REGISTER, Reply::Json(403, String::new()));
    assert_eq!(failure(&world, client(), &mut User::consents()).code(), Code::RegistrationFailed);
}

#[test]
fn a_single_authorization_server_is_used_without_asking_the_user() {
    let mut user = User::consents();
    user.chooses = 5;
    let account = ServerUrl::parse(SERVER).unwrap().into();
    assert!(block_on(sign_in(&Scripted::working(), &Rc::new(client()), &account, None, &mut user)).is_ok());
}
