//! The responses of registration and token endpoints (RFC 7591 §3.2, RFC 6749 §5).
#![no_main]

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use mcp_authorize::Step;
use mcp_authorize::protocol::form::Form;
use mcp_authorize::protocol::{OAuthError, Scope, TokenExchange, TokenResponse, registered_client};
use mcp_authorize_fuzz::scripted::tokens;
use mcp_authorize_fuzz::{changed, server};

fuzz_target!(|data: &[u8]| {
    let _ = check(&mut Unstructured::new(data));
});

fn check(input: &mut Unstructured<'_>) -> Result<()> {
    let registration = changed(input, r#"{"client_id": "id", "token_endpoint_auth_method": "none"}"#)?;
    if let Ok(client) = registered_client(&registration, &server(""), false) {
        assert!(!client.client_id.is_empty());
        let _ = client.authenticate(Form::new(), None);
    }
    let answer = changed(input, &tokens("first"))?;
    if let Ok(response) = TokenResponse::parse(&answer, Step::Token, None) {
        assert!(!response.access_token.expose().is_empty());
    }
    let exchange = TokenExchange {
        subject_token: &"t".into(),
        subject_token_type: "a",
        requested_token_type: "b",
        audience: "",
        resource: "",
        scope: &Scope::default(),
    };
    let _ = exchange.read(&answer);
    // As long as real secrets: a short one could be part of an ordinary word.
    const SECRET: &str = "s3cret-verifier";
    if let Some(error) = OAuthError::parse(&answer, &[SECRET]) {
        let sentence = error.sentence();
        assert!(!sentence.contains(SECRET) && !sentence.contains(char::is_control));
    }
    Ok(())
}
