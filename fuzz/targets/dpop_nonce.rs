//! Servers that ask for nonces in proofs (RFC 9449 §8 and §9), as often and as oddly as they like.
#![no_main]

use std::rc::Rc;

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use mcp_authorize::flow::sign_in;
use mcp_authorize::protocol::ServerUrl;
use mcp_authorize_fuzz::scripted::{
    AppRequest, AppResponse, ISSUER, METADATA, Reply, SERVER, Scripted, TOKEN, User, client, metadata,
};
use mcp_authorize_fuzz::text;

const TOKENS: &str = r#"{"access_token": "a", "token_type": "DPoP", "expires_in": 60, "refresh_token": "r"}"#;

fuzz_target!(|data: &[u8]| {
    let _ = check(&mut Unstructured::new(data));
});

fn nonce(input: &mut Unstructured<'_>) -> Result<&'static str> {
    Ok(*input.choose(&["", "n1", "n2", "n3", "\"", "\u{7f}", "é", "a b", "nonce, nonce"])?)
}

fn check(input: &mut Unstructured<'_>) -> Result<()> {
    let ports = Scripted::working();
    ports.reply(METADATA, Reply::ok(metadata(ISSUER, r#", "dpop_signing_alg_values_supported": ["ES256"]"#)));
    ports.reply(SERVER, Reply::Challenge(401, "DPoP".into()));
    let mut replies = Vec::new();
    for _ in 0..input.int_in_range(1..=4)? {
        replies.push(if input.arbitrary()? {
            let error = ["{\"error\": ", &serde_json::Value::from(text(input)?).to_string(), "}"].concat();
            Reply::Nonce(*input.choose(&[400, 401, 500])?, nonce(input)?, error)
        } else {
            Reply::Nonce(200, nonce(input)?, TOKENS.into())
        });
    }
    ports.replies(TOKEN, replies);
    let mut answers = Vec::new();
    for _ in 0..input.int_in_range(0..=4)? {
        let challenge = *input.choose(&["DPoP error=\"use_dpop_nonce\"", "DPoP", "Bearer", ""])?;
        let mut answer = AppResponse::new(*input.choose(&[200, 401, 403])?, challenge);
        answer.nonce = Some(nonce(input)?);
        answers.push(answer);
    }
    let client = Rc::new(client());
    let server = ServerUrl::parse(SERVER).expect("a good server");
    pollster::block_on(async {
        let Ok(session) = sign_in(&ports, &client, &server.clone().into(), None, &mut User::consents()).await else {
            return;
        };
        let (mut proofs, mut sent) = (Vec::new(), 0);
        let answer = async |_: &str| {
            sent += 1;
            answers.pop().unwrap_or_default()
        };
        let _ = session.call(AppRequest { url: SERVER, proofs: &mut proofs, can_resend: true, answer }).await;
        assert!(sent <= 3, "once, once with a nonce, once with new tokens");
    });
    Ok(())
}
