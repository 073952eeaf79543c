//! Exchanges on a scripted world: each test says what the servers answer at each URL.

use std::cell::RefCell;
use std::collections::BTreeMap;

use mcp_authorize::diagnose::{App, AsPage, Finding, Probe, Raw, RawAnswer, Report, Status, diagnose};
use mcp_authorize::ports::{Json, TransportError};
use mcp_authorize::protocol::RedirectUri;
use mcp_authorize::protocol::json::Value;
use serde::Serialize;

pub const ORIGIN: &str = "https://app.example";
pub const SERVER: &str = "https://mcp.example/mcp";
pub const PRM: &str = "https://mcp.example/.well-known/oauth-protected-resource/mcp";
pub const ROOT_PRM: &str = "https://mcp.example/.well-known/oauth-protected-resource";
pub const AS: &str = "https://as.example/.well-known/oauth-authorization-server";
pub const OPENID: &str = "https://as.example/.well-known/openid-configuration";
pub const AUTHORIZE: &str = "https://as.example/a";
pub const REGISTER: &str = "https://as.example/register";
pub const TOKEN: &str = "https://as.example/token";
pub const PUSH: &str = "https://as.example/par";
pub const REVOKE: &str = "https://as.example/revoke";

pub const ALLOW_ORIGIN: &str = "access-control-allow-origin";
pub const EXPOSE: &str = "access-control-expose-headers";

