//! Checks the MCP server as a protected resource: its challenge and its metadata (RFC 9728).

use super::endpoints::call_preflight_and;
use super::places::{Checks, Place};
use super::report::{Check, Recorder};
use super::wire::{Probe, Wire};
use crate::ports::{Request, TransportError};
use crate::protocol::json::{Object, Value};
use crate::protocol::{Issuer, ProtectedResourceMetadata, Resource, Scope, ServerUrl, Url, WwwAuthenticate, cors};
use crate::{Error, Step};

/// What the next steps need.
pub(super) struct Found {
    pub issuer: Issuer,
    /// The server's own metadata names its authorization server.
    pub listed: bool,
    pub scope: Scope,
    pub bearer_only: bool,
    /// The page may read the MCP server's responses.
    pub readable: bool,
}

const fn challenge(id: &'static str, title: &'static str, fault: &'static str, spec: &'static str) -> Check {
    Check { id, step: Step::Challenge, title, fault, spec }
}

const REACHABLE: Check = challenge(
    "challenge.reachable",
    "The MCP server answers",
    "The MCP server does not answer",
    "MCP 2026-07-28 transports",
);
const READABLE: Check = challenge(
    "challenge.cors",
    "A page may read the MCP server's answers",
    "A page can't read the MCP server's answers",
    "Fetch §4.10",
);
const STATUS: Check = challenge(
    "challenge.status",
    "Without a token the answer is 401",
    "Without a token the answer is not 401",
    "MCP 2026-07-28 authorization, Error Handling; RFC 6750 §3.1",
);
const REDIRECT: Check = challenge(
    "challenge.redirect",
    "The MCP server is at its URL",
    "The MCP server's URL redirects",
    "MCP 2026-07-28 transports, Streamable HTTP",
);
const PARAMETERS: Check = challenge(
    "challenge.parameters",
    "The challenge follows its grammar",
    "The challenge has a parameter that is neither a token nor quoted",
    "RFC 9110 §11.2",
);
const HEADER: Check = challenge(
    "challenge.header",
    "A page may read WWW-Authenticate",
    "A page can't read WWW-Authenticate",
    "RFC 9110 §15.5.2; Fetch §2.2.2",
);
const HINT: Check = challenge(
    "challenge.resource_metadata",
    "The challenge names the resource metadata",
    "The challenge does not name usable resource metadata",
    "RFC 9728 §5.1",
);
const SCOPE: Check = challenge(
    "challenge.scope",
    "The challenge or the metadata names the scopes to request",
    "The scopes to request are not named",
    "MCP 2026-07-28 authorization, Scope Selection Strategy",
);

const fn metadata(id: &'static str, title: &'static str, fault: &'static str, spec: &'static str) -> Check {
    Check { id, step: Step::ResourceMetadata, title, fault, spec }
}

const DISCOVERY: &str = "MCP 2026-07-28 authorization, Protected Resource Metadata Discovery Requirements";
const PLACES: [Check; 3] = [
    metadata(
        "resource_metadata.place.challenge",
        "Metadata at the challenge's URL",
        "The metadata at the challenge's URL can't be used",
        "RFC 9728 §5.1",
    ),
    metadata(
        "resource_metadata.place.path",
        "Metadata at the server's path",
        "The metadata at the server's path can't be used",
        DISCOVERY,
    ),
    metadata(
        "resource_metadata.place.root",
        "Metadata at the root",
        "The metadata at the root can't be used",
        DISCOVERY,
    ),
];
const DOCUMENT: Checks = Checks {
    found: metadata(
        "resource_metadata.found",
        "There is resource metadata",
        "There is no usable resource metadata",
        DISCOVERY,
    ),
    cors: metadata(
        "resource_metadata.cors",
        "A page may read the resource metadata",
        "A page can't read the resource metadata",
        "Fetch §4.10",
    ),
    stays: metadata(
        "resource_metadata.redirect",
        "The resource metadata stays at its origin",
        "The resource metadata redirects to another origin",
        "RFC 9728 §3.2",
    ),
    json: metadata(
        "resource_metadata.json",
        "The resource metadata is a JSON object",
        "The resource metadata is not a JSON object",
        "RFC 9728 §3.2",
    ),
};
const RESOURCE: Check = metadata(
    "resource_metadata.resource",
    "\"resource\" is this server or a parent path of it",
    "\"resource\" is neither this server nor a parent path of it",
    "RFC 9728 §3.3",
);
const SERVERS: Check = metadata(
    "resource_metadata.authorization_servers",
    "\"authorization_servers\" lists at least one",
    "\"authorization_servers\" lists none that can be used",
    "MCP 2026-07-28 authorization, Authorization Server Location",
);
const SECURE: Check = metadata(
    "resource_metadata.https",
    "Authorization servers are https",
    "An authorization server is not https",
    "MCP 2026-07-28 authorization, Communication Security",
);
const METHODS: Check = metadata(
    "resource_metadata.bearer_methods",
    "Tokens are accepted in the Authorization header",
    "Tokens are not accepted in the Authorization header",
    "RFC 9728 §2",
);

