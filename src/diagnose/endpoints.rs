//! Checks the endpoints that a page POSTs to, with invented values that they should refuse.

use super::report::{Check, Recorder};
use super::wire::{Answer, Probe, Wire};
use crate::Step;
use crate::ports::{Request, TransportError};
use crate::protocol::form::Form;
use crate::protocol::{
    AboutClient, AuthorizationServerMetadata, ClientMetadata, OAuthError, Scope, ServerUrl, cors, registered_client,
};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const MADE_UP: &str = "mcp-authorize-diagnose";

const fn check(step: Step, id: &'static str, title: &'static str, fault: &'static str, spec: &'static str) -> Check {
    Check { id, step, title, fault, spec }
}

const CORS: &str = "Fetch §4.10";
const PREFLIGHT: &str = "Fetch §4.8";

/// The response to a preflight (Fetch §4.8), which has no token, that allows headers.
fn preflight(headers: &str) -> String {
    const ANSWER: &str = "To OPTIONS, without a token: HTTP/1.1 204 No Content, with Access-Control-Allow-Origin, and ";
    [ANSWER, &cors::allow_headers(headers)].concat()
}

/// The same, followed by what the response to the request itself needs.
fn preflight_and(headers: &str) -> String {
    [&preflight(headers), "; to POST: "].concat()
}

const REGISTRATION_CORS: Check = check(
    Step::Registration,
    "registration.cors",
    "A page may read what the registration endpoint answers",
    "A page can't read what the registration endpoint answers",
    CORS,
);
const REGISTRATION_PREFLIGHT: Check = check(
    Step::Registration,
    "registration.preflight",
    "A page may send JSON to the registration endpoint",
    "A page can't send JSON to the registration endpoint",
    PREFLIGHT,
);
const REGISTRATION_OPEN: Check = check(
    Step::Registration,
    "registration.open",
    "Apps can register by themselves",
    "Apps can't register by themselves",
    "RFC 7591 §3",
);
const REGISTRATION_WORKS: Check = check(
    Step::Registration,
    "registration.works",
    "The app can register",
    "The app can't register",
    "RFC 7591 §3.2.1",
);

