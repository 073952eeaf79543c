//! Several accounts of one user at one server: their sessions exist side by side and stay separate.

use std::rc::Rc;

use mcp_authorize::Code;
use mcp_authorize::flow::{Account, Client, Dpop, Session, forget, restore, sessions, sign_in, sign_in_with};
use mcp_authorize::protocol::{AuthorizationParameters, Scope, ServerUrl};
use pollster::block_on;

use crate::scripted::*;

fn account(name: &str) -> Account {
    Account::named(ServerUrl::parse(SERVER).unwrap(), name)
}

fn sign_in_as(world: &Scripted, name: &str) -> Session<Scripted> {
    sign_in_by(world, client(), name)
}

fn sign_in_by(world: &Scripted, client: Client, name: &str) -> Session<Scripted> {
    // Each account has its own tokens.
    world.reply(TOKEN, Reply::ok(tokens(if name.is_empty() { "first" } else { name })));
    block_on(sign_in(world, &Rc::new(client), &account(name), None, &mut User::consents())).unwrap()
}

fn restored(world: &Scripted, name: &str) -> Option<Session<Scripted>> {
    block_on(restore(world, &Rc::new(client()), &account(name))).unwrap()
}

fn token_of(session: &Session<Scripted>) -> String {
    block_on(session.access_token()).unwrap().expose().to_owned()
}

/// The accounts that are listed, by name.
fn listed(world: &Scripted) -> Vec<String> {
    let all = block_on(sessions(world, &Rc::new(client()))).unwrap();
    all.iter().map(|session| session.account().name().to_owned()).collect()
}

#[test]
fn each_account_has_its_own_session() {
    let world = Scripted::working();
    for name in ["", "work", "private"] {
        sign_in_as(&world, name);
    }
    for (name, token) in [("", "first-access"), ("work", "work-access"), ("private", "private-access")] {
        let session = restored(&world.another_tab(), name).unwrap();
        assert_eq!(token_of(&session), token);
        assert_eq!(session.account().name(), name);
    }
    assert!(restored(&world, "another").is_none());
}

