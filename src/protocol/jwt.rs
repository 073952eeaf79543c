//! JSON web tokens in the compact form (RFC 7515 §3.1), as far as a client writes them.

use super::{Secret, base64url};

/// Header and claims, encoded: what is signed.
pub fn signing_input(header: &str, claims: &str) -> String {
    [&base64url(header.as_bytes()), ".", &base64url(claims.as_bytes())].concat()
}

/// The whole token.
pub fn signed(signing_input: &str, signature: &[u8]) -> Secret {
    [signing_input, ".", &base64url(signature)].concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_three_parts_in_base64url() {
        let input = signing_input("{}", "{\"a\":1}");
        assert_eq!(input, "e30.eyJhIjoxfQ");
        assert_eq!(signed(&input, &[255, 254]).expose(), "e30.eyJhIjoxfQ.__4");
    }
}