/// Unless it may register for real, it sends a body that is not JSON, so that the server registers nothing.
pub(super) async fn check_registration<W: Wire>(
    record: &mut Recorder<'_, W>,
    server: &AuthorizationServerMetadata,
    scope: &Scope,
) {
    let Some(url) = &server.registration_endpoint else {
        return record.skipped(&REGISTRATION_CORS, "There is no registration endpoint.");
    };
    match record.send(Probe::post(url, JSON, "{")).await {
        Ok(answer) => {
            record.pass(&REGISTRATION_CORS, "");
            record.pass(&REGISTRATION_PREFLIGHT, "");
            if let 401 | 403 | 404 | 405 = answer.status {
                let detail =
                    ["It answers ", &answer.status.to_string(), ": apps can't register by themselves."].concat();
                let remedy =
                    "Open the registration, hand out an initialAccessToken, or register the app by hand (clientId).";
                return match record.app.client_id {
                    Some(_) => record.warning(&REGISTRATION_OPEN, &detail, remedy),
                    None => record.failure(&REGISTRATION_OPEN, &detail, remedy),
                };
            }
        }
        // The same request without a preflight shows which of the two fails.
        Err(TransportError::Blocked { why, .. }) => match record.send(Probe::post(url, "text/plain", "{")).await {
            Ok(_) => {
                record.pass(&REGISTRATION_CORS, "");
                return record.failure(&REGISTRATION_PREFLIGHT, &why, &preflight("Content-Type"));
            }
            _ => return record.blocked(&REGISTRATION_CORS, &why, &preflight_and("Content-Type")),
        },
        Err(failure) => return record.unreachable(&REGISTRATION_CORS, &failure),
    }
    if !record.app.register {
        return record.skipped(&REGISTRATION_WORKS, "Nothing is registered unless you ask for it (register).");
    }
    let metadata = ClientMetadata {
        client_name: &record.app.name,
        client_uri: None,
        about: &AboutClient::default(),
        redirect_uri: Some(&record.app.redirect_uri),
        dpop_bound: false,
    };
    let request = metadata.registration_request(server, scope, true, metadata.application_type());
    let Ok(body) = record.wire.write_json(&request) else { return };
    if let Ok(answer) = record.send(Probe::post(url, JSON, body)).await {
        let document = record.wire.object(&answer.body);
        match &document {
            Some(document) if answer.is_success() && registered_client(document, server, false).is_ok() => {
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

const ENDPOINT: Check = check(
    Step::Authorization,
    "authorization.endpoint",
    "There is a page at the authorization endpoint",
    "There is no page at the authorization endpoint",
    "RFC 6749 §3.1",
);
const QUERY: Check = check(
    Step::Authorization,
    "authorization.query",
    "The authorization endpoint's URL has no OAuth parameter",
    "The authorization endpoint's URL has an OAuth parameter",
    "RFC 6749 §3.1",
);

pub(super) async fn check_authorization<W: Wire>(record: &mut Recorder<'_, W>, server: &AuthorizationServerMetadata) {
    let Some(url) = &server.authorization_endpoint else { return };
    record.about("GET", url, None);
    match server.usable_authorization_endpoint() {
        Ok(_) => record.pass(&QUERY, ""),
        Err(error) => {
            let remedy = ["\"authorization_endpoint\": \"", url.without_query(), "\""].concat();
            record.failure(&QUERY, error.message(), &remedy);
        }
    }
    // Pages need not read it, so nothing is known in a page.
    let Some(status) = record.wire.status_of(url).await else { return };
    record.about("GET", url, Some(status));
    match status {
        404 | 405 | 410 | 501 => {
            let detail = ["It answers ", &status.to_string(), "."].concat();
            record.failure(&ENDPOINT, &detail, "Serve the sign-in page at \"authorization_endpoint\".");
        }
        _ => record.pass(&ENDPOINT, ""),
    }
}

const PUSHED: Check = check(
    Step::Authorization,
    "authorization.pushed_requests",
    "A page may push an authorization request",
    "A page can't push an authorization request",
    "RFC 9126 §2; Fetch §4.10",
);

pub(super) async fn check_pushed_requests<W: Wire>(record: &mut Recorder<'_, W>, server: &AuthorizationServerMetadata) {
    let Some(url) = &server.pushed_authorization_request_endpoint else { return };
    let form = ["client_id=", MADE_UP, "&response_type=code"].concat();
    match record.send(Probe::post(url, FORM, form)).await {
        Ok(_) => record.pass(&PUSHED, ""),
        Err(TransportError::Blocked { why, .. }) if server.requires_pushed_requests => {
            record.blocked(&PUSHED, &why, "")
        }
        Err(TransportError::Blocked { why, .. }) => {
            let remedy = record.allow_origin();
            record.warning(&PUSHED, &["Requests are sent without being pushed. ", &why].concat(), &remedy);
        }
        Err(failure) => record.unreachable(&PUSHED, &failure),
    }
}

const TOKEN_CORS: Check = check(
    Step::Token,
    "token.cors",
    "A page may read what the token endpoint answers",
    "A page can't read what the token endpoint answers",
    CORS,
);
const TOKEN_ANSWER: Check = check(
    Step::Token,
    "token.answer",
    "A made-up code is refused with an OAuth error",
    "A made-up code is not refused with an OAuth error",
    "RFC 6749 §5.2",
);
const TOKEN_DPOP: Check = check(
    Step::Token,
    "token.dpop",
    "A page may send proofs to the token endpoint",
    "A page can't send proofs to the token endpoint",
    "RFC 9449 §5; Fetch §4.8",
);
const NONCE: Check = check(
    Step::Token,
    "token.dpop_nonce",
    "A page may read DPoP-Nonce",
    "A page can't read DPoP-Nonce",
    "RFC 9449 §8; Fetch §2.2.2",
);

pub(super) async fn check_token<W: Wire>(
    record: &mut Recorder<'_, W>,
    server: &AuthorizationServerMetadata,
    bearer_only: bool,
) {
    let url = &server.token_endpoint;
    // Some servers allow only the origins of registered clients, so the app's own client id is used if there is one.
    let client_id = record.app.client_id.clone().unwrap_or_else(|| MADE_UP.to_owned());
    let form = || {
        Form::new()
            .add("grant_type", "authorization_code")
            .add("code", MADE_UP)
            .add("code_verifier", "mcp-authorize-diagnose-mcp-authorize-diagnose")
            .add("client_id", &client_id)
    };
    let answer = match record.send(Probe::post(url, FORM, form().as_str()).reading_on()).await {
        Err(TransportError::Blocked { why, .. }) => return record.token_blocked(&TOKEN_CORS, &why),
        Ok(answer) => answer,
        Err(failure) => return record.unreachable(&TOKEN_CORS, &failure),
    };
    match &answer.blocked {
        Some(why) => record.token_blocked(&TOKEN_CORS, why),
        None => record.pass(&TOKEN_CORS, ""),
    }
    // RFC 6749 §5.2 has a string.
    let is_oauth_error = record.wire.object(&answer.body).is_some_and(|it| it.text("error").is_some());
    let status = answer.status;
    let remedy = "HTTP/1.1 400 Bad Request, with {\"error\": \"invalid_grant\"}";
    match status {
        400..500 if is_oauth_error => record.pass(&TOKEN_ANSWER, ""),
        // It refuses, as it should, but an app can't tell why.
        400 | 401 => record.warning(&TOKEN_ANSWER, "It is refused without an OAuth error.", remedy),
        200..300 if is_oauth_error => record.warning(&TOKEN_ANSWER, "The error comes with status 200.", remedy),
        415 => record.failure(
            &TOKEN_ANSWER,
            "It answers 415: it does not accept forms.",
            "Accept Content-Type: application/x-www-form-urlencoded",
        ),
        _ => {
            let detail = ["It answers ", &status.to_string(), " without an OAuth error."].concat();
            record.failure(&TOKEN_ANSWER, &detail, remedy);
        }
    }
    if answer.blocked.is_some() {
        return;
    }
    if !server.offers_dpop {
        return;
    }
    match record.send(Probe::post(url, FORM, form().as_str()).with("dpop", MADE_UP)).await {
        Ok(answer) => {
            record.pass(&TOKEN_DPOP, "");
            check_exposed(record, &NONCE, &answer, "dpop-nonce", "DPoP-Nonce");
        }
        Err(TransportError::Blocked { why, .. }) if bearer_only => {
            record.warning(&TOKEN_DPOP, &why, &preflight("DPoP"));
        }
        Err(TransportError::Blocked { why, .. }) => record.failure(&TOKEN_DPOP, &why, &preflight("DPoP")),
        Err(failure) => record.unreachable(&TOKEN_DPOP, &failure),
    }
}

/// Only headers that were sent can be hidden. If that is not known, nothing is reported.
fn check_exposed<W: Wire>(record: &mut Recorder<'_, W>, check: &Check, answer: &Answer, name: &str, shown: &str) {
    if answer.header(name).is_some() {
        record.pass(check, "");
    } else if answer.hides(name) {
        record.failure(check, "It is sent, but hidden from pages.", &cors::expose_headers(shown));
    }
}

const REVOCATION: Check = check(
    Step::Revocation,
    "revocation.cors",
    "A page may read what the revocation endpoint answers",
    "A page can't read what the revocation endpoint answers",
    CORS,
);

const REVOKES: Check = check(
    Step::Revocation,
    "revocation.public_clients",
    "Clients without a secret may revoke their tokens",
    "Clients without a secret may not revoke their tokens",
    "RFC 7009 §2.1",
);

pub(super) async fn check_revocation<W: Wire>(record: &mut Recorder<'_, W>, server: &AuthorizationServerMetadata) {
    let Some(url) = &server.revocation_endpoint else { return };
    let client_id = record.app.client_id.clone().unwrap_or_else(|| MADE_UP.to_owned());
    let form = Form::new().add("token", MADE_UP).add("client_id", &client_id);
    match record.send(Probe::post(url, FORM, form.as_str())).await {
        Ok(answer) => {
            record.pass(&REVOCATION, "");
            // An invented client is refused anyway. The app's own should not be.
            if record.app.client_id.is_some() && matches!(answer.status, 401 | 403) {
                let detail = ["It answers ", &answer.status.to_string(), " to the app's client id."].concat();
                record.warning(&REVOKES, &detail, "\"revocation_endpoint_auth_methods_supported\": [\"none\"]");
            }
        }
        Err(TransportError::Blocked { why, .. }) => {
            let remedy = record.allow_origin();
            let detail = ["Apps can't know whether a sign-out revoked the tokens. ", &why].concat();
            record.warning(&REVOCATION, &detail, &remedy);
        }
        Err(failure) => record.unreachable(&REVOCATION, &failure),
    }
}

const REQUEST_CORS: Check = check(
    Step::Request,
    "request.cors",
    "A page may call the MCP server with a token",
    "A page can't call the MCP server with a token",
    "Fetch §4.8; MCP 2026-07-28 transports, Streamable HTTP",
);
const REQUEST_REFUSED: Check = check(
    Step::Request,
    "request.invalid_token",
    "A made-up token is refused with 401",
    "A made-up token is not refused with 401",
    "RFC 6750 §3.1",
);

/// A header of a call: its name, a value, and the name to show.
type Header = (&'static str, &'static str, &'static str);

/// The headers of each MCP request, with the token first.
const HEADERS: [Header; 4] = [
    ("authorization", "Bearer mcp-authorize-diagnose", "Authorization"),
    ("content-type", JSON, "Content-Type"),
    ("mcp-protocol-version", "2025-11-25", "Mcp-Protocol-Version"),
    ("mcp-session-id", MADE_UP, "Mcp-Session-Id"),
];

/// The header for a token that is bound to a key (RFC 9449 §7.1).
const PROOF: Header = ("dpop", MADE_UP, "DPoP");

fn shown(headers: &[Header]) -> String {
    headers.iter().map(|(.., shown)| *shown).collect::<Vec<_>>().join(", ")
}

/// What the preflight of a call needs, followed by what its response needs.
pub(super) fn call_preflight_and() -> String {
    preflight_and(&shown(&HEADERS))
}

/// `dpop`: whether calls have proofs of possession.
pub(super) async fn check_request<W: Wire>(
    record: &mut Recorder<'_, W>,
    server: &ServerUrl,
    readable: bool,
    dpop: bool,
) {
    if !readable {
        return record.skipped(&REQUEST_CORS, "The page can't read the MCP server's answers at all.");
    }
    let headers: Vec<Header> = HEADERS.into_iter().chain(dpop.then_some(PROOF)).collect();
    let answer = record.send(request(server, &headers).reading_on()).await;
    let asked = record.asked.clone();
    match &answer {
        Ok(Answer { blocked: Some(why), .. }) | Err(TransportError::Blocked { why, .. }) => {
            check_headers(record, server, &headers, why, answer.is_ok()).await;
        }
        Ok(answer) if answer.doubted && record.send(request(server, &[(MADE_UP, "x", "")])).await.is_ok() => {
            let detail = "It allows any header. This page can no longer tell whether it lists Authorization.";
            let remedy = ["Reload the page, or send ", &cors::allow_headers(&shown(&headers))].concat();
            record.warning(&REQUEST_CORS, detail, &remedy);
        }
        Ok(_) => record.pass(&REQUEST_CORS, ""),
        Err(failure) => record.unreachable(&REQUEST_CORS, failure),
    }
    record.asked = asked;
    let Ok(answer) = answer else { return };
    check_session_id(record, &answer);
    let remedy = "HTTP/1.1 401 Unauthorized, with WWW-Authenticate: Bearer error=\"invalid_token\"";
    match answer.status {
        401 => record.pass(&REQUEST_REFUSED, ""),
        200..300 => record.failure(&REQUEST_REFUSED, "It accepts a made-up token.", remedy),
        _ => record.warning(&REQUEST_REFUSED, "Apps refresh their token only after a 401.", remedy),
    }
}

/// Tries each header alone, to find those that the preflight refuses. `passed`: the request with all of them succeeded.
async fn check_headers<W: Wire>(
    record: &mut Recorder<'_, W>,
    server: &ServerUrl,
    headers: &[Header],
    why: &str,
    passed: bool,
) {
    let asked = record.asked.clone();
    let mut refused = Vec::new();
    for header in headers {
        if let Err(TransportError::Blocked { .. }) = record.send(request(server, &[*header])).await {
            refused.push(*header);
        }
    }
    record.asked = asked;
    if refused.is_empty() {
        // A browser for which "*" includes Authorization refuses none.
        refused.extend(headers.iter().take(if passed { 1 } else { headers.len() }));
    }
    // If some pass, the preflight works. The remedy is the whole line: a line with only the missing headers would
    // remove the others.
    let all = shown(headers);
    let remedy = if refused.len() == headers.len() { preflight(&all) } else { cors::allow_headers(&all) };
    let missing = ["Not allowed: ", &shown(&refused), ". ", why].concat();
    record.failure(&REQUEST_CORS, missing.trim_end(), &remedy);
}

const SESSION_ID: Check = check(
    Step::Request,
    "request.session_id",
    "A page may read Mcp-Session-Id",
    "A page can't read Mcp-Session-Id",
    "MCP 2025-11-25 transports, Session Management; Fetch §2.2.2",
);

/// A server with sessions names them in a header, which it sends only for a valid token.
fn check_session_id<W: Wire>(record: &mut Recorder<'_, W>, answer: &Answer) {
    let Some(exposed) = &answer.exposed else { return };
    let names: Vec<&str> = exposed.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let is_exposed = names.iter().any(|name| *name == "*" || name.eq_ignore_ascii_case("mcp-session-id"));
    let all = names.iter().copied().chain(["Mcp-Session-Id"]).collect::<Vec<_>>().join(", ");
    record.prefer(
        &SESSION_ID,
        is_exposed,
        "It is not exposed. Pages need it if the server has sessions.",
        &cors::expose_headers(&all),
    );
}

/// A ping with headers of a call.
fn request(server: &ServerUrl, headers: &[Header]) -> Probe {
    let mut probe = Probe::from(Request::probe(server));
    // The browser would add a type to a body without one.
    if headers.iter().any(|(name, ..)| *name == "content-type") {
        probe.headers.retain(|(name, _)| *name != "content-type");
    }
    probe.headers.extend(headers.iter().map(|(name, value, _)| (*name, *value)));
    probe
}
