//! The endpoints that a page POSTs to. What is sent there is made up, and meant to be refused.

use super::report::{Check, Recorder};
use super::wire::{Answer, Outcome, Probe, Wire};
use crate::Step;
use crate::protocol::{
    AuthorizationServerMetadata, ClientMetadata, OAuthError, Scope, ServerUrl, Url, registered_client,
};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const MADE_UP: &str = "mcp-authorize-diagnose";

const fn check(step: Step, id: &'static str, title: &'static str, spec: &'static str) -> Check {
    Check { id, step, title, spec }
}

const CORS: &str = "Fetch §4.10";
const PREFLIGHT: &str = "Fetch §4.8";

/// The answer to a preflight (Fetch §4.8), which has no token, that allows headers.
fn preflight(headers: &str) -> String {
    const ANSWER: &str = "To OPTIONS, without a token: HTTP/1.1 204 No Content, with Access-Control-Allow-Origin, and \
                          Access-Control-Allow-Headers: ";
    [ANSWER, headers].concat()
}

/// The same, before what the answer to the request itself needs.
fn preflight_and(headers: &str) -> String {
    [&preflight(headers), "; to POST: "].concat()
}

const REGISTRATION_CORS: Check =
    check(Step::Registration, "registration.cors", "A page may read what the registration endpoint answers", CORS);
const REGISTRATION_PREFLIGHT: Check =
    check(Step::Registration, "registration.preflight", "A page may send JSON to the registration endpoint", PREFLIGHT);
const REGISTRATION_WORKS: Check =
    check(Step::Registration, "registration.works", "The app can register", "RFC 7591 §3.2.1");

/// Without leave to register it sends what is no JSON, so that nothing can come of it.
pub(super) async fn check_registration<W: Wire>(
    record: &mut Recorder<'_, W>,
    server: &AuthorizationServerMetadata,
    scope: &Scope,
) {
    let Some(url) = &server.registration_endpoint else {
        return record.skipped(&REGISTRATION_CORS, "There is no registration endpoint.");
    };
    match record.send(Probe::post(url, JSON, "{")).await {
        Outcome::Answer(_) => {
            record.pass(&REGISTRATION_CORS, "");
            record.pass(&REGISTRATION_PREFLIGHT, "");
        }
        Outcome::Failed(code) => return record.unreachable(&REGISTRATION_CORS, code),
        // The same without the need of a preflight tells which of the two it is.
        Outcome::Blocked(why) => match record.send(Probe::post(url, "text/plain", "{")).await {
            Outcome::Answer(_) => {
                record.pass(&REGISTRATION_CORS, "");
                return record.failure(&REGISTRATION_PREFLIGHT, &why, &preflight("Content-Type"));
            }
            _ => return record.blocked(&REGISTRATION_CORS, &why, &preflight_and("Content-Type")),
        },
    }
    if !record.app.register {
        return record.skipped(&REGISTRATION_WORKS, "Nothing is registered unless asked for (register).");
    }
    let metadata = ClientMetadata {
        client_name: &record.app.name,
        client_uri: None,
        redirect_uri: Some(&record.app.redirect_uri),
        dpop_bound: false,
    };
    let body = metadata.registration_request(server, scope, metadata.application_type());
    if let Outcome::Answer(answer) = record.send(Probe::post(url, JSON, body)).await {
        let document = record.wire.object(&answer.body);
        match &document {
            Some(document) if answer.is_success() && registered_client(document, server).is_ok() => {
                record.pass(&REGISTRATION_WORKS, "");
            }
            _ => {
                let reason = document.and_then(|document| OAuthError::parse(&document, &[]));
                let reason =
                    reason.map_or_else(|| "It failed without a reason.".to_owned(), |reason| reason.sentence());
                record.failure(&REGISTRATION_WORKS, &reason, "HTTP/1.1 201 Created, with {\"client_id\": \"…\"}");
            }
        }
    }
}

const PUSHED: Check = check(
    Step::Authorization,
    "authorization.pushed_requests",
    "A page may push an authorization request",
    "RFC 9126 §2; Fetch §4.10",
);

