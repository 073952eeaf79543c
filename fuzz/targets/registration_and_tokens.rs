//! What registration and token endpoints answer (RFC 7591 §3.2, RFC 6749 §5).
#![no_main]

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use mcp_authorize::Step;
use mcp_authorize::protocol::form::Form;
use mcp_authorize::protocol::{OAuthError, TokenResponse, id_jag, registered_client};
use mcp_authorize_fuzz::scripted::tokens;
use mcp_authorize_fuzz::{changed, server};

fuzz_target!(|data: &[u8]| {
    let _ = check(&mut Unstructured::new(data));
});

fn check(input: &mut Unstructured<'_>) -> Result<()> {
    let registration = changed(input, r#"{"client_id": "id", "token_endpoint_auth_method": "none"}"#)?;
    if let Ok(client) = registered_client(&registration, &server("")) {
        assert!(!client.client_id.is_empty());
        let _ = client.authenticate(Form::new(), None);
    }
    let answer = changed(input, &tokens("first"))?;
    if let Ok(response) = TokenResponse::parse(&answer, Step::Token) {
        assert!(!response.access_token.expose().is_empty());
    }
    let _ = id_jag(&answer);
    if let Some(error) = OAuthError::parse(&answer, &["s3cret"]) {
        let sentence = error.sentence();
        assert!(!sentence.contains("s3cret") && !sentence.contains(char::is_control));
    }
    Ok(())
}
