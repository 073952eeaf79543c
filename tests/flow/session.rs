use std::pin::Pin;
use std::rc::Rc;

use mcp_authorize::Code;
use mcp_authorize::flow::{Session, restore, sign_in};
use mcp_authorize::ports::{Clock, Store};
use mcp_authorize::protocol::ServerUrl;
use pollster::block_on;

use crate::call::send;
use crate::scripted::*;

pub fn signed_in(world: &Scripted) -> Session<Scripted> {
    let server = ServerUrl::parse(SERVER).unwrap();
    let session = block_on(sign_in(world, &Rc::new(client()), &server.clone().into(), None, &mut User::consents()));
    let Ok(session) = session else { panic!("the sign-in must succeed") };
    world.forget_requests();
    session
}

fn token(session: &Session<Scripted>) -> Result<String, Code> {
    block_on(session.access_token()).map(|token| token.expose().to_owned()).map_err(|error| error.code())
}

#[test]
fn the_token_is_refreshed_before_it_expires() {
    let world = Scripted::working();
    let session = signed_in(&world);
    world.reply(TOKEN, Reply::ok(tokens("second")));
    world.wait(3539);
    assert_eq!(token(&session), Ok("first-access".into()));
    world.wait(1);
    assert_eq!(token(&session), Ok("second-access".into()));
    let form = world.form(TOKEN);
    assert_eq!((&*form["grant_type"], &*form["refresh_token"]), ("refresh_token", "first-refresh"));
    // MCP: `resource` is sent with every token request.
    assert_eq!(form["resource"], SERVER);
}

