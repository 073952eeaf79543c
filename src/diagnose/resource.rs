//! The MCP server as a protected resource: its challenge and its metadata (RFC 9728).

use super::endpoints::call_preflight_and;
use super::places::{Checks, Place};
use super::report::{Check, Recorder};
use super::wire::{Outcome, Probe, Wire};
use crate::Step;
use crate::protocol::json::{Object, Value};
use crate::protocol::{
    DPOP_ALGORITHM, Issuer, ProtectedResourceMetadata, Resource, Scope, ServerUrl, Url, WwwAuthenticate,
};

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
const DOCUMENT: Checks = Checks {
    found: metadata("resource_metadata.found", "There is resource metadata", DISCOVERY),
    cors: metadata("resource_metadata.cors", "A page may read the resource metadata", "Fetch §4.10"),
    stays: metadata("resource_metadata.redirect", "The resource metadata is no other origin's", "RFC 9728 §3.2"),
    json: metadata("resource_metadata.json", "The resource metadata is a JSON object", "RFC 9728 §3.2"),
};
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
            record.blocked(&READABLE, &why, &call_preflight_and());
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
    let [hinted_place, at_path, at_root] = PLACES;
    let usable = |document: &Object| ProtectedResourceMetadata::parse(document, server).is_ok();
    let mut places = Vec::new();
    if let Some(url) = hinted {
        places.push(Place::look(record, hinted_place, url, &usable).await);
    }
    for (index, url) in well_known.iter().enumerate().filter(|(_, url)| Some(*url) != hinted) {
        let root = index + 1 == well_known.len() && server.url().path() != "/";
        places.push(Place::look(record, if root { at_root } else { at_path }, url, &usable).await);
    }
    // The flow's order: where the challenge says, and then nowhere else.
    let counting = if hint.is_some() { usize::from(hinted.is_some()) } else { places.len() };
    let chosen = Place::chosen(places.get(..counting).unwrap_or_default());
    let document = chosen.and_then(Place::document);

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

    for place in &places {
        place.tell(record, chosen, &|record, check| {
            record.warning(
                check,
                "What is here can't be used. Other clients may look here first.",
                "Serve the same document at each place.",
            );
        });
    }
    if hint.is_some() && hinted.is_none() {
        record.skipped(&DOCUMENT.found, "The challenge names a URL that can't be asked.");
        return None;
    }
    let Some(chosen) = chosen else {
        if status == Some(401) && field.is_empty() {
            record.skipped(&DOCUMENT.found, "It may be where the challenge says, which can't be read.");
            return None;
        }
        let place = Place::first(record, &places);
        let issuer = Issuer::parse(server.url().origin()).ok()?;
        let remedy =
            ["At ", place, ": {\"resource\": \"", server.as_str(), "\", \"authorization_servers\": [\"https://…\"]}"];
        record.failure(&DOCUMENT.found, "There is none at any place where clients look.", &remedy.concat());
        return Some(Found { issuer, listed: false, scope: Scope::default(), bearer_alone: true, readable });
    };
    chosen.tell_document(record, &DOCUMENT, "");
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