#[test]
fn a_sign_out_ends_only_one_account() {
    let world = Scripted::working();
    let (default, work) = (sign_in_as(&world, ""), sign_in_as(&world, "work"));
    world.forget_requests();
    block_on(work.sign_out()).unwrap();
    let revoked = world.posted(REVOKE).join("\n");
    assert!(revoked.contains("work-access") && !revoked.contains("first-access"), "{revoked}");
    assert!(restored(&world, "work").is_none());
    assert_eq!(token_of(&default), "first-access");
    assert_eq!(token_of(&restored(&world.another_tab(), "").unwrap()), "first-access");
    // Events name the account.
    let events = world.events();
    let of = |kind: &str| events.iter().filter(|event| event.starts_with(kind)).collect::<Vec<_>>();
    assert_eq!(of("SignedOut").len(), 1);
    assert!(of("SignedOut")[0].contains(r#"account: "work""#), "{events:?}");
    assert!(of("SignedIn")[0].contains(r#"account: """#), "{events:?}");
}

#[test]
fn a_refresh_of_one_account_leaves_the_others_unchanged() {
    let world = Scripted::working();
    let (default, work) = (sign_in_as(&world, ""), sign_in_as(&world, "work"));
    world.reply(TOKEN, Reply::ok(tokens("newer")));
    block_on(work.refresh()).unwrap();
    assert!(world.form(TOKEN)["refresh_token"].starts_with("work-"));
    assert_eq!(token_of(&work), "newer-access");
    assert_eq!(token_of(&default), "first-access");
}

#[test]
fn tokens_of_two_accounts_are_bound_to_two_keys() {
    // A shared key would tell a server that both accounts belong to one user.
    let world = Scripted::working();
    world.reply(SERVER, Reply::Challenge(401, format!("DPoP resource_metadata=\"{PRM}\"")));
    world.reply(METADATA, Reply::ok(metadata(ISSUER, r#", "dpop_signing_alg_values_supported": ["ES256"]"#)));
    let bound = |name: &str| {
        let dpop = Client { dpop: Dpop::Auto, ..client() };
        world.reply(TOKEN, Reply::ok(tokens(name).replace("Bearer", "DPoP")));
        block_on(sign_in(&world, &Rc::new(dpop), &account(name), None, &mut User::consents())).unwrap();
        world.proofs().last().unwrap().0["jwk"]["x"].clone()
    };
    let keys = [bound(""), bound("work"), bound("private"), bound("work")];
    assert_ne!(keys[0], keys[1]);
    assert_ne!(keys[1], keys[2]);
    assert_eq!(keys[1], keys[3]);
}

#[test]
fn accounts_share_one_registration() {
    let world = Scripted::working();
    sign_in_as(&world, "");
    sign_in_as(&world, "work");
    assert_eq!(world.posted(REGISTER).len(), 1);
}

#[test]
fn a_redirect_signs_in_to_the_account_that_it_began_for() {
    let world = Scripted::working();
    let mut user = User::answering(|_| Vec::new());
    user.redirect_timeout = Some(600_000);
    let gone = block_on(sign_in(&world, &Rc::new(client()), &account("work"), None, &mut user));
    assert!(gone.is_err());
    world.returns(&format!("?code=the-code&state={}", user.sent()["state"]));
    // Other accounts are restored first, as on a page that lists accounts.
    assert!(restored(&world, "").is_none());
    assert!(restored(&world, "private").is_none());
    assert_eq!(restored(&world, "work").unwrap().account().name(), "work");
    assert_eq!(listed(&world), ["work"]);
}

#[test]
fn stored_sessions_are_listed_without_requests() {
    let world = Scripted::working();
    assert!(listed(&world).is_empty());
    for name in ["work", "", "work"] {
        sign_in_as(&world, name);
    }
    world.forget_requests();
    assert_eq!(listed(&world.another_tab()), ["work", ""]);
    let all = block_on(sessions(&world, &Rc::new(client()))).unwrap();
    assert_eq!((all[0].issuer().as_str(), all[0].server().as_str()), (ISSUER, SERVER));
    assert!(world.requested().is_empty());
    // Another app of the same origin has its own list.
    let other = Client { redirect_uri: None, ..client() };
    assert!(block_on(sessions(&world, &Rc::new(other))).unwrap().is_empty());
    block_on(all[0].sign_out()).unwrap();
    assert_eq!(listed(&world), [""]);
}

#[test]
fn forgetting_one_account_keeps_the_others() {
    let world = Scripted::working();
    sign_in_as(&world, "");
    let work = sign_in_as(&world, "work");
    world.forget_requests();
    let client = Rc::new(client());
    block_on(forget(&world, &client, &account("work"))).unwrap();
    assert!(world.requested().is_empty(), "without the network");
    assert_eq!(block_on(work.access_token()).unwrap_err().code(), Code::SignedOut);
    assert_eq!(listed(&world), [""]);
    let registered = |world: &Scripted| world.stored().keys().any(|key| key.starts_with("registration "));
    assert!(registered(&world), "the other account's session still needs it");
    block_on(forget(&world, &client, &account(""))).unwrap();
    assert!(!registered(&world));
    assert!(listed(&world).is_empty());
    // Forgetting an account without a session is no error.
    block_on(forget(&world, &client, &account("work"))).unwrap();
}

#[test]
fn an_account_may_have_the_name_of_a_record() {
    let world = Scripted::working();
    let record = format!("session {SERVER}");
    let names =
        ["", " ", "  ", "a b", "a+b", "a%20b", "account", "account a", &record, "server", "__proto__", "e\u{301}", "é"];
    // Each has its own tokens, named by its position.
    for (place, name) in names.iter().enumerate() {
        world.reply(TOKEN, Reply::ok(tokens(&place.to_string())));
        block_on(sign_in(&world, &Rc::new(client()), &account(name), None, &mut User::consents())).unwrap();
    }
    assert_eq!(listed(&world), names);
    for (place, name) in names.iter().enumerate().rev() {
        assert_eq!(token_of(&restored(&world, name).unwrap()), format!("{place}-access"), "{name:?}");
        block_on(forget(&world, &Rc::new(client()), &account(name))).unwrap();
        assert_eq!(listed(&world), names[..place], "{name:?}");
    }
}

#[test]
fn a_session_that_is_not_listed_can_be_forgotten_too() {
    // The session comes from a pre-release, or the list was unreadable.
    let world = Scripted::working();
    let work = sign_in_as(&world, "work");
    let key = world.stored().keys().find(|key| key.starts_with("accounts ")).unwrap().clone();
    world.write(&key, "");
    block_on(forget(&world, &Rc::new(client()), &account("work"))).unwrap();
    assert_eq!(block_on(work.access_token()).unwrap_err().code(), Code::SignedOut);
    assert!(restored(&world, "work").is_none());
    assert!(!world.stored().keys().any(|key| key.starts_with("registration ")));
}

#[test]
fn if_a_sign_in_and_a_sign_out_overlap_the_last_one_counts() {
    // This applies to the session and to the list: an earlier sign-out does not end a later sign-in.
    let mut ends = Vec::new();
    for turns in 0..80 {
        let world = Scripted::working();
        let session = sign_in_as(&world, "work");
        let (tab, client) = (world.another_tab(), Rc::new(client()));
        let (account, mut user) = (account("work"), User::consents());
        block_on(async {
            let signs_in = async { sign_in(&tab, &client, &account, None, &mut user).await.map(drop) };
            let signs_out = async {
                for _ in 0..turns {
                    yield_once().await;
                }
                session.sign_out().await.map(drop)
            };
            let both: [std::pin::Pin<Box<dyn Future<Output = _>>>; 2] = [Box::pin(signs_in), Box::pin(signs_out)];
            all(both).await.into_iter().for_each(Result::unwrap);
        });
        let is_in = world.events().iter().rfind(|event| event.starts_with("Signed")).unwrap().starts_with("SignedIn");
        assert_eq!(restored(&world, "work").is_some(), is_in, "after {turns} turns");
        assert_eq!(listed(&world), if is_in { &["work"][..] } else { &[] }, "after {turns} turns");
        ends.push(is_in);
    }
    assert!(ends.contains(&true) && ends.contains(&false), "both orders must occur");
}

#[test]
fn a_session_is_restored_even_if_the_list_is_unreadable() {
    let world = Scripted::working();
    sign_in_as(&world, "work");
    let key = world.stored().keys().find(|key| key.starts_with("accounts ")).unwrap().clone();
    for broken in ["", "[]", r#"{"v":1,"accounts":5}"#, r#"{"v":1,"accounts":[5,{"server":"x"},{}]}"#, r#"{"v":2}"#] {
        world.write(&key, broken);
        assert!(listed(&world).is_empty(), "{broken}");
        assert!(restored(&world, "work").is_some(), "{broken}");
    }
    sign_in_as(&world, "work");
    assert_eq!(listed(&world), ["work"]);
}

#[test]
fn parameters_of_one_sign_in_are_used_only_for_it() {
    let world = Scripted::working();
    let own = |members: &[(&str, Option<&str>)]| {
        let owned = members.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned)));
        AuthorizationParameters::new(owned.collect()).unwrap()
    };
    let client = Client { authorization_parameters: own(&[("ui", Some("a")), ("hd", Some("b"))]), ..client() };
    let client = Rc::new(client);
    let parameters = own(&[("prompt", Some("select_account")), ("hd", None)]);
    let mut user = User::consents();
    let session = block_on(sign_in_with(&world, &client, &account("work"), None, &parameters, &mut user)).unwrap();
    let sent = user.sent();
    assert_eq!((sent["prompt"].as_str(), sent["ui"].as_str()), ("select_account", "a"));
    assert!(!sent.contains_key("hd"));
    // Parameters that the app chooses for an authorization server override its general ones. Those of the sign-in override
    // both.
    let mut user = User::consents();
    user.parameters = Box::new(|found| {
        let issuer = Some(found.issuer.as_str().to_owned());
        Ok(AuthorizationParameters::new(vec![("ui".into(), issuer), ("prompt".into(), None)]).unwrap())
    });
    block_on(sign_in_with(&world, &client, &account("own"), None, &parameters, &mut user)).unwrap();
    let sent = user.sent();
    assert_eq!((sent["ui"].as_str(), sent["prompt"].as_str()), (ISSUER, "select_account"));
    // A step-up does not ask the user to select an account again.
    let mut user = User::consents();
    block_on(session.step_up(Some(&Scope::parse("write")), &mut user)).unwrap();
    assert!(!user.sent().contains_key("prompt"));
    assert_eq!(user.sent()["hd"], "b");
}
