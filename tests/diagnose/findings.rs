//! Each fault has its own finding, with its remedy.

use mcp_authorize::diagnose::{App, AsPage, Status, diagnose};

use crate::scripted::*;

#[test]
fn a_server_that_works_has_no_failure() {
    assert_eq!(World::working().failures(), []);
}

#[test]
fn nothing_is_registered_unless_asked_for() {
    // RFC 7591 §3.1: a registration is a JSON object. The probe sends only `{`, which is not one.
    let world = World::working();
    let posted = |world: &World| -> Vec<String> {
        let sent = world.sent.borrow();
        sent.iter().filter(|line| line.starts_with("POST https://as.example/register")).cloned().collect()
    };
    world.report(false);
    assert_eq!(posted(&world), ["POST https://as.example/register {"]);
    world.report(true);
    assert!(posted(&world).last().unwrap().contains("redirect_uris"));
}

#[test]
fn the_remedy_is_the_header_or_the_member_to_set() {
    let mut world = World::working();
    world.refused = vec!["mcp-protocol-version"];
    // The whole line: one with only the missing name would remove the others.
    let all = "Authorization, Content-Type, Mcp-Protocol-Version, Mcp-Session-Id";
    let expected = format!("Access-Control-Allow-Headers: {all}");
    assert_eq!(world.failures(), [("request.cors", expected)]);

    let mut world = World::working();
    world.replies.get_mut(AS).unwrap().1.push(("access-control-allow-origin", "https://other.example".into()));
    let expected = format!("Access-Control-Allow-Origin: {ORIGIN}");
    assert_eq!(world.failures(), [("authorization_server_metadata.cors", expected)]);

    let mut world = World::working();
    let metadata = &mut world.replies.get_mut(AS).unwrap().2;
    *metadata = metadata.replace("S256", "plain");
    let expected = "\"code_challenge_methods_supported\": [\"S256\"]".to_owned();
    assert_eq!(world.failures(), [("authorization_server_metadata.pkce", expected)]);
}

#[test]
fn the_metadata_url_has_the_query_of_the_server() {
    // RFC 9728 §3.1: the well-known string goes "between the host component and the path and/or query components".
    let mut world = World::working();
    let server = format!("{SERVER}?tenant=1");
    let challenge = ("www-authenticate", "Bearer".to_owned());
    let expose = ("access-control-expose-headers", "WWW-Authenticate".to_owned());
    world.replies.insert(server.clone(), (401, vec![challenge, expose], String::new()));
    let findings = world.report_on(&server, false).findings;
    let found = findings.iter().find(|finding| finding.id == "resource_metadata.found").unwrap();
    let remedy = found.remedy.as_deref().unwrap();
    assert!(remedy.starts_with(&format!("At {PRM}?tenant=1: {{")), "{remedy}");
}

#[test]
fn all_problems_are_reported_at_once() {
    let mut world = World::working();
    let prm = &mut world.replies.get_mut(PRM).unwrap().2;
    *prm = prm.replace(SERVER, "https://other.example/mcp");
    world.replies.get_mut(AS).unwrap().2 = r#"{"issuer": "https://other.example"}"#.into();
    let ids: Vec<_> = world.failures().into_iter().map(|(id, _)| id).collect();
    assert_eq!(
        ids,
        [
            "resource_metadata.resource",
            "authorization_server_metadata.issuer",
            "authorization_server_metadata.authorization_endpoint",
            "authorization_server_metadata.token_endpoint",
            "authorization_server_metadata.pkce",
            "authorization_server_metadata.registration",
        ]
    );
}

#[test]
fn a_404_without_cors_headers_at_an_optional_url_is_no_failure() {
    let mut world = World::working();
    let not_found = || (404, vec![("access-control-allow-origin", "https://other.example".to_owned())], String::new());
    for url in [
        "https://mcp.example/.well-known/oauth-protected-resource",
        "https://as.example/.well-known/openid-configuration",
    ] {
        world.replies.insert(url.into(), not_found());
    }
    let findings = world.report(false).findings;
    for id in ["resource_metadata.place.root", "authorization_server_metadata.place.openid"] {
        let finding = findings.iter().find(|finding| finding.id == id).unwrap();
        assert_eq!(finding.status, Status::Skipped, "{id}");
        assert_eq!(finding.detail, "There is no document here.");
    }
}

