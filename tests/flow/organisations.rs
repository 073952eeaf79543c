//! Servers shaped like those that organisations run themselves. Those of vendors are in `vendors.rs`.

use std::rc::Rc;

use mcp_authorize::flow::{Client, PreRegistered, sign_in};
use mcp_authorize::protocol::{Scope, ServerUrl};
use mcp_authorize::{Code, Error};
use pollster::block_on;

use crate::scripted::*;

fn attempt(world: &Scripted, client: Client, user: &mut User) -> Result<Vec<String>, Error> {
    let server = ServerUrl::parse(SERVER).unwrap();
    block_on(sign_in(world, &Rc::new(client), &server.clone().into(), None, user))
        .map(|session| session.scope().tokens().to_vec())
}

fn by_hand() -> Client {
    Client { pre_registered: Some(PreRegistered { client_id: "app".into(), secret: None, issuer: None }), ..client() }
}

#[test]
fn keycloak_works_with_a_pre_registered_client_if_registration_is_unreachable() {
    // A realm is a path in the issuer. The metadata is at the OpenID Connect URL below it. The registration endpoint sends
    // no CORS headers.
    let realm = "https://keycloak.example/realms/acme";
    let world = Scripted::working();
    world.reply(PRM, Reply::ok(prm(SERVER, realm)));
    let metadata = metadata(realm, r#", "scopes_supported": ["openid", "read", "write", "offline_access"]"#);
    world.reply(&format!("{realm}/.well-known/openid-configuration"), Reply::ok(metadata));
    world.reply(REGISTER, Reply::Fails(Code::Network));
    let error = attempt(&world, client(), &mut User::consents()).unwrap_err();
    assert_eq!((error.code(), error.url(), error.step().name()), (Code::Network, Some(REGISTER), "registration"));
    attempt(&world, by_hand(), &mut User::consents()).unwrap();
    assert_eq!(world.form(TOKEN)["client_id"], "app");
}

#[test]
fn a_token_may_have_fewer_scopes_and_no_expiry() {
    // RFC 6749 §5.1: `scope` is REQUIRED only if it differs, `expires_in` is RECOMMENDED.
    let world = Scripted::working();
    world.reply(TOKEN, Reply::ok(r#"{"access_token": "t", "token_type": "bearer", "scope": "read"}"#));
    let server = ServerUrl::parse(SERVER).unwrap();
    let wanted = Scope::parse("read write");
    let session =
        block_on(sign_in(&world, &Rc::new(client()), &server.clone().into(), Some(&wanted), &mut User::consents()));
    let Ok(session) = session else { panic!("the sign-in must succeed") };
    assert_eq!(
        (session.scope().tokens(), session.expires_at(), session.can_refresh()),
        (&["read".to_owned()][..], None, false)
    );
}
