//! JSON web tokens in compact form (RFC 7515 §3.1), as far as a client needs them.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};

use super::{Secret, base64url};

/// Encoded header and claims: the text to be signed.
pub fn signing_input(header: &str, claims: &str) -> String {
    [&base64url(header.as_bytes()), ".", &base64url(claims.as_bytes())].concat()
}

/// The whole token.
pub fn signed(signing_input: &str, signature: &[u8]) -> Secret {
    [signing_input, ".", &base64url(signature)].concat().into()
}

/// The claims of a token as JSON. Does not check the signature.
pub fn claims(token: &str) -> Option<String> {
    let claims = token.split('.').nth(1)?;
    String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jwt_has_three_parts_in_base64url() {
        let input = signing_input("{}", "{\"a\":1}");
        assert_eq!(input, "e30.eyJhIjoxfQ");
        let token = signed(&input, &[255, 254]);
        assert_eq!(token.expose(), "e30.eyJhIjoxfQ.__4");
        assert_eq!(claims(token.expose()).as_deref(), Some("{\"a\":1}"));
        for wrong in ["", "e30", "e30.", "e30.!.x", "e30.__4.x"] {
            assert_eq!(claims(wrong).filter(|claims| !claims.is_empty()), None, "{wrong}");
        }
    }
}
