//! The whole report on a server that does everything right, and how it changes if one thing is different. This covers
//! what passes and what is skipped, too. The expected reports are in whole_report.txt.

use mcp_authorize::diagnose::{App, Finding};
use mcp_authorize::ports::TransportError;

use crate::scripted::*;

/// A finding in a line: status, id, detail and remedy.
fn line(finding: &Finding) -> String {
    let Finding { id, status, detail, remedy, .. } = finding;
    let texts = [Some(detail), remedy.as_ref()].into_iter().flatten().filter(|text| !text.is_empty());
    texts.fold(format!("{} {id}", status.name()), |line, text| format!("{line} | {text}"))
}

fn lines(change: &dyn Fn(&mut World), app: &dyn Fn(&mut App)) -> Vec<String> {
    let mut world = World::complete();
    change(&mut world);
    let mut own = world.app(false);
    app(&mut own);
    world.report_for(SERVER, &own).findings.iter().map(line).collect()
}

/// The new lines of the report, followed by the ids of the findings that it no longer has.
fn differences(change: &dyn Fn(&mut World), app: &dyn Fn(&mut App)) -> Vec<String> {
    let (before, now) = (lines(&|_| {}, &|_| {}), lines(change, app));
    let id = |line: &String| line.split(' ').nth(1).unwrap().to_owned();
    let left: Vec<String> = now.iter().map(id).collect();
    let gone: Vec<String> = before.iter().map(id).filter(|id| !left.contains(id)).collect();
    let mut changes: Vec<String> = now.into_iter().filter(|line| !before.contains(line)).collect();
    match gone.as_slice() {
        [first, .., last] if gone.len() > 2 => {
            changes.push(format!("no {first} and {} more, to {last}", gone.len() - 1))
        }
        few => changes.extend(few.iter().map(|id| format!("no {id}"))),
    }
    changes
}

