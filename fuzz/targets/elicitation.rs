//! URLs that an MCP server asks the user to open, and the reasons that it gives (MCP 2026-07-28 client/elicitation, URL mode).
#![no_main]

use libfuzzer_sys::fuzz_target;
use mcp_authorize::protocol::{ElicitedUrl, ServerUrl, elicitation_message};
use mcp_authorize_fuzz::scripted::SERVER;

const APP: &str = "https://app.example";

fuzz_target!(|text: &str| {
    let message = elicitation_message(text);
    // 500 characters, and an ellipsis if there were more.
    assert!(message.chars().count() <= 501);
    assert!(!message.chars().any(char::is_control));

    let server = ServerUrl::parse(SERVER).expect("a good server");
    let Ok(elicited) = ElicitedUrl::parse(text, &server, Some(APP)) else { return };
    let url = elicited.url();
    assert_eq!(elicited.parts().concat(), url.as_str(), "the user sees the whole URL");
    assert!(url.as_str().bytes().all(|byte| byte.is_ascii_graphic()), "{}", url.as_str());
    // The server is on the internet, so it may not name plain http URLs, not even on loopback.
    assert!(url.as_str().starts_with("https://"), "{}", url.as_str());
    assert_ne!(url.origin(), APP);
    let [_, host, _] = elicited.parts();
    assert!(!host.contains('@'), "{host} has user information");
});
