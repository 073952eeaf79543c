//! Servers shaped like those that organisations already have, from those products' documented metadata.

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

const TENANT: &str = "https://login.example/tenant-id/v2.0";
const ENTRA_TOKEN: &str = "https://login.example/tenant-id/oauth2/v2.0/token";

/// Microsoft Entra ID v2: OpenID Connect metadata alone, below the tenant's path; no
/// `code_challenge_methods_supported` and no registration; `resource` is refused.
fn entra() -> Scripted {
    let world = Scripted::working();
    let scope = "api://mcp/.default";
    world.reply(SERVER, Reply::Challenge(401, format!("Bearer resource_metadata=\"{PRM}\", scope=\"{scope}\"")));
    world.reply(PRM, Reply::ok(prm(SERVER, TENANT)));
    let metadata = format!(
        r#"{{"issuer": "{TENANT}", "authorization_endpoint": "https://login.example/tenant-id/oauth2/v2.0/authorize",
        "token_endpoint": "{ENTRA_TOKEN}", "response_modes_supported": ["query"], "scopes_supported": ["openid", "offline_access"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"]}}"#
    );
    world.reply(&format!("{TENANT}/.well-known/openid-configuration"), Reply::ok(metadata));
    world.reply(ENTRA_TOKEN, Reply::ok(tokens("entra")));
    world
}

fn entra_user() -> User {
    User::who(|sent| {
        let answer = match sent.get("resource") {
            Some(_) => "error=invalid_request&error_description=The+resource+parameter+is+not+supported.".to_owned(),
            None => "code=c".to_owned(),
        };
        vec![Ok(ours(&format!("?{answer}&state={}", sent["state"])))]
    })
}

#[test]
fn entra_signs_in_with_two_options_that_the_errors_name() {
    let error = attempt(&entra(), by_hand(), &mut entra_user()).unwrap_err();
    assert_eq!(error.code(), Code::PkceUnsupported);
    assert!(error.message().contains("trustPkce"));

    let trusting = || Client { trust_pkce: vec![TENANT.into()], ..by_hand() };
    let error = attempt(&entra(), trusting(), &mut entra_user()).unwrap_err();
    assert_eq!(error.code(), Code::AuthorizationFailed);
    assert!(error.message().contains("omitResource"));

    let world = entra();
    let mut user = entra_user();
    let client = Client { omit_resource: vec![TENANT.into()], ..trusting() };
    attempt(&world, client, &mut user).unwrap();
    // PKCE goes with the request all the same.
    assert!(user.sent().contains_key("code_challenge"));
    assert_eq!(user.sent()["scope"], "api://mcp/.default offline_access");
    assert!(!world.form(ENTRA_TOKEN).contains_key("resource"));
}

#[test]
fn the_options_are_for_the_named_issuers_alone() {
    let client = Client { trust_pkce: vec![ISSUER.into(), format!("{TENANT}/")], ..by_hand() };
    assert_eq!(attempt(&entra(), client, &mut entra_user()).unwrap_err().code(), Code::PkceUnsupported);
}

#[test]
fn keycloak_signs_in_where_registration_can_be_reached() {
    // A realm is a path in the issuer; metadata is at the OpenID Connect place behind it; the
    // registration endpoint sends no CORS headers.
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
fn okta_and_auth0_sign_in_although_they_ignore_resource() {
    // A custom authorization server has a path; its tokens' audience is configured there.
    let server = "https://acme.okta.example/oauth2/default";
    let world = Scripted::working();
    world.reply(PRM, Reply::ok(prm(SERVER, server)));
    world.reply(
        "https://acme.okta.example/.well-known/oauth-authorization-server/oauth2/default",
        Reply::ok(metadata(server, "")),
    );
    world.reply(TOKEN, Reply::ok(r#"{"access_token": "t", "token_type": "Bearer", "scope": "read"}"#));
    assert_eq!(attempt(&world, by_hand(), &mut User::consents()).unwrap(), ["read"]);
}

#[test]
fn a_token_may_have_fewer_scopes_and_no_end() {
    // RFC 6749 §5.1: `scope` tells where it differs, `expires_in` is RECOMMENDED.
    let world = Scripted::working();
    world.reply(TOKEN, Reply::ok(r#"{"access_token": "t", "token_type": "bearer", "scope": "read"}"#));
    let server = ServerUrl::parse(SERVER).unwrap();
    let wanted = Scope::parse("read write");
    let session =
        block_on(sign_in(&world, &Rc::new(client()), &server.clone().into(), Some(&wanted), &mut User::consents()));
    let Ok(session) = session else { panic!("the sign-in has to succeed") };
    assert_eq!(
        (session.scope().tokens(), session.expires_at(), session.can_refresh()),
        (&["read".to_owned()][..], None, false)
    );
}