/// `None` if further checks make no sense.
pub(super) async fn check<W: Wire>(record: &mut Recorder<'_, W>, server: &ServerUrl) -> Option<Found> {
    let answer = match record.send(Probe::from(Request::probe(server)).reading_on()).await {
        Err(TransportError::Blocked { why, .. }) => {
            record.pass(&REACHABLE, "");
            record.blocked(&READABLE, &why, &call_preflight_and());
            None
        }
        Err(failure) => {
            record.unreachable(&REACHABLE, &failure);
            return None;
        }
        Ok(answer) => {
            record.pass(&REACHABLE, "");
            match &answer.blocked {
                Some(why) => record.blocked(&READABLE, why, &call_preflight_and()),
                None => record.pass(&READABLE, ""),
            }
            Some(answer)
        }
    };
    let readable = answer.as_ref().is_some_and(|answer| answer.blocked.is_none());
    if let Some(target) = answer.as_ref().and_then(|answer| answer.redirected_to.as_deref()) {
        let stays = Url::parse(target).is_ok_and(|target| target.origin() == server.url().origin());
        let (detail, remedy) = (["It redirects to ", target, "."].concat(), ["Give apps the URL ", target].concat());
        match stays {
            true => record.warning(&REDIRECT, &detail, &remedy),
            false => record.failure(&REDIRECT, &detail, &remedy),
        }
    }
    let status = answer.as_ref().map(|answer| answer.status);
    let asked = record.asked.clone();
    // Only a 401 has a challenge (RFC 9110 §15.5.2).
    let challenged = answer.as_ref().filter(|answer| answer.status == 401);
    let field = challenged.and_then(|answer| answer.header("www-authenticate")).unwrap_or_default();
    let challenges = WwwAuthenticate::parse(field);
    let challenge = challenges.oauth();

    let hint = challenge.and_then(|challenge| challenge.parameter("resource_metadata"));
    let well_known = ProtectedResourceMetadata::well_known_urls(server);
    // The relevant places; none if the URL in the challenge can't be requested.
    let counting = ProtectedResourceMetadata::places(server, &challenges);
    let hinted = counting.as_ref().ok().filter(|places| places.named > 0).and_then(|places| places.urls.first());
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
    let counting_urls = match (&counting, hinted, places.first()) {
        (Ok(_), Some(hinted), Some(first)) if !first.is_missing() => std::slice::from_ref(hinted),
        (Ok(counting), ..) => &counting.urls,
        (Err(_), ..) => &[],
    };
    let chosen = Place::chosen(&places, counting_urls);
    let document = chosen.and_then(Place::document);

    record.asked = asked.clone();
    match status {
        Some(401) => record.pass(&STATUS, ""),
        Some(200..300) => record.warning(
            &STATUS,
            "It answers without a token. If that is intended, apps need not sign in.",
            "HTTP/1.1 401 Unauthorized",
        ),
        Some(status) => {
            let (detail, remedy) = no_challenge(status);
            record.failure(&STATUS, &detail, remedy);
        }
        None => record.skipped(&STATUS, "The page can't read the answer."),
    }
    if let Some(name) = challenge.and_then(|challenge| challenge.malformed.first()) {
        let detail = ["\"", name, "\" is ignored: its value is neither a token nor quoted."].concat();
        record.warning(&PARAMETERS, &detail, &["WWW-Authenticate: Bearer ", name, "=\"…\""].concat());
    }
    check_challenge(record, &answer_facts(status, field, &answer), hint, counting.as_ref().err(), document.is_some());

    for place in &places {
        place.tell(record, chosen, &|record, check| {
            record.warning(
                check,
                "The document here can't be used. Other clients may look here first.",
                "Serve the same document at each place.",
            );
        });
    }
    if counting.is_err() {
        record.skipped(&DOCUMENT.found, "The challenge names a URL that can't be requested.");
        return None;
    }
    let Some(chosen) = chosen else {
        if status == Some(401) && field.is_empty() {
            record.skipped(&DOCUMENT.found, "It may be at the challenge's URL, but the challenge can't be read.");
            return None;
        }
        let place = Place::first(record, &places);
        let issuer = Issuer::parse(server.url().origin()).ok()?;
        let remedy =
            ["At ", place, ": {\"resource\": \"", server.as_str(), "\", \"authorization_servers\": [\"https://…\"]}"];
        record.failure(&DOCUMENT.found, "There is none at any of the URLs where clients look.", &remedy.concat());
        let bearer_only = challenges.takes_bearer_only(false);
        return Some(Found { issuer, listed: false, scope: Scope::default(), bearer_only, readable });
    };
    chosen.tell_document(record, &DOCUMENT, "");
    let document = document?;
    check_document(record, server, document);
    let scope = challenge.and_then(|challenge| challenge.scope());
    let listed = document.strings("scopes_supported").ok().flatten().map(Scope::from_tokens);
    record.asked = asked;
    let named = scope.is_some() || listed.is_some();
    record.prefer(
        &SCOPE,
        named,
        "An app has to guess the scopes, or request none.",
        "WWW-Authenticate: Bearer scope=\"…\"",
    );
    let issuers = document.strings("authorization_servers").ok().flatten()?;
    // A server that is only named by the URL of its metadata is checked all the same.
    let named = issuers.iter().map(|issuer| issuer.split("/.well-known/").next().unwrap_or_default());
    let issuer = named.into_iter().find_map(|issuer| Issuer::parse(issuer).ok())?;
    let scope = scope.unwrap_or_default().union(&listed.unwrap_or_default());
    let takes_dpop = ProtectedResourceMetadata::takes_dpop(document);
    let bearer_only = challenges.takes_bearer_only(takes_dpop);
    Some(Found { issuer, listed: true, scope, bearer_only, readable })
}

