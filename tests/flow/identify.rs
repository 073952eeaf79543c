use std::cell::RefCell;
use std::rc::Rc;

use mcp_authorize::flow::{Client, PreRegistered, sign_in};
use mcp_authorize::ports::GivenIdentity;
use mcp_authorize::protocol::{AboutClient, ClientIdMetadataUrl, Issuer, ServerUrl, Url};
use mcp_authorize::{Code, Error};
use pollster::block_on;

use crate::scripted::*;

/// The client ID that a sign-in uses.
fn client_id(world: &Scripted, client: &Client) -> Result<String, Code> {
    let mut user = User::consents();
    let server = ServerUrl::parse(SERVER).unwrap();
    block_on(sign_in(world, &Rc::new(client.clone()), &server.clone().into(), None, &mut user))
        .map_err(|error| error.code())?;
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
    client.client_id_metadata_url = Some(ClientIdMetadataUrl::parse(document).unwrap());
    assert_eq!(client_id(&world, &client), Ok(document.into()));
    client.pre_registered = pre_registered(None);
    assert_eq!(client_id(&world, &client), Ok("by-hand".into()));
}

/// What the app is asked, as text. It gives an identity if `answers` returns true.
fn asked(
    world: &Scripted,
    client: &Client,
    answers: fn(bool) -> Result<bool, Error>,
) -> (Vec<String>, Result<String, Code>) {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let log = seen.clone();
    let mut user = User::consents();
    user.identity = Box::new(move |found, can_register| {
        let name = found.metadata.and_then(|metadata| metadata.text("issuer")).unwrap_or("no metadata");
        log.borrow_mut().push(format!("{} {} {name} {can_register}", found.server, found.issuer.as_str()));
        let own = || GivenIdentity { client_id: "typed-in".into(), secret: Some("s3cret".into()) };
        Ok(answers(can_register)?.then(own))
    });
    let account = ServerUrl::parse(SERVER).unwrap().into();
    let signed_in = block_on(sign_in(world, &Rc::new(client.clone()), &account, None, &mut user));
    (seen.take(), signed_in.map(|session| session.client_id()).map_err(|error| error.code()))
}

#[test]
fn the_app_is_asked_for_its_identity_before_it_registers() {
    // MCP 2026-07-28 client-registration: pre-registered information first.
    let world = Scripted::working();
    let by_post = r#", "token_endpoint_auth_methods_supported": ["client_secret_post"]"#;
    world.reply(METADATA, Reply::ok(metadata(ISSUER, by_post)));
    let (asked_for, client_id) = asked(&world, &client(), |_| Ok(true));
    assert_eq!(asked_for, [format!("{SERVER} {ISSUER} {ISSUER} true")]);
    assert_eq!(client_id, Ok("typed-in".into()));
    assert!(world.posted(REGISTER).is_empty());
    let sent = world.form(TOKEN);
    assert_eq!((sent["client_id"].as_str(), sent["client_secret"].as_str()), ("typed-in", "s3cret"));
    // Without an answer the app registers itself.
    let world = Scripted::working();
    let (asked_for, client_id) = asked(&world, &client(), |_| Ok(false));
    assert_eq!((asked_for.len(), client_id), (1, Ok("registered".into())));
    // If the options have an identity, the app is not asked.
    let own = Client { pre_registered: pre_registered(None), ..client() };
    assert_eq!(asked(&Scripted::working(), &own, |_| Ok(true)), (vec![], Ok("by-hand".into())));
}

