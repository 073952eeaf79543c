use std::rc::Rc;

use mcp_authorize::Code;
use mcp_authorize::flow::{Client, Grant, IdentityProvider, PreRegistered, Session, restore, sign_in};
use mcp_authorize::protocol::{ClientCredentials, ClientIdMetadataUrl, Issuer, ServerUrl, Url};
use pollster::block_on;

use crate::scripted::*;

const PROVIDER: &str = "https://idp.example/token";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

fn machine(grant: Grant, secret: Option<&str>) -> Client {
    let pre_registered =
        Some(PreRegistered { client_id: "machine".into(), secret: secret.map(Into::into), issuer: None });
    Client { pre_registered, grant: Some(grant), ..client() }
}

/// A server whose authorization server issues tokens only to machines.
fn world() -> Scripted {
    let world = Scripted::working();
    let metadata = metadata(ISSUER, "").replace("authorization_endpoint", "x").replace("code_challenge_methods", "y");
    world.reply(METADATA, Reply::ok(metadata));
    world.reply(TOKEN, Reply::ok(r#"{"access_token": "first-access", "token_type": "Bearer", "expires_in": 600}"#));
    world
}

fn attempt(world: &Scripted, client: Client) -> Result<Session<Scripted>, Code> {
    let server = ServerUrl::parse(SERVER).unwrap();
    // There is no user.
    let mut nobody = User::answering(|_| Vec::new());
    let session = block_on(sign_in(world, &Rc::new(client), &server.clone().into(), None, &mut nobody));
    assert!(nobody.opened.is_none());
    session.map_err(|error| error.code())
}

#[test]
fn client_credentials_authenticate_with_the_secret() {
    let world = world();
    attempt(&world, machine(Grant::ClientCredentials, Some("secret"))).unwrap();
    let form = world.form(TOKEN);
    assert_eq!((&*form["grant_type"], &*form["resource"], &*form["scope"]), ("client_credentials", SERVER, "read"));
    // RFC 8414 §2: without a list, the method is client_secret_basic.
    assert_eq!(world.authorizations(), ["Basic bWFjaGluZTpzZWNyZXQ="]);
    assert!(!form.contains_key("client_secret"));
}

#[test]
fn client_credentials_authenticate_with_the_clients_key() {
    // RFC 7523 §3: `iss` and `sub` are the client, `aud` identifies the authorization server, and there
    // is an `exp`.
    let world = world();
    world.has_client_key();
    attempt(&world, Client { key_id: Some("k1".into()), ..machine(Grant::ClientCredentials, None) }).unwrap();
    let form = world.form(TOKEN);
    assert_eq!(form["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    let (header, claims) = decoded(&form["client_assertion"]);
    assert_eq!((&header["alg"], &header["kid"]), (&"ES256".into(), &"k1".into()));
    assert_eq!(
        (&claims["iss"], &claims["sub"], &claims["aud"]),
        (&"machine".into(), &"machine".into(), &ISSUER.into())
    );
    assert_eq!(claims["exp"], claims["iat"].as_u64().unwrap() + 60);
}

#[test]
fn a_workload_presents_its_jwt() {
    let world = world();
    attempt(&world, machine(Grant::JwtBearer, None)).unwrap();
    let form = world.form(TOKEN);
    let assertion = format!("assertion for {ISSUER} and {SERVER}");
    assert_eq!((&*form["grant_type"], &*form["assertion"], &*form["client_id"]), (JWT_BEARER, &*assertion, "machine"));
}

#[test]
fn a_workload_needs_no_client_id() {
    // RFC 7523 §3.1: the client_id is needed only for client authentication that relies on it; SEP-1933: the JWT
    // identifies the workload.
    let world = world();
    let workload = || Client { grant: Some(Grant::JwtBearer), redirect_uri: None, ..client() };
    let session = attempt(&world, workload()).unwrap();
    let form = world.form(TOKEN);
    assert_eq!((&*form["grant_type"], form.contains_key("client_id")), (JWT_BEARER, false));
    assert!(world.posted(REGISTER).is_empty() && world.authorizations().is_empty());

    // The session is restored without a client ID.
    let restored = block_on(restore(&world, &Rc::new(workload()), &session.account().clone())).unwrap().unwrap();
    assert_eq!(restored.client_id(), "");
    world.wait(600);
    block_on(restored.access_token()).unwrap();
    assert!(!world.form(TOKEN).contains_key("client_id"));

    // If the server requires a client ID, the error names the option to set.
    world.reply(TOKEN, Reply::Json(401, r#"{"error": "invalid_client"}"#.into()));
    let server = ServerUrl::parse(SERVER).unwrap();
    let mut nobody = User::answering(|_| Vec::new());
    let refused = block_on(sign_in(&world, &Rc::new(workload()), &server.into(), None, &mut nobody)).err().unwrap();
    assert!(refused.message().contains("clientId"), "{}", refused.message());
    // If clientId is set, the error does not ask for it.
    let named = Rc::new(machine(Grant::JwtBearer, None));
    let refused =
        block_on(sign_in(&world, &named, &ServerUrl::parse(SERVER).unwrap().into(), None, &mut nobody)).err().unwrap();
    assert!(!refused.message().contains("clientId"), "{}", refused.message());
}

#[test]
fn a_workloads_jwt_is_sent_only_to_its_own_authorization_server() {
    // MCP 2026-07-28: credentials of one authorization server must not be used with another.
    let world = world();
    let workload = |issuer: &str| Client {
        workload_issuer: Some(Issuer::parse(issuer).unwrap()),
        client_id_metadata_url: Some(ClientIdMetadataUrl::parse("https://app.example/client.json").unwrap()),
        grant: Some(Grant::JwtBearer),
        ..client()
    };
    assert_eq!(attempt(&world, workload("https://other.example")).err(), Some(Code::ClientMismatch));
    assert!(world.posted(TOKEN).is_empty());
    let session = attempt(&world, workload(ISSUER)).unwrap();

    // A session of the previous issuer is not renewed with the JWT for the new one.
    let moved = Rc::new(workload("https://other.example"));
    let restored = block_on(restore(&world, &moved, &session.account().clone())).unwrap().unwrap();
    world.wait(600);
    world.forget_requests();
    assert_eq!(block_on(restored.access_token()).err().map(|error| error.code()), Some(Code::SessionExpired));
    assert!(world.posted(TOKEN).is_empty());
}

#[test]
fn an_app_with_a_metadata_document_can_authenticate_with_a_key() {
    // draft-ietf-oauth-client-id-metadata-document §6.2: the document may name private_key_jwt with `jwks` or `jwks_uri`.
    let document = "https://app.example/client.json";
    let app = |grant| Client {
        client_id_metadata_url: Some(ClientIdMetadataUrl::parse(document).unwrap()),
        key_id: Some("k1".into()),
        grant,
        ..client()
    };
    for (grant, grant_type) in [(None, "authorization_code"), (Some(Grant::ClientCredentials), "client_credentials")] {
        let world = if grant.is_none() { Scripted::working() } else { world() };
        world.reply(METADATA, Reply::ok(metadata(ISSUER, r#", "client_id_metadata_document_supported": true"#)));
        world.has_client_key();
        let account = ServerUrl::parse(SERVER).unwrap().into();
        block_on(sign_in(&world, &Rc::new(app(grant)), &account, None, &mut User::consents())).unwrap();
        let form = world.form(TOKEN);
        assert_eq!((&*form["grant_type"], &*form["client_id"]), (grant_type, document));
        let (header, claims) = decoded(&form["client_assertion"]);
        assert_eq!(header["kid"], "k1");
        // RFC 7523 §3: the assertion is valid only at this authorization server.
        assert_eq!(
            (&claims["iss"], &claims["sub"], &claims["aud"]),
            (&document.into(), &document.into(), &ISSUER.into())
        );
        assert!(world.posted(REGISTER).is_empty());
    }
}

#[test]
fn an_id_jag_identifies_the_organisations_user() {
    let world = world();
    let jag = r#"{"access_token": "jag", "issued_token_type": "urn:ietf:params:oauth:token-type:id-jag", "token_type": "N_A"}"#;
    world.reply(PROVIDER, Reply::ok(jag));
    let provider = || IdentityProvider {
        token_endpoint: Url::parse(PROVIDER).unwrap(),
        client: ClientCredentials::public("app-at-idp"),
    };
    attempt(&world, machine(Grant::EnterpriseManaged(provider()), Some("secret"))).unwrap();
    let exchange = world.form(PROVIDER);
    assert_eq!(
        (&*exchange["audience"], &*exchange["resource"], &*exchange["client_id"]),
        (ISSUER, SERVER, "app-at-idp")
    );
    let form = world.form(TOKEN);
    assert_eq!((&*form["grant_type"], &*form["assertion"]), (JWT_BEARER, "jag"));

    // No other kind of token is passed on.
    world.reply(PROVIDER, Reply::ok(jag.replace("id-jag", "access_token")));
    let refused = attempt(&world, machine(Grant::EnterpriseManaged(provider()), Some("secret")));
    assert_eq!(refused.err(), Some(Code::InvalidResponse));
}

#[test]
fn a_machine_never_registers() {
    // SEP-1046: its credentials are issued in advance.
    let world = world();
    let refused = attempt(&world, Client { grant: Some(Grant::ClientCredentials), redirect_uri: None, ..client() });
    assert_eq!(refused.err(), Some(Code::RegistrationUnsupported));
    assert!(world.posted(REGISTER).is_empty());
}

#[test]
fn a_refused_grant_is_reported_and_not_retried() {
    // SEP-1933: errors are surfaced "without retrying or switching grant types".
    let world = world();
    world.reply(TOKEN, Reply::Json(400, r#"{"error": "invalid_grant"}"#.into()));
    assert_eq!(attempt(&world, machine(Grant::JwtBearer, None)).err(), Some(Code::TokenFailed));
    assert_eq!(world.posted(TOKEN).len(), 1);
}

#[test]
fn the_session_is_renewed_with_the_same_grant() {
    let world = world();
    let session = attempt(&world, machine(Grant::JwtBearer, None)).unwrap();
    assert!(session.can_refresh());
    world.reply(TOKEN, Reply::ok(r#"{"access_token": "second-access", "token_type": "Bearer", "expires_in": 600}"#));
    world.wait(600);
    assert_eq!(block_on(session.access_token()).unwrap().expose(), "second-access");
    assert_eq!(world.form(TOKEN)["grant_type"], JWT_BEARER);
}

#[test]
fn each_grant_declares_its_mcp_extension() {
    // MCP 2026-07-28 basic, `extensions` of the client's capabilities; the identifiers are those of the extensions' pages.
    let provider =
        IdentityProvider { token_endpoint: Url::parse(PROVIDER).unwrap(), client: ClientCredentials::public("app") };
    assert_eq!(Grant::ClientCredentials.extension(), Some("io.modelcontextprotocol/oauth-client-credentials"));
    assert_eq!(
        Grant::EnterpriseManaged(provider).extension(),
        Some("io.modelcontextprotocol/enterprise-managed-authorization")
    );
    assert_eq!(Grant::JwtBearer.extension(), None);
}
