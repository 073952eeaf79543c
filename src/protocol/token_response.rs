//! The token endpoint's answer (OAuth 2.1 §3.2.3).

use super::fields::Fields;
use super::json::Object;
use super::{Scope, Secret};
use crate::{Code, Result, Step};

/// How an access token is presented (RFC 6749 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenType {
    /// By itself (RFC 6750).
    Bearer,
    /// With a proof of the key that it is bound to (RFC 9449).
    Dpop,
}

impl TokenType {
    /// The registered name, which is the scheme of the `Authorization` header too.
    pub fn name(self) -> &'static str {
        match self {
            TokenType::Bearer => "Bearer",
            TokenType::Dpop => "DPoP",
        }
    }

    /// By the registered name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        [TokenType::Bearer, TokenType::Dpop].into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name))
    }
}

/// Tokens.
#[derive(Clone, Debug)]
pub struct TokenResponse {
    /// `access_token`, REQUIRED.
    pub access_token: Secret,
    /// `token_type`, REQUIRED.
    pub token_type: TokenType,
    /// `expires_in` in seconds, RECOMMENDED.
    pub expires_in: Option<u64>,
    /// `refresh_token`, OPTIONAL: never assumed.
    pub refresh_token: Option<Secret>,
    /// `scope`: absent where it is what was asked for.
    pub scope: Option<Scope>,
}

impl TokenResponse {
    /// Checks an answer. `step` tells the code exchange from a refresh.
    pub fn parse(document: &Object, step: Step) -> Result<Box<Self>> {
        let fields = Fields::new(document, Code::InvalidResponse, step);
        let access_token = fields.required_string("access_token");
        // RFC 6750 §2.1, `b64token`: what goes into a header has to fit in one.
        let fits = access_token.bytes().all(|byte| byte.is_ascii_graphic());
        fields.check(fits, "access_token", "in the characters of a header");
        // RFC 6749 §7.1: "The client MUST NOT use an access token if it does not understand the
        // token type."
        let token_type = TokenType::from_name(fields.required_string("token_type"));
        fields.check(token_type.is_some(), "token_type", "\"Bearer\" or \"DPoP\"");
        let response = Box::new(Self {
            access_token: access_token.into(),
            token_type: token_type.unwrap_or(TokenType::Bearer),
            expires_in: fields.whole_number("expires_in"),
            refresh_token: fields.string("refresh_token").filter(|token| !token.is_empty()).map(Into::into),
            scope: fields.string("scope").map(Scope::parse),
        });
        fields.end().map(|()| response)
    }
}

/// The ID-JAG in an identity provider's answer (RFC 8693 §2.2.1, SEP-990).
pub fn id_jag(document: &Object) -> Result<Secret> {
    let fields = Fields::new(document, Code::InvalidResponse, Step::Token);
    let is_one = fields.required_string("issued_token_type") == "urn:ietf:params:oauth:token-type:id-jag";
    fields.check(is_one, "issued_token_type", "that of an ID-JAG");
    let token = fields.required_string("access_token").into();
    fields.end().map(|()| token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::test_support::object;

    fn code(text: &str) -> Code {
        TokenResponse::parse(&object(text), Step::Token).unwrap_err().code()
    }

    #[test]
    fn the_example_of_rfc_6749_section_5_1() {
        let document = object(
            r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"Bearer","expires_in":3600,"refresh_token":"tGzv3JOkF0XG5Qx2TlKWIA","example_parameter":"example_value"}"#,
        );
        let tokens = TokenResponse::parse(&document, Step::Token).unwrap();
        assert_eq!(tokens.access_token.expose(), "2YotnFZFEjr1zCsicMWpAA");
        assert_eq!(tokens.expires_in, Some(3600));
        assert!(tokens.refresh_token.is_some() && tokens.scope.is_none());
        assert!(!format!("{tokens:?}").contains("2Yotn"));
    }

    #[test]
    fn another_token_type_is_refused() {
        assert_eq!(code(r#"{"access_token": "x", "token_type": "mac"}"#), Code::InvalidResponse);
        assert_eq!(code(r#"{"access_token": "x"}"#), Code::InvalidResponse);
        assert!(TokenResponse::parse(&object(r#"{"access_token": "x", "token_type": "bEARER"}"#), Step::Token).is_ok());
    }

    #[test]
    fn a_token_that_would_break_a_header_is_refused() {
        for token in ["a\\r\\nX: y", "a b", "", "\u{e9}"] {
            assert_eq!(
                code(&format!(r#"{{"access_token": "{token}", "token_type": "Bearer"}}"#)),
                Code::InvalidResponse
            );
        }
    }
}
