//! MCP 2026-07-28 authorization, step-up.

use std::rc::Rc;

use mcp_authorize::flow::{Session, forget_client, restore};
use mcp_authorize::ports::POPUP_CLOSED;
use mcp_authorize::protocol::Scope;
use mcp_authorize::{Code, Error, Step};
use pollster::block_on;

use crate::call::send;
use crate::scripted::*;
use crate::session::signed_in;

const WRITE: &str = "Bearer error=\"insufficient_scope\", scope=\"write\"";

/// A server that wants the scope `write`, which the tokens named `second` have.
fn wants_write(token: &str) -> AppResponse {
    AppResponse::new(
        if token == "second-access" { 200 } else { 403 },
        if token == "second-access" { "" } else { WRITE },
    )
}

fn second_tokens(world: &Scripted) {
    world.reply(TOKEN, Reply::ok(tokens("second").replacen('{', r#"{"scope": "read write","#, 1)));
}

/// Steps up; returns the requested scopes.
fn stepped(session: &Session<Scripted>, scopes: Option<&str>) -> Result<String, Error> {
    let mut user = User::consents();
    let scopes = scopes.map(Scope::parse);
    block_on(session.step_up(scopes.as_ref(), &mut user))?;
    Ok(user.sent()["scope"].clone())
}

#[test]
fn a_step_up_requests_the_previous_and_the_challenged_scopes() {
    let world = Scripted::working();
    let session = signed_in(&world);
    assert_eq!(send(&session, true, wants_write).0.unwrap_err().scopes().unwrap(), ["read", "write"]);
    second_tokens(&world);
    // The last challenge is remembered.
    assert_eq!(stepped(&session, None).unwrap(), "read write");
    assert_eq!(session.scope().tokens(), ["read", "write"]);
    let (outcome, sent) = send(&session, true, wants_write);
    assert_eq!((outcome.unwrap(), sent), (200, vec!["second-access".into()]));
    // The app does not register again, and the tokens are stored.
    assert!(world.posted(REGISTER).is_empty());
    let restored = block_on(restore(&world, &Rc::new(client()), &session.server().clone().into())).unwrap().unwrap();
    assert_eq!(restored.scope().tokens(), ["read", "write"]);
    assert!(world.events().iter().any(|event| event.starts_with("SteppedUp")));
}

#[test]
fn a_session_is_found_after_the_app_registered_again() {
    let world = Scripted::working();
    let session = signed_in(&world);
    let (app, server) = (Rc::new(client()), session.server().clone());
    block_on(forget_client(&world, &app, &session.issuer())).unwrap();
    world.reply(REGISTER, Reply::Json(201, r#"{"client_id": "newer"}"#.into()));
    second_tokens(&world);
    stepped(&session, Some("write")).unwrap();
    let restored = block_on(restore(&world, &app, &server.into())).unwrap().unwrap();
    assert_eq!(restored.client_id(), "newer");
    assert_eq!(block_on(restored.access_token()).unwrap().expose(), "second-access");
    // The old record is deleted.
    assert_eq!(world.stored().keys().filter(|key| key.starts_with("session ")).count(), 1);
}

#[test]
fn sessions_that_share_the_store_use_the_new_tokens() {
    let world = Scripted::working();
    let here = signed_in(&world);
    let there = block_on(restore(&world, &Rc::new(client()), &here.server().clone().into())).unwrap().unwrap();
    second_tokens(&world);
    stepped(&here, Some("write")).unwrap();
    assert_eq!(send(&there, true, wants_write).1, ["second-access"]);
}

#[test]
fn if_the_challenge_is_hidden_all_listed_scopes_are_requested() {
    let world = Scripted::working();
    let session = signed_in(&world);
    let hidden = |_: &str| AppResponse { status: 403, error: Some("insufficient_scope"), ..Default::default() };
    assert!(send(&session, true, hidden).0.unwrap_err().scopes().unwrap().is_empty());
    assert_eq!(stepped(&session, None).unwrap(), "read write");
}

#[test]
fn a_scope_is_requested_at_most_twice() {
    // "Clients SHOULD implement retry limits and SHOULD track scope upgrade attempts to avoid repeated
    // failures for the same resource and operation combination."
    let world = Scripted::working();
    let session = signed_in(&world);
    let refuses = |_: &str| AppResponse::new(403, WRITE);
    for _ in 0..2 {
        assert!(send(&session, true, refuses).0.unwrap_err().scopes().is_some());
        stepped(&session, Some("read write")).unwrap();
    }
    let error = send(&session, true, refuses).0.unwrap_err();
    assert_eq!((error.code(), error.scopes()), (Code::InsufficientScope, None));
    for scopes in [None, Some("write"), Some("read write")] {
        world.forget_requests();
        assert_eq!(stepped(&session, scopes).unwrap_err().code(), Code::InsufficientScope);
        assert!(world.requested().is_empty(), "no request is sent");
    }
    // Another scope is counted separately.
    assert_eq!(stepped(&session, Some("admin")).unwrap(), "read write admin");
}

/// RFC 9470 §3: the server requires another authentication context, or a recent sign-in.
const SIGN_IN_ANEW: &str = "Bearer error=\"insufficient_user_authentication\", acr_values=\"mfa pwd\", max_age=\"5\"";

#[test]
fn a_stronger_sign_in_is_requested_without_a_refresh() {
    let world = Scripted::working();
    world.reply(METADATA, Reply::ok(metadata(ISSUER, r#", "scopes_supported": ["openid"]"#)));
    let session = signed_in(&world);
    let wants = |token: &str| {
        let has = token == "second-access";
        AppResponse::new(if has { 200 } else { 401 }, if has { "" } else { SIGN_IN_ANEW })
    };
    let (outcome, sent) = send(&session, true, wants);
    let error = outcome.unwrap_err();
    assert_eq!((error.code(), error.status(), sent.len()), (Code::InsufficientUserAuthentication, Some(401), 1));
    let wanted = error.step_up().unwrap();
    assert_eq!((wanted.acr_values.as_deref(), wanted.max_age), (Some(&["mfa".into(), "pwd".into()][..]), Some(5)));
    assert_eq!((wanted.scopes.as_slice(), wanted.missing_scopes.len()), (&["read".to_owned()][..], 0));
    assert!(world.posted(TOKEN).is_empty(), "no refresh");
    // §4: the same scopes, with a sign-in of that kind. OpenID Connect providers accept the parameters only with the
    // scope openid (OpenID Connect Core §3.1.2.1).
    second_tokens(&world);
    let mut user = User::consents();
    block_on(session.step_up(None, &mut user)).unwrap();
    let sent = user.sent();
    assert_eq!((sent["acr_values"].as_str(), sent["max_age"].as_str()), ("mfa pwd", "5"));
    assert_eq!((sent["scope"].as_str(), sent.get("prompt")), ("read openid", None));
    assert_eq!(send(&session, true, wants).0.unwrap(), 200);
}

#[test]
fn each_openid_connect_parameter_adds_the_scope_openid() {
    // RFC 9470 §3: a challenge may have `acr_values`, `max_age` or both.
    for challenge in [
        "Bearer error=\"insufficient_user_authentication\", acr_values=\"mfa\"",
        "Bearer error=\"insufficient_user_authentication\", max_age=\"5\"",
    ] {
        let world = Scripted::working();
        world.reply(METADATA, Reply::ok(metadata(ISSUER, r#", "scopes_supported": ["openid"]"#)));
        let session = signed_in(&world);
        send(&session, true, |_| AppResponse::new(401, challenge)).0.unwrap_err();
        let mut user = User::consents();
        block_on(session.step_up(None, &mut user)).unwrap();
        assert_eq!(user.sent()["scope"], "read openid", "{challenge}");
    }
}

#[test]
fn a_stronger_sign_in_is_requested_at_most_twice() {
    let world = Scripted::working();
    let session = signed_in(&world);
    let refuses = |_: &str| AppResponse::new(401, SIGN_IN_ANEW);
    for _ in 0..2 {
        assert!(send(&session, true, refuses).0.unwrap_err().step_up().is_some());
        block_on(session.step_up(None, &mut User::consents())).unwrap();
    }
    let error = send(&session, true, refuses).0.unwrap_err();
    assert_eq!((error.code(), error.step_up()), (Code::InsufficientUserAuthentication, None));
    let again = block_on(session.step_up(None, &mut User::consents()));
    assert_eq!(again.unwrap_err().code(), Code::InsufficientUserAuthentication);
    // Scopes are counted separately.
    assert!(stepped(&session, Some("admin")).is_ok());
}

#[test]
fn unreadable_parts_of_a_challenge_are_ignored() {
    let session = signed_in(&Scripted::working());
    let challenge = "Bearer error=\"insufficient_user_authentication\", acr_values=\"\", max_age=\"soon\"";
    let error = send(&session, true, |_| AppResponse::new(401, challenge)).0.unwrap_err();
    let wanted = error.step_up().unwrap();
    assert_eq!((wanted.acr_values.as_deref(), wanted.max_age), (Some(&[][..]), None));
}

#[test]
fn if_the_same_scopes_are_granted_again_the_next_request_demands_consent() {
    // OpenID Connect Core §3.1.2.1: with `prompt=consent` "the Authorization Server SHOULD prompt the End-User for
    // consent before returning information to the Client". Otherwise a server may reissue the same grant without asking.
    let world = Scripted::working();
    let session = signed_in(&world);
    world.reply(TOKEN, Reply::ok(tokens("second").replacen('{', r#"{"scope": "read","#, 1)));
    let prompt = |scopes: &str| {
        let mut user = User::consents();
        block_on(session.step_up(Some(&Scope::parse(scopes)), &mut user)).unwrap();
        user.sent().get("prompt").cloned()
    };
    assert_eq!(prompt("write"), None);
    assert_eq!(prompt("write"), Some("consent".into()));
    assert_eq!(prompt("admin"), None, "another scope was not asked for before");
}

#[test]
fn a_denied_step_up_does_not_count_and_changes_nothing() {
    let world = Scripted::working();
    let session = signed_in(&world);
    for _ in 0..5 {
        let mut user =
            User::answering(|sent| vec![Ok(from_popup(&format!("?error=access_denied&state={}", sent["state"])))]);
        let outcome = block_on(session.step_up(Some(&Scope::parse("write")), &mut user));
        assert_eq!(outcome.unwrap_err().code(), Code::AccessDenied);
    }
    assert_eq!(send(&session, true, |_| AppResponse::new(200, "")).1, ["first-access"]);
    stepped(&session, Some("write")).unwrap();
}

#[test]
fn a_request_waits_for_the_step_up_and_is_sent_again() {
    let world = Scripted::working();
    let session = signed_in(&world);
    second_tokens(&world);
    let own = session.clone();
    world.on_step_up(move || async move { own.step_up(None, &mut User::consents()).await });
    let (outcome, sent) = send(&session, true, wants_write);
    assert_eq!((outcome.unwrap(), sent), (200, vec!["first-access".into(), "second-access".into()]));
    assert_eq!(world.waited_for(), ["read write"]);
}

#[test]
fn a_request_that_cannot_be_sent_again_does_not_wait() {
    let world = Scripted::working();
    let session = signed_in(&world);
    assert_eq!(send(&session, false, wants_write).0.unwrap_err().code(), Code::InsufficientScope);
    assert!(world.waited_for().is_empty());
}

#[test]
fn a_request_whose_step_up_failed_reports_the_cause() {
    use std::error::Error as _;

    let world = Scripted::working();
    let session = signed_in(&world);
    // The app did nothing.
    let (outcome, sent) = send(&session, true, wants_write);
    assert_eq!((outcome.unwrap_err().code(), sent.len()), (Code::InsufficientScope, 1));
    // The app failed.
    world.on_step_up(|| async { Err(Error::new(POPUP_CLOSED, Step::Authorization, "The user went away.")) });
    let error = send(&session, true, wants_write).0.unwrap_err();
    assert_eq!(error.code(), Code::InsufficientScope);
    assert_eq!(error.source().unwrap().to_string(), "The user went away.");
    // If the user signed out meanwhile, a step-up does not revive the session.
    let own = session.clone();
    world.on_step_up(move || async move { own.sign_out().await.map(drop) });
    assert_eq!(send(&session, true, wants_write).0.unwrap_err().code(), Code::SignedOut);
    assert_eq!(stepped(&session, Some("write")).unwrap_err().code(), Code::SignedOut);
}

#[test]
fn step_ups_for_one_request_are_limited() {
    let world = Scripted::working();
    let session = signed_in(&world);
    // Each response demands another scope, and each step-up brings a new token.
    let asked = std::cell::Cell::new(0);
    const CHALLENGES: [&str; 8] = [
        "Bearer error=\"insufficient_scope\", scope=\"a\"",
        "Bearer error=\"insufficient_scope\", scope=\"b\"",
        "Bearer error=\"insufficient_scope\", scope=\"c\"",
        "Bearer error=\"insufficient_scope\", scope=\"d\"",
        "Bearer error=\"insufficient_scope\", scope=\"e\"",
        "Bearer error=\"insufficient_scope\", scope=\"f\"",
        "Bearer error=\"insufficient_scope\", scope=\"g\"",
        "Bearer error=\"insufficient_scope\", scope=\"h\"",
    ];
    let (outcome, sent) = send(&session, true, |_| {
        let count = asked.replace(asked.get() + 1);
        world.reply(TOKEN, Reply::ok(tokens(&format!("token-{count}"))));
        let own = session.clone();
        world.on_step_up(move || async move { own.step_up(None, &mut User::consents()).await });
        AppResponse::new(403, CHALLENGES[count])
    });
    assert_eq!((outcome.unwrap_err().code(), sent.len()), (Code::InsufficientScope, 6));
}

#[test]
fn a_token_with_fewer_scopes_than_were_granted_is_refreshed_first() {
    // RFC 6749 §6: a refresh brings a token with the granted scope. The user is not asked again for what they granted.
    let world = Scripted::working();
    let session = signed_in(&world);
    world.reply(TOKEN, Reply::ok(tokens("second")));
    let wants_read = |token: &str| match token {
        "second-access" => AppResponse::new(200, ""),
        _ => AppResponse::new(403, "Bearer error=\"insufficient_scope\", scope=\"read\""),
    };
    let (outcome, sent) = send(&session, true, wants_read);
    assert_eq!((outcome.unwrap(), sent), (200, vec!["first-access".into(), "second-access".into()]));
    assert_eq!(world.form(TOKEN)["grant_type"], "refresh_token");

    // If the server does not say which scopes are missing, a refresh would bring the same ones.
    world.forget_requests();
    let (outcome, sent) = send(&session, true, |_| AppResponse::new(403, "Bearer error=\"insufficient_scope\""));
    assert_eq!((outcome.unwrap_err().code(), sent.len()), (Code::InsufficientScope, 1));
    assert!(world.posted(TOKEN).is_empty());
}
