//! The MCP server as a protected resource: its challenge and its metadata (RFC 9728).

use super::report::{Check, Recorder};
use super::wire::{Outcome, Probe, Wire};
use crate::protocol::json::{Object, Value};
use crate::protocol::{
    DPOP_ALGORITHM, Issuer, ProtectedResourceMetadata, Resource, Scope, ServerUrl, Url, WwwAuthenticate,
};
use crate::{Code, Step};

/// What the next steps need.
pub(super) struct Found {
    pub issuer: Issuer,
    /// The server says itself who its authorization server is.
    pub listed: bool,
    pub scope: Scope,
    pub bearer_alone: bool,
    /// The page may read the MCP server's answers.
    pub readable: bool,
}

const fn challenge(id: &'static str, title: &'static str, spec: &'static str) -> Check {
    Check { id, step: Step::Challenge, title, spec }
}

const REACHABLE: Check = challenge("challenge.reachable", "The MCP server answers", "MCP 2026-07-28 transports");
const READABLE: Check = challenge("challenge.cors", "A page may read the MCP server's answers", "Fetch §4.10");
const STATUS: Check = challenge(
    "challenge.status",
    "Without a token the answer is 401",
    "MCP 2026-07-28 authorization, Error Handling; RFC 6750 §3.1",
);
const HEADER: Check =
    challenge("challenge.header", "A page may read WWW-Authenticate", "RFC 9110 §15.5.2; Fetch §2.2.2");
const HINT: Check =
    challenge("challenge.resource_metadata", "The challenge names the resource metadata", "RFC 9728 §5.1");
const SCOPE: Check = challenge(
    "challenge.scope",
    "The challenge, or the metadata, names the scopes to ask for",
    "MCP 2026-07-28 authorization, Scope Selection Strategy",
);

const fn metadata(id: &'static str, title: &'static str, spec: &'static str) -> Check {
    Check { id, step: Step::ResourceMetadata, title, spec }
}

const DISCOVERY: &str = "MCP 2026-07-28 authorization, Protected Resource Metadata Discovery Requirements";
const PLACES: [Check; 3] = [
    metadata("resource_metadata.place.challenge", "Metadata where the challenge says", "RFC 9728 §5.1"),
    metadata("resource_metadata.place.path", "Metadata at the server's path", DISCOVERY),
    metadata("resource_metadata.place.root", "Metadata at the root", DISCOVERY),
];
const FOUND: Check = metadata("resource_metadata.found", "There is resource metadata", DISCOVERY);
const CORS: Check = metadata("resource_metadata.cors", "A page may read the resource metadata", "Fetch §4.10");
const STAYS: Check =
    metadata("resource_metadata.redirect", "The resource metadata is no other origin's", "RFC 9728 §3.2");
const JSON: Check = metadata("resource_metadata.json", "The resource metadata is a JSON object", "RFC 9728 §3.2");
const RESOURCE: Check =
    metadata("resource_metadata.resource", "\"resource\" is this server or a parent path of it", "RFC 9728 §3.3");
const SERVERS: Check = metadata(
    "resource_metadata.authorization_servers",
    "\"authorization_servers\" names at least one",
    "MCP 2026-07-28 authorization, Authorization Server Location",
);
const SECURE: Check = metadata(
    "resource_metadata.https",
    "Authorization servers are https",
    "MCP 2026-07-28 authorization, Communication Security",
);
const METHODS: Check =
    metadata("resource_metadata.bearer_methods", "Tokens are taken in the Authorization header", "RFC 9728 §2");

/// What is at one place.
enum Place {
    Document(Object),
    Missing,
    Blocked(String),
    Failed(Code),
    Redirected(String),
    NoJson,
}

