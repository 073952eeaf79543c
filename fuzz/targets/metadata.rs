//! Both kinds of metadata: of the protected resource (RFC 9728) and of the authorization server (RFC 8414).
#![no_main]

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use mcp_authorize::protocol::{AuthorizationServerMetadata, IssuerPolicy, ProtectedResourceMetadata, ServerUrl};
use mcp_authorize_fuzz::scripted::{ISSUER, SERVER, metadata, prm};
use mcp_authorize_fuzz::{changed, issuer};

fuzz_target!(|data: &[u8]| {
    let _ = check(&mut Unstructured::new(data));
});

fn check(input: &mut Unstructured<'_>) -> Result<()> {
    let server = ServerUrl::parse(SERVER).expect("a good server");
    if let Ok(found) = ProtectedResourceMetadata::parse(&changed(input, &prm(SERVER, ISSUER))?, &server) {
        assert!(found.resource.covers(server.url()));
        assert!(!found.authorization_servers.is_empty());
        for issuer in &found.authorization_servers {
            assert!(issuer.url().as_str().starts_with("https://"), "a server on the internet may name only https URLs");
            assert!(!AuthorizationServerMetadata::well_known_urls(issuer).is_empty());
        }
    }
    let issuer = issuer();
    if let Ok(found) =
        AuthorizationServerMetadata::parse(&changed(input, &metadata(ISSUER, ""))?, &issuer, &IssuerPolicy::default())
    {
        assert_eq!(found.issuer, issuer);
        let endpoints = [found.authorization_endpoint, found.registration_endpoint, found.revocation_endpoint];
        for url in endpoints.iter().flatten().chain([&found.token_endpoint]) {
            assert!(url.as_str().starts_with("https://"), "an endpoint without TLS");
        }
    }
    Ok(())
}