type Case = (&'static str, Box<dyn Fn(&mut World)>, Box<dyn Fn(&mut App)>);

fn case(name: &'static str, change: impl Fn(&mut World) + 'static, app: impl Fn(&mut App) + 'static) -> Case {
    (name, Box::new(change), Box::new(app))
}

/// For an app without options.
fn server(name: &'static str, change: impl Fn(&mut World) + 'static) -> Case {
    case(name, change, |_| {})
}

fn nothing(_: &mut World) {}

fn both(one: impl Fn(&mut World), other: impl Fn(&mut World)) -> impl Fn(&mut World) {
    move |world| {
        one(world);
        other(world);
    }
}

/// Moves a document to another URL.
fn moved(from: &'static str, to: &'static str) -> impl Fn(&mut World) {
    move |world| {
        let reply = world.replies.remove(from).unwrap();
        world.replies.insert(to.into(), reply);
    }
}

/// The same headers with another status and body.
fn answers(url: &'static str, status: u16, body: &'static str) -> impl Fn(&mut World) {
    move |world| {
        let reply = world.replies.get_mut(url).unwrap();
        (reply.0, reply.2) = (status, body.into());
    }
}

fn status(url: &'static str, status: u16) -> impl Fn(&mut World) {
    answers(url, status, "")
}

fn edit_header(url: &'static str, name: &'static str, value: &'static str) -> impl Fn(&mut World) {
    move |world| {
        let headers = &mut world.replies.get_mut(url).unwrap().1;
        headers.retain(|(key, _)| *key != name);
        headers.push((name, value.into()));
    }
}

fn challenge(value: &'static str) -> impl Fn(&mut World) {
    edit_header(SERVER, "www-authenticate", value)
}

/// Neither the challenge nor the metadata mentions DPoP (RFC 9449 §7.1).
fn only_bearer() -> impl Fn(&mut World) {
    challenge(r#"Bearer resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp", scope="a""#)
}

fn fails(url: &'static str, failure: fn() -> TransportError) -> impl Fn(&mut World) {
    move |world| {
        world.failures.insert(url, failure);
    }
}

fn redirects(url: &'static str, to: &'static str) -> impl Fn(&mut World) {
    move |world| {
        world.redirects.insert(url, to);
    }
}

fn no_preflight(url: &'static str, status: u16) -> impl Fn(&mut World) {
    move |world| {
        world.preflights.insert(url, status);
    }
}

fn refuses(header: &'static str) -> impl Fn(&mut World) {
    move |world| world.refused.push(header)
}

fn cases() -> Vec<Case> {
    vec![
        // RFC 8414 §2: members that are missing or have the wrong type.
        server("no response types", edit(AS, r#""response_types_supported": ["code"], "#, "")),
        server("another flow", edit(AS, r#"["code"]"#, r#"["token"]"#)),
        server(
            "client ID metadata documents are not supported",
            edit(AS, "document_supported\": true", "document_supported\": false"),
        ),
        server("clients need a secret", edit(AS, r#"["none"]"#, r#"["client_secret_basic"]"#)),
        server(
            "responses do not name the issuer",
            edit(AS, "iss_parameter_supported\": true", "iss_parameter_supported\": false"),
        ),
        server("no refresh", edit(AS, r#", "refresh_token""#, "")),
        server("no revocation", edit(AS, r#""revocation_endpoint": "https://as.example/revoke", "#, "")),
        server("another algorithm", edit(AS, "ES256", "RS256")),
        server("no DPoP", edit(AS, r#""dpop_signing_alg_values_supported": ["ES256"],"#, "")),
        server(
            "no pushed requests",
            edit(AS, r#""pushed_authorization_request_endpoint": "https://as.example/par""#, r#""x": 1"#),
        ),
        server("no registration", edit(AS, "registration_endpoint", "x_endpoint")),
        case(
            "no registration, but the app has a metadata document",
            edit(AS, "registration_endpoint", "x_endpoint"),
            |app| app.metadata_document = Some("https://app.example/client.json".into()),
        ),
        case("no registration, but the app has a client ID", edit(AS, "registration_endpoint", "x_endpoint"), |app| {
            app.client_id = Some("own".into())
        }),
        server(
            "neither registration nor metadata documents",
            both(
                edit(AS, "registration_endpoint", "x_endpoint"),
                edit(AS, "document_supported\": true", "document_supported\": false"),
            ),
        ),
        case(
            "the app has a metadata document, which is not supported",
            both(
                edit(AS, "registration_endpoint", "x_endpoint"),
                edit(AS, "document_supported\": true", "document_supported\": false"),
            ),
            |app| app.metadata_document = Some("https://app.example/client.json".into()),
        ),
        server("PKCE methods as a string instead of a list", edit(AS, r#"["S256"]"#, r#""S256""#)),
        server("no PKCE", edit(AS, r#"["S256"]"#, r#"["plain"]"#)),
        case("no PKCE at a server that the app trusts", edit(AS, r#"["S256"]"#, r#"["plain"]"#), |app| {
            app.trust_pkce = vec!["https://as.example".into()]
        }),
        case("no PKCE, and the app trusts another server", edit(AS, r#"["S256"]"#, r#"["plain"]"#), |app| {
            app.trust_pkce = vec!["https://other.example".into()]
        }),
        server(
            "a slash at the end of the issuer",
            edit(AS, r#""issuer": "https://as.example""#, r#""issuer": "https://as.example/""#),
        ),
        server("another issuer", edit(AS, r#""issuer": "https://as.example""#, r#""issuer": "https://other.example""#)),
        server("no issuer", edit(AS, r#""issuer""#, r#""x""#)),
        server(
            "scopes as a string instead of a list",
            edit(AS, r#""response_types_supported""#, r#""scopes_supported": "a b", "response_types_supported""#),
        ),
        server("authentication methods as a string instead of a list", edit(AS, r#"["none"]"#, r#""none""#)),
        server(
            "grant types as a string instead of a list",
            edit(AS, r#"["authorization_code", "refresh_token"]"#, r#""refresh_token""#),
        ),
        server("DPoP algorithms as a string instead of a list", edit(AS, r#"["ES256"]"#, r#""ES256""#)),
        server("a registration endpoint that is not a URL", edit(AS, "https://as.example/register", "register")),
        server("a revocation endpoint that is not a URL", edit(AS, r#""https://as.example/revoke""#, "7")),
        server(
            "a device authorization endpoint that is not a URL",
            edit(
                AS,
                r#""response_types_supported""#,
                r#""device_authorization_endpoint": "x", "response_types_supported""#,
            ),
        ),
        server("an endpoint for pushed requests that is not a URL", edit(AS, "https://as.example/par", "par")),
        server("an authorization endpoint that is not a URL", edit(AS, r#""https://as.example/a""#, r#""a""#)),
        server("a token endpoint without TLS", edit(AS, "https://as.example/token", "http://as.example/token")),
        server("a revocation endpoint without TLS", edit(AS, "https://as.example/revoke", "http://as.example/revoke")),
        server("no authorization endpoint", edit(AS, "authorization_endpoint", "x_endpoint")),
        server("no token endpoint", edit(AS, "token_endpoint\"", "x_endpoint\"")),
        // The URLs of the documents (RFC 9728 §3, RFC 8414 §3).
        server("no authorization server metadata", replace(AS, 404, "")),
        server("only OpenID Connect metadata", moved(AS, OPENID)),
        server("authorization server metadata that is an HTML page", replace(AS, 200, "<!doctype html>")),
        server("authorization server metadata that pages may not read", closed(AS)),
        server("authorization server metadata with status 503", replace(AS, 503, "")),
        server("authorization server metadata with status 425 (RFC 8470 §5.2)", replace(AS, 425, "")),
        server(
            "authorization server metadata at an unreachable server",
            fails(AS, || TransportError::Unreachable(None)),
        ),
        server("authorization server metadata that takes too long", fails(AS, || TransportError::TimedOut(None))),
        server("authorization server metadata that is too large", fails(AS, || TransportError::TooLarge(None))),
        server(
            "authorization server metadata that redirects to another origin",
            redirects(AS, "https://other.example/metadata"),
        ),
        server(
            "authorization server metadata that redirects to the same origin",
            redirects(AS, "https://as.example/metadata"),
        ),
        server("authorization server metadata that redirects to an invalid URL", redirects(AS, "nowhere")),
        server("a second document of another issuer", replace(OPENID, 200, r#"{"issuer": "https://other.example"}"#)),
        server(
            "a second document that pages may not read",
            both(replace(OPENID, 200, r#"{"issuer": "https://as.example"}"#), closed(OPENID)),
        ),
        server("no resource metadata", replace(PRM, 404, "")),
        server("no resource metadata at the URL in the challenge, but at the root", moved(PRM, ROOT_PRM)),
        server("resource metadata that is an HTML page", replace(PRM, 200, "<!doctype html>")),
        server("resource metadata of another server", edit(PRM, SERVER, "https://other.example/mcp")),
        server(
            "resource metadata of another server at the root",
            replace(ROOT_PRM, 200, r#"{"resource": "https://other.example"}"#),
        ),
        server(
            "the challenge names the root",
            both(
                challenge(
                    r#"DPoP resource_metadata="https://mcp.example/.well-known/oauth-protected-resource", scope="a", Bearer"#,
                ),
                moved(PRM, ROOT_PRM),
            ),
        ),
        server(
            "the challenge names the document of another server, and the server's own is at its path",
            both(
                challenge(r#"DPoP resource_metadata="https://mcp.example/prm", scope="a", Bearer"#),
                replace("https://mcp.example/prm", 200, r#"{"resource": "https://other.example"}"#),
            ),
        ),
        server(
            "the challenge names a URL without TLS",
            challenge(r#"Bearer resource_metadata="http://mcp.example/prm""#),
        ),
        server("the challenge names no URL", challenge(r#"DPoP scope="a", Bearer"#)),
        server(
            "the challenge names no URL, and there is no metadata",
            both(challenge("Bearer"), replace(PRM, 404, "")),
        ),
        server("no challenge", challenge("")),
        server("no challenge, and no metadata", both(challenge(""), replace(PRM, 404, ""))),
        server("a challenge that pages may not read", edit_header(SERVER, EXPOSE, "Mcp-Session-Id")),
        server(
            "a challenge that pages may not read, and no metadata",
            both(edit_header(SERVER, EXPOSE, "Mcp-Session-Id"), replace(PRM, 404, "")),
        ),
        server(
            "a scope without quotes",
            challenge(
                r#"Bearer resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp", scope=a:b"#,
            ),
        ),
        server(
            "no scope in the challenge",
            challenge(
                r#"DPoP resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp", Bearer"#,
            ),
        ),
        server("no scope in the metadata", edit(PRM, r#""scopes_supported": ["a", "b"], "#, "")),
        server(
            "no scope anywhere",
            both(
                challenge(
                    r#"DPoP resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp", Bearer"#,
                ),
                edit(PRM, r#""scopes_supported": ["a", "b"], "#, ""),
            ),
        ),
        // The resource metadata's members (RFC 9728 §2).
        server("no authorization server", edit(PRM, r#"["https://as.example"]"#, "[]")),
        server(
            "a metadata document for an authorization server",
            edit(PRM, r#"["https://as.example"]"#, r#"["https://as.example/.well-known/openid-configuration"]"#),
        ),
        server(
            "an authorization server without TLS and a good one",
            edit(PRM, r#"["https://as.example"]"#, r#"["http://old.example", "https://as.example"]"#),
        ),
        server(
            "an authorization server that is not a URL",
            edit(PRM, r#"["https://as.example"]"#, r#"["as.example"]"#),
        ),
        server("tokens only in the body", edit(PRM, r#"["header", "body"]"#, r#"["body"]"#)),
        server("bearer methods as a string instead of a list", edit(PRM, r#"["header", "body"]"#, r#""header""#)),
        // The MCP server's response to a request without a token (RFC 9110 §15).
        server("status 200", status(SERVER, 200)),
        server("status 400", status(SERVER, 400)),
        server("status 403", status(SERVER, 403)),
        server("status 404", status(SERVER, 404)),
        server("status 405", status(SERVER, 405)),
        server("status 408", status(SERVER, 408)),
        server("status 410", status(SERVER, 410)),
        server("status 425", status(SERVER, 425)),
        server("status 429", status(SERVER, 429)),
        server("status 500", status(SERVER, 500)),
        server("the MCP server is unreachable", fails(SERVER, || TransportError::Unreachable(None))),
        server("the MCP server takes too long", fails(SERVER, || TransportError::TimedOut(None))),
        server("the MCP server redirects to another origin", redirects(SERVER, "https://other.example/mcp")),
        server("the MCP server redirects on its own origin", redirects(SERVER, "https://mcp.example/mcp/")),
        server("pages may not read the MCP server's responses", closed(SERVER)),
        server("preflights are refused", no_preflight(SERVER, 403)),
        server("pages may not send a protocol version", refuses("mcp-protocol-version")),
        server("pages may not send proofs", refuses("dpop")),
        server("pages may not send proofs, and only Bearer tokens are accepted", both(refuses("dpop"), only_bearer())),
        server("only Bearer tokens are accepted", only_bearer()),
        server("the session ID is hidden", edit_header(SERVER, EXPOSE, "WWW-Authenticate")),
        server("all headers are exposed", edit_header(SERVER, EXPOSE, "*")),
        // The endpoints (RFC 6749 §3, RFC 7591 §3, RFC 7009 §2, RFC 9126 §2).
        server("registration 401", replace(REGISTER, 401, "")),
        server("registration 403", replace(REGISTER, 403, "")),
        server("registration 404", replace(REGISTER, 404, "")),
        server("registration 405", replace(REGISTER, 405, "")),
        case("registration 403, but the app has a client ID", replace(REGISTER, 403, ""), |app| {
            app.client_id = Some("own".into())
        }),
        server("pages may not register", closed(REGISTER)),
        server("pages may not send JSON to the registration endpoint", no_preflight(REGISTER, 403)),
        server("the registration endpoint is unreachable", fails(REGISTER, || TransportError::Unreachable(None))),
        case("the app registers", nothing, |app| app.register = true),
        case(
            "the app registers, and is refused",
            replace(REGISTER, 400, r#"{"error": "invalid_redirect_uri"}"#),
            |app| app.register = true,
        ),
        case("the app registers, and the response has no client ID", replace(REGISTER, 201, "{}"), |app| {
            app.register = true
        }),
        case(
            "the app registers, and an error response has a client ID",
            replace(REGISTER, 500, r#"{"client_id": "registered"}"#),
            |app| app.register = true,
        ),
        server("authorization endpoint 400", replace(AUTHORIZE, 400, "")),
        server("authorization endpoint 404", replace(AUTHORIZE, 404, "")),
        server("authorization endpoint 405", replace(AUTHORIZE, 405, "")),
        server("authorization endpoint 410", replace(AUTHORIZE, 410, "")),
        server("authorization endpoint 501", replace(AUTHORIZE, 501, "")),
        server(
            "the authorization endpoint has a state in its query",
            edit(AS, r#""https://as.example/a""#, r#""https://as.example/a?state=x""#),
        ),
        server("pages may not push requests", closed(PUSH)),
        server(
            "pages may not push requests, which is required",
            both(
                closed(PUSH),
                edit(
                    AS,
                    r#""response_types_supported""#,
                    r#""require_pushed_authorization_requests": true, "response_types_supported""#,
                ),
            ),
        ),
        server("the endpoint for pushed requests is unreachable", fails(PUSH, || TransportError::Unreachable(None))),
        server("token endpoint 200", answers(TOKEN, 200, "")),
        server("token endpoint 400", answers(TOKEN, 400, "")),
        server("token endpoint 401", answers(TOKEN, 401, "")),
        server("token endpoint 404", answers(TOKEN, 404, "")),
        server("token endpoint 415", answers(TOKEN, 415, "")),
        server("token endpoint 500", answers(TOKEN, 500, "")),
        server("token endpoint 200 with an error", answers(TOKEN, 200, r#"{"error": "invalid_grant"}"#)),
        server("token endpoint with an error in a list", answers(TOKEN, 400, r#"{"error": ["invalid_grant"]}"#)),
        server("pages may not read the token endpoint's responses", closed(TOKEN)),
        case("pages may not read the token endpoint's responses, and the app has a client ID", closed(TOKEN), |app| {
            app.client_id = Some("own".into())
        }),
        server("pages may not send proofs to the token endpoint", no_preflight(TOKEN, 403)),
        server(
            "pages may not send proofs to the token endpoint, and only Bearer tokens are accepted",
            both(no_preflight(TOKEN, 403), only_bearer()),
        ),
        server("the token endpoint is unreachable", fails(TOKEN, || TransportError::Unreachable(None))),
        server("the nonce is hidden", edit_header(TOKEN, EXPOSE, "Date")),
        server("no nonce", answers(TOKEN, 400, r#"{"error": "invalid_grant"}"#)),
        server("pages may not read the revocation endpoint's responses", closed(REVOKE)),
        server("the revocation endpoint is unreachable", fails(REVOKE, || TransportError::Unreachable(None))),
        server("the revocation endpoint refuses an unknown client", replace(REVOKE, 401, "")),
        case("the revocation endpoint refuses the app's client with 401", replace(REVOKE, 401, ""), |app| {
            app.client_id = Some("own".into())
        }),
        case("the revocation endpoint refuses the app's client with 403", replace(REVOKE, 403, ""), |app| {
            app.client_id = Some("own".into())
        }),
        case("the revocation endpoint accepts the app's client", nothing, |app| app.client_id = Some("own".into())),
    ]
}

/// `UPDATE_SNAPSHOTS=1` writes the file: read what changed.
#[test]
fn each_change_to_a_server_changes_the_report_as_expected() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/diagnose/whole_report.txt");
    let mut text = "A server that does everything:\n".to_owned();
    for line in lines(&|_| {}, &|_| {}) {
        text.push_str(&format!("  {line}\n"));
    }
    for (name, change, app) in cases() {
        text.push_str(&format!("\n{name}:\n"));
        for line in differences(&*change, &*app) {
            text.push_str(&format!("  {line}\n"));
        }
    }
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    let other = text.lines().zip(kept.lines()).find(|(now, before)| now != before);
    assert!(text == kept, "the reports differ from tests/diagnose/whole_report.txt, first by {other:?}");
}
