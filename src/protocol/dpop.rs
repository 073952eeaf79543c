//! Proof of possession (RFC 9449).

use sha2::{Digest, Sha256};

use super::json::Writer;
use super::{Secret, Url, base64url, jwt};

/// The one signature algorithm that this client proves possession with.
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
    /// As a JWK: the members that RFC 7638 §3.2 requires, in its order.
    fn jwk(&self) -> String {
        Writer::new().string("crv", "P-256").string("kty", "EC").string("x", &self.x).string("y", &self.y).finish()
    }

    /// Its SHA-256 thumbprint (RFC 7638 §3), which is a request's `dpop_jkt` (§10).
    pub fn thumbprint(&self) -> String {
        sha256(&self.jwk())
    }
}

fn sha256(text: &str) -> String {
    base64url(&Sha256::digest(text.as_bytes()))
}

/// What one proof is for (§4.2).
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
    /// The token that goes with the request, for `ath`.
    pub access_token: Option<&'a Secret>,
    /// What the server gave last (§8, §9).
    pub nonce: Option<&'a str>,
}

impl DpopProof<'_> {
    /// What is signed.
    pub fn signing_input(&self) -> String {
        let jwk = self.key.jwk();
        let header = Writer::new().string("typ", "dpop+jwt").string("alg", DPOP_ALGORITHM).object("jwk", &jwk).finish();
        let hash = self.access_token.map(|token| sha256(token.expose()));
        let claims = Writer::new()
            .string("jti", &base64url(&self.id))
            .string("htm", self.method)
            .string("htu", self.url.without_query())
            .number("iat", self.issued_at)
            .optional("ath", hash.as_deref())
            .optional("nonce", self.nonce)
            .finish();
        jwt::signing_input(&header, &claims)
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;

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
    fn says_what_section_4_2_asks_for() {
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
        let input = proof.signing_input();
        let part = |index: usize| {
            let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(input.split('.').nth(index).unwrap());
            String::from_utf8(bytes.unwrap()).unwrap()
        };
        assert_eq!(part(0), r#"{"typ":"dpop+jwt","alg":"ES256","jwk":{"crv":"P-256","kty":"EC","x":"X","y":"Y"}}"#);
        let claims = object(&part(1));
        assert_eq!(claims.string("htm"), Ok(Some("POST")));
        assert_eq!(claims.string("htu"), Ok(Some("https://a.example/mcp")));
        assert_eq!(claims.whole_number("iat"), Ok(Some(1562265296)));
        assert_eq!(claims.string("ath"), Ok(Some("fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo")));
        assert_eq!(claims.string("nonce"), Ok(Some("n")));
        assert_eq!(claims.string("jti"), Ok(Some(base64url(&[1; 32]).as_str())));
    }
}
