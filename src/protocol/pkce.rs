//! Proof key for code exchange (RFC 7636), only with S256.

use sha2::{Digest, Sha256};

use super::{Secret, base64url};

/// The verifier: 32 random bytes as base64url, 43 characters (RFC 7636 §4.1 RECOMMENDS this).
#[derive(Clone, Debug)]
pub struct CodeVerifier(Secret);

impl CodeVerifier {
    /// From cryptographically strong random bytes.
    pub fn from_entropy(bytes: [u8; 32]) -> Self {
        Self(base64url(&bytes).into())
    }

    /// From the stored text.
    pub fn from_text(text: &str) -> Self {
        Self(text.into())
    }

    /// The `code_verifier` parameter of the token request.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// `code_challenge = BASE64URL-ENCODE(SHA256(ASCII(code_verifier)))` (RFC 7636 §4.2).
    pub fn challenge(&self) -> CodeChallenge {
        CodeChallenge(base64url(&Sha256::digest(self.0.expose().as_bytes())))
    }
}

/// The challenge in the authorization request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// The `code_challenge` parameter.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7636_appendix_b() {
        let bytes = [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191,
            240, 91, 88, 5, 88, 83, 132, 141, 121,
        ];
        let verifier = CodeVerifier::from_entropy(bytes);
        assert_eq!(verifier.expose(), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(verifier.challenge().as_str(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