/// Nothing where the rest makes no sense.
pub(super) async fn check<W: Wire>(record: &mut Recorder<'_, W>, server: &ServerUrl) -> Option<Found> {
    let ping = r#"{"jsonrpc":"2.0","id":0,"method":"ping"}"#;
    let mut probe = Probe::post(server.url(), "text/plain", ping);
    probe.read = false;
    probe.headers = vec![("accept", "application/json, text/event-stream"), ("content-type", "text/plain")];
    let answer = match record.send(probe).await {
        Outcome::Failed(code) => {
            record.unreachable(&REACHABLE, code);
            return None;
        }
        Outcome::Blocked(why) => {
            record.pass(&REACHABLE, "");
            record.blocked(&READABLE, &why);
            None
        }
        Outcome::Answer(answer) => {
            record.pass(&REACHABLE, "");
            record.pass(&READABLE, "");
            Some(answer)
        }
    };
    let readable = answer.is_some();
    let status = answer.as_ref().map(|answer| answer.status);
    let asked = record.asked.clone();
    let field = answer.as_ref().and_then(|answer| answer.header("www-authenticate")).unwrap_or_default();
    let challenges = WwwAuthenticate::parse(field);
    let challenge = challenges.oauth().filter(|_| status == Some(401));

    let hint = challenge.and_then(|challenge| challenge.parameter("resource_metadata"));
    let parsed = hint.map(Url::parse);
    let hinted = parsed.as_ref().and_then(|parsed| parsed.as_ref().ok());
    let well_known = ProtectedResourceMetadata::well_known_urls(server);
    // The flow's order: where the challenge says, and then nowhere else.
    let mut places: Vec<(usize, Url)> = hinted.into_iter().map(|url| (0, url.clone())).collect();
    for (index, url) in well_known.iter().enumerate() {
        let root = index + 1 == well_known.len() && server.url().path() != "/";
        if Some(url) != hinted {
            places.push((if root { 2 } else { 1 }, url.clone()));
        }
    }
    let mut looked = Vec::new();
    for (kind, url) in places {
        let place = look(record, &url).await;
        looked.push((kind, url, place, record.asked.clone()));
    }
    let in_order = if hint.is_some() { usize::from(hinted.is_some()) } else { looked.len() };
    let usable = |place: &Place| match place {
        Place::Document(document) => ProtectedResourceMetadata::parse(document, server).is_ok(),
        _ => false,
    };
    let considered = looked.get(..in_order).unwrap_or_default();
    let chosen = considered
        .iter()
        .find(|(_, _, place, _)| usable(place))
        .or_else(|| considered.iter().find(|(_, _, place, _)| matches!(place, Place::Document(_))))
        .or_else(|| considered.iter().find(|(_, _, place, _)| !matches!(place, Place::Missing)));
    let document = match chosen {
        Some((_, _, Place::Document(document), _)) => Some(document),
        _ => None,
    };

    record.asked = asked.clone();
    match status {
        Some(401) => record.pass(&STATUS, ""),
        Some(200..300) => record.warning(
            &STATUS,
            "It answers without a token. Where that is meant, an app need not sign in.",
            "HTTP/1.1 401 Unauthorized",
        ),
        Some(_) => record.failure(&STATUS, "It asks for no token, and does not answer.", "HTTP/1.1 401 Unauthorized"),
        None => record.skipped(&STATUS, "The page can't read the answer."),
    }
    check_challenge(
        record,
        &answer_facts(status, field, &answer),
        hint,
        parsed.as_ref().map(Result::is_ok),
        document.is_some(),
    );

    for (kind, _, place, about) in &looked {
        let Some(check) = PLACES.get(*kind) else { continue };
        record.asked = about.clone();
        match place {
            Place::Document(_) if usable(place) => record.pass(check, ""),
            Place::Missing => record.skipped(check, "There is none here."),
            _ if chosen.is_some_and(|(_, _, chosen, _)| std::ptr::eq(chosen, place)) => {
                record.skipped(check, "What is here can't be used; see below.");
            }
            Place::Blocked(_) => record.unread_place(check),
            _ => record.warning(
                check,
                "What is here can't be used. Other clients may look here first.",
                "Serve the same document at each place.",
            ),
        }
    }
    if hint.is_some() && hinted.is_none() {
        record.skipped(&FOUND, "The challenge names a URL that can't be asked.");
        return None;
    }
    let Some((_, _, place, about)) = chosen else {
        if status == Some(401) && field.is_empty() {
            record.skipped(&FOUND, "It may be where the challenge says, which can't be read.");
            return None;
        }
        record.asked = looked.first().and_then(|(.., about)| about.clone());
        let place = looked.first().map_or("", |(_, url, ..)| url.as_str());
        let issuer = Issuer::parse(server.url().origin()).ok()?;
        let remedy =
            ["At ", place, ": {\"resource\": \"", server.as_str(), "\", \"authorization_servers\": [\"https://…\"]}"];
        record.failure(&FOUND, "There is none at any place where clients look.", &remedy.concat());
        return Some(Found { issuer, listed: false, scope: Scope::default(), bearer_alone: true, readable });
    };
    record.asked = about.clone();
    match place {
        Place::Failed(Code::ResponseTooLarge) => record.unreachable(&JSON, Code::ResponseTooLarge),
        Place::Failed(code) => record.unreachable(&FOUND, *code),
        _ => record.pass(&FOUND, ""),
    }
    match place {
        Place::Blocked(why) => record.blocked(&CORS, why),
        Place::Failed(_) => {}
        _ => record.pass(&CORS, ""),
    }
    match place {
        Place::Redirected(to) => {
            record.failure(&STAYS, &["It redirects to ", to].concat(), "Answer 200 at the URL itself.");
        }
        Place::NoJson => record.failure(&JSON, "What comes is no JSON object.", "Content-Type: application/json"),
        Place::Document(_) => record.pass(&JSON, ""),
        _ => {}
    }
    let document = document?;
    check_document(record, server, document);
    let scope = challenge.and_then(|challenge| challenge.scope());
    let listed = document.strings("scopes_supported").ok().flatten().map(Scope::from_tokens);
    record.asked = asked;
    let named = scope.is_some() || listed.is_some();
    record.prefer(&SCOPE, named, "An app has to guess, or asks for none.", "WWW-Authenticate: Bearer scope=\"…\"");
    let asks_for_bearer = challenge.is_some() && challenges.0.iter().all(|challenge| challenge.scheme != "dpop");
    let takes_dpop = document.flag("dpop_bound_access_tokens_required") == Ok(true)
        || document
            .strings("dpop_signing_alg_values_supported")
            .ok()
            .flatten()
            .is_some_and(|all| all.contains(&DPOP_ALGORITHM));
    let issuers = document.strings("authorization_servers").ok().flatten()?;
    let issuer = issuers.into_iter().find_map(|issuer| Issuer::parse(issuer).ok())?;
    let scope = scope.unwrap_or_default().union(&listed.unwrap_or_default());
    Some(Found { issuer, listed: true, scope, bearer_alone: asks_for_bearer && !takes_dpop, readable })
}

