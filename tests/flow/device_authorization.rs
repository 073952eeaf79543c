use std::rc::Rc;

use mcp_authorize::flow::{Client, PreRegistered, Session, sign_in};
use mcp_authorize::protocol::ServerUrl;
use mcp_authorize::{Code, Error};
use pollster::block_on;

use crate::scripted::*;

const DEVICE: &str = "https://as.example/device_authorization";
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const CODES: &str = r#"{"device_code": "the-device-code", "user_code": "WDJB-MJHT", "expires_in": 600,
    "verification_uri": "https://as.example/device"}"#;

/// An authorization server with a device authorization endpoint, but without a page that redirects.
fn world() -> Scripted {
    let world = Scripted::working();
    let metadata = metadata(
        ISSUER,
        &format!(
            r#", "device_authorization_endpoint": "{DEVICE}", "scopes_supported": ["read", "write", "offline_access"]"#
        ),
    );
    world.reply(
        METADATA,
        Reply::ok(
            metadata
                .replace("authorization_endpoint\": \"https://as.example/authorize", "x\": \"")
                .replace("code_challenge_methods", "y"),
        ),
    );
    world.reply(DEVICE, Reply::ok(CODES));
    world
}

fn error(error: &str) -> Reply {
    Reply::Json(400, format!(r#"{{"error": "{error}"}}"#))
}

fn client_on_a_device() -> Client {
    Client { redirect_uri: None, ..client() }
}

fn attempt(world: &Scripted, client: Client) -> Result<Session<Scripted>, Error> {
    let mut nobody = User::answering(|_| Vec::new());
    let session =
        block_on(sign_in(world, &Rc::new(client), &ServerUrl::parse(SERVER).unwrap().into(), None, &mut nobody));
    assert!(nobody.opened.is_none());
    session
}

fn failure(world: &Scripted) -> Error {
    attempt(world, client_on_a_device()).err().expect("the sign-in must fail")
}

#[test]
fn the_app_polls_until_the_user_has_entered_the_code() {
    let world = world();
    world.replies(
        TOKEN,
        vec![error("authorization_pending"), error("authorization_pending"), Reply::ok(tokens("first"))],
    );
    let session = attempt(&world, client_on_a_device()).unwrap();
    assert_eq!(world.requested(), [SERVER, PRM, METADATA, OPENID, REGISTER, DEVICE, TOKEN, TOKEN, TOKEN]);
    // RFC 8628 §3.1: `client_id` and `scope`; RFC 8707 §2: `resource`.
    let asked = world.form(DEVICE);
    assert_eq!(
        (&*asked["client_id"], &*asked["scope"], &*asked["resource"]),
        ("registered", "read offline_access", SERVER)
    );
    // §3.4
    let polled = world.form(TOKEN);
    assert_eq!((&*polled["grant_type"], &*polled["device_code"]), (DEVICE_CODE, "the-device-code"));
    assert_eq!((&*polled["client_id"], &*polled["resource"]), ("registered", SERVER));
    // §3.5: "If no interval was provided, the client MUST use a reasonable default polling interval" of 5.
    assert_eq!(world.pauses(TOKEN), [5, 5, 5]);
    // The app sees the user code, but not the device code.
    let events = world.events().join("\n");
    assert!(events.contains("WDJB-MJHT") && events.contains("https://as.example/device"));
    assert!(!events.contains("the-device-code"));
    // The result is a session like any other.
    block_on(session.refresh()).unwrap();
    assert_eq!(world.form(TOKEN)["grant_type"], "refresh_token");
}

#[test]
fn the_app_registers_for_the_device_flow() {
    let world = world();
    attempt(&world, client_on_a_device()).unwrap();
    let registration = &world.posted(REGISTER)[0];
    assert!(registration.contains(DEVICE_CODE) && !registration.contains("redirect_uris"));
    // It is stored separately from the registration with a redirect URI.
    attempt(&world, client_on_a_device()).unwrap();
    assert_eq!(world.posted(REGISTER).len(), 1);
    assert!(world.stored().contains_key("registration https://as.example "));
}

#[test]
fn a_client_with_a_secret_authenticates_at_both_endpoints() {
    // RFC 8628 §3.1: "The client authentication requirements of Section 3.2.1 of [RFC6749] apply".
    let world = world();
    let own = PreRegistered { client_id: "own".into(), secret: Some("secret".into()), issuer: None };
    attempt(&world, Client { pre_registered: Some(own), ..client_on_a_device() }).unwrap();
    assert_eq!(world.authorizations(), ["Basic b3duOnNlY3JldA=="; 2]);
}

#[test]
fn polling_uses_the_interval_that_the_server_sets() {
    let world = world();
    world.reply(DEVICE, Reply::ok(CODES.replace("600", "600, \"interval\": 2")));
    // RFC 8628 §3.5: "the interval MUST be increased by 5 seconds for this and all subsequent requests".
    let replies = ["slow_down", "authorization_pending", "slow_down", "authorization_pending"].map(error);
    world.replies(TOKEN, replies.into_iter().chain([Reply::ok(tokens("first"))]).collect());
    attempt(&world, client_on_a_device()).unwrap();
    assert_eq!(world.pauses(TOKEN), [2, 7, 7, 12, 12]);
}

#[test]
fn polling_slows_down_if_the_server_does_not_answer() {
    // RFC 8628 §3.5: "On encountering a connection timeout, clients MUST unilaterally reduce their polling
    // frequency before retrying", for example by "doubling the polling interval".
    let world = world();
    world.replies(
        TOKEN,
        vec![
            Reply::Fails(Code::Timeout),
            error("authorization_pending"),
            Reply::Fails(Code::Network),
            Reply::RetryAfter(503, 60),
            Reply::ok(tokens("first")),
        ],
    );
    attempt(&world, client_on_a_device()).unwrap();
    assert_eq!(world.pauses(TOKEN), [5, 10, 10, 20, 60]);
    // If no request ever succeeds, for example without CORS headers, polling ends.
    let unreachable = world.clone();
    unreachable.reply(TOKEN, Reply::Fails(Code::Network));
    assert_eq!(failure(&unreachable).code(), Code::Network);
}

#[test]
fn each_end_of_polling_has_its_code() {
    for (answer, code) in [
        ("access_denied", Code::AccessDenied),
        ("expired_token", Code::Timeout),
        ("invalid_grant", Code::TokenFailed),
        ("invalid_client", Code::TokenFailed),
    ] {
        let world = world();
        world.replies(TOKEN, vec![error("authorization_pending"), error(answer)]);
        let error = failure(&world);
        assert_eq!((error.code(), error.server_error(), error.step().name()), (code, Some(answer), "token"));
        assert_eq!(world.posted(TOKEN).len(), 2);
    }
    // If the server never sends `expired_token`, polling ends after `expires_in` (§3.2).
    let patient = world();
    patient.reply(DEVICE, Reply::ok(CODES.replace("600", "23")));
    patient.reply(TOKEN, error("authorization_pending"));
    assert_eq!(failure(&patient).code(), Code::Timeout);
    assert_eq!(patient.pauses(TOKEN), [5, 5, 5, 5]);
    // Absurd numbers do not make the client poll without a pause, or forever.
    let endless = world();
    endless.reply(DEVICE, Reply::ok(CODES.replace("600", "9007199254740991, \"interval\": 9007199254740991")));
    assert_eq!(attempt(&endless, client_on_a_device()).map(|_| ()).map_err(|error| error.code()), Ok(()));
    let hasty = world();
    hasty.reply(DEVICE, Reply::ok(CODES.replace("600", "3, \"interval\": 0")));
    hasty.reply(TOKEN, error("authorization_pending"));
    assert_eq!(failure(&hasty).code(), Code::Timeout);
    assert_eq!(hasty.pauses(TOKEN), [1, 1, 1]);
}

#[test]
fn a_device_code_that_the_server_repeats_does_not_get_into_the_error() {
    let world = world();
    let repeats = r#"{"error": "invalid_grant", "error_description": "no the-device-code here"}"#;
    world.reply(TOKEN, Reply::Json(400, repeats.into()));
    assert!(!failure(&world).message().contains("the-device-code"));
}

#[test]
fn a_refused_device_authorization_request_is_reported() {
    let refused = world();
    refused.reply(DEVICE, error("unauthorized_client"));
    let error = failure(&refused);
    assert_eq!((error.code(), error.server_error()), (Code::AuthorizationFailed, Some("unauthorized_client")));
    assert_eq!((error.step().name(), error.url()), ("authorization", Some(DEVICE)));

    let insecure = world();
    insecure.reply(DEVICE, Reply::ok(CODES.replace("https://as.example/device", "http://as.example/device")));
    assert_eq!(failure(&insecure).code(), Code::InsecureUrl);
    assert!(insecure.events().iter().all(|event| !event.contains("WDJB")));

    assert_eq!(failure(&Scripted::working()).code(), Code::InvalidResponse);
}

#[test]
fn tokens_of_the_device_flow_are_bound_to_a_key() {
    let world = world();
    world.reply(SERVER, Reply::Json(401, String::new()));
    let dpop = r#"{"dpop_signing_alg_values_supported": ["ES256"], "#;
    let document = metadata(ISSUER, &format!(r#", "device_authorization_endpoint": "{DEVICE}""#));
    world.reply(METADATA, Reply::ok(document.replacen('{', dpop, 1)));
    world.reply(TOKEN, Reply::ok(tokens("first").replace("Bearer", "DPoP")));
    attempt(&world, client_on_a_device()).unwrap();
    let claims = world.proofs();
    assert_eq!(claims.iter().map(|(_, claims)| claims["htu"].clone()).collect::<Vec<_>>(), [TOKEN]);
}