#[test]
fn a_challenge_that_the_page_may_not_read_is_still_checked() {
    let mut world = World::working();
    world.replies.get_mut(SERVER).unwrap().1.push(("access-control-allow-origin", "https://other.example".into()));
    let findings = world.report(false).findings;
    let status = |id| findings.iter().find(|finding| finding.id == id).unwrap().status;
    assert_eq!((status("challenge.cors"), status("challenge.header")), (Status::Failure, Status::Pass));
}

#[test]
fn each_fault_has_its_own_finding() {
    const TOKEN: &str = "https://as.example/token";
    type Change = Box<dyn Fn(&mut World)>;
    let as_document = |from, to| Box::new(edit(AS, from, to)) as Change;
    let cases: Vec<(Change, &str, Status, &str)> = vec![
        (
            Box::new(replace(SERVER, 404, "")),
            "challenge.status",
            Status::Failure,
            "404: there is no MCP server at this path",
        ),
        (Box::new(replace(SERVER, 405, "")), "challenge.status", Status::Failure, "HTTP+SSE"),
        (Box::new(replace(SERVER, 429, "")), "challenge.status", Status::Failure, "overloaded"),
        (Box::new(replace(TOKEN, 415, "")), "token.answer", Status::Failure, "does not accept forms"),
        (Box::new(replace(TOKEN, 400, "")), "token.answer", Status::Warning, "without an OAuth error"),
        (Box::new(replace(TOKEN, 404, "")), "token.answer", Status::Failure, "404"),
        (Box::new(replace(REGISTER, 401, "")), "registration.open", Status::Failure, "clientId"),
        (Box::new(replace(REGISTER, 404, "")), "registration.open", Status::Failure, "initialAccessToken"),
        (Box::new(replace("https://as.example/a", 404, "")), "authorization.endpoint", Status::Failure, "404"),
        (Box::new(replace(PRM, 429, "")), "resource_metadata.found", Status::Failure, "429"),
        (
            Box::new(edit(
                PRM,
                "https://as.example\"]",
                "https://as.example/.well-known/oauth-authorization-server\"]",
            )),
            "resource_metadata.authorization_servers",
            Status::Failure,
            "\"authorization_servers\": [\"https://as.example\"]",
        ),
        (
            as_document("as.example/a\"", "as.example/a?client_id=x\""),
            "authorization.query",
            Status::Failure,
            "client_id",
        ),
        (
            as_document("\"code_challenge", "\"scopes_supported\": \"a b\", \"code_challenge"),
            "authorization_server_metadata.shapes",
            Status::Warning,
            "scopes_supported",
        ),
        (
            as_document("as.example\",", "as.example/\","),
            "authorization_server_metadata.issuer",
            Status::Warning,
            "the same URL",
        ),
    ];
    for (change, id, status, text) in cases {
        let problems = problems(&change, |_| {});
        let found = problems.iter().find(|finding| finding.0 == id);
        let (_, found_status, found_text) = found.unwrap_or_else(|| panic!("{id} is not among {problems:?}"));
        assert!(*found_status == status && found_text.contains(text), "{id}: {found_status:?} {found_text}");
    }
}

#[test]
fn the_apps_options_prevent_false_alarms() {
    let without_pkce = |world: &mut World| edit(AS, "S256", "plain")(world);
    let trusts = |app: &mut App| app.trust_pkce = vec!["https://as.example".into()];
    assert_eq!(problems(without_pkce, |_| {})[0].1, Status::Failure);
    assert_eq!(problems(without_pkce, trusts)[0].1, Status::Warning);
    // A server that allows only the origins of registered clients needs the app's client ID.
    let world = World::working();
    let mut app = world.app(false);
    app.client_id = Some("own & only".into());
    pollster::block_on(diagnose(&AsPage { raw: &world, origin: ORIGIN }, SERVER, &app));
    let sent = world.sent.borrow();
    assert!(
        sent.iter()
            .any(|line| line.starts_with("POST https://as.example/token") && line.contains("client_id=own+%26+only"))
    );
}

