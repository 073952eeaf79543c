use std::rc::Rc;

use mcp_authorize::Code;
use mcp_authorize::flow::{Client, PreRegistered, sign_in};
use mcp_authorize::protocol::{Issuer, ServerUrl, Url};
use pollster::block_on;

use crate::scripted::*;

/// The client id that a sign-in goes with.
fn client_id(world: &Scripted, client: &Client) -> Result<String, Code> {
    let mut user = User::consents();
    let server = ServerUrl::parse(SERVER).unwrap();
    block_on(sign_in(world, &Rc::new(client.clone()), &server, None, &mut user)).map_err(|error| error.code())?;
    Ok(user.sent()["client_id"].clone())
}

fn pre_registered(issuer: Option<&str>) -> Option<PreRegistered> {
    let issuer = issuer.map(|issuer| Issuer::parse(issuer).unwrap());
    Some(PreRegistered { client_id: "by-hand".into(), secret: None, issuer })
}

#[test]
fn priority_is_pre_registered_then_document_then_registration() {
    // MCP client-registration: "use pre-registered client information …, use Client ID Metadata
    // Documents if the authorization server indicates … support, use Dynamic Client Registration as a
    // fallback, prompt the user".
    let world = Scripted::working();
    world.reply(METADATA, Reply::ok(metadata(ISSUER, r#", "client_id_metadata_document_supported": true"#)));
    let document = "https://app.example/client.json";
    let mut client = client();
    assert_eq!(client_id(&world, &client), Ok("registered".into()));
    client.client_id_metadata_url = Some(Url::parse(document).unwrap());
    assert_eq!(client_id(&world, &client), Ok(document.into()));
    client.pre_registered = pre_registered(None);
    assert_eq!(client_id(&world, &client), Ok("by-hand".into()));
}

#[test]
fn a_document_is_used_only_where_the_server_supports_it() {
    let world = Scripted::working();
    let mut client = client();
    client.client_id_metadata_url = Some(Url::parse("https://app.example/client.json").unwrap());
    assert_eq!(client_id(&world, &client), Ok("registered".into()));
}

#[test]
fn a_registration_is_made_once_for_each_issuer() {
    let world = Scripted::working();
    assert!(client_id(&world, &client()).is_ok() && client_id(&world, &client()).is_ok());
    assert_eq!(world.posted(REGISTER).len(), 1);
    // The server moves to another issuer: the app registers anew and sends nothing of the old one.
    world.wait(AN_HOUR);
    let other = "https://other.example";
    world.reply(PRM, Reply::ok(prm(SERVER, other)));
    let elsewhere = metadata(other, "").replace(REGISTER, "https://other.example/register");
    world.reply("https://other.example/.well-known/oauth-authorization-server", Reply::ok(elsewhere));
    world.reply("https://other.example/register", Reply::Json(201, r#"{"client_id": "elsewhere"}"#.into()));
    assert_eq!(client_id(&world, &client()), Ok("elsewhere".into()));
}

#[test]
fn a_registration_whose_secret_ran_out_is_made_again() {
    let world = Scripted::working();
    let registered = r#"{"client_id": "x", "client_secret": "s", "client_secret_expires_at": 2000}"#;
    world.reply(REGISTER, Reply::Json(201, registered.into()));
    assert!(client_id(&world, &client()).is_ok());
    world.wait(2000);
    assert!(client_id(&world, &client()).is_ok());
    assert_eq!(world.posted(REGISTER).len(), 2);
}

#[test]
fn a_pre_registered_client_stays_with_its_issuer() {
    // "a pre-registered mismatch is an error": credentials of one server never go to another.
    let world = Scripted::working();
    let mut client = client();
    client.pre_registered = pre_registered(Some("https://other.example"));
    assert_eq!(client_id(&world, &client), Err(Code::ClientMismatch));
    client.pre_registered = pre_registered(Some(ISSUER));
    assert_eq!(client_id(&world, &client), Ok("by-hand".into()));

    // Without an issuer the first one is kept, if the sign-in there succeeded.
    client.pre_registered = pre_registered(None);
    world.reply(TOKEN, Reply::Json(400, r#"{"error": "invalid_grant"}"#.into()));
    assert_eq!(client_id(&world, &client), Err(Code::TokenFailed));
    assert!(!world.stored().contains_key("issuer-of by-hand"));
    world.reply(TOKEN, Reply::ok(tokens("first")));
    assert!(client_id(&world, &client).is_ok());
    let other = "https://as.example/other";
    world.wait(AN_HOUR);
    world.reply(PRM, Reply::ok(prm(SERVER, other)));
    world.reply("https://as.example/.well-known/oauth-authorization-server/other", Reply::ok(metadata(other, "")));
    assert_eq!(client_id(&world, &client), Err(Code::ClientMismatch));
}

#[test]
fn a_rejected_registration_is_retried_with_the_other_type_and_then_told() {
    // MCP client-registration: a rejection is surfaced and MAY be retried with the other type.
    let world = Scripted::working();
    let rejection = Reply::Json(400, r#"{"error": "invalid_redirect_uri", "error_description": "not https"}"#.into());
    world.replies(REGISTER, vec![rejection.clone(), Reply::Json(201, r#"{"client_id": "second"}"#.into())]);
    assert_eq!(client_id(&world, &client()), Ok("second".into()));
    let types: Vec<bool> =
        world.posted(REGISTER).iter().map(|body| body.contains(r#""application_type":"web""#)).collect();
    assert_eq!(types, [true, false]);

    let world = Scripted::working();
    world.reply(REGISTER, rejection);
    let server = ServerUrl::parse(SERVER).unwrap();
    let Err(error) = block_on(sign_in(&world, &Rc::new(client()), &server, None, &mut User::consents())) else {
        panic!("a rejected registration signed in");
    };
    assert_eq!((error.code(), error.server_error()), (Code::RegistrationFailed, Some("invalid_redirect_uri")));
    assert!(error.message().contains("not https"));
}

#[test]
fn each_fault_of_registration_has_its_code() {
    for (reply, code, posts) in [
        (Reply::ok("<!doctype html>"), Code::InvalidResponse, 1),
        (Reply::ok("{}"), Code::InvalidResponse, 1),
        (Reply::Json(500, String::new()), Code::HttpStatus, 1),
        (Reply::Json(403, String::new()), Code::RegistrationFailed, 2),
        (Reply::Fails(Code::Network), Code::Network, 1),
    ] {
        let world = Scripted::working();
        world.reply(REGISTER, reply);
        assert_eq!(client_id(&world, &client()), Err(code));
        assert_eq!(world.posted(REGISTER).len(), posts);
    }
    let world = Scripted::working();
    world.reply(METADATA, Reply::ok(metadata(ISSUER, "").replace("registration_endpoint", "x")));
    assert_eq!(client_id(&world, &client()), Err(Code::RegistrationUnsupported));
}
