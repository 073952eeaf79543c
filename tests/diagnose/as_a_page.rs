//! What a page may not read, and what is reported if a platform knows less than plain HTTP does.

use mcp_authorize::diagnose::{Answer, AsPage, Finding, Probe, Raw, RawAnswer, Report, Status, Wire, diagnose};
use mcp_authorize::ports::{Json, TransportError};
use mcp_authorize::protocol::json::Value;
use serde::Serialize;

use crate::scripted::*;

/// A browser: it does not say why a response may not be read, or which headers it hides.
struct Browser<'a> {
    world: &'a World,
    /// Whether `*` may have allowed the header Authorization.
    doubts: bool,
}

impl Json for Browser<'_> {
    fn parse_json(&self, text: &str) -> Option<Value> {
        self.world.parse_json(text)
    }

    fn write_json(&self, value: &impl Serialize) -> mcp_authorize::Result<String> {
        self.world.write_json(value)
    }
}

impl Wire for Browser<'_> {
    async fn send(&self, probe: &Probe) -> Result<Answer, TransportError> {
        let answer = AsPage { raw: self.world, origin: ORIGIN }.send(probe).await?;
        if answer.blocked.is_some() {
            return Err(TransportError::Blocked { why: String::new(), cause: None });
        }
        let doubted = self.doubts && probe.headers.iter().any(|(name, _)| *name == "authorization");
        Ok(Answer { hidden: None, exposed: None, doubted, ..answer })
    }
}

fn in_a_browser(world: &World, doubts: bool) -> Report {
    pollster::block_on(diagnose(&Browser { world, doubts }, SERVER, &world.app(false)))
}

fn find<'a>(report: &'a Report, id: &str) -> Option<&'a Finding> {
    report.findings.iter().find(|finding| finding.id == id)
}

#[test]
fn what_a_browser_does_not_know_is_not_reported() {
    let report = in_a_browser(&World::complete(), false);
    assert!(report.findings.iter().all(|it| matches!(it.status, Status::Pass | Status::Skipped)));
    // The page of the authorization endpoint is for the user, and the names of hidden headers are unknown.
    assert!(find(&report, "authorization.endpoint").is_none());
    assert!(find(&report, "request.session_id").is_none());
    let mut world = World::complete();
    world.failures.insert(SERVER, || TransportError::Unreachable(None));
    assert_eq!(find(&in_a_browser(&world, false), "challenge.reachable").unwrap().detail, "It could not be reached.");
    let mut world = World::complete();
    world.replies.get_mut(TOKEN).unwrap().1.clear();
    assert!(find(&in_a_browser(&world, false), "token.dpop_nonce").is_none());
}

#[test]
fn a_challenge_that_may_be_hidden_is_reported_as_missing_or_hidden() {
    let mut world = World::complete();
    world.replies.get_mut(SERVER).unwrap().1.clear();
    let report = in_a_browser(&world, false);
    assert_eq!(find(&report, "challenge.header").unwrap().detail, "It is missing, or hidden from pages.");
}

#[test]
fn a_blocked_response_ends_the_checks_that_need_it() {
    let mut world = World::complete();
    closed(SERVER)(&mut world);
    let report = in_a_browser(&world, false);
    assert_eq!(find(&report, "challenge.cors").unwrap().status, Status::Failure);
    assert_eq!(find(&report, "challenge.status").unwrap().detail, "The page can't read the answer.");
    assert_eq!(find(&report, "challenge.header").unwrap().detail, "The page can't read the answer.");
    for (url, id, detail) in [
        (AS, "authorization_server_metadata.cors", "The server answers, but the page may not read the answer. "),
        (
            OPENID,
            "authorization_server_metadata.place.openid",
            "A page can't read the answer. There may be no document here.",
        ),
    ] {
        let mut world = World::complete();
        closed(url)(&mut world);
        assert_eq!(find(&in_a_browser(&world, false), id).unwrap().detail, detail);
    }
    let mut world = World::complete();
    closed(TOKEN)(&mut world);
    let report = in_a_browser(&world, false);
    assert_eq!(find(&report, "token.cors").unwrap().status, Status::Failure);
    assert!(find(&report, "token.answer").is_none());
}

