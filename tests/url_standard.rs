//! The parser and the policy for URLs, with the web platform's test data (urltestdata.json, which the package of the
//! crate `url` contains).
// Clippy exempts only the tests themselves, not their helpers.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg(not(target_arch = "wasm32"))]

use std::path::PathBuf;
use std::process::Command;

use mcp_authorize::protocol::{Issuer, Url};
use serde_json::Value;

/// The name of this compiler's platform.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(output.stdout).unwrap();
    version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

fn test_data() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        // Other platforms need crates that this machine may never have downloaded.
        .args(["metadata", "--format-version", "1", "--offline", "--filter-platform", &host(), "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let url = packages.iter().find(|package| package["name"] == "url").unwrap();
    let file = PathBuf::from(url["manifest_path"].as_str().unwrap()).with_file_name("tests/urltestdata.json");
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn accepted_urls_are_read_as_the_url_standard_reads_them() {
    let (mut taken, mut all) = (0, 0);
    for case in test_data().iter().filter(|case| case.is_object()) {
        all += 1;
        let input = case["input"].as_str().unwrap();
        let Ok(url) = Url::parse(input) else { continue };
        taken += 1;
        assert_eq!(Some(url.as_str()), case["href"].as_str(), "{input:?}");
        assert_eq!((case["username"].as_str(), case["password"].as_str()), (Some(""), Some("")), "{input:?}");
        let origin = case["origin"].as_str();
        assert!(origin.is_none_or(|origin| origin == url.origin()), "{input:?}");
        assert_eq!(Some(url.host()), case["host"].as_str(), "{input:?}");
        assert_eq!(Some(url.path()), case["pathname"].as_str(), "{input:?}");
        // An empty query is written, but has no `search`.
        assert_eq!(Some(url.query()).map(|query| if query == "?" { "" } else { query }), case["search"].as_str());
        assert!(!input.contains(['\\', ' ', '\t', '\n', '\r']), "{input:?} would be repaired");
        if let Ok(issuer) = Issuer::parse(input) {
            assert_eq!(issuer.as_str(), input, "it keeps its spelling");
        }
    }
    // Most of the data is refused here: relative references, other schemes, URLs that a browser would repair.
    assert!(all > 500 && taken >= 10, "{taken} of {all} were accepted");
}

#[test]
fn a_url_that_is_not_secure_is_refused() {
    for case in test_data().iter().filter(|case| case["base"].is_null() && case.is_object()) {
        let input = case["input"].as_str().unwrap();
        let secure = match case["protocol"].as_str() {
            _ if case["failure"] == true => false,
            Some("https:") => true,
            Some("http:") => {
                let host = case["hostname"].as_str().unwrap();
                host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") || host == "[::1]"
            }
            _ => false,
        };
        assert!(secure || Url::parse(input).is_err(), "{input:?}");
    }
}