pub(super) async fn check_pushed_requests<W: Wire>(record: &mut Recorder<'_, W>, server: &AuthorizationServerMetadata) {
    let Some(url) = &server.pushed_authorization_request_endpoint else { return };
    let form = ["client_id=", MADE_UP, "&response_type=code"].concat();
    match record.send(Probe::post(url, FORM, form)).await {
        Outcome::Answer(_) => record.pass(&PUSHED, ""),
        Outcome::Failed(code) => record.unreachable(&PUSHED, code),
        Outcome::Blocked(why) if server.requires_pushed_requests => record.blocked(&PUSHED, &why, ""),
        Outcome::Blocked(why) => {
            let remedy = ["Access-Control-Allow-Origin: ", &record.app.origin].concat();
            record.warning(&PUSHED, &["Requests go without being pushed. ", &why].concat(), &remedy);
        }
    }
}

const TOKEN_CORS: Check = check(Step::Token, "token.cors", "A page may read what the token endpoint answers", CORS);
const TOKEN_ANSWER: Check =
    check(Step::Token, "token.answer", "A code that is none is refused with an OAuth error", "RFC 6749 §5.2");
const TOKEN_DPOP: Check =
    check(Step::Token, "token.dpop", "A page may send proofs to the token endpoint", "RFC 9449 §5; Fetch §4.8");
const NONCE: Check = check(Step::Token, "token.dpop_nonce", "A page may read DPoP-Nonce", "RFC 9449 §8; Fetch §2.2.2");

pub(super) async fn check_token<W: Wire>(
    record: &mut Recorder<'_, W>,
    server: &AuthorizationServerMetadata,
    bearer_alone: bool,
) {
    let url = &server.token_endpoint;
    let form = || {
        [
            "grant_type=authorization_code&code=",
            MADE_UP,
            "&code_verifier=",
            MADE_UP,
            "-mcp-authorize-diagnose",
            "&client_id=",
            MADE_UP,
        ]
        .concat()
    };
    let answer = match record.send(Probe::post(url, FORM, form())).await {
        Outcome::Failed(code) => return record.unreachable(&TOKEN_CORS, code),
        Outcome::Blocked(why) => return record.blocked(&TOKEN_CORS, &why, ""),
        Outcome::Answer(answer) => answer,
    };
    record.pass(&TOKEN_CORS, "");
    let is_oauth_error = record.wire.object(&answer.body).is_some_and(|it| OAuthError::parse(&it, &[]).is_some());
    let refuses = is_oauth_error && matches!(answer.status, 400..500);
    record.require(
        &TOKEN_ANSWER,
        refuses,
        "The answer is no OAuth error.",
        "HTTP/1.1 400 Bad Request, with {\"error\": \"invalid_grant\"}",
    );
    if !server.offers_dpop {
        return;
    }
    match record.send(Probe::post(url, FORM, form()).with("dpop", MADE_UP)).await {
        Outcome::Answer(answer) => {
            record.pass(&TOKEN_DPOP, "");
            check_exposed(record, &NONCE, &answer, "dpop-nonce", "DPoP-Nonce");
        }
        Outcome::Failed(code) => record.unreachable(&TOKEN_DPOP, code),
        Outcome::Blocked(why) if bearer_alone => {
            record.warning(&TOKEN_DPOP, &why, &preflight("DPoP"));
        }
        Outcome::Blocked(why) => record.failure(&TOKEN_DPOP, &why, &preflight("DPoP")),
    }
}

/// Only what came can be hidden; where that can't be known, nothing is said.
fn check_exposed<W: Wire>(record: &mut Recorder<'_, W>, check: &Check, answer: &Answer, name: &str, shown: &str) {
    if answer.header(name).is_some() {
        record.pass(check, "");
    } else if answer.hides(name) {
        record.failure(
            check,
            "It is sent, but hidden from pages.",
            &["Access-Control-Expose-Headers: ", shown].concat(),
        );
    }
}

const REVOCATION: Check =
    check(Step::Revocation, "revocation.cors", "A page may read what the revocation endpoint answers", CORS);