/// What the answer without a token says of its challenge.
struct Facts<'a> {
    status: Option<u16>,
    field: &'a str,
    /// It came, and the page may not read it.
    hidden: bool,
    /// Whether what is hidden is known at all.
    known: bool,
}

fn answer_facts<'a>(status: Option<u16>, field: &'a str, answer: &Option<super::Answer>) -> Facts<'a> {
    let hidden = answer.as_ref().is_some_and(|answer| answer.hides("www-authenticate"));
    Facts { status, field, hidden, known: answer.as_ref().is_some_and(|answer| answer.hidden.is_some()) }
}

fn check_challenge<W: Wire>(
    record: &mut Recorder<'_, W>,
    facts: &Facts<'_>,
    hint: Option<&str>,
    hint_is_url: Option<bool>,
    found_elsewhere: bool,
) {
    if facts.status != Some(401) {
        let unread = "The page can't read the answer.";
        record.skipped(&HEADER, facts.status.map_or(unread, |_| "There is no challenge without 401."));
        return;
    }
    if facts.field.is_empty() {
        let (detail, remedy) = match (facts.hidden, facts.known) {
            (true, _) => ("It is sent, but hidden from pages.", "Access-Control-Expose-Headers: WWW-Authenticate"),
            (false, true) => ("There is none.", "WWW-Authenticate: Bearer resource_metadata=\"https://…\""),
            (false, false) => {
                ("It is missing, or hidden from pages.", "Access-Control-Expose-Headers: WWW-Authenticate")
            }
        };
        // Without it the well-known places have to do, and a page can't see which scopes a tool needs.
        match found_elsewhere {
            true => record.warning(&HEADER, detail, remedy),
            false => record.failure(&HEADER, detail, remedy),
        }
        record.skipped(&HINT, "The challenge can't be read.");
        return;
    }
    record.pass(&HEADER, "");
    match (hint, hint_is_url) {
        (Some(_), Some(true)) => record.pass(&HINT, ""),
        (Some(hint), _) => record.failure(
            &HINT,
            &[hint, " is neither https nor http on loopback."].concat(),
            "WWW-Authenticate: Bearer resource_metadata=\"https://…\"",
        ),
        _ => record.warning(
            &HINT,
            "It does not; clients try the well-known places.",
            "WWW-Authenticate: Bearer resource_metadata=\"https://…\"",
        ),
    }
}

async fn look<W: Wire>(record: &mut Recorder<'_, W>, url: &Url) -> Place {
    match record.send(Probe::get(url)).await {
        Outcome::Failed(code) => Place::Failed(code),
        Outcome::Blocked(why) => Place::Blocked(why),
        Outcome::Answer(answer) => match answer.redirected_to {
            Some(to) if Url::parse(&to).map_or(true, |to| to.origin() != url.origin()) => Place::Redirected(to),
            _ if !answer.is_success() => Place::Missing,
            _ => record.wire.object(&answer.body).map_or(Place::NoJson, Place::Document),
        },
    }
}

fn check_document<W: Wire>(record: &mut Recorder<'_, W>, server: &ServerUrl, document: &Object) {
    let named = document.string("resource").ok().flatten().unwrap_or_default();
    let detail = ["It is \"", named, "\"."].concat();
    let remedy = ["\"resource\": \"", server.as_str(), "\""].concat();
    record.require(&RESOURCE, Resource::named_for(named, server).is_some(), &detail, &remedy);
    let issuers = document.strings("authorization_servers").ok().flatten().unwrap_or_default();
    record.require(&SERVERS, !issuers.is_empty(), "It names none.", "\"authorization_servers\": [\"https://…\"]");
    let insecure = issuers.iter().find(|issuer| Issuer::parse(issuer).is_err());
    match insecure {
        Some(issuer) => {
            let remedy =
                ["\"authorization_servers\": [\"https://", issuer.split_once("://").map_or("", |it| it.1), "\"]"];
            record.failure(&SECURE, &["It names ", issuer].concat(), &remedy.concat());
        }
        None if issuers.is_empty() => record.skipped(&SECURE, "It names none."),
        None => record.pass(&SECURE, ""),
    }
    let in_header = match document.get("bearer_methods_supported") {
        Some(Value::Array(methods)) => methods.contains(&Value::String("header".into())),
        _ => true,
    };
    record.prefer(&METHODS, in_header, "\"header\" is not listed.", "\"bearer_methods_supported\": [\"header\"]");
}
