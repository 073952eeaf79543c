//! The entry point for programs in Rust: each setting of the builder reaches the requests.

use mcp_authorize::{Authorizer, AuthorizerBuilder, Code, Error};
use pollster::block_on;

use crate::scripted::*;

fn builder(world: &Scripted) -> AuthorizerBuilder<Scripted> {
    Authorizer::builder(world.clone(), "App", "https://app.example/callback").unwrap()
}

fn refused<T>(built: Result<T, Error>) -> Code {
    built.err().expect("it must be refused").code()
}

#[test]
fn a_name_and_a_redirect_uri_are_enough() {
    let world = Scripted::working();
    let authorizer = builder(&world).build();
    let mut user = User::consents();
    let session = block_on(authorizer.sign_in(SERVER, &mut user)).unwrap();
    assert_eq!(user.sent()["redirect_uri"], "https://app.example/callback");
    assert!(world.posted(REGISTER)[0].contains(r#""client_name":"App""#));
    let restored = block_on(authorizer.restore(SERVER)).unwrap().unwrap();
    assert_eq!(restored.issuer().as_str(), session.issuer().as_str());
}

#[test]
fn settings_reach_the_authorization_request() {
    let world = Scripted::working();
    let builder = builder(&world).client_id("by-hand", Some(ISSUER)).unwrap().scopes(["read", "write"]);
    let builder = builder.authorization_parameter("login_hint", Some("alice")).unwrap();
    // Parameters accumulate; the last value of a name counts.
    let builder = builder.authorization_parameter("hd", Some("a")).unwrap();
    let authorizer = builder.authorization_parameter("hd", Some("b")).unwrap().build();
    let mut user = User::consents();
    block_on(authorizer.sign_in(SERVER, &mut user)).unwrap();
    let sent = user.sent();
    let of = |name: &str| sent[name].as_str();
    assert_eq!((of("client_id"), of("scope"), of("login_hint"), of("hd")), ("by-hand", "read write", "alice", "b"));
    assert!(world.posted(REGISTER).is_empty());
}

#[test]
fn a_secret_is_sent_only_to_its_issuer() {
    // MCP 2026-07-28: credentials of one authorization server must not be used with another.
    let world = Scripted::working();
    let authorizer = builder(&world).client_secret("id", "s3cret", "https://other-as.example").unwrap().build();
    let session = block_on(authorizer.sign_in(SERVER, &mut User::consents()));
    assert_eq!(refused(session), Code::ClientMismatch);
    assert!(world.posted(TOKEN).is_empty());
}

#[test]
fn an_invalid_setting_is_refused_when_it_is_set() {
    let world = Scripted::working();
    let start = |redirect_uri| Authorizer::builder(world.clone(), "App", redirect_uri);
    assert_eq!(refused(start("/callback")), Code::InvalidUrl);
    assert_eq!(refused(start("myapp://callback")), Code::InsecureUrl);
    assert!(start("com.example.app:/callback").is_ok());
    assert_eq!(refused(builder(&world).client_id("id", Some("no URL"))), Code::InvalidUrl);
    assert_eq!(refused(builder(&world).client_id_metadata_url("http://app.example/c")), Code::InsecureUrl);
    assert_eq!(refused(builder(&world).authorization_parameter("client_id", Some("x"))), Code::InvalidOption);
    assert_eq!(refused(block_on(builder(&world).build().restore("no URL"))), Code::InvalidUrl);
}
