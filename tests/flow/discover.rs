use mcp_authorize::Code;
use mcp_authorize::flow::{AuthorizationServers, discover_authorization_server, discover_resource};
use mcp_authorize::protocol::{Issuer, IssuerPolicy, ServerUrl};
use pollster::block_on;

use crate::scripted::*;

fn resource(world: &Scripted) -> Result<(String, String), Code> {
    let server = ServerUrl::parse(SERVER).unwrap();
    block_on(discover_resource(world, &server, true))
        .map(|found| (found.resource.as_str().to_owned(), found.scope.to_parameter().unwrap_or_default()))
        .map_err(|error| error.code())
}

fn issuers(world: &Scripted) -> Vec<String> {
    let server = ServerUrl::parse(SERVER).unwrap();
    match block_on(discover_resource(world, &server, true)).unwrap().authorization_servers {
        AuthorizationServers::Listed(issuers) => issuers.iter().map(|issuer| issuer.as_str().to_owned()).collect(),
        AuthorizationServers::Origin(origin) => panic!("{} is not listed", origin.as_str()),
    }
}

fn server(world: &Scripted, issuer: &str) -> Result<String, Code> {
    block_on(discover_authorization_server(world, &Issuer::parse(issuer).unwrap(), &IssuerPolicy::default(), true))
        .and_then(|found| found.require_pkce().map(|()| found))
        .map(|found| found.token_endpoint.as_str().to_owned())
        .map_err(|error| error.code())
}

#[test]
fn the_challenge_says_where_the_metadata_is() {
    // MCP: clients "MUST use the resource metadata URL from the parsed `WWW-Authenticate` headers
    // when present".
    let world = Scripted::working();
    let elsewhere = "https://mcp.example/elsewhere";
    world.reply(SERVER, Reply::Challenge(401, format!("Bearer resource_metadata=\"{elsewhere}\"")));
    world.reply(elsewhere, Reply::ok(prm(SERVER, ISSUER)));
    world.reply(PRM, Reply::ok(prm(SERVER, "https://guessed.example")));
    // The guessed URL does not count, whichever response comes first.
    for (slower, faster) in [(SERVER, PRM), (PRM, SERVER)] {
        world.takes(slower, 5);
        world.takes(faster, 1);
        world.forget_requests();
        assert_eq!(issuers(&world), [ISSUER]);
        assert_eq!((world.requested(), world.steps()), (vec![SERVER.into(), PRM.into(), elsewhere.into()], 2));
    }
}

#[test]
fn challenge_and_metadata_are_requested_in_parallel() {
    let world = Scripted::working();
    for turns in [1, 5] {
        world.takes(PRM, turns);
        world.forget_requests();
        assert!(resource(&world).is_ok());
        assert_eq!((world.requested(), world.steps()), (vec![SERVER.into(), PRM.into()], 1));
    }
}

#[test]
fn nothing_is_guessed_without_prefetch() {
    let world = Scripted::working();
    let server = ServerUrl::parse(SERVER).unwrap();
    block_on(discover_resource(&world, &server, false)).unwrap();
    block_on(discover_authorization_server(&world, &Issuer::parse(ISSUER).unwrap(), &IssuerPolicy::default(), false))
        .unwrap();
    assert_eq!((world.requested(), world.steps()), (vec![SERVER.into(), PRM.into(), METADATA.into()], 3));
}

#[test]
fn metadata_on_another_origin_is_used_only_if_it_names_this_server() {
    // RFC 9728 §3.3: metadata that names another resource "MUST NOT be used", wherever it comes from.
    let world = Scripted::working();
    let elsewhere = "https://metadata.example/mcp";
    world.reply(SERVER, Reply::Challenge(401, format!("Bearer resource_metadata=\"{elsewhere}\"")));
    world.reply(elsewhere, Reply::ok(prm(SERVER, ISSUER)));
    assert_eq!(resource(&world).unwrap().0, SERVER);
    for victim in ["https://metadata.example/mcp", "https://victim.example/mcp"] {
        world.reply(elsewhere, Reply::ok(prm(victim, ISSUER)));
        assert_eq!(resource(&world), Err(Code::ResourceMismatch));
    }
}

#[test]
fn urls_that_are_never_opened_are_not_checked() {
    let world = Scripted::working();
    let rubbish = r#", "logo_uri": "javascript:alert(1)", "op_policy_uri": "http://x", "service_documentation": 5"#;
    world.reply(METADATA, Reply::ok(metadata(ISSUER, rubbish)));
    assert!(server(&world, ISSUER).is_ok());
}

#[test]
fn without_a_hint_the_well_known_urls_are_tried_in_order() {
    let world = Scripted::working();
    world.reply(SERVER, Reply::Challenge(401, "Bearer".into()));
    world.remove(PRM);
    world.reply(ROOT_PRM, Reply::ok(prm("https://mcp.example", ISSUER)));
    assert_eq!(resource(&world), Ok(("https://mcp.example".into(), "read write".into())));
    assert_eq!((world.requested(), world.steps()), (vec![SERVER.into(), PRM.into(), ROOT_PRM.into()], 2));
}

