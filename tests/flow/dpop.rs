use std::rc::Rc;

use mcp_authorize::Code;
use mcp_authorize::flow::{Client, Dpop, Session, sign_in};
use mcp_authorize::ports::Clock;
use mcp_authorize::protocol::ServerUrl;
use pollster::block_on;

use crate::scripted::*;

const BOUND: &str = r#"{"access_token": "bound", "token_type": "DPoP", "expires_in": 600, "refresh_token": "r"}"#;

/// An MCP server and an authorization server that both support DPoP.
fn world() -> Scripted {
    let world = Scripted::working();
    world.reply(SERVER, Reply::Challenge(401, format!("DPoP resource_metadata=\"{PRM}\"")));
    world.reply(METADATA, Reply::ok(metadata(ISSUER, r#", "dpop_signing_alg_values_supported": ["ES256"]"#)));
    world.reply(TOKEN, Reply::ok(BOUND));
    world
}

fn attempt(world: &Scripted, dpop: Dpop) -> Result<Session<Scripted>, Code> {
    let server = ServerUrl::parse(SERVER).unwrap();
    let client = Rc::new(Client { dpop, ..client() });
    let session = block_on(sign_in(world, &client, &server.clone().into(), None, &mut User::consents()));
    session.map_err(|error| error.code())
}

/// Calls the server; returns the proofs of the requests.
fn send(session: &Session<Scripted>, answer: impl Fn(&str) -> AppResponse) -> (u16, Vec<serde_json::Value>) {
    let mut proofs = Vec::new();
    let answer = async |token: &str| answer(token);
    let request = AppRequest { url: SERVER, proofs: &mut proofs, can_resend: true, answer };
    let status = block_on(session.call(request)).unwrap().status;
    (status, proofs.iter().map(|proof| decoded(proof).1).collect())
}

#[test]
fn a_token_request_proves_possession_of_the_key() {
    // RFC 9449 §5: "the client MUST provide a valid DPoP proof JWT in a DPoP header"
    let world = world();
    attempt(&world, Dpop::Auto).unwrap();
    let [(header, claims)] = &world.proofs()[..] else { panic!("one proof for one token request") };
    assert_eq!((&header["typ"], &header["alg"]), (&"dpop+jwt".into(), &"ES256".into()));
    // One key for each issuer, and only its public half.
    assert_eq!(header["jwk"], serde_json::json!({"crv": "P-256", "kty": "EC", "x": ISSUER, "y": "y"}));
    assert_eq!((&claims["htm"], &claims["htu"]), (&"POST".into(), &TOKEN.into()));
    assert!(claims.get("ath").is_none());
}

#[test]
fn each_request_has_a_new_proof_for_its_token() {
    // RFC 9449 §7: `ath` "MUST be" the hash of the token; §4.2: `jti` is unique.
    let session = attempt(&world(), Dpop::Auto).unwrap();
    let (_, first) = send(&session, |_| AppResponse::new(200, ""));
    let (_, second) = send(&session, |_| AppResponse::new(200, ""));
    assert_eq!((&first[0]["htm"], &first[0]["htu"]), (&"POST".into(), &SERVER.into()));
    assert!(first[0]["ath"].is_string() && first[0]["ath"] == second[0]["ath"]);
    assert_ne!(first[0]["jti"], second[0]["jti"]);
}

#[test]
fn a_refresh_proves_possession_of_the_key_and_refuses_an_unbound_token() {
    let world = world();
    let session = attempt(&world, Dpop::Auto).unwrap();
    block_on(session.refresh()).unwrap();
    assert_eq!(world.proofs().len(), 2);
    // A Bearer token for a bound session is a downgrade.
    world.reply(TOKEN, Reply::ok(tokens("second")));
    let error = block_on(session.refresh()).unwrap_err();
    assert_eq!(error.code(), Code::SessionExpired);
    let cause = std::error::Error::source(&error).unwrap().downcast_ref::<mcp_authorize::Error>().unwrap();
    assert_eq!(cause.code(), Code::DpopUnsupported);
}

#[test]
fn a_nonce_of_the_authorization_server_is_used_in_one_retry() {
    // RFC 9449 §8
    let world = world();
    let wants_nonce = || Reply::Nonce(400, "as-nonce", r#"{"error": "use_dpop_nonce"}"#.into());
    world.replies(TOKEN, vec![wants_nonce(), Reply::ok(BOUND)]);
    attempt(&world, Dpop::Auto).unwrap();
    let nonces: Vec<_> = world.proofs().iter().map(|(_, claims)| claims["nonce"].clone()).collect();
    assert_eq!(nonces, [serde_json::Value::Null, "as-nonce".into()]);
    // There is no second retry.
    let world = world.clone();
    world.forget_requests();
    world.reply(TOKEN, wants_nonce());
    assert_eq!(attempt(&world, Dpop::Auto).err(), Some(Code::TokenFailed));
    assert_eq!(world.posted(TOKEN).len(), 2);
}

#[test]
fn a_nonce_of_the_resource_is_used_in_one_retry_and_remembered() {
    // RFC 9449 §9
    let world = world();
    let session = attempt(&world, Dpop::Auto).unwrap();
    world.forget_requests();
    let tries = std::cell::Cell::new(0);
    let answer = |_: &str| {
        tries.set(tries.get() + 1);
        AppResponse { status: if tries.get() == 1 { 401 } else { 200 }, nonce: Some("rs-nonce"), ..Default::default() }
    };
    let (status, proofs) = send(&session, answer);
    assert_eq!((status, proofs.len(), &proofs[1]["nonce"]), (200, 2, &"rs-nonce".into()));
    let (_, proofs) = send(&session, answer);
    assert_eq!((proofs.len(), &proofs[0]["nonce"]), (1, &"rs-nonce".into()));
    // No refresh was needed for that.
    assert!(world.posted(TOKEN).is_empty());
}

#[test]
fn parallel_requests_that_get_a_nonce_are_each_retried_once_without_a_refresh() {
    let world = world();
    let session = attempt(&world, Dpop::Auto).unwrap();
    world.forget_requests();
    let send = async || {
        let (mut proofs, mut tries) = (Vec::new(), 0);
        let answer = async |_: &str| {
            tries += 1;
            AppResponse { status: if tries == 1 { 401 } else { 200 }, nonce: Some("rs-nonce"), ..Default::default() }
        };
        let request = AppRequest { url: SERVER, proofs: &mut proofs, can_resend: true, answer };
        let status = session.call(request).await.unwrap().status;
        (status, proofs.len())
    };
    assert_eq!(block_on(all((0..3).map(|_| send()))), [(200, 2); 3]);
    assert!(world.posted(TOKEN).is_empty());
}

#[test]
fn a_proof_is_dated_by_the_clock_of_its_server() {
    // RFC 9449 §11.1: servers accept proofs "only for a limited time after their creation". This machine's
    // clock is ten minutes slow, as the responses' `Date` (RFC 9110 §6.6.1) shows.
    let world = world();
    world.servers_are_ahead(600_000);
    let session = attempt(&world, Dpop::Auto).unwrap();
    let now = world.now().0;
    let seconds = (now + 600_000) / 1000;
    assert_eq!(world.proofs()[0].1["iat"], seconds);
    let (_, proofs) = send(&session, |_| AppResponse { status: 200, ..Default::default() });
    assert_eq!(proofs[0]["iat"], seconds);
    // The token's lifetime is counted by the local clock, so the token is not refreshed.
    assert_eq!(session.expires_at().unwrap().0, now + 600_000);
    assert_eq!(world.posted(TOKEN).len(), 1);
}

#[test]
fn dpop_is_used_if_both_servers_support_it() {
    let proofs = |world: &Scripted, dpop| attempt(world, dpop).map(|_| world.proofs().len());
    assert_eq!(proofs(&world(), Dpop::Auto), Ok(1));
    // The authorization server offers it, but the resource asks for a Bearer token.
    let bearer = world();
    bearer.reply(SERVER, Reply::Challenge(401, format!("Bearer resource_metadata=\"{PRM}\"")));
    bearer.reply(TOKEN, Reply::ok(tokens("first")));
    assert_eq!(proofs(&bearer, Dpop::Auto), Ok(0));
    // RFC 9728 §2: unless its metadata says that it accepts DPoP.
    let listed = r#", "dpop_signing_alg_values_supported": ["ES256"]}"#;
    bearer.wait(AN_HOUR);
    bearer.reply(PRM, Reply::ok(prm(SERVER, ISSUER).replace('}', listed)));
    assert_eq!(proofs(&bearer, Dpop::Auto), Ok(1));
    // If the program can't keep its keys, it would lose the session with them.
    let forgetful = world();
    forgetful.forgets_keys();
    forgetful.reply(TOKEN, Reply::ok(tokens("first")));
    assert_eq!(proofs(&forgetful, Dpop::Auto), Ok(0));
    forgetful.reply(TOKEN, Reply::ok(BOUND));
    assert_eq!(proofs(&forgetful, Dpop::Require), Ok(1));
    // If the challenge can't be read, the authorization server's metadata decides.
    let hidden = world();
    hidden.reply(SERVER, Reply::Json(401, String::new()));
    assert_eq!(proofs(&hidden, Dpop::Auto), Ok(1));
}

#[test]
fn dpop_off_sends_no_proof_and_required_refuses_unbound_tokens() {
    let off = world();
    off.reply(TOKEN, Reply::ok(tokens("first")));
    attempt(&off, Dpop::Off).unwrap();
    assert!(off.proofs().is_empty());

    let without = Scripted::working();
    assert_eq!(attempt(&without, Dpop::Require).err(), Some(Code::DpopUnsupported));
    assert!(without.posted(TOKEN).is_empty(), "it fails before the user signs in");
    let unbound = world();
    unbound.reply(TOKEN, Reply::ok(tokens("first")));
    assert_eq!(attempt(&unbound, Dpop::Require).err(), Some(Code::DpopUnsupported));
    assert!(attempt(&unbound, Dpop::Auto).is_ok());

    // RFC 9449 §5.2: an app that accepts only bound tokens says so when it registers.
    let world = world();
    attempt(&world, Dpop::Require).unwrap();
    assert!(world.posted(REGISTER)[0].contains(r#""dpop_bound_access_tokens":true"#));
}
