//! What must not leak, and what must not be lost: tokens, codes, verifiers and pending sign-ins.

use std::pin::Pin;
use std::rc::Rc;

use mcp_authorize::Error;
use mcp_authorize::flow::{Session, restore, sign_in};
use mcp_authorize::protocol::{CodeVerifier, Scope, ServerUrl};
use pollster::block_on;

use crate::scripted::*;
use crate::session::signed_in;

fn server() -> ServerUrl {
    ServerUrl::parse(SERVER).unwrap()
}

/// The text of an error and of all its causes.
fn full_text(error: &Error) -> String {
    let mut all = format!("{error} {error:?} {:?}", error.server_error());
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        all += &format!(" {cause} {cause:?}");
        source = cause.source();
    }
    all
}

/// An error response that repeats a text.
fn refusal(error: &str, text: &str) -> Reply {
    Reply::Json(400, format!(r#"{{"error": "{error}", "error_description": "{text}", "error_uri": "{text}"}}"#))
}

#[test]
fn each_secret_that_a_server_repeats_stays_out_of_the_error() {
    // One secret at a time: with two in one text, catching one would hide that the other gets through.
    let verifier = CodeVerifier::from_entropy([2; 32]);
    for (secret, is_kept_out) in [("the-code", true), (verifier.expose(), true), ("no-secret", false)] {
        let world = Scripted::working();
        world.reply(TOKEN, refusal("invalid_grant", secret));
        let error = block_on(sign_in(&world, &Rc::new(client()), &server().into(), None, &mut User::consents()));
        let error = error.err().unwrap();
        assert_eq!(world.form(TOKEN)["code_verifier"], verifier.expose());
        assert_eq!(full_text(&error).contains(secret), !is_kept_out, "{secret}");
        assert!(!is_kept_out || !world.events().join(" ").contains(secret), "{secret}");
    }
    for (secret, is_kept_out) in [("first-refresh", true), ("first-access", true), ("no-secret", false)] {
        for error in ["invalid_grant", "temporarily_unavailable"] {
            let world = Scripted::working();
            let session = signed_in(&world);
            world.reply(TOKEN, refusal(error, secret));
            let error = block_on(session.refresh()).unwrap_err();
            assert_eq!(full_text(&error).contains(secret), !is_kept_out, "{secret}: {error}");
            assert!(!is_kept_out || !world.events().join(" ").contains(secret), "{secret}");
        }
    }
}

/// Checks on every turn, until the second token is there, that the session's token is in the store.
async fn is_stored_before_it_is_used(world: Scripted, session: Session<Scripted>) -> Result<(), Error> {
    loop {
        let token = session.access_token().await?;
        let is_kept = world.stored().values().any(|record| record.contains(token.expose()));
        assert!(is_kept, "{} is used but not stored", token.expose());
        if token.expose() == "second-access" {
            return Ok(());
        }
        yield_once().await;
    }
}

#[test]
fn tokens_are_stored_before_they_are_used() {
    // RFC 6749 §6: the previous refresh token may be revoked by now. A page that is closed in between would have
    // neither.
    for steps_up in [false, true] {
        let world = Scripted::working();
        let session = signed_in(&world);
        world.reply(TOKEN, Reply::ok(tokens("second")));
        // By then, the observer has seen what was written before.
        world.takes(TOKEN, 10);
        let own = session.clone();
        let renewing: Pin<Box<dyn Future<Output = _>>> = Box::pin(async move {
            if steps_up {
                own.step_up(Some(&Scope::parse("write")), &mut User::consents()).await
            } else {
                own.refresh().await
            }
        });
        let looking = Box::pin(is_stored_before_it_is_used(world.clone(), session.clone()));
        block_on(all([renewing, looking])).into_iter().for_each(|done| done.unwrap());
    }
}

#[test]
fn a_sign_out_revokes_the_tokens_that_another_tab_has_refreshed() {
    // RFC 7009 §2: a request revokes one token. A server that ends the whole grant with any of its tokens would hide that
    // an old one was sent.
    let world = Scripted::working();
    let here = signed_in(&world);
    let there = block_on(restore(&world, &Rc::new(client()), &server().into())).unwrap().unwrap();
    world.reply(TOKEN, Reply::ok(tokens("second")));
    block_on(there.refresh()).unwrap();
    assert!(block_on(here.sign_out()).unwrap());
    let revoked: Vec<String> =
        world.posted(REVOKE).iter().map(|body| body.split('&').next().unwrap().to_owned()).collect();
    assert_eq!(revoked, ["token=second-refresh", "token=second-access"]);
}

/// Two sign-ins by redirect that begin at the same time. Returns their states.
fn leave_twice(world: &Scripted) -> Vec<String> {
    let leaving = (0..2).map(|_| async {
        let mut user = User::answering(|_| Vec::new());
        user.redirect_timeout = Some(600_000);
        let gone = sign_in(world, &Rc::new(client()), &server().into(), None, &mut user).await;
        assert!(gone.is_err(), "no response comes back to this run");
        user.sent()["state"].clone()
    });
    block_on(all(leaving))
}

#[test]
fn redirects_that_begin_at_the_same_time_are_both_kept() {
    // They share one record: whoever reads it and writes it back must hold the lock.
    let world = Scripted::working();
    for state in leave_twice(&world) {
        world.returns(&format!("?code=the-code&state={state}"));
        let session = block_on(restore(&world, &Rc::new(client()), &server().into())).unwrap();
        assert!(session.is_some(), "a sign-in was lost");
        assert_eq!(world.form(TOKEN)["code"], "the-code");
    }
    assert_eq!(world.posted(TOKEN).len(), 2);
}

#[test]
fn redirects_that_return_at_the_same_time_leave_no_verifier_behind() {
    // Two tabs return, each with its own response. What one removes, the other must not write back.
    let world = Scripted::working();
    let states = leave_twice(&world);
    let tabs = states.into_iter().map(|state| {
        let tab = world.another_tab();
        tab.returns(&format!("?code=the-code&state={state}"));
        async move { restore(&tab, &Rc::new(client()), &server().into()).await.unwrap().is_some() }
    });
    assert_eq!(block_on(all(tabs)), [true, true]);
    assert_eq!(world.stored()["pending"], r#"{"v":1}"#, "a used verifier is still stored");
}

#[test]
fn a_redirect_that_begins_while_another_returns_is_kept() {
    let world = Scripted::working();
    let [first, _] = &leave_twice(&world)[..] else { panic!("two left") };
    let tab = world.another_tab();
    tab.returns(&format!("?code=the-code&state={first}"));
    let coming: Pin<Box<dyn Future<Output = ()>>> = Box::pin(async {
        assert!(restore(&tab, &Rc::new(client()), &server().into()).await.unwrap().is_some());
    });
    let leaving = Box::pin(async {
        let mut user = User::answering(|_| Vec::new());
        user.redirect_timeout = Some(600_000);
        let _gone = sign_in(&world, &Rc::new(client()), &server().into(), None, &mut user).await;
    });
    block_on(all([coming, leaving]));
    assert_eq!(world.stored()["pending"].matches("ends_at").count(), 2);
    assert!(!world.stored()["pending"].contains(first.as_str()), "{first} was used, but is still stored");
}