/// Status, headers and body at a URL.
pub type Reply = (u16, Vec<(&'static str, String)>, String);

pub struct World {
    pub replies: BTreeMap<String, Reply>,
    /// Headers that no preflight allows.
    pub refused: Vec<&'static str>,
    /// The status of the response to a preflight, where it is not 204.
    pub preflights: BTreeMap<&'static str, u16>,
    /// The URLs that do not answer, and why.
    pub failures: BTreeMap<&'static str, fn() -> TransportError>,
    /// The targets of redirects.
    pub redirects: BTreeMap<&'static str, &'static str>,
    /// Each request: method, URL, and the body, or the method and headers that a preflight asks for.
    pub sent: RefCell<Vec<String>>,
}

impl World {
    pub fn working() -> Self {
        let challenge = ("www-authenticate", format!("Bearer resource_metadata=\"{PRM}\", scope=\"a\""));
        let expose = (EXPOSE, "WWW-Authenticate".into());
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
            (AUTHORIZE, (200, Vec::new(), "<!doctype html>".into())),
            (TOKEN, error()),
        ];
        let replies = replies.into_iter().map(|(url, reply)| (url.to_owned(), reply)).collect();
        Self {
            replies,
            refused: Vec::new(),
            preflights: BTreeMap::new(),
            failures: BTreeMap::new(),
            redirects: BTreeMap::new(),
            sent: RefCell::default(),
        }
    }

    /// With everything that a server can offer, and nothing to improve.
    pub fn complete() -> Self {
        let mut world = Self::working();
        let challenge = format!("DPoP resource_metadata=\"{PRM}\", scope=\"a\", Bearer");
        let exposed = "WWW-Authenticate, Mcp-Session-Id".to_owned();
        world.replies.get_mut(SERVER).unwrap().1 = vec![("www-authenticate", challenge), (EXPOSE, exposed)];
        edit(PRM, "}", r#", "scopes_supported": ["a", "b"], "bearer_methods_supported": ["header", "body"]}"#)(
            &mut world,
        );
        let more = r#"["S256"], "response_types_supported": ["code"], "client_id_metadata_document_supported": true,
            "token_endpoint_auth_methods_supported": ["none"], "authorization_response_iss_parameter_supported": true,
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "revocation_endpoint": "https://as.example/revoke", "dpop_signing_alg_values_supported": ["ES256"],
            "pushed_authorization_request_endpoint": "https://as.example/par""#;
        edit(AS, r#"["S256"]"#, more)(&mut world);
        let nonce = vec![("dpop-nonce", "n".to_owned()), (EXPOSE, "DPoP-Nonce".to_owned())];
        world.replies.get_mut(TOKEN).unwrap().1 = nonce;
        world.replies.insert(REVOKE.into(), (200, Vec::new(), String::new()));
        world.replies.insert(PUSH.into(), (400, Vec::new(), r#"{"error": "invalid_client"}"#.into()));
        world.replies.insert(REGISTER.into(), (201, Vec::new(), r#"{"client_id": "registered"}"#.into()));
        world
    }

    pub fn report(&self, register: bool) -> Report {
        self.report_on(SERVER, register)
    }

    pub fn report_on(&self, server: &str, register: bool) -> Report {
        self.report_for(server, &self.app(register))
    }

    pub fn report_for(&self, server: &str, app: &App) -> Report {
        pollster::block_on(diagnose(&AsPage { raw: self, origin: ORIGIN }, server, app))
    }

    pub fn app(&self, register: bool) -> App {
        App {
            name: "test".into(),
            redirect_uri: RedirectUri::parse("https://app.example/callback").unwrap(),
            origin: ORIGIN.into(),
            client_id: None,
            trust_pkce: Vec::new(),
            metadata_document: None,
            register,
        }
    }

    pub fn failures(&self) -> Vec<(&'static str, String)> {
        let findings = self.report(false).findings.into_iter();
        let failures = findings.filter(|finding| finding.status == Status::Failure);
        failures.map(|finding| (finding.id, finding.remedy.unwrap())).collect()
    }
}

impl Json for World {
    fn parse_json(&self, text: &str) -> Option<Value> {
        serde_json::from_str::<serde_json::Value>(text).ok().map(Into::into)
    }

    fn write_json(&self, value: &impl Serialize) -> mcp_authorize::Result<String> {
        Ok(serde_json::to_string(value).unwrap())
    }
}

impl Raw for World {
    async fn exchange(&self, probe: &Probe, method: &str, more: &[(&str, &str)]) -> Result<RawAnswer, TransportError> {
        let url = probe.url.as_str();
        let more = |name: &str| more.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        assert_eq!(more("origin"), Some(ORIGIN), "Fetch §3.2: a page's request has its origin");
        let types = probe.headers.iter().filter(|(name, _)| *name == "content-type").count();
        assert_eq!(types, usize::from(probe.body.is_some()), "a body has one type: browsers add one if it is missing");
        let asked = more("access-control-request-headers");
        let body = probe.body.clone().unwrap_or_default();
        let content = asked.map_or(body, |asked| format!("{} {asked}", more("access-control-request-method").unwrap()));
        self.sent.borrow_mut().push(format!("{method} {url} {content}"));
        if let Some(failure) = self.failures.get(url) {
            return Err(failure());
        }
        let (status, headers, body) = self.replies.get(url).cloned().unwrap_or((404, Vec::new(), String::new()));
        let mut headers: Vec<_> = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        if !headers.iter().any(|(name, _)| name == ALLOW_ORIGIN) {
            headers.push((ALLOW_ORIGIN.into(), "*".into()));
        }
        let redirected_to = self.redirects.get(url).map(|to| (*to).to_owned());
        if method != "OPTIONS" {
            return Ok(RawAnswer { status, redirected_to, headers, body });
        }
        let allowed: Vec<&str> = asked.unwrap().split(',').filter(|name| !self.refused.contains(name)).collect();
        headers.push(("access-control-allow-headers".into(), allowed.join(", ")));
        let status = self.preflights.get(url).copied().unwrap_or(204);
        Ok(RawAnswer { status, redirected_to: None, headers, body: String::new() })
    }
}

/// The problems that a change to the world causes.
pub fn problems(change: impl Fn(&mut World), app: impl Fn(&mut App)) -> Vec<(&'static str, Status, String)> {
    let findings = |change: &dyn Fn(&mut World)| {
        let mut world = World::working();
        change(&mut world);
        let mut own = world.app(false);
        app(&mut own);
        let wrong = |finding: &Finding| matches!(finding.status, Status::Failure | Status::Warning);
        let wrong = world.report_for(SERVER, &own).findings.into_iter().filter(wrong);
        wrong.map(|it| (it.id, it.status, format!("{}; {}", it.detail, it.remedy.unwrap()))).collect::<Vec<_>>()
    };
    let intact = findings(&|_| {});
    findings(&change).into_iter().filter(|finding| !intact.contains(finding)).collect()
}

/// Replaces the response at a URL.
pub fn replace(url: &'static str, status: u16, body: &'static str) -> impl Fn(&mut World) {
    move |world| drop(world.replies.insert(url.into(), (status, Vec::new(), body.into())))
}

/// Replaces a text in the response at a URL.
pub fn edit(url: &'static str, from: &'static str, to: &'static str) -> impl Fn(&mut World) {
    move |world| {
        let body = &mut world.replies.get_mut(url).unwrap().2;
        assert!(body.contains(from), "{from}");
        *body = body.replace(from, to);
    }
}

/// Adds a header to the response at a URL.
pub fn add(url: &'static str, name: &'static str, value: &'static str) -> impl Fn(&mut World) {
    move |world| {
        world.replies.entry(url.into()).or_insert((404, Vec::new(), String::new())).1.push((name, value.into()))
    }
}

/// Pages may not read the response at a URL.
pub fn closed(url: &'static str) -> impl Fn(&mut World) {
    add(url, ALLOW_ORIGIN, "https://other.example")
}
