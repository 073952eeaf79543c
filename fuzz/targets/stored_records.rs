//! Records in the store: from another version, from another program, or damaged.
#![no_main]

use std::rc::Rc;

use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use mcp_authorize::flow::{restore, sign_in};
use mcp_authorize::protocol::ServerUrl;
use mcp_authorize_fuzz::scripted::{SERVER, Scripted, User, client};
use mcp_authorize_fuzz::{changed, json};

fuzz_target!(|data: &[u8]| {
    let _ = check(&mut Unstructured::new(data));
});

fn check(input: &mut Unstructured<'_>) -> Result<()> {
    let ports = Scripted::working();
    let (client, server) = (Rc::new(client()), ServerUrl::parse(SERVER).expect("a good server"));
    // The records of a sign-in, changed by the fuzzer.
    let session = pollster::block_on(sign_in(&ports, &client, &server.clone().into(), None, &mut User::consents()));
    assert!(session.is_ok());
    let stored = ports.stored();
    assert!(stored.keys().any(|key| key.starts_with("session ")));
    for (key, record) in stored {
        if bool::arbitrary(input)? {
            ports.write(&key, &json(changed(input, &record)?));
        }
    }
    pollster::block_on(async {
        if let Ok(Some(session)) = restore(&ports, &client, &server.clone().into()).await {
            assert!(session.resource().covers(server.url()));
            let _ = session.access_token().await;
            let _ = session.refresh().await;
            let _ = session.sign_out().await;
        }
        let _ = sign_in(&ports, &client, &server.clone().into(), None, &mut User::consents()).await;
    });
    Ok(())
}