pub(super) async fn check_revocation<W: Wire>(record: &mut Recorder<'_, W>, server: &AuthorizationServerMetadata) {
    let Some(url) = &server.revocation_endpoint else { return };
    let form = ["token=", MADE_UP, "&client_id=", MADE_UP].concat();
    match record.send(Probe::post(url, FORM, form)).await {
        Outcome::Answer(_) => record.pass(&REVOCATION, ""),
        Outcome::Failed(code) => record.unreachable(&REVOCATION, code),
        Outcome::Blocked(why) => {
            let remedy = ["Access-Control-Allow-Origin: ", &record.app.origin].concat();
            let detail = ["Apps can't know whether a sign-out revoked the tokens. ", &why].concat();
            record.warning(&REVOCATION, &detail, &remedy);
        }
    }
}

const REQUEST_CORS: Check = check(
    Step::Request,
    "request.cors",
    "A page may call the MCP server with a token",
    "Fetch §4.8; MCP 2026-07-28 transports, Streamable HTTP",
);
const REQUEST_REFUSED: Check =
    check(Step::Request, "request.invalid_token", "A token that is none is refused with 401", "RFC 6750 §3.1");

/// What each MCP request carries beside its token.
const HEADERS: [(&str, &str, &str); 4] = [
    ("authorization", "Bearer mcp-authorize-diagnose", "Authorization"),
    ("content-type", JSON, "Content-Type"),
    ("mcp-protocol-version", "2025-11-25", "Mcp-Protocol-Version"),
    ("mcp-session-id", MADE_UP, "Mcp-Session-Id"),
];

/// What the preflight of a call needs, before what its answer needs.
pub(super) fn call_preflight_and() -> String {
    preflight_and(&HEADERS.map(|(_, _, shown)| shown).join(", "))
}

pub(super) async fn check_request<W: Wire>(record: &mut Recorder<'_, W>, server: &ServerUrl, readable: bool) {
    if !readable {
        return record.skipped(&REQUEST_CORS, "The page can't read the MCP server's answers at all.");
    }
    let all: Vec<_> = HEADERS.iter().map(|(name, value, _)| (*name, *value)).collect();
    let blocked = match record.send(request(server.url(), &all)).await {
        Outcome::Failed(code) => return record.unreachable(&REQUEST_CORS, code),
        Outcome::Answer(answer) => {
            record.pass(&REQUEST_CORS, "");
            return match answer.status {
                401 => record.pass(&REQUEST_REFUSED, ""),
                200..300 => record.failure(
                    &REQUEST_REFUSED,
                    "It takes a token that was made up.",
                    "HTTP/1.1 401 Unauthorized, with WWW-Authenticate: Bearer error=\"invalid_token\"",
                ),
                _ => record.warning(
                    &REQUEST_REFUSED,
                    "Apps refresh their token on 401 alone.",
                    "HTTP/1.1 401 Unauthorized, with WWW-Authenticate: Bearer error=\"invalid_token\"",
                ),
            };
        }
        Outcome::Blocked(why) => why,
    };
    // Each by itself tells which of them the preflight refuses.
    let asked = record.asked.clone();
    let mut refused = Vec::new();
    for (name, value, shown) in HEADERS {
        if let Outcome::Blocked(_) = record.send(request(server.url(), &[(name, value)])).await {
            refused.push(shown);
        }
    }
    record.asked = asked;
    if refused.is_empty() {
        refused.extend(HEADERS.map(|(_, _, shown)| shown));
    }
    let all_refused = refused.len() == HEADERS.len();
    let refused = refused.join(", ");
    // If some pass, the preflight is answered.
    let remedy = if all_refused { preflight(&refused) } else { ["Access-Control-Allow-Headers: ", &refused].concat() };
    record.failure(&REQUEST_CORS, &blocked, &remedy);
}

fn request(url: &Url, headers: &[(&'static str, &'static str)]) -> Probe {
    let mut probe = Probe::post(url, "text/plain", r#"{"jsonrpc":"2.0","id":0,"method":"ping"}"#);
    probe.read = false;
    probe.headers = vec![("accept", "application/json, text/event-stream")];
    // A body without a type would get one from the browser.
    if !headers.iter().any(|(name, _)| *name == "content-type") {
        probe.headers.push(("content-type", "text/plain"));
    }
    probe.headers.extend_from_slice(headers);
    probe
}
