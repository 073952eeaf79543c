//! What is found in the store: records of another version, of another program, or damaged ones.
#![no_main]

use std::rc::Rc;

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use mcp_authorize::flow::{restore, sign_in};
use mcp_authorize::protocol::ServerUrl;
use mcp_authorize_fuzz::scripted::{SERVER, Scripted, User, client};
use mcp_authorize_fuzz::{changed, json};

const SESSION: &str = r#"{"v": 1, "client_id": "id", "token_endpoint_auth_method": "none",
    "resource": "https://mcp.example/mcp", "issuer": "https://as.example", "token_endpoint": "https://as.example/token",
    "revocation_endpoint": "https://as.example/revoke", "requested": ["read"], "granted": ["read"],
    "access_token": "stored-access", "token_type": "Bearer", "refresh_token": "stored-refresh",
    "expires_at": 4600000, "refresh_at": 4540000}"#;
const REGISTRATION: &str = r#"{"v": 1, "client_id": "id", "token_endpoint_auth_method": "none"}"#;

fuzz_target!(|data: &[u8]| {
    let _ = check(&mut Unstructured::new(data));
});

fn check(input: &mut Unstructured<'_>) -> Result<()> {
    let ports = Scripted::working();
    ports.write("session https://mcp.example/mcp", &json(changed(input, SESSION)?));
    ports.write("registration https://as.example https://app.example/callback", &json(changed(input, REGISTRATION)?));
    let (client, server) = (Rc::new(client()), ServerUrl::parse(SERVER).expect("a good server"));
    pollster::block_on(async {
        if let Ok(Some(session)) = restore(&ports, &client, &server).await {
            assert!(session.resource().covers(server.url()));
            let _ = session.access_token().await;
            let _ = session.refresh().await;
            let _ = session.sign_out().await;
        }
        let _ = sign_in(&ports, &client, &server, None, &mut User::consents()).await;
    });
    Ok(())
}
