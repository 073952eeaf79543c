//! A whole sign-in, and the use of its session, with servers and a user agent that the fuzzer drives.
#![no_main]

use std::rc::Rc;

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use mcp_authorize::Code;
use mcp_authorize::flow::sign_in;
use mcp_authorize::ports::CallbackQuery;
use mcp_authorize::protocol::ServerUrl;
use mcp_authorize_fuzz::scripted::*;
use mcp_authorize_fuzz::{changed, json, text};

/// The targets of redirects, on the same origin and on another.
const REDIRECTED: &[&str] = &["https://as.example/redirected", "https://evil.example/redirected"];

fuzz_target!(|data: &[u8]| {
    let _ = check(&mut Unstructured::new(data));
});

fn reply(input: &mut Unstructured<'_>, good: &str) -> Result<Reply> {
    Ok(match input.int_in_range(0..=11)? {
        0 => Reply::Challenge(*input.choose(&[200, 401, 403, 405])?, challenge(input)?),
        1 => Reply::Nonce(*input.choose(&[200, 400, 401])?, "n", json(changed(input, good)?)),
        2 => Reply::RetryAfter(*input.choose(&[429, 503])?, input.arbitrary()?),
        3 => Reply::RedirectTo((*input.choose(REDIRECTED)?).to_owned()),
        4 => Reply::Fails(*input.choose(&[Code::Network, Code::Timeout, Code::ResponseTooLarge])?),
        5 => Reply::Json(input.arbitrary()?, input.arbitrary()?),
        6 => Reply::Json(*input.choose(&[400, 401, 500])?, json(changed(input, r#"{"error": "invalid_grant"}"#)?)),
        7 => Reply::Json(*input.choose(&[200, 201])?, json(changed(input, good)?)),
        _ => Reply::Json(200, good.to_owned()),
    })
}

fn challenge(input: &mut Unstructured<'_>) -> Result<String> {
    let scheme = *input.choose(&["Bearer", "DPoP", "Basic"])?;
    Ok(format!(
        "{scheme} resource_metadata=\"{}\", scope=\"{}\", error=\"{}\"",
        text(input)?,
        text(input)?,
        text(input)?
    ))
}

fn check(input: &mut Unstructured<'_>) -> Result<()> {
    let ports = Scripted::working();
    for url in REDIRECTED {
        ports.reply(url, Reply::Json(200, json(changed(input, &metadata(ISSUER, ""))?)));
    }
    let more = *input.choose(&["", r#", "dpop_signing_alg_values_supported": ["ES256"]"#])?;
    let good = [
        (SERVER, String::new()),
        (PRM, prm(SERVER, ISSUER)),
        (ROOT_PRM, prm(SERVER, ISSUER)),
        (METADATA, metadata(ISSUER, more)),
        (OPENID, metadata(ISSUER, more)),
        (REGISTER, r#"{"client_id": "registered"}"#.to_owned()),
        (TOKEN, tokens("first")),
        (REVOKE, "{}".to_owned()),
    ];
    for (url, good) in &good {
        if input.ratio(1, 3)? {
            let count = input.int_in_range(1..=3)?;
            ports.replies(url, (0..count).map(|_| reply(input, good)).collect::<Result<_>>()?);
        }
    }
    let mut queries = Vec::new();
    for _ in 0..input.int_in_range(0..=2)? {
        queries.push((text(input)?, input.arbitrary::<bool>()?));
    }
    let consents = input.ratio(3, 4)?;
    let mut user = User::answering(move |sent| {
        let odd = queries.iter().map(|(query, ours)| {
            Ok(CallbackQuery { query: ["?state=", query].concat().as_str().into(), from_own_popup: *ours })
        });
        let state = sent.get("state").cloned().unwrap_or_default();
        odd.chain(consents.then(|| Ok(from_shared_channel(&format!("?code=the-code&state={state}&iss={ISSUER}"))))).collect()
    });
    let mut answers = Vec::new();
    for _ in 0..input.int_in_range(0..=3)? {
        answers.push(AppResponse::new(
            *input.choose(&[200, 401, 403, 500])?,
            *input.choose(&[
                "",
                "Bearer error=\"insufficient_scope\", scope=\"more\"",
                "DPoP error=\"use_dpop_nonce\"",
            ])?,
        ));
    }
    let wait = input.int_in_range(0..=10_000)?;
    let client = Rc::new(client());
    let server = ServerUrl::parse(SERVER).expect("a good server");
    pollster::block_on(async {
        match sign_in(&ports, &client, &server.clone().into(), None, &mut user).await {
            Ok(session) => {
                let answer = async |_: &str| answers.pop().unwrap_or_default();
                let mut proofs = Vec::new();
                ports.wait(wait);
                let _ = session.call(AppRequest { url: SERVER, proofs: &mut proofs, can_resend: true, answer }).await;
                let _ = session.refresh().await;
                let _ = session.sign_out().await;
                assert_eq!(session.access_token().await.err().map(|error| error.code()), Some(Code::SignedOut));
            }
            Err(error) => {
                assert!(!error.message().is_empty());
                // Before the code is sent, no server can repeat it: if an error contains the same text, it is by chance.
                assert!(ports.posted(TOKEN).is_empty() || !error.message().contains("the-code"), "a code in an error");
            }
        }
    });
    // No request is sent to a URL that the checks refuse.
    for url in ports.requested() {
        assert!(url.starts_with("https://"), "{url} was requested");
    }
    Ok(())
}
