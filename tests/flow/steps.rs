//! Each step on its own. The steps pass JSON to each other, as between two processes.

use std::rc::Rc;

use mcp_authorize::flow::steps::*;
use mcp_authorize::flow::{Client, Dpop, Grant, IdentityProvider, PreRegistered, Session};
use mcp_authorize::ports::UnixMillis;
use mcp_authorize::protocol::json::{Object, Value};
use mcp_authorize::protocol::{
    ClientAuthentication, ClientCredentials, CodeVerifier, Issuer, RedirectUri, Scope, Secret, ServerUrl,
    TokenExchange, TokenType, Url, WwwAuthenticate, form,
};
use mcp_authorize::{Code, Error, Result};
use pollster::block_on;
use serde::Serialize;

use crate::scripted::*;

const CALLBACK: &str = "https://app.example/callback";
const LIMIT: u64 = 600_000;

fn server() -> ServerUrl {
    ServerUrl::parse(SERVER).unwrap()
}

/// The JSON that is stored.
fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

fn object(text: &str) -> Object {
    match serde_json::from_str::<serde_json::Value>(text).unwrap().into() {
        Value::Object(object) => object,
        other => panic!("not an object: {other:?}"),
    }
}

/// Stored and read again, with a change in between.
fn stored(value: &impl Serialize, from: &str, to: &str) -> Object {
    let text = text(value);
    assert!(text.contains(from), "{from} is not in {text}");
    object(&text.replace(from, to))
}

fn found(world: &Scripted) -> Discovered {
    let found = block_on(discover(world, &client(), &server(), None)).unwrap();
    Discovered::read(&client(), &stored(&found, "", "")).unwrap()
}

fn public_client() -> ClientIdentity {
    ClientIdentity::public("c")
}

fn begun(world: &Scripted) -> Begun {
    block_on(begin_authorization(world, &client(), &found(world), &public_client(), None, LIMIT)).unwrap()
}

/// The callback URL, with the sent state for STATE.
fn callback(begun: &Begun, query: &str) -> String {
    let sent = form::parse(begun.url.query());
    let state = &sent.iter().find(|(name, _)| name == "state").unwrap().1;
    [CALLBACK, "?", &query.replace("STATE", state)].concat()
}

fn finish(world: &Scripted, pending: &Object, url: &str) -> Result<Tokens> {
    block_on(async { finish_authorization(world, &client(), Pending::read(pending)?, url).await })
}

fn signed_in(world: &Scripted) -> Tokens {
    let begun = begun(world);
    finish(world, &stored(&begun.pending, "", ""), &callback(&begun, "code=the-code&state=STATE")).unwrap()
}

fn code<T>(result: Result<T>) -> Code {
    result.err().expect("it must be refused").code()
}

#[test]
fn discovery_says_where_each_document_was_found() {
    let world = Scripted::working();
    let found = block_on(discover(&world, &client(), &server(), None)).unwrap();
    let record: serde_json::Value = serde_json::from_str(&text(&found)).unwrap();
    assert_eq!(record["server"], SERVER);
    assert_eq!(record["resource"], SERVER);
    assert_eq!(record["challenge"], format!("Bearer resource_metadata=\"{PRM}\", scope=\"read\""));
    assert_eq!(record["scopes"], serde_json::json!(["read"]));
    assert_eq!(record["resourceMetadata"]["url"], PRM);
    assert_eq!(record["resourceMetadata"]["document"]["authorization_servers"][0], ISSUER);
    assert_eq!(record["authorizationServers"], serde_json::json!([ISSUER]));
    assert_eq!(record["authorizationServer"]["issuer"], ISSUER);
    assert_eq!(record["authorizationServer"]["url"], METADATA);
    assert_eq!(record["authorizationServer"]["document"]["token_endpoint"], TOKEN);
    // It is read back unchanged, without requests.
    world.forget_requests();
    assert_eq!(text(&Discovered::read(&client(), &stored(&found, "", "")).unwrap()), text(&found));
    assert!(world.requested().is_empty());
}

#[test]
fn the_origin_of_a_server_of_2025_03_26_is_its_authorization_server() {
    let world = Scripted::default();
    world.set_clock(1_000_000);
    world.reply(SERVER, Reply::Challenge(401, "Bearer".into()));
    let found = block_on(discover(&world, &client(), &server(), None)).unwrap();
    let record: serde_json::Value = serde_json::from_str(&text(&found)).unwrap();
    assert!(record.get("resourceMetadata").is_none());
    assert_eq!(record["authorizationServer"], serde_json::json!({ "issuer": "https://mcp.example" }));
    let again = Discovered::read(&client(), &stored(&found, "", "")).unwrap();
    assert_eq!(again.metadata().token_endpoint.as_str(), "https://mcp.example/token");
}

