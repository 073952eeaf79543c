//! The query that comes back to the redirect URI (RFC 6749 §4.1.2, RFC 9207).
#![no_main]

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use mcp_authorize::Code;
use mcp_authorize::protocol::{
    CodeVerifier, PendingRequest, RedirectUri, Resource, ServerUrl, State, authorization_response, form,
};
use mcp_authorize_fuzz::scripted::{ISSUER, SERVER};
use mcp_authorize_fuzz::{issuer, text};

/// 32 bytes of zero.
const STATE: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fuzz_target!(|data: &[u8]| {
    let _ = check(&mut Unstructured::new(data));
});

fn check(input: &mut Unstructured<'_>) -> Result<()> {
    let iss_in_response = input.arbitrary()?;
    let request = PendingRequest {
        issuer: &issuer(),
        iss_in_response,
        redirect_uri: &RedirectUri::parse("https://app.example/callback").expect("a good URL"),
        resource: Some(&Resource::of(&ServerUrl::parse(SERVER).expect("a good server"))),
        state: &State::from_entropy([0; 32]),
        verifier: &CodeVerifier::from_entropy([1; 32]),
    };
    let mut query = String::new();
    for _ in 0..input.int_in_range(0..=6)? {
        let name = *input.choose(&["code", "state", "iss", "error", "error_description", "x", "%73tate", ""])?;
        let value = match input.int_in_range(0..=3)? {
            0 => STATE.to_owned(),
            1 => ISSUER.to_owned(),
            _ => text(input)?,
        };
        query.push_str(&["&", name, "=", &value].concat());
    }
    let given = |name: &str| {
        let all = form::parse(&query).into_iter().filter(|(key, _)| key == name).map(|(_, value)| value);
        all.collect::<Vec<_>>()
    };
    match authorization_response(&query, &request) {
        Ok(code) => {
            assert_eq!(given("state"), [STATE]);
            assert_eq!(given("code"), [code.expose()]);
            // Some servers send all parameters, even without a value.
            assert!(given("error").iter().all(String::is_empty));
            let iss = given("iss");
            assert!(iss == [ISSUER] || iss.is_empty() && !iss_in_response);
        }
        Err(error) if given("state") != [STATE] => assert_eq!(error.code(), Code::StateMismatch),
        Err(_) => {}
    }
    Ok(())
}
