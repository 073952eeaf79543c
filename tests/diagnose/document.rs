//! The app's own client ID metadata document, as an authorization server checks it.

use mcp_authorize::diagnose::{AsPage, Finding, Status, check_client_metadata_document};
use mcp_authorize::ports::TransportError;
use mcp_authorize::protocol::RedirectUri;

use crate::scripted::*;

const URL: &str = "https://app.example/client.json";
const GOOD: &str = r#"{"client_id": "https://app.example/client.json", "client_name": "Example",
    "token_endpoint_auth_method": "none", "redirect_uris": ["https://app.example/callback"]}"#;

fn findings(world: &World, url: &str, redirect_uri: Option<&str>) -> Vec<Finding> {
    let wanted = redirect_uri.map(|uri| RedirectUri::parse(uri).unwrap());
    pollster::block_on(check_client_metadata_document(&AsPage { raw: world, origin: ORIGIN }, url, wanted.as_ref()))
}

const NONE: &str = r#""token_endpoint_auth_method": "none""#;
const URIS: &str = r#""redirect_uris": ["https://app.example/callback"]"#;

/// The faults of a response at the document's URL: id, detail and remedy.
fn wrong(status: u16, body: &str) -> Vec<(&'static str, String, String)> {
    let mut world = World::working();
    world.replies.insert(URL.into(), (status, Vec::new(), body.to_owned()));
    let findings = findings(&world, URL, Some("https://app.example/callback")).into_iter();
    let wrong = findings.filter(|it| matches!(it.status, Status::Failure | Status::Warning));
    wrong.map(|it| (it.id.trim_start_matches("registration.document."), it.detail, it.remedy.unwrap())).collect()
}

#[test]
fn a_good_document_passes_every_check() {
    let mut world = World::working();
    world.replies.insert(URL.into(), (200, Vec::new(), GOOD.into()));
    let passed: Vec<_> = findings(&world, URL, Some("https://app.example/callback"));
    assert!(passed.iter().all(|finding| finding.status == Status::Pass));
    let ids: Vec<_> = passed.iter().map(|it| it.id.trim_start_matches("registration.document.")).collect();
    let all = ["url", "found", "json", "size", "client_id", "client_name", "redirect_uris", "authentication"];
    assert_eq!(ids, all);
    assert_eq!(world.sent.borrow().as_slice(), [format!("GET {URL} ")]);
}