#[test]
fn one_of_several_authorization_servers_is_chosen_by_its_issuer() {
    let world = Scripted::working();
    let two =
        prm(SERVER, "https://other.example").replace("other.example\"", &format!("other.example\", \"{ISSUER}\""));
    world.reply(PRM, Reply::ok(two));
    let ask = |issuer: &str| block_on(discover(&world, &client(), &server(), Issuer::parse(issuer).ok().as_ref()));
    assert_eq!(ask(ISSUER).unwrap().metadata().issuer.as_str(), ISSUER);
    assert_eq!(code(ask("https://third.example")), Code::InvalidOption);
}

#[test]
fn a_tampered_discovery_is_refused_like_a_bad_document_from_a_server() {
    let world = Scripted::working();
    let found = block_on(discover(&world, &client(), &server(), None)).unwrap();
    let read = |from: &str, to: &str| code(Discovered::read(&client(), &stored(&found, from, to)));
    let member = |name: &str, value: &str| format!("\"{name}\":\"{value}\"");
    // RFC 8414 §3.3: "If these values are not identical, the data contained in the response MUST NOT be used."
    let document = [&member("issuer", ISSUER), ",\"registration_endpoint\""].concat();
    assert_eq!(read(&document, &document.replace(ISSUER, "https://evil.example")), Code::IssuerMismatch);
    // RFC 9728 §3.3
    let document = [&member("resource", SERVER), ",\"scopes_supported\""].concat();
    assert_eq!(read(&document, &document.replace(SERVER, "https://evil.example")), Code::ResourceMismatch);
    // OAuth 2.1 §1.5
    let endpoint = member("token_endpoint", TOKEN);
    assert_eq!(read(&endpoint, &member("token_endpoint", "http://as.example/token")), Code::InsecureUrl);
    assert_eq!(read(&endpoint, &member("token_endpoint", "https://192.168.1.1/token")), Code::InsecureUrl);
    assert_eq!(read(&endpoint, &member("other", TOKEN)), Code::InvalidResponse);
    assert_eq!(read(&member("server", SERVER), &member("server", "http://mcp.example/mcp")), Code::InsecureUrl);
    assert_eq!(read("resourceMetadata", "other"), Code::IssuerMismatch);
    assert_eq!(code(Discovered::read(&client(), &Object::default())), Code::InvalidOption);
}

#[test]
fn an_issuer_that_the_resource_metadata_does_not_list_is_refused() {
    // An attacker who replaces the authorization server and its document would have to replace the resource's, too.
    let world = Scripted::working();
    let found = block_on(discover(&world, &client(), &server(), None)).unwrap();
    let text = text(&found);
    let (before, after) = text.split_once("\"authorizationServer\":").unwrap();
    let swapped = [before, "\"authorizationServer\":", &after.replace("as.example", "evil.example")].concat();
    assert_eq!(code(Discovered::read(&client(), &object(&swapped))), Code::IssuerMismatch);
}

