//! Who the user is: OpenID Connect Core §3.1.3.7 and §5.3.

use std::rc::Rc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use mcp_authorize::flow::{Client, restore, sign_in};
use mcp_authorize::ports::UserAgent as _;
use mcp_authorize::protocol::{Scope, ServerUrl, UserInfo};
use pollster::block_on;

use crate::scripted::*;

const USERINFO: &str = "https://as.example/userinfo";

/// Signs in and returns the user. `claims` are those of the ID token, with NONCE for the request's nonce.
fn user(world: &Scripted, scopes: &str, claims: &'static str) -> Option<Rc<UserInfo>> {
    let members = format!(r#", "userinfo_endpoint": "{USERINFO}""#);
    world.reply(METADATA, Reply::ok(metadata(ISSUER, &members)));
    let issued = world.clone();
    let mut user = User::answering(move |sent| {
        let claims = claims.replace("NONCE", sent.get("nonce").map_or("none", String::as_str));
        let token = format!("e30.{}.x", BASE64_URL_SAFE_NO_PAD.encode(claims));
        issued.reply(TOKEN, Reply::ok(tokens("first").replacen('{', &format!(r#"{{"id_token": "{token}","#), 1)));
        vec![Ok(from_popup(&format!("?code=the-code&state={}", sent["state"])))]
    });
    let client = Rc::new(Client { scopes: Some(Scope::parse(scopes)), ..client() });
    let account = ServerUrl::parse(SERVER).unwrap().into();
    let session = block_on(sign_in(world, &client, &account, None, &mut user)).unwrap();
    assert!(user.shows_page());
    let restored = block_on(restore(world, &client, &account)).unwrap().unwrap();
    assert_eq!(restored.user(), session.user());
    // A refresh does not change the user.
    block_on(session.refresh()).unwrap();
    assert_eq!(restored.user(), session.user());
    session.user()
}

const JANE: &str =
    r#"{"iss":"https://as.example","aud":"registered","nonce":"NONCE","exp":99999999999,"sub":"1","name":"Jane"}"#;
const NAMELESS: &str = r#"{"iss":"https://as.example","aud":"registered","nonce":"NONCE","exp":99999999999,"sub":"1"}"#;

#[test]
fn an_id_token_identifies_the_user() {
    let world = Scripted::working();
    let jane = user(&world, "read openid", JANE).unwrap();
    assert_eq!((jane.sub.as_str(), jane.name.as_deref()), ("1", Some("Jane")));
    assert!(!world.requested().iter().any(|url| url == USERINFO), "the ID token has everything");
}

#[test]
fn an_id_token_is_ignored_without_the_scope_openid() {
    let world = Scripted::working();
    assert_eq!(user(&world, "read", JANE), None);
}

#[test]
fn an_invalid_id_token_is_ignored_and_the_sign_in_succeeds() {
    const WRONG: [&str; 3] = [
        r#"{"iss":"https://as.example","aud":"registered","nonce":"another","exp":99999999999,"sub":"1"}"#,
        r#"{"iss":"https://as.example","aud":"registered","nonce":"NONCE","exp":1,"sub":"1"}"#,
        "no JSON",
    ];
    for claims in WRONG {
        let world = Scripted::working();
        assert_eq!(user(&world, "read openid", claims), None, "{claims}");
        assert!(!world.requested().iter().any(|url| url == USERINFO));
    }
}

#[test]
fn the_userinfo_endpoint_supplies_what_the_id_token_lacks() {
    for (answer, email) in [
        (Reply::ok(r#"{"sub": "1", "email": "jane@example.com"}"#), Some("jane@example.com")),
        (Reply::ok(r#"{"sub": "2", "email": "eve@example.com"}"#), None),
        (Reply::Json(403, r#"{"error": "insufficient_scope"}"#.into()), None),
        (Reply::ok("no JSON"), None),
    ] {
        let world = Scripted::working();
        world.reply(USERINFO, answer);
        let found = user(&world, "read openid", NAMELESS).unwrap();
        assert_eq!((found.sub.as_str(), found.email.as_deref()), ("1", email));
    }
}