/// What a response means that is neither a challenge nor a success.
fn no_challenge(status: u16) -> (String, &'static str) {
    let detail = match status {
        404 => "It answers 404: there is no MCP server at this path.",
        405 => "It answers 405 to POST, as servers of the HTTP+SSE transport do (MCP 2024-11-05).",
        408 | 425 | 429 => "It is overloaded, or it limits how many requests it answers.",
        400 => "It answers 400 before it asks for a token.",
        403 => "It answers 403 to a request without a token, which says that no token would help.",
        500.. => "It fails before it asks for a token.",
        _ => "It neither asks for a token nor serves the request.",
    };
    let remedy = match status {
        404 => "Check the URL's path.",
        405 => "Serve the Streamable HTTP transport, and answer POST without a token by HTTP/1.1 401 Unauthorized",
        408 | 425 | 429 => "Try again later.",
        _ => "HTTP/1.1 401 Unauthorized",
    };
    (["Status ", &status.to_string(), ". ", detail].concat(), remedy)
}

/// The challenge in the response to a request without a token.
struct Facts<'a> {
    status: Option<u16>,
    field: &'a str,
    /// There is one, but the page may not read it.
    hidden: bool,
    /// Whether it is known which headers are hidden.
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
    refused_hint: Option<&Error>,
    found_elsewhere: bool,
) {
    if facts.status != Some(401) {
        let unread = "The page can't read the answer.";
        record.skipped(&HEADER, facts.status.map_or(unread, |_| "There is no challenge without 401."));
        return;
    }
    if facts.field.is_empty() {
        let (detail, remedy) = match (facts.hidden, facts.known) {
            (true, _) => ("It is sent, but hidden from pages.", cors::EXPOSE_CHALLENGE),
            (false, true) => ("There is none.", "WWW-Authenticate: Bearer resource_metadata=\"https://…\""),
            (false, false) => ("It is missing, or hidden from pages.", cors::EXPOSE_CHALLENGE),
        };
        // Without it, only the well-known places are left, and a page can't see which scopes a tool needs.
        match found_elsewhere {
            true => record.warning(&HEADER, detail, remedy),
            false => record.failure(&HEADER, detail, remedy),
        }
        record.skipped(&HINT, "The challenge can't be read.");
        return;
    }
    record.pass(&HEADER, "");
    match (hint, refused_hint) {
        (Some(_), None) => record.pass(&HINT, ""),
        (Some(hint), Some(error)) => record.failure(
            &HINT,
            &[error.message(), " It is ", hint].concat(),
            "WWW-Authenticate: Bearer resource_metadata=\"https://…\"",
        ),
        (None, _) => record.warning(
            &HINT,
            "The challenge has no \"resource_metadata\". Clients try the well-known URLs.",
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
    record.require(&SERVERS, !issuers.is_empty(), "It lists none.", "\"authorization_servers\": [\"https://…\"]");
    if let Some(place) = issuers.iter().find(|issuer| issuer.contains("/.well-known/")) {
        let detail = ["It lists ", place, ", the URL of a metadata document."].concat();
        let issuer = place.split("/.well-known/").next().unwrap_or_default();
        record.failure(&SERVERS, &detail, &["\"authorization_servers\": [\"", issuer, "\"]"].concat());
    }
    let insecure = issuers.iter().find(|issuer| Issuer::parse(issuer).is_err());
    match insecure {
        Some(issuer) => {
            let remedy =
                ["\"authorization_servers\": [\"https://", issuer.split_once("://").map_or(*issuer, |it| it.1), "\"]"];
            record.failure(&SECURE, &["It names ", issuer].concat(), &remedy.concat());
        }
        None if issuers.is_empty() => record.skipped(&SECURE, "It lists none."),
        None => record.pass(&SECURE, ""),
    }
    let in_header = match document.get("bearer_methods_supported") {
        Some(Value::Array(methods)) => methods.contains(&Value::String("header".into())),
        _ => true,
    };
    record.prefer(&METHODS, in_header, "\"header\" is not listed.", "\"bearer_methods_supported\": [\"header\"]");
}