#[test]
fn a_registration_is_for_one_issuer() {
    let world = Scripted::working();
    let found = found(&world);
    world.reply(REGISTER, Reply::Json(201, r#"{"client_id": "r", "client_secret": "s"}"#.into()));
    let record = stored(&found, "", "");
    let Some(Value::Object(authorization_server)) = record.get("authorizationServer") else { panic!() };
    let authorization_server = AuthorizationServer::read(&client(), authorization_server).unwrap();
    let registered = block_on(register(&world, &client(), &authorization_server, &found.known_scope())).unwrap();
    let record: serde_json::Value = serde_json::from_str(&text(&registered)).unwrap();
    assert_eq!(
        record,
        serde_json::json!({ "issuer": ISSUER, "client_id": "r", "client_secret": "s",
            "token_endpoint_auth_method": "client_secret_basic" })
    );
    let sent: serde_json::Value = serde_json::from_str(&world.posted(REGISTER)[0]).unwrap();
    assert_eq!((&sent["redirect_uris"][0], &sent["scope"]), (&CALLBACK.into(), &"read write".into()));
    // "Clients MUST NOT use credentials of one authorization server with another"
    let foreign = ClientIdentity::read(&stored(&registered, ISSUER, "https://evil.example")).unwrap();
    let begun = block_on(begin_authorization(&world, &client(), &found, &foreign, None, LIMIT));
    assert_eq!(code(begun), Code::ClientMismatch);
    // A secret needs an issuer.
    assert_eq!(code(ClientIdentity::read(&stored(&registered, "\"issuer\"", "\"x\""))), Code::InvalidOption);
    // Nothing is stored.
    assert!(world.stored().is_empty());
}

#[test]
fn an_expired_secret_is_not_sent() {
    let world = Scripted::working();
    let mut identity = public_client();
    (identity.issuer, identity.secret) = (Issuer::parse(ISSUER).ok(), Some("s".into()));
    identity.secret_expires_at = Some(1000); // now
    let begun = |identity: &ClientIdentity| {
        block_on(begin_authorization(&world, &client(), &found(&world), identity, None, LIMIT))
    };
    assert_eq!(code(begun(&identity)), Code::InvalidOption);
    // RFC 7591 §3.2.1: "or 0 if it will not expire".
    for valid in [0, 1001] {
        identity.secret_expires_at = Some(valid);
        assert!(begun(&identity).is_ok(), "{valid}");
    }
}

#[test]
fn the_method_and_expiry_of_a_given_registration_are_used() {
    let world = Scripted::working();
    let registered = ClientIdentity {
        issuer: Issuer::parse(ISSUER).ok(),
        client_id: "c".into(),
        secret: Some("s".into()),
        secret_expires_at: Some(5000),
        method: Some(ClientAuthentication::SecretPost),
    };
    let begun = block_on(begin_authorization(&world, &client(), &found(&world), &registered, None, LIMIT)).unwrap();
    let record: serde_json::Value = serde_json::from_str(&text(&begun.pending)).unwrap();
    assert_eq!(record["client_secret_expires_at"], 5000);
    finish(&world, &stored(&begun.pending, "", ""), &callback(&begun, "code=c&state=STATE")).unwrap();
    assert_eq!((&*world.form(TOKEN)["client_secret"], world.authorizations().len()), ("s", 0));
}

#[test]
fn a_sign_in_can_span_two_processes() {
    let world = Scripted::working();
    let begun = begun(&world);
    let sent: std::collections::BTreeMap<_, _> = form::parse(begun.url.query()).into_iter().collect();
    assert_eq!((&*sent["client_id"], &*sent["resource"], &*sent["scope"]), ("c", SERVER, "read"));
    assert_eq!((&*sent["redirect_uri"], &*sent["code_challenge_method"]), (CALLBACK, "S256"));
    assert!(text(&begun.pending).contains(r#""dpop_jkt":null"#), "no key is shown");
    let pending = stored(&begun.pending, "", "");
    let tokens = finish(&world, &pending, &callback(&begun, "code=the-code&state=STATE#_=_")).unwrap();
    let form = world.form(TOKEN);
    assert_eq!((&*form["code"], &*form["redirect_uri"], &*form["resource"]), ("the-code", CALLBACK, SERVER));
    assert_eq!(CodeVerifier::from_text(&form["code_verifier"]).challenge().as_str(), sent["code_challenge"]);
    assert_eq!(tokens.access_token().expose(), "first-access");
    assert_eq!(tokens.expires_at(), Some(UnixMillis(1_000_000 + 3_600_000)));
    let record: serde_json::Value = serde_json::from_str(&text(&tokens)).unwrap();
    assert_eq!(
        record,
        serde_json::json!({ "v": 1, "server": SERVER, "resource": SERVER, "issuer": ISSUER, "client_id": "c",
            "token_endpoint_auth_method": "none", "token_endpoint": TOKEN, "revocation_endpoint": REVOKE,
            "requested": ["read"], "granted": ["read"], "access_token": "first-access", "token_type": "Bearer",
            "refresh_token": "first-refresh", "issued_at": 1_000_000, "expires_at": 4_600_000, "refresh_at": 4_540_000 })
    );
    assert!(world.stored().is_empty());
}

#[test]
fn a_response_that_does_not_match_its_request_is_refused() {
    let world = Scripted::working();
    world.reply(METADATA, Reply::ok(metadata(ISSUER, r#", "authorization_response_iss_parameter_supported": true"#)));
    let begun = begun(&world);
    let pending = stored(&begun.pending, "", "");
    let good = format!("code=c&state=STATE&iss={ISSUER}");
    let attempt = |url: &str| code(finish(&world, &pending, url));
    // OAuth 2.1 §4.1.2: state has "the exact value received from the client".
    for query in ["code=c", "code=c&state=other", "code=c&state=STATE&state=STATE"] {
        assert_eq!(attempt(&callback(&begun, query)), Code::StateMismatch, "{query}");
    }
    // RFC 9207 §2.4
    for query in ["code=c&state=STATE", "code=c&state=STATE&iss=https://evil.example"] {
        assert_eq!(attempt(&callback(&begun, query)), Code::IssuerMismatch, "{query}");
    }
    // A URL with another origin or path is not the redirect URI.
    for elsewhere in ["https://evil.example/callback", "https://app.example/other", "https://app.example:8443/callback"]
    {
        let url = callback(&begun, &good).replace(CALLBACK, elsewhere);
        assert_eq!(attempt(&url), Code::StateMismatch, "{elsewhere}");
    }
    assert_eq!(attempt("/callback?code=c"), Code::InvalidUrl);
    let denied = format!("error=access_denied&state=STATE&iss={ISSUER}");
    assert_eq!(attempt(&callback(&begun, &denied)), Code::AccessDenied);
    let failed = format!("error=server_error&state=STATE&iss={ISSUER}");
    assert_eq!(attempt(&callback(&begun, &failed)), Code::AuthorizationFailed);
    // None of them made a token request.
    assert!(world.posted(TOKEN).is_empty());
    world.wait(600);
    assert_eq!(attempt(&callback(&begun, &good)), Code::Timeout);
}

#[test]
fn a_tampered_pending_value_is_refused() {
    let world = Scripted::working();
    let begun = begun(&world);
    let url = callback(&begun, "code=c&state=STATE");
    let attempt = |from: &str, to: &str| code(finish(&world, &stored(&begun.pending, from, to), &url));
    assert_eq!(attempt("\"state\":\"", "\"state\":\"x"), Code::StateMismatch);
    assert_eq!(attempt(CALLBACK, "https://app.example/other"), Code::StateMismatch);
    assert_eq!(attempt(TOKEN, "http://as.example/token"), Code::StateMismatch);
    assert_eq!(attempt(TOKEN, "https://10.0.0.1/token"), Code::StateMismatch);
    assert_eq!(
        attempt("\"resource\":\"https://mcp.example", "\"resource\":\"https://evil.example"),
        Code::StateMismatch
    );
    assert_eq!(attempt("\"v\":1", "\"v\":2"), Code::StateMismatch);
    assert_eq!(attempt("\"ends_at\"", "\"x\""), Code::Timeout);
    assert_eq!(code(finish(&world, &Object::default(), &url)), Code::StateMismatch);
    assert!(world.posted(TOKEN).is_empty());
}

#[test]
fn a_code_works_only_once() {
    // RFC 6749 §4.1.2: "The client MUST NOT use the authorization code more than once." The server refuses the second.
    let world = Scripted::working();
    world.replies(TOKEN, vec![Reply::ok(tokens("first")), Reply::Json(400, r#"{"error": "invalid_grant"}"#.into())]);
    let begun = begun(&world);
    let (pending, url) = (stored(&begun.pending, "", ""), callback(&begun, "code=c&state=STATE"));
    assert!(finish(&world, &pending, &url).is_ok());
    let error = finish(&world, &pending, &url).err().unwrap();
    assert_eq!((error.code(), error.server_error()), (Code::TokenFailed, Some("invalid_grant")));
}

#[test]
fn a_server_that_does_not_offer_pkce_is_refused() {
    let world = Scripted::working();
    world.reply(METADATA, Reply::ok(metadata(ISSUER, "").replace("code_challenge_methods_supported", "x")));
    let begin =
        |client: &Client| block_on(begin_authorization(&world, client, &found(&world), &public_client(), None, LIMIT));
    assert_eq!(code(begin(&client())), Code::PkceUnsupported);
    // A client that also has a grant without a user needs PKCE here.
    assert_eq!(code(begin(&Client { grant: Some(Grant::ClientCredentials), ..client() })), Code::PkceUnsupported);
    assert!(begin(&Client { trust_pkce: vec![ISSUER.into()], ..client() }).is_ok());
    assert_eq!(code(begin(&Client { redirect_uri: None, ..client() })), Code::InvalidOption);
}

#[test]
fn the_scope_is_the_given_one_or_the_suggested_one() {
    let world = Scripted::working();
    let sent = |client: &Client, scope: Option<&str>| {
        let scope = scope.map(Scope::parse);
        let (found, public_client) = (found(&world), public_client());
        let begun =
            block_on(begin_authorization(&world, client, &found, &public_client, scope.as_ref(), LIMIT)).unwrap();
        form::parse(begun.url.query()).into_iter().collect::<std::collections::BTreeMap<_, _>>()
    };
    assert_eq!(sent(&client(), None)["scope"], "read");
    assert_eq!(sent(&client(), Some("a b"))["scope"], "a b");
    // For a server that refuses `resource`, later requests omit it, too.
    let entra = Client { omit_resource: vec![ISSUER.into()], ..client() };
    assert!(!sent(&entra, None).contains_key("resource"));
    let begun = block_on(begin_authorization(&world, &entra, &found(&world), &public_client(), None, LIMIT)).unwrap();
    let tokens = finish(&world, &stored(&begun.pending, "", ""), &callback(&begun, "code=c&state=STATE")).unwrap();
    assert!(!world.form(TOKEN).contains_key("resource"));
    let tokens = Tokens::read(&stored(&tokens, "", "")).unwrap();
    block_on(refresh(&world, &client(), &tokens)).unwrap();
    assert!(!world.form(TOKEN).contains_key("resource"));
}

#[test]
fn a_request_is_pushed_if_the_server_supports_it() {
    let world = Scripted::working();
    let par = "https://as.example/par";
    let more = format!(r#", "pushed_authorization_request_endpoint": "{par}""#);
    world.reply(METADATA, Reply::ok(metadata(ISSUER, &more)));
    world.reply(par, Reply::Json(201, r#"{"request_uri": "urn:x:1", "expires_in": 60}"#.into()));
    let begun = begun(&world);
    assert_eq!(begun.url.as_str(), "https://as.example/authorize?request_uri=urn%3Ax%3A1&client_id=c");
    let url = format!("{CALLBACK}?code=c&state={}", world.form(par)["state"]);
    assert!(finish(&world, &stored(&begun.pending, "", ""), &url).is_ok());
}

#[test]
fn a_refresh_returns_new_tokens_for_the_caller_to_keep() {
    let world = Scripted::working();
    let first = Tokens::read(&stored(&signed_in(&world), "", "")).unwrap();
    world.reply(TOKEN, Reply::ok(r#"{"access_token": "second-access", "expires_in": 60}"#));
    let second = block_on(refresh(&world, &client(), &first)).unwrap();
    let form = world.form(TOKEN);
    assert_eq!((&*form["grant_type"], &*form["refresh_token"]), ("refresh_token", "first-refresh"));
    assert_eq!((&*form["resource"], &*form["client_id"]), (SERVER, "c"));
    assert_eq!(second.access_token().expose(), "second-access");
    // RFC 6749 §6: without a new refresh token, the old one remains valid.
    assert_eq!(second.refresh_token().map(Secret::expose), Some("first-refresh"));
    assert_eq!(second.scope().tokens(), ["read"]);
    // A temporary failure keeps its code; a refusal ends the session.
    world.reply(TOKEN, Reply::Json(503, String::new()));
    assert_eq!(code(block_on(refresh(&world, &client(), &first))), Code::HttpStatus);
    world.reply(TOKEN, Reply::Json(400, r#"{"error": "invalid_grant"}"#.into()));
    let error = block_on(refresh(&world, &client(), &first)).err().unwrap();
    assert_eq!((error.code(), error.server_error()), (Code::SessionExpired, Some("invalid_grant")));
    let without = Tokens::read(&stored(&first, "\"refresh_token\"", "\"x\"")).unwrap();
    assert_eq!(code(block_on(refresh(&world, &client(), &without))), Code::SessionExpired);
}

#[test]
fn tokens_with_an_unsafe_endpoint_are_refused() {
    let world = Scripted::working();
    let tokens = signed_in(&world);
    let read = |from: &str, to: &str| code(Tokens::read(&stored(&tokens, from, to)));
    for bad in
        ["http://as.example/token", "https://192.168.0.1/token", "https://localhost/token", "javascript:alert(1)"]
    {
        assert_eq!(read(TOKEN, bad), Code::InvalidOption, "{bad}");
        assert_eq!(read(REVOKE, bad), Code::InvalidOption, "{bad}");
    }
    // MCP: tokens of one server must not be sent to another.
    assert_eq!(read("\"server\":\"https://mcp.example", "\"server\":\"https://evil.example"), Code::InvalidOption);
    assert_eq!(code(Tokens::read(&Object::default())), Code::InvalidOption);
    world.forget_requests();
    assert!(world.requested().is_empty());
}

#[test]
fn both_tokens_are_revoked() {
    let world = Scripted::working();
    let tokens = signed_in(&world);
    assert!(block_on(revoke(&world, &client(), &tokens)));
    // RFC 7009 §2.1
    let posted = world.posted(REVOKE);
    assert!(posted[0].starts_with("token=first-refresh&token_type_hint=refresh_token"), "{}", posted[0]);
    assert!(posted[1].starts_with("token=first-access&token_type_hint=access_token"), "{}", posted[1]);
    world.reply(REVOKE, Reply::Json(503, String::new()));
    assert!(!block_on(revoke(&world, &client(), &tokens)));
}

#[test]
fn a_code_is_bound_to_the_key_of_its_request() {
    let world = Scripted::working();
    world.reply(METADATA, Reply::ok(metadata(ISSUER, r#", "dpop_signing_alg_values_supported": ["ES256"]"#)));
    world.reply(SERVER, Reply::Challenge(401, r#"DPoP algs="ES256""#.into()));
    world.reply(TOKEN, Reply::ok(tokens("first").replace("Bearer", "DPoP")));
    let required = Client { dpop: Dpop::Require, ..client() };
    let begun =
        block_on(begin_authorization(&world, &required, &found(&world), &public_client(), None, LIMIT)).unwrap();
    let sent: std::collections::BTreeMap<_, _> = form::parse(begun.url.query()).into_iter().collect();
    let url = callback(&begun, "code=c&state=STATE");
    // RFC 9449 §10: with another key the server would refuse the code.
    let other = stored(&begun.pending, &sent["dpop_jkt"], "another-thumbprint");
    assert_eq!(code(finish(&world, &other, &url)), Code::InvalidOption);
    assert!(world.proofs().is_empty());
    let tokens = finish(&world, &stored(&begun.pending, "", ""), &url).unwrap();
    assert_eq!(tokens.token_type(), TokenType::Dpop);
    assert!(text(&tokens).contains(&sent["dpop_jkt"]));
    let other = Tokens::read(&stored(&tokens, &sent["dpop_jkt"], "another-thumbprint")).unwrap();
    assert_eq!(code(block_on(refresh(&world, &client(), &other))), Code::InvalidOption);
    block_on(refresh(&world, &client(), &Tokens::read(&stored(&tokens, "", "")).unwrap())).unwrap();
    assert_eq!(world.proofs().len(), 2);
    let (issuer, url) = (tokens.issuer(), Url::parse(SERVER).unwrap());
    let proof = block_on(dpop_proof(&world, issuer, "POST", &url, Some(tokens.access_token()))).unwrap();
    let (header, claims) = decoded(proof.expose());
    assert_eq!((&header["typ"], &claims["htm"], &claims["htu"]), (&"dpop+jwt".into(), &"POST".into(), &SERVER.into()));
    assert!(claims["ath"].is_string() && claims["jti"].is_string());
}

#[test]
fn tokens_can_be_requested_without_a_user() {
    let world = Scripted::working();
    // The authorization server issues tokens only to machines.
    let machines = metadata(ISSUER, "").replace("authorization_endpoint", "x").replace("code_challenge_methods", "y");
    world.reply(METADATA, Reply::ok(machines));
    let found = found(&world);
    let mut machine = ClientIdentity::public("machine");
    (machine.issuer, machine.secret) = (Issuer::parse(ISSUER).ok(), Some("secret".into()));
    let tokens = block_on(client_credentials(&world, &client(), &found, &machine, None)).unwrap();
    assert_eq!(tokens.access_token().expose(), "first-access");
    assert_eq!((&*world.form(TOKEN)["grant_type"], &*world.form(TOKEN)["scope"]), ("client_credentials", "read"));
    assert_eq!(world.authorizations(), ["Basic bWFjaGluZTpzZWNyZXQ="]);

    let idp = "https://idp.example/token";
    let jag = "urn:ietf:params:oauth:token-type:id-jag";
    world.reply(
        idp,
        Reply::ok(format!(r#"{{"access_token": "jag", "issued_token_type": "{jag}", "token_type": "N_A"}}"#)),
    );
    let provider =
        IdentityProvider { token_endpoint: Url::parse(idp).unwrap(), client: ClientCredentials::public("at-idp") };
    let issuer = &found.metadata().issuer;
    let (subject, scope) = (Secret::from("id"), Scope::default());
    let exchange = TokenExchange {
        subject_token: &subject,
        subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
        requested_token_type: jag,
        audience: ISSUER,
        resource: SERVER,
        scope: &scope,
    };
    let assertion = block_on(exchange_token(&world, &provider, issuer, &exchange)).unwrap();
    assert_eq!(world.form(idp)["client_id"], "at-idp");
    let other = TokenExchange { requested_token_type: "urn:ietf:params:oauth:token-type:jwt", ..exchange };
    assert_eq!(code(block_on(exchange_token(&world, &provider, issuer, &other))), Code::InvalidResponse);
    block_on(jwt_bearer(&world, &client(), &found, &machine, &assertion, None)).unwrap();
    assert_eq!(world.form(TOKEN)["assertion"], "jag");
    // The client's other options apply here, too.
    let writes = Client { scopes: Some(Scope::parse("write")), ..client() };
    block_on(client_credentials(&world, &writes, &found, &machine, None)).unwrap();
    assert_eq!(world.form(TOKEN)["scope"], "write");
    // SEP-1933: a refusal is reported "without retrying or switching grant types".
    world.forget_requests();
    world.reply(TOKEN, Reply::Json(400, r#"{"error": "invalid_grant"}"#.into()));
    let refused = block_on(jwt_bearer(&world, &client(), &found, &machine, &assertion, None));
    assert_eq!((code(refused), world.posted(TOKEN).len()), (Code::TokenFailed, 1));
}

#[test]
fn a_user_signs_in_on_another_device() {
    let world = Scripted::working();
    let device = "https://as.example/device";
    world.reply(METADATA, Reply::ok(metadata(ISSUER, &format!(r#", "device_authorization_endpoint": "{device}""#))));
    world.reply(
        device,
        Reply::ok(
            r#"{"device_code": "d", "user_code": "WDJB-MJHT", "verification_uri": "https://as.example/d", "expires_in": 60}"#,
        ),
    );
    let begin = || block_on(device_authorization(&world, &client(), &found(&world), &public_client(), None));
    let begun = begin().unwrap();
    assert_eq!((&*begun.shown.user_code, begun.shown.expires_in), ("WDJB-MJHT", 60));
    let finish = |record: &Object| {
        block_on(async { finish_device_authorization(&world, &client(), &DevicePending::read(record)?).await })
    };
    let not_yet = Reply::Json(400, r#"{"error": "authorization_pending"}"#.into());
    world.replies(TOKEN, vec![not_yet.clone(), Reply::ok(tokens("first"))]);
    let pending = stored(&begun.pending, "", "");
    assert_eq!(finish(&pending).unwrap().access_token().expose(), "first-access");
    assert_eq!((&*world.form(TOKEN)["device_code"], world.posted(TOKEN).len()), ("d", 2));
    assert_eq!(code(finish(&stored(&begun.pending, TOKEN, "http://as.example/token"))), Code::InvalidOption);
    // §3.5: without an answer until then, "the client … MUST stop polling".
    world.reply(TOKEN, not_yet);
    assert_eq!(code(finish(&pending)), Code::Timeout);
    world.reply(METADATA, Reply::ok(metadata(ISSUER, "")));
    assert_eq!(begin().err().as_ref().map(Error::code), Some(Code::InvalidResponse));
}

#[test]
fn a_device_needs_neither_pkce_nor_an_authorization_endpoint() {
    // RFC 8628 uses neither. The redirect URI and the grant of the client do not matter on a device.
    let device = "https://as.example/device";
    let world = Scripted::working();
    let more = format!(r#", "device_authorization_endpoint": "{device}", "scopes_supported": ["offline_access"]"#);
    let metadata = metadata(ISSUER, &more)
        .replace("authorization_endpoint", "x")
        .replace("device_x", "device_authorization_endpoint");
    world.reply(METADATA, Reply::ok(metadata.replace("code_challenge_methods", "y")));
    world.reply(
        device,
        Reply::ok(
            r#"{"device_code": "d", "user_code": "WDJB-MJHT", "verification_uri": "https://as.example/d", "expires_in": 60}"#,
        ),
    );
    for grant in [None, Some(Grant::ClientCredentials)] {
        let client = Client { grant, ..client() };
        block_on(device_authorization(&world, &client, &found(&world), &public_client(), None)).unwrap();
        // MCP 2026-07-28 authorization, refresh tokens: for a user, unlike for a machine.
        assert_eq!(world.form(device)["scope"], "read offline_access");
    }
}

#[test]
fn a_resource_is_the_server_or_a_parent_of_it() {
    let select = |resource: &str| {
        let document = object(&format!(r#"{{"resource": "{resource}"}}"#));
        select_resource(&server(), Some(&document)).map(|resource| resource.as_str().to_owned()).map_err(|it| it.code())
    };
    assert_eq!(select("https://mcp.example").as_deref(), Ok("https://mcp.example"));
    assert_eq!(select("https://evil.example"), Err(Code::ResourceMismatch));
    assert_eq!(select_resource(&server(), None).unwrap().as_str(), SERVER);
}

#[test]
fn a_step_up_requests_the_previous_and_the_missing_scopes() {
    let scope = |field: &str| {
        let asked = scope_for_step_up(&Scope::parse("read"), &WwwAuthenticate::parse(field));
        asked.map(|scope| scope.tokens().join(" "))
    };
    assert_eq!(scope(r#"Bearer error="insufficient_scope", scope="write""#).as_deref(), Some("read write"));
    assert_eq!(scope(r#"Bearer error="insufficient_scope""#).as_deref(), Some("read"));
    assert_eq!(scope(r#"Bearer error="invalid_token", scope="write""#), None);
}

#[test]
fn the_redirect_uri_may_be_on_loopback() {
    // RFC 8252 §7.3: the port is the one that the program listens at.
    let world = Scripted::working();
    let redirect_uri = "http://127.0.0.1:51004/callback";
    let native = Client { redirect_uri: RedirectUri::parse(redirect_uri).ok(), ..client() };
    let begun = block_on(begin_authorization(&world, &native, &found(&world), &public_client(), None, LIMIT)).unwrap();
    let url = callback(&begun, "code=c&state=STATE");
    let pending = stored(&begun.pending, "", "");
    assert_eq!(
        code(finish(&world, &pending, &url.replace(CALLBACK, "http://127.0.0.1:51005/callback"))),
        Code::StateMismatch
    );
    assert!(finish(&world, &pending, &url.replace(CALLBACK, redirect_uri)).is_ok());
}

fn adopt(world: &Scripted, client: &Rc<Client>, record: Object) -> Result<Session<Scripted>> {
    block_on(Session::of_record(world, client, &server().into(), &Value::Object(record)))
}

#[test]
fn tokens_can_be_turned_into_a_session_and_back() {
    let world = Scripted::working();
    let client = Rc::new(client());
    let session = adopt(&world, &client, stored(&signed_in(&world), "", "")).unwrap();
    assert_eq!(block_on(session.access_token()).unwrap().expose(), "first-access");
    // It is stored and refreshed like any other session.
    let restored = block_on(mcp_authorize::flow::restore(&world, &client, &server().into())).unwrap().unwrap();
    world.reply(TOKEN, Reply::ok(crate::scripted::tokens("second")));
    block_on(restored.refresh()).unwrap();
    block_on(session.access_token()).unwrap();
    let left = session.record().unwrap().expose().to_owned();
    assert!(left.contains("second-refresh"));
    // A step can continue with them.
    let record = object(&left);
    assert_eq!(Tokens::read(&record).unwrap().access_token().expose(), "second-access");
    // The session that it replaces is revoked, as after a sign-in.
    let other = object(&left.replace("\"client_id\":\"c\"", "\"client_id\":\"d\""));
    adopt(&world, &client, other).unwrap();
    assert_eq!(world.form(REVOKE)["token"], "second-access");
    block_on(session.sign_out()).unwrap();
    assert_eq!(code(session.record()), Code::SignedOut);
}

#[test]
fn unsuitable_tokens_do_not_become_a_session() {
    let world = Scripted::working();
    let tokens = signed_in(&world);
    let own = Rc::new(client());
    let issuer = Issuer::parse("https://other.example").ok();
    let pre_registered = Some(PreRegistered { client_id: "c".into(), secret: None, issuer });
    let elsewhere = Rc::new(Client { pre_registered, ..client() });
    assert_eq!(code(adopt(&world, &elsewhere, stored(&tokens, "", ""))), Code::ClientMismatch);
    assert_eq!(code(adopt(&world, &own, stored(&tokens, "Bearer", "DPoP"))), Code::Unsupported);
    assert_eq!(code(adopt(&world, &own, stored(&tokens, TOKEN, "http://as.example/token"))), Code::InvalidOption);
    assert_eq!(code(block_on(Session::of_record(&world, &own, &server().into(), &Value::Null))), Code::InvalidOption);
    // If they can't be stored, they are not revoked: the caller still has them.
    world.storage_fails(true);
    assert_eq!(code(adopt(&world, &own, stored(&tokens, "", ""))), Code::StorageFailed);
    assert!(world.posted(REVOKE).is_empty() && world.stored().is_empty());
}