#[test]
fn a_new_refresh_token_replaces_the_old_one_which_stays_otherwise() {
    // RFC 6749 §6: "The authorization server MAY issue a new refresh token, in which case the client
    // MUST discard the old refresh token and replace it with the new refresh token."
    let world = Scripted::working();
    let session = signed_in(&world);
    world.reply(TOKEN, Reply::ok(tokens("second")));
    block_on(session.refresh()).unwrap();
    world.reply(TOKEN, Reply::ok(r#"{"access_token": "third-access", "token_type": "Bearer"}"#));
    block_on(session.refresh()).unwrap();
    assert_eq!(world.form(TOKEN)["refresh_token"], "second-refresh");
    block_on(session.refresh()).unwrap();
    assert_eq!(world.form(TOKEN)["refresh_token"], "second-refresh");
    assert_eq!(session.expires_at(), None);
    // The stored tokens are the ones in use.
    let restored = block_on(restore(&world, &Rc::new(client()), &session.server().clone().into())).unwrap().unwrap();
    assert_eq!(token(&restored), Ok("third-access".into()));
}

#[test]
fn ten_callers_at_once_cause_one_refresh() {
    let world = Scripted::working();
    let session = signed_in(&world);
    world.reply(TOKEN, Reply::ok(tokens("second")));
    world.wait(4000);
    let done = block_on(all((0..10).map(|_| session.access_token())));
    assert!(done.iter().all(|token| token.as_ref().unwrap().expose() == "second-access"));
    assert_eq!(world.posted(TOKEN).len(), 1);
}

#[test]
fn a_token_that_was_refreshed_elsewhere_is_used() {
    let world = Scripted::working();
    let first = signed_in(&world);
    let second = block_on(restore(&world, &Rc::new(client()), &first.server().clone().into())).unwrap().unwrap();
    world.reply(TOKEN, Reply::ok(tokens("second")));
    world.wait(4000);
    block_on(first.refresh()).unwrap();
    assert_eq!(token(&second), Ok("second-access".into()));
    assert_eq!(world.posted(TOKEN).len(), 1);
}

/// An app's own storage may lag, as `localStorage` does: then a tab uses a refresh token that another tab has spent.
#[test]
fn a_spent_refresh_token_does_not_end_a_session_that_has_newer_tokens() {
    let world = Scripted::working();
    let first = signed_in(&world);
    let late = world.stored()[&record()].clone();
    let second = block_on(restore(&world, &Rc::new(client()), &first.server().clone().into())).unwrap().unwrap();
    world.reply(TOKEN, Reply::ok(tokens("second")));
    block_on(first.refresh()).unwrap();
    let newer = world.stored()[&record()].clone();

    world.write(&record(), &late);
    world.reply(TOKEN, Reply::Json(400, r#"{"error": "invalid_grant"}"#.into()));
    world.takes(TOKEN, 3);
    let refreshing: Pin<Box<dyn Future<Output = _>>> = Box::pin(second.refresh());
    let arriving = Box::pin(async {
        while world.posted(TOKEN).len() < 2 {
            yield_once().await;
        }
        world.write(&record(), &newer);
        Ok(())
    });
    block_on(all([refreshing, arriving])).into_iter().for_each(|done| done.unwrap());

    assert_eq!(world.posted(TOKEN).len(), 2);
    assert_eq!(token(&second), Ok("second-access".into()));
    assert_eq!(world.stored()[&record()], newer);
    assert!(!world.events().iter().any(|event| event.contains("SignedOut")));
}

#[test]
fn invalid_grant_ends_the_session_with_an_event() {
    let world = Scripted::working();
    let session = signed_in(&world);
    world.reply(TOKEN, Reply::Json(400, r#"{"error": "invalid_grant"}"#.into()));
    let error = block_on(session.refresh()).unwrap_err();
    assert_eq!((error.code(), error.server_error()), (Code::SessionExpired, Some("invalid_grant")));
    assert!(world.events().iter().any(|event| event.contains("SignedOut") && event.contains("reason: Expired")));
    assert!(!world.stored().contains_key(&record()));
    assert_eq!(token(&session), Err(Code::SignedOut));
}

/// The key of the session's record: server, issuer, client and resource.
fn record() -> String {
    format!("session {SERVER} {ISSUER} registered {SERVER}")
}

/// The session's record, without the times that say when to retry.
fn kept(world: &Scripted) -> serde_json::Value {
    let mut record: serde_json::Value = serde_json::from_str(&world.stored()[&record()]).unwrap();
    for name in ["retry_at", "failed_at"] {
        record.as_object_mut().unwrap().remove(name);
    }
    record
}

#[test]
fn a_definite_refusal_ends_the_session_once() {
    // RFC 6749 §5.2 has `invalid_grant` for this. Some servers send other errors.
    for reply in [
        Reply::Json(400, r#"{"error": "invalid_request"}"#.into()),
        Reply::Json(400, r#"{"code": 400, "msg": "gone"}"#.into()),
        Reply::Json(404, "<html>".into()),
        Reply::Json(200, r#"{"error": "bad_refresh_token"}"#.into()),
        Reply::ok("<html>"),
        Reply::ok("{}"),
        Reply::Fails(Code::ResponseTooLarge),
    ] {
        let world = Scripted::working();
        let session = signed_in(&world);
        world.reply(TOKEN, reply);
        let posted = world.posted(TOKEN).len();
        assert_eq!(block_on(session.refresh()).unwrap_err().code(), Code::SessionExpired);
        assert_eq!(block_on(session.refresh()).unwrap_err().code(), Code::SignedOut);
        assert_eq!(world.posted(TOKEN).len(), posted + 1);
        assert!(!world.stored().contains_key(&record()));
    }
}

#[test]
fn temporary_failures_keep_the_tokens() {
    for (reply, code) in [
        (Reply::Json(503, String::new()), Code::HttpStatus),
        (Reply::Json(408, String::new()), Code::HttpStatus),
        (Reply::Json(425, String::new()), Code::HttpStatus),
        (Reply::Json(429, r#"{"error": "invalid_request"}"#.into()), Code::TokenFailed),
        (Reply::Fails(Code::Network), Code::Network),
    ] {
        let world = Scripted::working();
        let session = signed_in(&world);
        let before = kept(&world);
        world.reply(TOKEN, reply);
        assert_eq!(block_on(session.refresh()).unwrap_err().code(), code);
        assert_eq!(kept(&world), before);
        // A token that is still valid is used although the early refresh failed.
        world.wait(3550);
        assert_eq!(token(&session), Ok("first-access".into()));
        world.wait(60);
        assert_eq!(token(&session), Err(code));
        world.wait(60);
        world.reply(TOKEN, Reply::ok(tokens("second")));
        assert_eq!(token(&session), Ok("second-access".into()));
    }
}

#[test]
fn temporary_failures_are_retried_with_back_off() {
    let world = Scripted::working();
    let session = signed_in(&world);
    let down = || Reply::Json(503, String::new());
    world.replies(TOKEN, vec![down(), down(), Reply::ok(tokens("second"))]);
    let started = world.now();
    block_on(session.refresh()).unwrap();
    assert_eq!(world.now().0 - started.0, 1000 + 2000);
    assert_eq!(world.posted(TOKEN).len(), 3);
    // A server that stays down is asked at 0, 1 and 3 s by the first caller, and at 7 s by the second. The next try is due
    // at 15 s, for which none of the others waits.
    world.forget_requests();
    world.reply(TOKEN, down());
    for _ in 0..10 {
        assert_eq!(block_on(session.refresh()).unwrap_err().code(), Code::HttpStatus);
    }
    assert_eq!(world.posted(TOKEN).len(), 4);
}

#[test]
fn sessions_that_share_the_store_wait_for_the_same_retry() {
    let world = Scripted::working();
    let here = signed_in(&world);
    let there = block_on(restore(&world, &Rc::new(client()), &here.server().clone().into())).unwrap().unwrap();
    world.reply(TOKEN, Reply::RetryAfter(503, 120));
    assert!(block_on(here.refresh()).is_err() && block_on(there.refresh()).is_err());
    assert_eq!(world.posted(TOKEN).len(), 1);
    world.wait(120);
    world.reply(TOKEN, Reply::ok(tokens("second")));
    block_on(there.refresh()).unwrap();
    assert_eq!(token(&here), Ok("second-access".into()));
    assert_eq!(world.posted(TOKEN).len(), 2);
}

#[test]
fn retry_after_is_honoured() {
    // RFC 9110 §10.2.3: "how long the user agent ought to wait before making a follow-up request".
    let world = Scripted::working();
    let session = signed_in(&world);
    world.replies(TOKEN, vec![Reply::RetryAfter(429, 4), Reply::ok(tokens("second"))]);
    let started = world.now();
    block_on(session.refresh()).unwrap();
    assert_eq!(world.now().0 - started.0, 4000);
    // If the time is longer than a caller waits, the call fails at once, and no request is sent before it is over.
    world.forget_requests();
    world.reply(TOKEN, Reply::RetryAfter(503, 120));
    assert!(block_on(session.refresh()).is_err() && block_on(session.refresh()).is_err());
    assert_eq!(world.posted(TOKEN).len(), 1);
    world.wait(120);
    world.reply(TOKEN, Reply::ok(tokens("third")));
    block_on(session.refresh()).unwrap();
    // A day would be too long for users: the pause is at most five minutes.
    world.forget_requests();
    world.reply(TOKEN, Reply::RetryAfter(503, 86_400));
    assert!(block_on(session.refresh()).is_err());
    world.wait(5 * 60 - 6);
    assert!(block_on(session.refresh()).is_err());
    assert_eq!(world.posted(TOKEN).len(), 1);
    world.wait(6);
    world.reply(TOKEN, Reply::ok(tokens("fourth")));
    block_on(session.refresh()).unwrap();
}

#[test]
fn if_the_store_fails_after_a_refresh_the_session_uses_the_new_tokens() {
    let world = Scripted::working();
    let session = signed_in(&world);
    world.reply(TOKEN, Reply::ok(tokens("second")));
    world.storage_fails(true);
    block_on(session.refresh()).unwrap();
    assert_eq!(token(&session), Ok("second-access".into()));
    // The session ignores the older tokens in the store, even if other records change there.
    world.storage_fails(false);
    block_on(world.set("record of another session", "{}".into())).unwrap();
    assert_eq!(token(&session), Ok("second-access".into()));
    // The next refresh spends the new refresh token, not the one that is in the store.
    world.reply(TOKEN, Reply::ok(tokens("third")));
    block_on(session.refresh()).unwrap();
    assert_eq!(world.form(TOKEN)["refresh_token"], "second-refresh");
    assert!(world.stored()[&record()].contains("third-refresh"));
}

#[test]
fn a_late_401_does_not_bring_back_older_tokens_from_the_store() {
    // While a request waits, the session is refreshed and the store fails, so only the session has the newest tokens.
    let world = Scripted::working();
    let session = signed_in(&world);
    world.reply(TOKEN, Reply::ok(tokens("second")));
    let is_first = |token: &str| {
        if token == "first-access" {
            world.storage_fails(true);
            block_on(session.refresh()).unwrap();
            world.storage_fails(false);
        }
        AppResponse::new(if token == "first-access" { 401 } else { 200 }, "")
    };
    let (outcome, sent) = send(&session, true, is_first);
    assert_eq!((outcome.unwrap(), sent), (200, vec!["first-access".into(), "second-access".into()]));
    block_on(world.set("record of another session", "{}".into())).unwrap();
    assert_eq!(token(&session), Ok("second-access".into()));
    assert_eq!(world.posted(TOKEN).len(), 1);
}

#[test]
fn a_401_that_may_be_for_the_previous_token_causes_no_refresh() {
    // The MCP SDK sends requests itself, and does not say which token a request had.
    let world = Scripted::working();
    let session = signed_in(&world);
    world.reply(TOKEN, Reply::ok(tokens("second")));
    block_on(session.refresh()).unwrap();
    world.wait(9);
    block_on(session.refresh_refused()).unwrap();
    assert_eq!(world.posted(TOKEN).len(), 1);
    // Later, the server has refused the new token.
    world.wait(1);
    world.reply(TOKEN, Reply::ok(tokens("third")));
    block_on(session.refresh_refused()).unwrap();
    assert_eq!((world.posted(TOKEN).len(), token(&session)), (2, Ok("third-access".into())));
}

#[test]
fn a_token_that_a_refresh_did_not_change_is_not_refreshed_again_at_once() {
    // If a refresh returns the same token and the server refuses it, another refresh would not help. A new token is refreshed.
    let world = Scripted::working();
    let session = signed_in(&world);
    let refused = |_: &str| AppResponse::new(401, "");
    let refreshes = |session: &Session<Scripted>, answer: &dyn Fn(&str) -> AppResponse| {
        world.forget_requests();
        let _ = send(session, true, answer);
        world.posted(TOKEN).len()
    };
    assert_eq!(refreshes(&session, &refused), 1);
    assert_eq!(refreshes(&session, &refused), 0);
    // Nor after the session has read the store.
    assert_eq!(refreshes(&session, &refused), 0);
    world.reply(TOKEN, Reply::ok(tokens("second")));
    block_on(session.refresh()).unwrap();
    assert_eq!(refreshes(&session, &refused), 1);
}

#[test]
fn a_session_that_was_ended_elsewhere_is_not_revived() {
    let world = Scripted::working();
    let here = signed_in(&world);
    let there = block_on(restore(&world, &Rc::new(client()), &here.server().clone().into())).unwrap().unwrap();
    block_on(there.sign_out()).unwrap();
    assert_eq!(block_on(here.refresh()).unwrap_err().code(), Code::SignedOut);
    assert!(world.posted(TOKEN).is_empty());
}

#[test]
fn changes_in_another_tab_take_effect_before_the_next_request() {
    let world = Scripted::working();
    let here = signed_in(&world);
    let there = block_on(restore(&world, &Rc::new(client()), &here.server().clone().into())).unwrap().unwrap();
    world.reply(TOKEN, Reply::ok(tokens("second")));
    block_on(there.refresh()).unwrap();
    assert_eq!(token(&here), Ok("second-access".into()));
    block_on(there.sign_out()).unwrap();
    assert_eq!(token(&here), Err(Code::SignedOut));
    // The next sign-in creates a new session: the old one stays ended.
    signed_in(&world);
    assert_eq!(token(&here), Err(Code::SignedOut));
}

#[test]
fn a_sign_out_deletes_and_revokes_both_tokens() {
    // RFC 7009 §2.1
    let world = Scripted::working();
    let session = signed_in(&world);
    assert!(block_on(session.sign_out()).unwrap());
    let tokens: Vec<String> =
        world.posted(REVOKE).iter().map(|body| body.split('&').next().unwrap().to_owned()).collect();
    assert_eq!(tokens, ["token=first-refresh", "token=first-access"]);
    assert!(!world.stored().contains_key(&record()));
    assert_eq!(token(&session), Err(Code::SignedOut));
    // A second sign-out is no error and has no effect.
    let events = world.events().len();
    assert!(!block_on(session.sign_out()).unwrap());
    assert_eq!(world.events().len(), events);
    // The registration stays: it is the app's, not the session's.
    assert!(world.stored().keys().any(|key| key.starts_with("registration")));
}

#[test]
fn a_sign_out_deletes_the_tokens_even_if_the_server_does_not_answer() {
    let world = Scripted::working();
    let session = signed_in(&world);
    world.reply(REVOKE, Reply::Fails(Code::Network));
    assert!(!block_on(session.sign_out()).unwrap());
    assert_eq!(token(&session), Err(Code::SignedOut));
}

/// Moves the clock by this many seconds.
fn set_clock(world: &Scripted, seconds: i64) {
    world.set_clock(world.now().0.saturating_add_signed(seconds * 1000));
}

#[test]
fn a_wrong_clock_does_no_harm() {
    // The stored times and the time that they are compared with come from the same clock.
    for clock in [1_000_000, 4_000_000_000_000] {
        let world = Scripted::working();
        world.set_clock(clock);
        let session = signed_in(&world);
        world.reply(TOKEN, Reply::ok(tokens("second")));
        world.wait(3539);
        assert_eq!(token(&session), Ok("first-access".into()));
        world.wait(1);
        assert_eq!(token(&session), Ok("second-access".into()));
    }
}

#[test]
fn changing_the_clock_causes_at_most_one_refresh() {
    const DAY: i64 = 86_400;
    for jump in [DAY, -DAY] {
        let world = Scripted::working();
        world.set_clock(1_700_000_000_000);
        let here = signed_in(&world);
        let there = block_on(restore(&world, &Rc::new(client()), &here.server().clone().into())).unwrap().unwrap();
        world.reply(TOKEN, Reply::ok(tokens("second")));
        set_clock(&world, jump);
        for session in [&here, &there, &here, &there] {
            assert_eq!(token(session), Ok("second-access".into()), "{jump}");
        }
        assert_eq!(world.posted(TOKEN).len(), 1, "{jump}");
    }
    // A correction by some seconds does not count as a change.
    let world = Scripted::working();
    world.set_clock(1_700_000_000_000);
    let session = signed_in(&world);
    set_clock(&world, -30);
    assert_eq!(token(&session), Ok("first-access".into()));
}

#[test]
fn setting_the_clock_back_makes_no_pause_longer() {
    let world = Scripted::working();
    world.set_clock(1_700_000_000_000);
    let here = signed_in(&world);
    let there = block_on(restore(&world, &Rc::new(client()), &here.server().clone().into())).unwrap().unwrap();
    world.reply(TOKEN, Reply::RetryAfter(503, 120));
    assert!(block_on(here.refresh()).is_err() && block_on(there.refresh()).is_err());
    assert_eq!(world.posted(TOKEN).len(), 1);
    set_clock(&world, -86_400);
    world.reply(TOKEN, Reply::ok(tokens("second")));
    block_on(there.refresh()).unwrap();
    assert_eq!(token(&here), Ok("second-access".into()));
}

#[test]
fn a_client_that_may_not_refresh_is_registered_again() {
    // RFC 6749 §5.2: "The client is not authorized to use this authorization grant type", or it is unknown. In both cases,
    // another sign-in with the same registration would end the same way.
    for error in ["invalid_client", "unauthorized_client"] {
        let world = Scripted::working();
        let session = signed_in(&world);
        world.reply(TOKEN, Reply::Json(400, format!(r#"{{"error": "{error}"}}"#)));
        assert_eq!(block_on(session.refresh()).unwrap_err().code(), Code::SessionExpired);
        assert!(!world.stored().keys().any(|key| key.starts_with("registration ")), "{error}");
        world.reply(TOKEN, Reply::ok(tokens("second")));
        signed_in_again(&world);
        assert_eq!(world.posted(REGISTER).len(), 1, "{error}");
    }
    // A refused refresh token says nothing about the registration.
    let world = Scripted::working();
    let session = signed_in(&world);
    world.reply(TOKEN, Reply::Json(400, r#"{"error": "invalid_grant"}"#.into()));
    assert_eq!(block_on(session.refresh()).unwrap_err().code(), Code::SessionExpired);
    world.reply(TOKEN, Reply::ok(tokens("second")));
    signed_in_again(&world);
    assert!(world.posted(REGISTER).is_empty());
}

/// Like `signed_in`, but keeps the list of requests.
fn signed_in_again(world: &Scripted) {
    world.forget_requests();
    let server = ServerUrl::parse(SERVER).unwrap();
    block_on(sign_in(world, &Rc::new(client()), &server.into(), None, &mut User::consents())).map(drop).unwrap();
}
