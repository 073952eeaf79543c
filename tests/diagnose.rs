//! The diagnosis over scripted exchanges: what is asked, and what a page may not read.

use std::cell::RefCell;
use std::collections::BTreeMap;

use mcp_authorize::Code;
use mcp_authorize::diagnose::{App, AsPage, Probe, Raw, RawAnswer, Report, Status, diagnose};
use mcp_authorize::ports::Json;
use mcp_authorize::protocol::Url;
use mcp_authorize::protocol::json::Value;

const ORIGIN: &str = "https://app.example";
const SERVER: &str = "https://mcp.example/mcp";
const PRM: &str = "https://mcp.example/.well-known/oauth-protected-resource/mcp";
const AS: &str = "https://as.example/.well-known/oauth-authorization-server";
const REGISTER: &str = "https://as.example/register";

/// Status, headers and body at a URL.
type Reply = (u16, Vec<(&'static str, String)>, String);

struct World {
    replies: BTreeMap<String, Reply>,
    /// Headers that no preflight allows.
    refused: Vec<&'static str>,
    sent: RefCell<Vec<String>>,
}

impl World {
    fn working() -> Self {
        let challenge = ("www-authenticate", format!("Bearer resource_metadata=\"{PRM}\", scope=\"a\""));
        let expose = ("access-control-expose-headers", "WWW-Authenticate".into());
        let error = || (400, Vec::new(), r#"{"error": "invalid_grant"}"#.to_owned());
        let prm = format!(r#"{{"resource": "{SERVER}", "authorization_servers": ["https://as.example"]}}"#);
        let metadata = r#"{"issuer": "https://as.example", "authorization_endpoint": "https://as.example/a",
            "token_endpoint": "https://as.example/token", "registration_endpoint": "https://as.example/register",
            "code_challenge_methods_supported": ["S256"]}"#;
        let replies = [
            (SERVER, (401, vec![challenge, expose], String::new())),
            (PRM, (200, Vec::new(), prm)),
            (AS, (200, Vec::new(), metadata.into())),
            (REGISTER, error()),
            ("https://as.example/token", error()),
        ];
        let replies = replies.into_iter().map(|(url, reply)| (url.to_owned(), reply)).collect();
        Self { replies, refused: Vec::new(), sent: RefCell::default() }
    }

    fn report(&self, register: bool) -> Report {
        self.report_on(SERVER, register)
    }

    fn report_on(&self, server: &str, register: bool) -> Report {
        let app = App {
            name: "test".into(),
            redirect_uri: Url::parse("https://app.example/callback").unwrap(),
            origin: ORIGIN.into(),
            pre_registered: false,
            has_metadata_document: false,
            register,
        };
        pollster::block_on(diagnose(&AsPage { raw: self, origin: ORIGIN }, server, &app))
    }

    fn failures(&self) -> Vec<(&'static str, String)> {
        let findings = self.report(false).findings.into_iter();
        let failures = findings.filter(|finding| finding.status == Status::Failure);
        failures.map(|finding| (finding.id, finding.remedy.unwrap())).collect()
    }
}

impl Json for World {
    fn parse_json(&self, text: &str) -> Option<Value> {
        serde_json::from_str::<serde_json::Value>(text).ok().map(Into::into)
    }
}

impl Raw for World {
    async fn exchange(&self, probe: &Probe, method: &str, more: &[(&str, &str)]) -> Result<RawAnswer, Code> {
        let body = probe.body.clone().unwrap_or_default();
        self.sent.borrow_mut().push(format!("{method} {} {body}", probe.url.as_str()));
        let (status, headers, body) =
            self.replies.get(probe.url.as_str()).cloned().unwrap_or((404, Vec::new(), String::new()));
        let mut headers: Vec<_> = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        if !headers.iter().any(|(name, _)| name == "access-control-allow-origin") {
            headers.push(("access-control-allow-origin".into(), "*".into()));
        }
        if method != "OPTIONS" {
            return Ok(RawAnswer { status, redirected_to: None, headers, body });
        }
        let asked = more.iter().find(|(name, _)| *name == "access-control-request-headers").unwrap().1;
        let allowed: Vec<&str> = asked.split(',').filter(|name| !self.refused.contains(name)).collect();
        headers.push(("access-control-allow-headers".into(), allowed.join(", ")));
        Ok(RawAnswer { status: 204, redirected_to: None, headers, body: String::new() })
    }
}

#[test]
fn a_server_that_works_has_no_failure() {
    assert_eq!(World::working().failures(), []);
}

#[test]
fn nothing_is_registered_unless_asked_for() {
    // RFC 7591 §3.1: a registration is a JSON object. What is sent is none.
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
fn the_remedy_is_the_header_or_the_member() {
    let mut world = World::working();
    world.refused = vec!["mcp-protocol-version"];
    let expected = "Access-Control-Allow-Headers: Mcp-Protocol-Version".to_owned();
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
fn the_place_for_metadata_has_the_query_of_the_server() {
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
fn all_problems_are_told_at_once() {
    let mut world = World::working();
    let prm = &mut world.replies.get_mut(PRM).unwrap().2;
    *prm = prm.replace(SERVER, "https://other.example/mcp");
    world.replies.get_mut(AS).unwrap().2 = r#"{"issuer": "https://as.example/"}"#.into();
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
fn a_404_without_cors_at_one_more_place_is_no_unusable_document() {
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
        assert_eq!(finding.detail, "A page can't read the answer, which may be that there is none.");
    }
}

#[test]
fn of_a_challenge_that_the_page_may_not_read_nothing_is_said() {
    let mut world = World::working();
    world.replies.get_mut(SERVER).unwrap().1.push(("access-control-allow-origin", "https://other.example".into()));
    let findings = world.report(false).findings;
    let finding = findings.iter().find(|finding| finding.id == "challenge.header").unwrap();
    assert_eq!((finding.status, finding.detail.as_str()), (Status::Skipped, "The page can't read the answer."));
}