#[test]
fn the_user_is_asked_if_nothing_else_works() {
    // MCP 2026-07-28 client-registration: "prompt the user to enter the client information".
    let world = Scripted::working();
    world.reply(METADATA, Reply::ok(metadata(ISSUER, "").replace("registration_endpoint", "none")));
    let (asked_for, client_id) = asked(&world, &client(), |can_register| Ok(!can_register));
    assert_eq!(asked_for, [format!("{SERVER} {ISSUER} {ISSUER} false")]);
    assert_eq!(client_id, Ok("typed-in".into()));
    world.wait(AN_HOUR);
    let (asked_for, client_id) = asked(&world, &client(), |_| Ok(false));
    assert_eq!((asked_for.len(), client_id), (1, Err(Code::RegistrationUnsupported)));
    // A metadata document only helps if the app has one and the server supports it.
    let document = ClientIdMetadataUrl::parse("https://app.example/client.json").unwrap();
    let with_document = Client { client_id_metadata_url: Some(document), ..client() };
    world.wait(AN_HOUR);
    let (asked_for, _) = asked(&world, &with_document, |_| Ok(false));
    assert_eq!(asked_for, [format!("{SERVER} {ISSUER} {ISSUER} false")]);
    let taken = metadata(ISSUER, r#", "client_id_metadata_document_supported": true"#);
    world.reply(METADATA, Reply::ok(taken.replace("registration_endpoint", "none")));
    world.wait(AN_HOUR);
    assert_eq!(asked(&world, &client(), |_| Ok(false)).0, [format!("{SERVER} {ISSUER} {ISSUER} false")]);
    world.wait(AN_HOUR);
    assert_eq!(asked(&world, &with_document, |_| Ok(false)).0, [format!("{SERVER} {ISSUER} {ISSUER} true")]);
    // The registration endpoint exists, but refuses.
    let world = Scripted::working();
    world.reply(REGISTER, Reply::Json(403, "{}".into()));
    let (asked_for, client_id) = asked(&world, &client(), |can_register| Ok(!can_register));
    assert_eq!((asked_for.len(), client_id), (2, Ok("typed-in".into())));
    let (_, client_id) = asked(&world, &client(), |_| Ok(false));
    assert_eq!(client_id, Err(Code::RegistrationFailed));
    // A failure that may be temporary is not the user's problem.
    world.wait(AN_HOUR);
    world.reply(REGISTER, Reply::Fails(Code::Network));
    let (asked_for, client_id) = asked(&world, &client(), |can_register| Ok(!can_register));
    assert_eq!((asked_for.len(), client_id), (1, Err(Code::Network)));
}

#[test]
fn the_apps_own_metadata_is_registered() {
    // RFC 7591 §2.
    let world = Scripted::working();
    let url = |path: &str| Url::parse(&["https://app.example/", path].concat()).ok();
    let about = AboutClient {
        logo_uri: url("logo.png"),
        tos_uri: url("terms"),
        policy_uri: url("privacy"),
        contacts: vec!["a@app.example".into()],
        software_id: Some("4NRB1".into()),
        software_version: Some("2.1".into()),
        software_statement: Some("a.b.c".into()),
    };
    assert!(client_id(&world, &Client { about, ..client() }).is_ok());
    let sent: serde_json::Value = serde_json::from_str(&world.posted(REGISTER)[0]).unwrap();
    for (name, value) in [
        ("logo_uri", "https://app.example/logo.png"),
        ("tos_uri", "https://app.example/terms"),
        ("policy_uri", "https://app.example/privacy"),
        ("software_id", "4NRB1"),
        ("software_version", "2.1"),
        ("software_statement", "a.b.c"),
    ] {
        assert_eq!(sent[name], value, "{name}");
    }
    assert_eq!(sent["contacts"][0], "a@app.example");
}

#[test]
fn a_document_is_used_only_if_the_server_supports_it() {
    let world = Scripted::working();
    let mut client = client();
    client.client_id_metadata_url = Some(ClientIdMetadataUrl::parse("https://app.example/client.json").unwrap());
    assert_eq!(client_id(&world, &client), Ok("registered".into()));
}

#[test]
fn a_registration_is_made_once_for_each_issuer() {
    let world = Scripted::working();
    assert!(client_id(&world, &client()).is_ok() && client_id(&world, &client()).is_ok());
    assert_eq!(world.posted(REGISTER).len(), 1);
    // The server moves to another issuer: the app registers again and sends nothing of the old one.
    world.wait(AN_HOUR);
    let other = "https://other.example";
    world.reply(PRM, Reply::ok(prm(SERVER, other)));
    let elsewhere = metadata(other, "").replace(REGISTER, "https://other.example/register");
    world.reply("https://other.example/.well-known/oauth-authorization-server", Reply::ok(elsewhere));
    world.reply("https://other.example/register", Reply::Json(201, r#"{"client_id": "elsewhere"}"#.into()));
    assert_eq!(client_id(&world, &client()), Ok("elsewhere".into()));
}

#[test]
fn an_app_whose_secret_has_expired_registers_again() {
    let world = Scripted::working();
    let registered = r#"{"client_id": "x", "client_secret": "s", "client_secret_expires_at": 2000}"#;
    world.reply(REGISTER, Reply::Json(201, registered.into()));
    // In seconds since 1970 (RFC 7591 §3.2.1). It is 1,000 s now.
    for (wait, registrations) in [(0, 1), (999, 1), (1, 2)] {
        world.wait(wait);
        assert!(client_id(&world, &client()).is_ok());
        assert_eq!(world.posted(REGISTER).len(), registrations);
    }
}

#[test]
fn a_pre_registered_client_is_bound_to_its_issuer() {
    // "a pre-registered mismatch is an error": credentials of one server never go to another.
    let world = Scripted::working();
    let mut client = client();
    client.pre_registered = pre_registered(Some("https://other.example"));
    assert_eq!(client_id(&world, &client), Err(Code::ClientMismatch));
    client.pre_registered = pre_registered(Some(ISSUER));
    assert_eq!(client_id(&world, &client), Ok("by-hand".into()));

    // Without an issuer, the first one where a sign-in succeeds is stored.
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
fn a_rejected_registration_is_retried_with_the_other_type_and_then_reported() {
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
    let Err(error) = block_on(sign_in(&world, &Rc::new(client()), &server.clone().into(), None, &mut User::consents()))
    else {
        panic!("a rejected registration signed in");
    };
    assert_eq!((error.code(), error.server_error()), (Code::RegistrationFailed, Some("invalid_redirect_uri")));
    assert!(error.message().contains("not https"));
}

#[test]
fn a_rejection_that_the_page_may_not_read_is_retried_without_the_scope() {
    // Fetch §4.10: for a page, an error without CORS headers is a network error. Keycloak sends one if the registration
    // names scopes that it lists but does not allow for apps.
    let world = Scripted::working();
    let registered = Reply::Json(201, r#"{"client_id": "second"}"#.into());
    world.replies(REGISTER, vec![Reply::Fails(Code::CorsBlocked), registered]);
    assert_eq!(client_id(&world, &client()), Ok("second".into()));
    let with_scope: Vec<bool> = world.posted(REGISTER).iter().map(|body| body.contains(r#""scope":"#)).collect();
    assert_eq!(with_scope, [true, false]);
}

#[test]
fn a_readable_reason_is_reported_instead_of_an_unreadable_one() {
    // Without the scope, the response has CORS headers. Its reason is reported, and the app can ask its user for a client.
    let world = Scripted::working();
    let rejection = Reply::Json(400, r#"{"error": "invalid_redirect_uri"}"#.into());
    world.replies(REGISTER, vec![Reply::Fails(Code::CorsBlocked), rejection]);
    let account = ServerUrl::parse(SERVER).unwrap().into();
    let error = block_on(sign_in(&world, &Rc::new(client()), &account, None, &mut User::consents())).err().unwrap();
    assert_eq!((error.code(), error.server_error()), (Code::RegistrationFailed, Some("invalid_redirect_uri")));
}

#[test]
fn each_fault_of_registration_has_its_code() {
    for (reply, code, posts) in [
        (Reply::ok("<!doctype html>"), Code::InvalidResponse, 1),
        (Reply::ok("{}"), Code::InvalidResponse, 1),
        (Reply::Json(500, String::new()), Code::HttpStatus, 1),
        (Reply::Json(403, String::new()), Code::RegistrationFailed, 2),
        (Reply::Fails(Code::Network), Code::Network, 1),
        (Reply::Fails(Code::CorsBlocked), Code::CorsBlocked, 2),
    ] {
        let world = Scripted::working();
        world.reply(REGISTER, reply);
        assert_eq!(client_id(&world, &client()), Err(code));
        assert_eq!(world.posted(REGISTER).len(), posts);
    }
    let world = Scripted::working();
    world.reply(METADATA, Reply::ok(metadata(ISSUER, "").replace("registration_endpoint", "x")));
    assert_eq!(client_id(&world, &client()), Err(Code::RegistrationUnsupported));
    // RFC 7591 §3.2.2: an error is a JSON object. Forms are read only at the token endpoint.
    let world = Scripted::working();
    world.reply(REGISTER, Reply::Json(400, "error=invalid_redirect_uri".into()));
    let account = ServerUrl::parse(SERVER).unwrap().into();
    let refused = block_on(sign_in(&world, &Rc::new(client()), &account, None, &mut User::consents())).err().unwrap();
    assert_eq!((refused.code(), refused.server_error()), (Code::RegistrationFailed, None));
}