#[test]
fn a_parameter_that_is_ignored_is_reported() {
    let challenge = |world: &mut World| {
        let (_, headers, _) = world.replies.get_mut(SERVER).unwrap();
        headers[0].1 = format!("Bearer resource_metadata=\"{PRM}\", scope=read:data");
    };
    let problems = problems(challenge, |_| {});
    let (_, status, text) = problems.iter().find(|finding| finding.0 == "challenge.parameters").unwrap();
    assert!(*status == Status::Warning && text.contains("\"scope\""), "{text}");
}

#[test]
fn a_hidden_session_id_is_reported_with_the_whole_header() {
    let findings = World::working().report(false).findings;
    let finding = findings.iter().find(|finding| finding.id == "request.session_id").unwrap();
    assert_eq!(finding.status, Status::Warning);
    let remedy = "Access-Control-Expose-Headers: WWW-Authenticate, Mcp-Session-Id";
    assert_eq!(finding.remedy.as_deref(), Some(remedy));
}

#[test]
fn a_document_that_only_plain_http_can_read_is_still_checked() {
    let no_cors = |url: &'static str| {
        move |world: &mut World| {
            world.replies.get_mut(url).unwrap().1.push(("access-control-allow-origin", "https://other.example".into()));
        }
    };
    let both = |world: &mut World| {
        no_cors(PRM)(world);
        no_cors(AS)(world);
        edit(AS, "S256", "plain")(world);
    };
    let ids: Vec<_> = problems(both, |_| {}).into_iter().map(|(id, ..)| id).collect();
    let expected =
        ["resource_metadata.cors", "authorization_server_metadata.cors", "authorization_server_metadata.pkce"];
    assert_eq!(ids, expected);
}

#[test]
fn the_apps_own_document_is_checked_too() {
    // draft-ietf-oauth-client-id-metadata-document §4.1: "The client_id property … MUST match the URL of the document using
    // a simple string comparison".
    let url = "https://app.example/client.json";
    let mut world = World::working();
    let document = |client_id: &str| {
        format!(
            r#"{{"client_id": "{client_id}", "client_name": "Example", "token_endpoint_auth_method": "none",
                "redirect_uris": ["https://app.example/callback"]}}"#
        )
    };
    let report = |world: &World| {
        let app = App { metadata_document: Some(url.into()), ..world.app(false) };
        pollster::block_on(diagnose(&AsPage { raw: world, origin: ORIGIN }, SERVER, &app))
    };
    let failures = |world: &World| {
        let findings = report(world).findings.into_iter();
        findings.filter(|it| it.status == Status::Failure).map(|it| (it.id, it.remedy.unwrap())).collect::<Vec<_>>()
    };
    world.replies.insert(url.into(), (200, Vec::new(), document(url)));
    assert_eq!(failures(&world), []);
    assert!(report(&world).findings.iter().any(|it| it.id == "registration.document.client_id"));
    world.replies.insert(url.into(), (200, Vec::new(), document("https://app.example/other.json")));
    assert_eq!(failures(&world), [("registration.document.client_id", format!("\"client_id\": \"{url}\""))]);
    // Authorization servers do not follow redirects. CORS does not apply to them.
    world.replies.insert(url.into(), (302, Vec::new(), document(url)));
    assert_eq!(failures(&world)[0].0, "registration.document.found");
    let elsewhere = vec![("access-control-allow-origin", "https://other.example".to_owned())];
    world.replies.insert(url.into(), (200, elsewhere, document(url)));
    assert_eq!(failures(&world), []);
}