/// The status and the body of a document, and its findings: check, text and remedy.
type Case<'a> = (u16, String, &'a [(&'a str, &'a str, &'a str)]);

#[test]
fn each_fault_of_the_document_has_its_remedy() {
    let edited = |from: &str, to: &str| {
        assert!(GOOD.contains(from), "{from}");
        GOOD.replace(from, to)
    };
    let method = |name: &str, more: &str| edited("\"none\"", &format!("\"{name}\"{more}"));
    let long = edited("Example", &"x".repeat(5 * 1024));
    let just_right = edited("Example", &"x".repeat(5 * 1024 + 7 - GOOD.len()));
    let cases: Vec<Case> = vec![
        (404, GOOD.into(), &[("found", "It answers 404.", "HTTP/1.1 200 OK")]),
        // §4: "The authorization server MUST NOT automatically follow HTTP redirects".
        (
            301,
            GOOD.into(),
            &[("found", "It answers 301: authorization servers follow no redirect.", "HTTP/1.1 200 OK")],
        ),
        (
            200,
            "<!doctype html>".into(),
            &[("json", "The answer is not a JSON object.", "Content-Type: application/json")],
        ),
        // §6.6: servers may stop at 5 KB.
        (200, long, &[("size", "Servers may stop reading at 5 KB.", "Remove optional members.")]),
        (200, just_right, &[]),
        (
            200,
            edited("/client.json", "/other.json"),
            &[("client_id", "https://app.example/other.json", "\"client_id\": \"https://app.example/client.json\"")],
        ),
        (
            200,
            edited("client_name", "x"),
            &[("client_name", "Users read it when they consent.", "\"client_name\": \"Example\"")],
        ),
        (200, edited("redirect_uris", "x"), &[("redirect_uris", "There are none.", URIS)]),
        (200, edited("[\"https://app.example/callback\"]", "[]"), &[("redirect_uris", "There are none.", URIS)]),
        (
            200,
            edited("[\"https", "[\"http://app.example/callback\", \"https"),
            &[("redirect_uris", "\"http://app.example/callback\" is insecure or has a fragment.", URIS)],
        ),
        (
            200,
            edited("/callback\"", "/callback#top\""),
            &[("redirect_uris", "\"https://app.example/callback#top\" is insecure or has a fragment.", URIS)],
        ),
        // OAuth 2.1 §2.3.1: "simple string comparison".
        (
            200,
            edited("/callback\"", "/callback/\""),
            &[("redirect_uris", "None of them is exactly the app's redirect URI.", URIS)],
        ),
        // RFC 7591 §2: "If unspecified or omitted, the default is "client_secret_basic"".
        (
            200,
            edited("token_endpoint_auth_method", "x"),
            &[("authentication", "There is no method, which means client_secret_basic.", NONE)],
        ),
        (200, method("client_secret_post", ""), &[("authentication", "The method is \"client_secret_post\".", NONE)]),
        (200, method("rubbish", ""), &[("authentication", "The method is \"rubbish\".", NONE)]),
        // §4.1: a document is public, so it must not contain a secret.
        (
            200,
            method("none", ", \"client_secret\": \"x\""),
            &[("authentication", "It contains a client secret.", NONE)],
        ),
        (
            200,
            method("none", ", \"client_secret_expires_at\": 0"),
            &[("authentication", "It contains a client secret.", NONE)],
        ),
        (
            200,
            method("private_key_jwt", ""),
            &[(
                "authentication",
                "The method is private_key_jwt, and the public half of the key is not there.",
                "\"jwks_uri\": \"https://app.example/jwks.json\"",
            )],
        ),
        (200, method("private_key_jwt", ", \"jwks\": {\"keys\": []}"), &[]),
        (200, method("private_key_jwt", ", \"jwks_uri\": \"https://app.example/jwks.json\""), &[]),
    ];
    for (status, body, expected) in cases {
        let found = wrong(status, &body);
        let found: Vec<_> = found.iter().map(|(id, detail, remedy)| (*id, detail.as_str(), remedy.as_str())).collect();
        assert_eq!(found, expected, "{status} {body}");
    }
}

#[test]
fn a_url_that_can_not_be_a_client_id_is_not_requested() {
    // §3: https, with a path, and without dot segments, a fragment, a user name or a password.
    let world = World::working();
    for (url, detail) in [
        ("https://app.example", "It has no path."),
        ("https://app.example/client.json#x", "It has a fragment."),
        ("https://ada:s3cret@app.example/client.json", "It has a user name or password in it."),
        ("https://app.example/../client.json", "It is not an absolute https URL, or its path has dot segments."),
        ("http://app.example/client.json", "It is not https."),
    ] {
        let findings = findings(&world, url, None);
        let [finding] = findings.as_slice() else { panic!("{url} must have one finding") };
        assert_eq!((finding.id, finding.detail.as_str()), ("registration.document.url", detail));
        assert_eq!(finding.remedy.as_deref(), Some(URL));
    }
    assert!(world.sent.borrow().is_empty());
}

#[test]
fn without_a_redirect_uri_any_list_will_do_and_a_missing_response_is_reported() {
    let mut world = World::working();
    world.replies.insert(URL.into(), (200, Vec::new(), GOOD.into()));
    assert!(findings(&world, URL, None).iter().all(|finding| finding.status == Status::Pass));
    world.failures.insert(URL, || TransportError::TimedOut(None));
    let last = findings(&world, URL, None).pop().unwrap();
    assert_eq!((last.id, last.status), ("registration.document.found", Status::Failure));
    assert_eq!(last.detail, "It did not answer in time.");
    // That a page may not read it does not matter: an authorization server is not a page.
    world.failures.insert(URL, || TransportError::Blocked { why: String::new(), cause: None });
    let last = findings(&world, URL, None).pop().unwrap();
    assert_eq!((last.id, last.status), ("registration.document.found", Status::Skipped));
}
