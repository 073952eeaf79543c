//! `WWW-Authenticate` of any server (RFC 9110 §11.6.1).
#![no_main]

use libfuzzer_sys::fuzz_target;
use mcp_authorize::protocol::WwwAuthenticate;

fuzz_target!(|field: &str| {
    let parsed = WwwAuthenticate::parse(field);
    for challenge in &parsed.0 {
        assert!(!challenge.scheme.is_empty() && challenge.scheme == challenge.scheme.to_ascii_lowercase());
        if let Some(scope) = challenge.scope() {
            assert!(!scope.is_empty());
        }
    }
    if let Some(challenge) = parsed.oauth() {
        assert!(matches!(challenge.scheme.as_str(), "bearer" | "dpop"));
        let _ = challenge.parameter("resource_metadata");
    }
});
