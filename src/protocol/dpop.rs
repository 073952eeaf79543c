//! Proof of possession (RFC 9449).

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Secret, Url, base64url};

/// The only signature algorithm of this client's proofs.
pub const DPOP_ALGORITHM: &str = "ES256";

/// A public P-256 key (RFC 7518 §6.2.1), its coordinates in base64url.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// `x`
    pub x: String,
    /// `y`
    pub y: String,
}

impl PublicKey {
    /// Its SHA-256 thumbprint, the `dpop_jkt` of a request (§10). The hash is over the members that RFC 7638 §3.2
    /// requires, in its order. Coordinates in base64url need no escapes in JSON.
    pub fn thumbprint(&self) -> String {
        sha256(&format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, self.x, self.y))
    }
}

fn sha256(text: &str) -> String {
    base64url(&Sha256::digest(text.as_bytes()))
}

/// The content of one proof (§4.2).
pub struct DpopProof<'a> {
    /// The key that signs.
    pub key: &'a PublicKey,
    /// `jti`: 32 random bytes, new for each proof.
    pub id: [u8; 32],
    /// `htm`: the method of the request.
    pub method: &'a str,
    /// `htu`: the URL of the request; query and fragment are left out.
    pub url: &'a Url,
    /// `iat`: seconds since 1970.
    pub issued_at: u64,
    /// The token in the request, for `ath`.
    pub access_token: Option<&'a Secret>,
    /// `nonce`: the last one from the server (§8, §9).
    pub nonce: Option<&'a str>,
}

/// The header of a proof (§4.2).
#[derive(Serialize)]
pub struct DpopHeader<'a> {
    typ: &'static str,
    alg: &'static str,
    jwk: Jwk<'a>,
}

#[derive(Serialize)]
struct Jwk<'a> {
    crv: &'static str,
    kty: &'static str,
    x: &'a str,
    y: &'a str,
}

/// The claims of a proof (§4.2).
#[derive(Serialize)]
pub struct DpopClaims<'a> {
    jti: String,
    htm: &'a str,
    htu: &'a str,
    iat: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ath: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
}

impl DpopProof<'_> {
    /// The header, which serde writes as JSON.
    pub fn header(&self) -> DpopHeader<'_> {
        let jwk = Jwk { crv: "P-256", kty: "EC", x: &self.key.x, y: &self.key.y };
        DpopHeader { typ: "dpop+jwt", alg: DPOP_ALGORITHM, jwk }
    }

    /// The claims, which serde writes as JSON.
    pub fn claims(&self) -> DpopClaims<'_> {
        DpopClaims {
            jti: base64url(&self.id),
            htm: self.method,
            htu: self.url.without_query(),
            iat: self.issued_at,
            ath: self.access_token.map(|token| sha256(token.expose())),
            nonce: self.nonce,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::test_support::object;

    #[test]
    fn the_thumbprint_is_that_of_rfc_9449() {
        // §6.1 has this `jkt` for the key of §5's proof.
        let key = PublicKey {
            x: "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs".into(),
            y: "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA".into(),
        };
        assert_eq!(key.thumbprint(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    }

    #[test]
    fn a_proof_has_what_section_4_2_requires() {
        let key = PublicKey { x: "X".into(), y: "Y".into() };
        let url = Url::parse("https://a.example/mcp?x=1#f").unwrap();
        // The access token and its hash are those of RFC 9449 §4.3's example in §7.1.
        let token = Secret::from("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");
        let proof = DpopProof {
            key: &key,
            id: [1; 32],
            method: "POST",
            url: &url,
            issued_at: 1562265296,
            access_token: Some(&token),
            nonce: Some("n"),
        };
        let header = serde_json::to_string(&proof.header()).unwrap();
        assert_eq!(header, r#"{"typ":"dpop+jwt","alg":"ES256","jwk":{"crv":"P-256","kty":"EC","x":"X","y":"Y"}}"#);
        let claims = object(&serde_json::to_string(&proof.claims()).unwrap());
        assert_eq!(claims.string("htm"), Ok(Some("POST")));
        assert_eq!(claims.string("htu"), Ok(Some("https://a.example/mcp")));
        assert_eq!(claims.whole_number("iat"), Ok(Some(1562265296)));
        assert_eq!(claims.string("ath"), Ok(Some("fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo")));
        assert_eq!(claims.string("nonce"), Ok(Some("n")));
        assert_eq!(claims.string("jti"), Ok(Some(base64url(&[1; 32]).as_str())));
    }
}