#[test]
fn a_wildcard_that_may_have_allowed_authorization_is_a_warning() {
    // Fetch §2.2.2, CORS non-wildcard request-header name: a browser that lets `*` allow Authorization can't tell.
    let report = in_a_browser(&World::complete(), true);
    let finding = find(&report, "request.cors").unwrap();
    assert_eq!(finding.status, Status::Warning);
    assert!(finding.detail.starts_with("It allows any header"), "{}", finding.detail);
    assert!(finding.remedy.as_ref().unwrap().ends_with(
        "Access-Control-Allow-Headers: Authorization, Content-Type, Mcp-Protocol-Version, Mcp-Session-Id, DPoP"
    ));
    // If a made-up header is refused, there is no wildcard: the server lists the headers that it allows.
    let mut world = World::complete();
    world.refused.push("mcp-authorize-diagnose");
    assert_eq!(find(&in_a_browser(&world, true), "request.cors").unwrap().status, Status::Pass);
}

#[test]
fn a_page_sends_a_preflight_before_requests_that_need_one() {
    // Fetch §4.8: a preflight names the method and, sorted, the headers that are not safelisted (§2.2.2).
    let world = World::complete();
    world.report(false);
    let sent = world.sent.borrow();
    let preflights = |url: &str| -> Vec<String> {
        let asks = sent.iter().filter_map(|line| line.strip_prefix(&format!("OPTIONS {url} ")));
        asks.map(str::to_owned).collect()
    };
    let call = "POST authorization,content-type,dpop,mcp-protocol-version,mcp-session-id";
    assert_eq!(preflights(SERVER), [call]);
    assert_eq!(preflights(REGISTER), ["POST content-type"]);
    assert_eq!(preflights(TOKEN), ["POST dpop"]);
    for url in [PRM, ROOT_PRM, AS, OPENID, AUTHORIZE, PUSH, REVOKE] {
        assert_eq!(preflights(url), Vec::<String>::new(), "{url}");
    }
}

