//! Token exchange (RFC 8693): gets a token of another type or for another audience.

use super::fields::Fields;
use super::form::Form;
use super::json::Object;
use super::{Issuer, Resource, Scope, Secret};
use crate::{Code, Result, Step};

const ID_JAG: &str = "urn:ietf:params:oauth:token-type:id-jag";

/// The parameters of the request (§2.1).
#[derive(Clone, Copy)]
pub struct TokenExchange<'a> {
    /// `subject_token`, REQUIRED: the token to exchange.
    pub subject_token: &'a Secret,
    /// `subject_token_type`, REQUIRED.
    pub subject_token_type: &'a str,
    /// `requested_token_type`, OPTIONAL in the RFC. The response is checked against it.
    pub requested_token_type: &'a str,
    /// `audience`, OPTIONAL: the audience of the new token.
    pub audience: &'a str,
    /// `resource`, OPTIONAL: the resource of the new token.
    pub resource: &'a str,
    /// `scope`, OPTIONAL.
    pub scope: &'a Scope,
}

/// The token that identifies the user at an identity provider (draft-ietf-oauth-identity-assertion-authz-grant §4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectTokenType {
    /// The user's ID token.
    IdToken,
    /// A refresh token of the same sign-in.
    RefreshToken,
}

impl SubjectTokenType {
    /// The registered name (RFC 8693 §3).
    pub fn name(self) -> &'static str {
        match self {
            Self::IdToken => "urn:ietf:params:oauth:token-type:id_token",
            Self::RefreshToken => "urn:ietf:params:oauth:token-type:refresh_token",
        }
    }
}

/// The user's token for an ID-JAG: an identity assertion for one authorization server (SEP-990).
pub fn id_jag_exchange<'a>(
    subject_token: &'a Secret,
    subject_token_type: SubjectTokenType,
    audience: &'a Issuer,
    resource: &'a Resource,
    scope: &'a Scope,
) -> TokenExchange<'a> {
    TokenExchange {
        subject_token,
        subject_token_type: subject_token_type.name(),
        requested_token_type: ID_JAG,
        audience: audience.as_str(),
        resource: resource.as_str(),
        scope,
    }
}

impl TokenExchange<'_> {
    /// The request, without the client's authentication.
    pub fn request(&self) -> Form {
        Form::new()
            .add("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")
            .add("requested_token_type", self.requested_token_type)
            .add("subject_token", self.subject_token.expose())
            .add("subject_token_type", self.subject_token_type)
            .add("audience", self.audience)
            .add("resource", self.resource)
            .optional("scope", self.scope.to_parameter().as_deref())
    }

    /// The token in the response (§2.2.1).
    ///
    /// # Errors
    ///
    /// [`Code::InvalidResponse`] for a token of another type, or none.
    pub fn read(&self, document: &Object) -> Result<Secret> {
        let fields = Fields::new(document, Code::InvalidResponse, Step::Token);
        let is_one = fields.required_string("issued_token_type")? == self.requested_token_type;
        fields.check(is_one, "issued_token_type", "the one that was asked for")?;
        fields.required_string("access_token").map(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::ServerUrl;
    use crate::protocol::test_support::object;

    fn check(answer: &str) -> Result<Secret> {
        let issuer = Issuer::parse("https://as.example").unwrap();
        let resource = Resource::of(&ServerUrl::parse("https://a.example/mcp").unwrap());
        let (subject, scope) = ("id".into(), Scope::default());
        id_jag_exchange(&subject, SubjectTokenType::IdToken, &issuer, &resource, &scope).read(&object(answer))
    }

    #[test]
    fn an_id_jag_is_requested_with_the_parameters_of_sep_990() {
        let issuer = Issuer::parse("https://as.example").unwrap();
        let resource = Resource::of(&ServerUrl::parse("https://a.example/mcp").unwrap());
        let request = |kind| id_jag_exchange(&"id".into(), kind, &issuer, &resource, &Scope::default()).request();
        let by_refresh_token = request(SubjectTokenType::RefreshToken);
        assert!(by_refresh_token.as_str().contains("token-type%3Arefresh_token"));
        let request = request(SubjectTokenType::IdToken);
        for expected in [
            "requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aid-jag",
            "subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aid_token",
            "audience=https%3A%2F%2Fas.example",
            "resource=https%3A%2F%2Fa.example%2Fmcp",
        ] {
            assert!(request.as_str().contains(expected), "{expected}");
        }
    }

    #[test]
    fn a_token_of_another_type_is_refused() {
        // RFC 8693 §2.2.1: "issued_token_type REQUIRED. An identifier … for the representation of the issued security
        // token."
        let answer = |kind: &str| {
            format!(
                r#"{{"access_token": "t", "token_type": "N_A", "issued_token_type": "urn:ietf:params:oauth:token-type:{kind}"}}"#
            )
        };
        assert_eq!(check(&answer("id-jag")).unwrap().expose(), "t");
        assert_eq!(check(&answer("access_token")).unwrap_err().code(), Code::InvalidResponse);
        assert_eq!(check(r#"{"access_token": "t"}"#).unwrap_err().code(), Code::InvalidResponse);
    }
}
