use std::rc::Rc;

use mcp_authorize::flow::{Client, Dpop, PreRegistered, sign_in};
use mcp_authorize::protocol::{CodeVerifier, PublicKey, ServerUrl};
use mcp_authorize::{Code, Error};
use pollster::block_on;

use crate::scripted::*;

const PAR: &str = "https://as.example/par";
const REFERENCE: &str = "urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c";
const DPOP: &str = r#", "dpop_signing_alg_values_supported": ["ES256"]"#;
const REQUIRED: &str = r#", "require_pushed_authorization_requests": true"#;

/// A server that offers pushed requests. `more` is added to its metadata.
fn world(more: &str) -> Scripted {
    let world = Scripted::working();
    world.reply(
        METADATA,
        Reply::ok(metadata(ISSUER, &format!(r#", "pushed_authorization_request_endpoint": "{PAR}" {more}"#))),
    );
    world.reply(PAR, Reply::Json(201, format!(r#"{{"request_uri": "{REFERENCE}", "expires_in": 60}}"#)));
    world
}

/// A user who consents. The state is in the URL, or in the pushed request.
fn user(world: &Scripted) -> User {
    let world = world.clone();
    User::answering(move |sent| {
        let pushed = || world.form(PAR)["state"].clone();
        let state = sent.get("state").cloned().unwrap_or_else(pushed);
        vec![Ok(from_popup(&format!("?code=the-code&state={state}")))]
    })
}

fn attempt(world: &Scripted, client: Client) -> Result<User, Error> {
    let mut user = user(world);
    let server = ServerUrl::parse(SERVER).unwrap();
    block_on(sign_in(world, &Rc::new(client), &server.clone().into(), None, &mut user)).map(|_| user)
}

#[test]
fn the_request_is_pushed_and_the_url_has_only_a_reference() {
    let world = world("");
    let user = attempt(&world, client()).unwrap();
    assert_eq!(world.requested(), [SERVER, PRM, METADATA, OPENID, REGISTER, PAR, TOKEN]);
    // RFC 9126 §2.1: "The request can also include any other parameters that the client would send to
    // the authorization endpoint"; "The `request_uri` … parameter is one exception".
    let pushed = world.form(PAR);
    let verifier = CodeVerifier::from_entropy([2; 32]);
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "registered"),
        ("redirect_uri", "https://app.example/callback"),
        ("scope", "read"),
        ("code_challenge", verifier.challenge().as_str()),
        ("code_challenge_method", "S256"),
        ("resource", SERVER),
    ] {
        assert_eq!(pushed[name], value, "{name}");
    }
    assert!(pushed.contains_key("state") && !pushed.contains_key("request_uri"));
    // §4: the client sends the user agent to the endpoint with `client_id` and `request_uri`.
    let sent = user.sent();
    assert_eq!((&*sent["client_id"], &*sent["request_uri"], sent.len()), ("registered", REFERENCE, 2));
    assert_eq!(user.opened.unwrap().without_query(), "https://as.example/authorize");
    assert!(!world.events().join("").contains(REFERENCE));
}

#[test]
fn the_client_authenticates_as_at_the_token_endpoint() {
    // RFC 9126 §2: "The rules for client authentication as defined in [RFC6749] for token endpoint
    // requests … apply for the PAR endpoint as well."
    let confidential = |secret: Option<&str>| Client {
        pre_registered: Some(PreRegistered { client_id: "own".into(), secret: secret.map(Into::into), issuer: None }),
        ..client()
    };
    let basic = world("");
    attempt(&basic, confidential(Some("secret"))).unwrap();
    assert_eq!(basic.authorizations(), ["Basic b3duOnNlY3JldA=="; 2]);
    // §2.1: `client_id` is a parameter of the authorization request, so it is sent exactly once in any case.
    assert_eq!(basic.posted(PAR)[0].matches("client_id=").count(), 1);

    let post = world(r#", "token_endpoint_auth_methods_supported": ["client_secret_post"]"#);
    attempt(&post, confidential(Some("secret"))).unwrap();
    assert_eq!(post.form(PAR)["client_secret"], "secret");
    assert_eq!(post.posted(PAR)[0].matches("client_id=").count(), 1);

    let key = world("");
    key.has_client_key();
    attempt(&key, confidential(None)).unwrap();
    // §2: "the authorization server's issuer identifier URL … SHOULD be used as the value of the audience".
    let (_, claims) = decoded(&key.form(PAR)["client_assertion"]);
    assert_eq!((&claims["aud"], &claims["iss"]), (&ISSUER.into(), &"own".into()));
    assert_ne!(key.form(PAR)["client_assertion"], key.form(TOKEN)["client_assertion"]);
}

/// The thumbprint of the scripted key.
fn thumbprint() -> String {
    PublicKey { x: ISSUER.into(), y: "y".into() }.thumbprint()
}

#[test]
fn a_pushed_request_names_the_key_and_proves_its_possession() {
    // RFC 9449 §10.1: with a pushed request, `dpop_jkt` or a `DPoP` header binds the code to the key. If both are there,
    // they are for the same key.
    let world = world(DPOP);
    world.reply(SERVER, Reply::Json(401, String::new()));
    world.replies(
        PAR,
        vec![
            Reply::Nonce(400, "as-nonce", r#"{"error": "use_dpop_nonce"}"#.into()),
            Reply::Json(201, format!(r#"{{"request_uri": "{REFERENCE}", "expires_in": 60}}"#)),
        ],
    );
    attempt(&world, client()).unwrap();
    assert_eq!(world.form(PAR)["dpop_jkt"], thumbprint());
    let proofs = world.proofs();
    let claims: Vec<_> = proofs.iter().map(|(_, claims)| (&claims["htu"], claims["nonce"].as_str())).collect();
    // §8: asked for a nonce, the client tries once more, and keeps it for the token request.
    let (par, token) = (PAR.into(), TOKEN.into());
    assert_eq!(claims, [(&par, None), (&par, Some("as-nonce")), (&token, Some("as-nonce"))]);
    assert!(proofs.iter().all(|(header, _)| header["jwk"]["x"] == ISSUER));
}

#[test]
fn without_a_pushed_request_the_url_names_the_key() {
    // RFC 9449 §10: `dpop_jkt` binds the code to the key from the start.
    let world = Scripted::working();
    world.reply(METADATA, Reply::ok(metadata(ISSUER, DPOP)));
    world.reply(SERVER, Reply::Json(401, String::new()));
    assert_eq!(attempt(&world, client()).unwrap().sent()["dpop_jkt"], thumbprint());
    let off = attempt(&world, Client { dpop: Dpop::Off, ..client() }).unwrap();
    assert!(!off.sent().contains_key("dpop_jkt"));
}

#[test]
fn an_optional_endpoint_that_pages_cannot_reach_is_skipped() {
    // The browser hides a response without CORS headers: it looks like no response.
    let offered = world("");
    offered.reply(PAR, Reply::Fails(Code::Network));
    let sent = attempt(&offered, client()).unwrap().sent();
    assert!(!sent.contains_key("request_uri") && sent.contains_key("code_challenge"));

    // RFC 9126 §5: with `require_pushed_authorization_requests`, the server accepts no others.
    let required = world(REQUIRED);
    required.reply(PAR, Reply::Fails(Code::Network));
    let error = attempt(&required, client()).err().unwrap();
    assert_eq!((error.code(), error.step().name(), error.url()), (Code::Network, "authorization", Some(PAR)));

    let nowhere = Scripted::working();
    nowhere.reply(METADATA, Reply::ok(metadata(ISSUER, REQUIRED)));
    assert_eq!(attempt(&nowhere, client()).err().unwrap().code(), Code::InvalidResponse);
}

#[test]
fn a_refused_pushed_request_is_reported_even_if_pushing_is_optional() {
    for (reply, code, server_error) in [
        // RFC 9126 §2.3 has the errors of RFC 6749 §5.2.
        (
            Reply::Json(400, r#"{"error": "invalid_request"}"#.into()),
            Code::AuthorizationFailed,
            Some("invalid_request"),
        ),
        (Reply::Json(401, r#"{"error": "invalid_client"}"#.into()), Code::AuthorizationFailed, Some("invalid_client")),
        (Reply::Json(429, "slow down".into()), Code::HttpStatus, None),
        (Reply::Json(201, r#"{"expires_in": 60}"#.into()), Code::InvalidResponse, None),
        (Reply::Json(201, r#"{"request_uri": 1, "expires_in": 60}"#.into()), Code::InvalidResponse, None),
        (Reply::Json(201, "<html>".into()), Code::InvalidResponse, None),
        (Reply::Fails(Code::Timeout), Code::Timeout, None),
    ] {
        let world = world("");
        world.reply(PAR, reply);
        let error = attempt(&world, client()).err().unwrap();
        assert_eq!((error.code(), error.server_error(), error.url()), (code, server_error, Some(PAR)));
        assert_eq!(error.step().name(), "authorization");
    }
}