#[test]
fn proofs_are_sent_if_both_servers_support_dpop() {
    // RFC 9449 §7.1: a resource server that accepts bound tokens says so in its challenge, or in its metadata.
    let proofs = |challenge: &'static str, metadata: &'static str, algorithm: &'static str| {
        let mut world = World::complete();
        let headers = &mut world.replies.get_mut(SERVER).unwrap().1;
        headers[0].1 = format!("{challenge} resource_metadata=\"{PRM}\"");
        edit(PRM, "}", metadata)(&mut world);
        edit(AS, "ES256", algorithm)(&mut world);
        world.report(false);
        let sent = world.sent.borrow();
        sent.iter().any(|line| line.starts_with("OPTIONS https://mcp.example/mcp") && line.contains("dpop"))
    };
    assert!(proofs("DPoP", "}", "ES256"));
    assert!(proofs("Bearer", r#", "dpop_signing_alg_values_supported": ["ES256"]}"#, "ES256"));
    assert!(!proofs("Bearer", "}", "ES256"));
    assert!(!proofs("DPoP", "}", "RS256"));
}

#[test]
fn a_server_on_the_pages_own_origin_needs_no_cors() {
    // Fetch §4.1: a request to the page's own origin is not a CORS request.
    let server = "https://app.example/mcp";
    let prm = "https://app.example/.well-known/oauth-protected-resource/mcp";
    let mut world = World::complete();
    let (_, _, document) = world.replies.remove(PRM).unwrap();
    world.replies.insert(prm.into(), (200, Vec::new(), document.replace(SERVER, server)));
    let challenge = format!("DPoP resource_metadata=\"{prm}\", scope=\"a\"");
    world.replies.insert(server.into(), (401, vec![("www-authenticate", challenge)], String::new()));
    closed("https://app.example/mcp")(&mut world);
    closed("https://app.example/.well-known/oauth-protected-resource/mcp")(&mut world);
    let report = world.report_on(server, false);
    let faults = report.findings.iter().filter(|it| matches!(it.status, Status::Failure | Status::Warning));
    // Its session ID is hidden only from pages of other origins.
    assert_eq!(faults.map(|it| it.id).collect::<Vec<_>>(), ["request.session_id"]);
    assert!(!world.sent.borrow().iter().any(|line| line.starts_with("OPTIONS https://app.example")));
}

#[test]
fn a_url_that_cannot_be_used_is_the_only_finding() {
    let world = World::complete();
    for (server, detail, remedy) in [
        ("rubbish", "This is not an absolute URL.", "https://mcp.example.com/mcp"),
        (
            "http://mcp.example/mcp",
            "Tokens are sent only over https, and an https page can't request an http URL.",
            "https://mcp.example/mcp",
        ),
    ] {
        let report = world.report_on(server, false);
        let [finding] = report.findings.as_slice() else { panic!("{server} must have one finding") };
        assert_eq!((finding.id, finding.status, finding.detail.as_str()), ("server.https", Status::Failure, detail));
        assert_eq!((finding.remedy.as_deref(), report.server.as_str()), (Some(remedy), server));
    }
    assert_eq!(world.sent.borrow().len(), 0);
}

#[test]
fn a_finding_has_its_exchange_and_the_section_of_its_specification() {
    let report = World::complete().report(false);
    let finding = find(&report, "resource_metadata.json").unwrap();
    let asked = finding.request.as_ref().unwrap();
    assert_eq!((asked.method, asked.url.as_str(), asked.status), ("GET", PRM, Some(200)));
    assert_eq!((finding.spec, finding.step.name()), ("RFC 9728 §3.2", "resource_metadata"));
    // A query may hold secrets, which do not belong in a report.
    let mut world = World::complete();
    edit(AS, "https://as.example/token", "https://as.example/token?key=s3cret")(&mut world);
    let report = world.report(false);
    let asked = find(&report, "token.cors").unwrap().request.as_ref().unwrap();
    assert_eq!((asked.method, asked.url.as_str(), asked.status), ("POST", TOKEN, Some(404)));
    assert_eq!(find(&report, "authorization.endpoint").unwrap().request.as_ref().unwrap().status, Some(200));
}

#[test]
fn a_platform_that_knows_why_a_server_is_unreachable_says_so() {
    struct Knowing(World);
    impl Json for Knowing {
        fn parse_json(&self, text: &str) -> Option<Value> {
            self.0.parse_json(text)
        }

        fn write_json(&self, value: &impl Serialize) -> mcp_authorize::Result<String> {
            self.0.write_json(value)
        }
    }
    impl Raw for Knowing {
        fn reason(&self, _: &TransportError) -> Option<(String, &'static str)> {
            Some(("Its certificate has expired.".into(), "Renew it."))
        }

        async fn exchange(
            &self,
            probe: &Probe,
            method: &str,
            more: &[(&str, &str)],
        ) -> Result<RawAnswer, TransportError> {
            self.0.exchange(probe, method, more).await
        }
    }
    let mut world = World::complete();
    world.failures.insert(SERVER, || TransportError::Unreachable(None));
    let app = world.app(false);
    let report = pollster::block_on(diagnose(&AsPage { raw: &Knowing(world), origin: ORIGIN }, SERVER, &app));
    let finding = find(&report, "challenge.reachable").unwrap();
    assert_eq!(
        (finding.detail.as_str(), finding.remedy.as_deref()),
        ("Its certificate has expired.", Some("Renew it."))
    );
}
