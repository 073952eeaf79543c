//! The response of the token endpoint (OAuth 2.1 §3.2.3).

use super::fields::Fields;
use super::json::Object;
use super::{Scope, Secret, presentable};
use crate::{Code, Error, Result, Step};

/// How to send an access token (RFC 6749 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenType {
    /// Only the token (RFC 6750).
    Bearer,
    /// The token, with a proof of the key that it is bound to (RFC 9449).
    Dpop,
}

impl TokenType {
    /// The registered name, which is also the scheme of the `Authorization` header.
    pub fn name(self) -> &'static str {
        match self {
            TokenType::Bearer => "Bearer",
            TokenType::Dpop => "DPoP",
        }
    }

    /// Parses the registered name, in upper or lower case.
    pub fn from_name(name: &str) -> Option<Self> {
        [TokenType::Bearer, TokenType::Dpop].into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name.trim()))
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
    /// `refresh_token`, OPTIONAL.
    pub refresh_token: Option<Secret>,
    /// `id_token`: who the user is (OpenID Connect Core §3.1.3.3).
    pub id_token: Option<Secret>,
    /// `scope`: absent if it is the requested one.
    pub scope: Option<Scope>,
}

impl TokenResponse {
    /// Checks a response. `step` is the code exchange or a refresh. In a refresh, `before` is the type of the previous
    /// token: it is used if the server leaves the type out (RFC 6749 §5.1 requires it).
    ///
    /// # Errors
    ///
    /// [`Code::InvalidResponse`] without an access token that can be sent in a header, or for an unknown type.
    pub fn parse(document: &Object, step: Step, before: Option<TokenType>) -> Result<Box<Self>> {
        let fields = Fields::new(document, Code::InvalidResponse, step);
        let access_token = fields.required_string("access_token")?;
        // RFC 6750 §2.1, `b64token`: only these characters can be sent in the header.
        let fits = access_token.bytes().all(|byte| byte.is_ascii_graphic());
        fields.check(fits, "access_token", "made of characters that a header allows")?;
        // RFC 6749 §7.1: "The client MUST NOT use an access token if it does not understand the
        // token type."
        let token_type = match (document.text("token_type"), before) {
            (None, Some(before)) => Some(before),
            (named, _) => named.and_then(TokenType::from_name),
        };
        Ok(Box::new(Self {
            access_token: access_token.into(),
            token_type: token_type.ok_or_else(|| unknown_type(document, step))?,
            expires_in: document.seconds("expires_in"),
            refresh_token: document.text("refresh_token").map(Into::into),
            id_token: document.text("id_token").map(Into::into),
            scope: document.texts("scope").map(Scope::from_tokens),
        }))
    }
}

fn unknown_type(document: &Object, step: Step) -> Error {
    let found = presentable(document.text("token_type").unwrap_or("missing"));
    let message = ["\"token_type\" must be Bearer or DPoP, but is ", &found, "."].concat();
    Error::new(Code::InvalidResponse, step, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::test_support::object;

    fn code(text: &str) -> Code {
        TokenResponse::parse(&object(text), Step::Token, None).unwrap_err().code()
    }

    #[test]
    fn the_example_of_rfc_6749_section_5_1() {
        let document = object(
            r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"Bearer","expires_in":3600,"refresh_token":"tGzv3JOkF0XG5Qx2TlKWIA","example_parameter":"example_value"}"#,
        );
        let tokens = TokenResponse::parse(&document, Step::Token, None).unwrap();
        assert_eq!(tokens.access_token.expose(), "2YotnFZFEjr1zCsicMWpAA");
        assert_eq!(tokens.expires_in, Some(3600));
        assert!(tokens.refresh_token.is_some() && tokens.scope.is_none());
        assert!(!format!("{tokens:?}").contains("2Yotn"));
    }

    #[test]
    fn another_token_type_is_refused() {
        assert_eq!(code(r#"{"access_token": "x", "token_type": "mac"}"#), Code::InvalidResponse);
        assert_eq!(code(r#"{"access_token": "x"}"#), Code::InvalidResponse);
        let any_case = object(r#"{"access_token": "x", "token_type": " bEARER "}"#);
        assert!(TokenResponse::parse(&any_case, Step::Token, None).is_ok());
    }

    #[test]
    fn a_refresh_without_a_type_keeps_the_type() {
        let kind = |text: &str, before| {
            TokenResponse::parse(&object(text), Step::Refresh, Some(before))
                .map(|it| it.token_type)
                .map_err(|it| it.code())
        };
        assert_eq!(kind(r#"{"access_token": "x"}"#, TokenType::Dpop), Ok(TokenType::Dpop));
        assert_eq!(kind(r#"{"access_token": "x", "token_type": ""}"#, TokenType::Bearer), Ok(TokenType::Bearer));
        assert_eq!(kind(r#"{"access_token": "x", "token_type": "Bearer"}"#, TokenType::Dpop), Ok(TokenType::Bearer));
        assert_eq!(
            kind(r#"{"access_token": "x", "token_type": "mac"}"#, TokenType::Bearer),
            Err(Code::InvalidResponse)
        );
    }

    #[test]
    fn optional_members_of_the_wrong_type_count_as_absent() {
        let parse = |members: &str| {
            let text = [r#"{"access_token": "x", "token_type": "Bearer", "#, members, "}"].concat();
            TokenResponse::parse(&object(&text), Step::Token, None).unwrap()
        };
        assert_eq!(parse(r#""expires_in": "soon""#).expires_in, None);
        assert_eq!(parse(r#""expires_in": -5"#).expires_in, Some(0));
        assert_eq!(parse(r#""scope": ["a", "b"]"#).scope.unwrap().tokens(), ["a", "b"]);
        assert!(parse(r#""refresh_token": 5"#).refresh_token.is_none());
        assert!(parse(r#""refresh_token": """#).refresh_token.is_none());
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