#[test]
fn a_server_without_cors_headers_on_its_401_is_found_by_its_metadata() {
    let world = Scripted::working();
    world.reply(SERVER, Reply::Fails(Code::Network));
    assert!(resource(&world).is_ok());
}

#[test]
fn the_challenged_scope_is_authoritative() {
    let world = Scripted::working();
    assert_eq!(resource(&world).unwrap().1, "read");
    world.reply(SERVER, Reply::Challenge(401, format!("Bearer resource_metadata=\"{PRM}\"")));
    assert_eq!(resource(&world).unwrap().1, "read write");
    world.reply(PRM, Reply::ok(format!(r#"{{"resource": "{SERVER}", "authorization_servers": ["{ISSUER}"]}}"#)));
    assert_eq!(resource(&world).unwrap().1, "");
}

#[test]
fn a_challenge_counts_only_on_a_401() {
    let world = Scripted::working();
    for status in [200, 400, 403] {
        world.reply(SERVER, Reply::Challenge(status, "Bearer resource_metadata=\"https://evil.example/prm\"".into()));
        world.forget_requests();
        // The scope comes from the metadata, too.
        assert_eq!(resource(&world), Ok((SERVER.into(), "read write".into())));
        assert_eq!(world.requested(), [SERVER, PRM], "{status}");
    }
}

#[test]
fn an_html_page_counts_as_no_metadata_unless_the_challenge_names_metadata() {
    // A server of 2025-03-26, which had no protected resource metadata. Its app sends its HTML page for every path.
    let world = Scripted::working();
    let page = || Reply::ok("<!doctype html>");
    world.reply(SERVER, Reply::Challenge(401, "Bearer".into()));
    world.reply(PRM, page());
    world.reply(ROOT_PRM, page());
    let server = ServerUrl::parse(SERVER).unwrap();
    let found = block_on(discover_resource(&world, &server, true)).unwrap();
    let AuthorizationServers::Origin(origin) = found.authorization_servers else { panic!("a page lists nothing") };
    assert_eq!(origin.as_str(), "https://mcp.example");
    // So does a response without CORS headers, as for most paths.
    world.reply(PRM, Reply::Fails(Code::CorsBlocked));
    assert!(resource(&world).is_ok());
    world.reply(PRM, page());

    // A challenge that names metadata is binding: nothing is sent to guessed endpoints.
    world.reply(SERVER, Reply::Challenge(401, format!("Bearer resource_metadata=\"{PRM}\"")));
    assert_eq!(resource(&world), Err(Code::InvalidResponse));
    world.remove(PRM);
    world.remove(ROOT_PRM);
    assert_eq!(resource(&world), Err(Code::MetadataNotFound));
}

#[test]
fn the_fault_of_the_metadata_is_reported_if_the_server_is_unreadable() {
    let world = Scripted::working();
    world.reply(SERVER, Reply::Fails(Code::CorsBlocked));
    world.reply(PRM, Reply::ok(prm("https://other.example/mcp", ISSUER)));
    assert_eq!(resource(&world), Err(Code::ResourceMismatch));
    for unanswered in [Code::Network, Code::CorsBlocked, Code::Timeout] {
        world.reply(PRM, Reply::Fails(unanswered));
        world.reply(SERVER, Reply::Fails(Code::ResponseTooLarge));
        assert_eq!(resource(&world), Err(Code::ResponseTooLarge));
    }
}

#[test]
fn each_fault_of_a_resource_has_its_code() {
    let faults: [(&str, Reply, Code); 12] = [
        (SERVER, Reply::Challenge(401, "Bearer resource_metadata=\"javascript:alert(1)\"".into()), Code::InsecureUrl),
        (
            SERVER,
            Reply::Challenge(401, "Bearer resource_metadata=\"http://mcp.example/prm\"".into()),
            Code::InsecureUrl,
        ),
        (PRM, Reply::ok("<!doctype html>"), Code::InvalidResponse),
        (PRM, Reply::ok("[]"), Code::InvalidResponse),
        (PRM, Reply::ok(prm("https://other.example/mcp", ISSUER)), Code::ResourceMismatch),
        (PRM, Reply::ok(prm(SERVER, "http://as.example")), Code::InsecureUrl),
        (PRM, Reply::Fails(Code::ResponseTooLarge), Code::ResponseTooLarge),
        (PRM, Reply::Fails(Code::Timeout), Code::Timeout),
        (PRM, Reply::Json(503, String::new()), Code::HttpStatus),
        // The metadata may be there later.
        (PRM, Reply::Json(408, String::new()), Code::HttpStatus),
        (PRM, Reply::Json(425, String::new()), Code::HttpStatus),
        (PRM, Reply::Json(429, String::new()), Code::HttpStatus),
    ];
    for (url, reply, code) in faults {
        let world = Scripted::working();
        world.reply(url, reply);
        assert_eq!(resource(&world), Err(code), "{url}");
    }
}

#[test]
fn the_error_names_a_server_that_is_down() {
    let world = Scripted::default();
    for url in [SERVER, PRM, ROOT_PRM] {
        world.reply(url, Reply::Fails(Code::Network));
    }
    let error = block_on(discover_resource(&world, &ServerUrl::parse(SERVER).unwrap(), true)).unwrap_err();
    assert_eq!((error.code(), error.url(), error.step().name()), (Code::Network, Some(SERVER), "challenge"));
}

#[test]
fn a_server_that_requires_no_authorization_is_reported() {
    let world = Scripted::default();
    let failure = |status| {
        world.reply(SERVER, Reply::Json(status, "{}".into()));
        block_on(discover_resource(&world, &ServerUrl::parse(SERVER).unwrap(), true)).unwrap_err()
    };
    for status in [200, 202, 400, 404, 405, 415] {
        let error = failure(status);
        assert_eq!((error.code(), error.status()), (Code::AuthorizationNotRequired, Some(status)));
        // If the request succeeds, the path is right.
        assert_eq!(error.message().ends_with("Check its path."), status >= 400, "{status}: {}", error.message());
    }
    // RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4: the server may ask for a token later.
    for status in [408, 425, 429, 500, 503] {
        assert_eq!(failure(status).code(), Code::HttpStatus);
    }
}

#[test]
fn the_challenge_is_requested_with_a_harmless_ping() {
    let world = Scripted::working();
    resource(&world).unwrap();
    assert_eq!(world.posted(SERVER), [r#"{"jsonrpc":"2.0","id":0,"method":"ping"}"#]);
}

#[test]
fn metadata_that_redirects_to_another_origin_is_not_used() {
    let world = Scripted::working();
    world.reply("https://evil.example/prm", Reply::ok(prm(SERVER, ISSUER)));
    world.reply(PRM, Reply::RedirectTo("https://evil.example/prm".into()));
    assert_eq!(resource(&world), Err(Code::InvalidResponse));
    world.reply("https://mcp.example/moved", Reply::ok(prm(SERVER, ISSUER)));
    world.reply(PRM, Reply::RedirectTo("https://mcp.example/moved".into()));
    assert!(resource(&world).is_ok());
}

#[test]
fn server_metadata_is_searched_for_in_the_order_of_the_specification() {
    let world = Scripted::working();
    world.remove(METADATA);
    world.reply(OPENID, Reply::ok(metadata(ISSUER, "")));
    for turns in [1, 5] {
        world.takes(METADATA, turns);
        world.forget_requests();
        assert_eq!(server(&world, ISSUER), Ok(TOKEN.into()));
        // They are requested in parallel: the order decides which one counts.
        assert_eq!((world.requested(), world.steps()), (vec![METADATA.into(), OPENID.into()], 1));
    }
    world.reply(METADATA, Reply::ok(metadata(ISSUER, "").replace(TOKEN, "https://as.example/better")));
    assert_eq!(server(&world, ISSUER), Ok("https://as.example/better".into()));

    world.forget_requests();
    let suffix = "https://as.example/t/.well-known/openid-configuration";
    world.reply(suffix, Reply::ok(metadata("https://as.example/t", "")));
    assert!(server(&world, "https://as.example/t").is_ok());
    assert_eq!(
        world.requested(),
        [
            "https://as.example/.well-known/oauth-authorization-server/t",
            "https://as.example/.well-known/openid-configuration/t",
            suffix
        ]
    );
}

#[test]
fn a_document_of_another_issuer_is_not_used_and_does_not_hide_the_next() {
    // RFC 8414 §3.3: "the data contained in the response MUST NOT be used".
    let world = Scripted::working();
    world.reply(METADATA, Reply::ok(metadata("https://evil.example", "")));
    assert_eq!(server(&world, ISSUER), Err(Code::IssuerMismatch));
    world.reply(OPENID, Reply::ok(metadata(ISSUER, "")));
    assert_eq!(server(&world, ISSUER), Ok(TOKEN.into()));
    // A web app that answers every path with its HTML page.
    world.reply(METADATA, Reply::ok("<!doctype html>"));
    assert_eq!(server(&world, ISSUER), Ok(TOKEN.into()));
}

#[test]
fn each_fault_of_an_authorization_server_has_its_code() {
    let body = |from: &str, to: &str| Reply::ok(metadata(ISSUER, "").replace(from, to));
    let faults: [(Reply, Code); 8] = [
        (Reply::Json(404, String::new()), Code::MetadataNotFound),
        (Reply::ok("<!doctype html>"), Code::InvalidResponse),
        (Reply::Fails(Code::ResponseTooLarge), Code::ResponseTooLarge),
        (body("\"S256\"", "\"plain\""), Code::PkceUnsupported),
        (body("code_challenge_methods_supported", "x"), Code::PkceUnsupported),
        (body("https://as.example/authorize", "javascript:alert(1)"), Code::InsecureUrl),
        (body(TOKEN, "http://as.example/token"), Code::InsecureUrl),
        (body("https://as.example\"", "https://as.example/t\""), Code::IssuerMismatch),
    ];
    for (reply, code) in faults {
        let world = Scripted::working();
        world.reply(METADATA, reply);
        assert_eq!(server(&world, ISSUER), Err(code));
    }
}
