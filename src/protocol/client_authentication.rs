//! How a client authenticates at the token endpoint (RFC 6749 §2.3).

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::Serialize;

use super::form::{self, Form};
use super::{Issuer, Secret, base64url};

/// An authentication method (RFC 7591 §2, `token_endpoint_auth_method`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// A public client: only the id.
    None,
    /// The secret in the `Authorization` header.
    SecretBasic,
    /// The secret in the body.
    SecretPost,
    /// An assertion that the client's own key signs (RFC 7523 §2.2).
    PrivateKeyJwt,
    /// No authentication and no client id: the grant's assertion identifies the client (RFC 7521 §4.1).
    ByGrant,
}

impl ClientAuthentication {
    const REGISTERED: [Self; 4] = [Self::None, Self::SecretBasic, Self::SecretPost, Self::PrivateKeyJwt];

    /// The registered name. [`Self::ByGrant`] has none, so this library uses its own.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SecretBasic => "client_secret_basic",
            Self::SecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::ByGrant => "by_grant",
        }
    }

    /// By the registered name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::REGISTERED.into_iter().find(|method| method.name() == name)
    }

    /// The method that a page registers with: no secret, unless the server lists its methods without `none`. Then
    /// the secret is sent in the form, which needs no preflight. Also, servers made with Python's `mcp` look for
    /// `client_id` only there.
    pub fn to_register(supported: Option<&[String]>) -> Self {
        Self::first_of(&[Self::None, Self::SecretPost, Self::SecretBasic], supported).unwrap_or(Self::None)
    }

    /// The method for a client with a secret. RFC 8414 §2: if the list is omitted, "the default is
    /// `client_secret_basic`".
    pub fn for_secret(supported: Option<&[String]>) -> Self {
        Self::first_of(&[Self::SecretBasic, Self::SecretPost], supported).unwrap_or(Self::SecretBasic)
    }

    /// The method of a registration that names none: the requested one if the server lists it, otherwise the default
    /// of a client with or without a secret.
    pub fn unnamed(has_secret: bool, supported: Option<&[String]>) -> Self {
        let asked = Self::to_register(supported);
        let lists = |supported: &[String]| supported.iter().any(|name| name == asked.name());
        match has_secret {
            false => Self::None,
            true if supported.is_some_and(lists) => asked,
            true => Self::for_secret(supported),
        }
    }

    /// Another method for the same credentials.
    pub fn other(self, has_secret: bool) -> Option<Self> {
        match self {
            Self::SecretBasic => Some(Self::SecretPost),
            Self::SecretPost => Some(Self::SecretBasic),
            Self::None if has_secret => Some(Self::SecretBasic),
            Self::None | Self::PrivateKeyJwt | Self::ByGrant => None,
        }
    }

    fn first_of(preferred: &[Self], supported: Option<&[String]>) -> Option<Self> {
        let supported = supported?;
        preferred.iter().copied().find(|method| supported.iter().any(|name| name == method.name()))
    }
}

/// A client at one authorization server.
#[derive(Clone, Debug)]
pub struct ClientCredentials {
    /// `client_id`; empty if the grant's assertion identifies the client.
    pub client_id: String,
    /// `client_secret`, if there is one.
    pub secret: Option<Secret>,
    /// When the secret expires, in seconds since 1970 (RFC 7591 §3.2.1); `None` if it does not.
    pub secret_expires_at: Option<u64>,
    /// How the client authenticates.
    pub method: ClientAuthentication,
}

impl ClientCredentials {
    /// A client without a secret.
    pub fn public(client_id: impl Into<String>) -> Self {
        Self { client_id: client_id.into(), secret: None, secret_expires_at: None, method: ClientAuthentication::None }
    }

    /// A client that the grant's assertion identifies. RFC 7521 §4.1: `client_id` is OPTIONAL there, "as the client
    /// can be identified by the subject of the assertion".
    pub fn by_grant() -> Self {
        Self { method: ClientAuthentication::ByGrant, ..Self::public("") }
    }

    /// Adds the client's authentication to a request: parameters to its form, and the value of its `Authorization`
    /// header if the method has one. `assertion` is the signed [`AssertionClaims`], for that method.
    pub fn authenticate(&self, form: Form, assertion: Option<&Secret>) -> (Form, Option<Secret>) {
        match (self.method, &self.secret, assertion) {
            (ClientAuthentication::SecretBasic, Some(secret), _) => (form, Some(basic(&self.client_id, secret))),
            (ClientAuthentication::SecretPost, Some(secret), _) => {
                (form.add("client_id", &self.client_id).add("client_secret", secret.expose()), None)
            }
            (ClientAuthentication::PrivateKeyJwt, _, Some(assertion)) => (
                form.add("client_id", &self.client_id)
                    .add("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
                    .add("client_assertion", assertion.expose()),
                None,
            ),
            (ClientAuthentication::ByGrant, _, _) => (form, None),
            _ => (form.add("client_id", &self.client_id), None),
        }
    }
}

/// How long an assertion is valid, in seconds: it is for one request.
const ASSERTION_LIFE: u64 = 60;

/// The header of a client's assertion.
#[derive(Serialize)]
pub struct AssertionHeader<'a> {
    /// `alg`: the signature algorithm (RFC 7518 §3.1).
    pub alg: &'a str,
    /// `typ`: "JWT".
    pub typ: &'static str,
    /// `kid`: the id of the key, if the client has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<&'a str>,
}

/// What the client's key signs to authenticate it (RFC 7523 §3): `iss` and `sub` are the client, `aud`
/// is the authorization server's issuer.
#[derive(Serialize)]
pub struct AssertionClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    jti: String,
    iat: u64,
    exp: u64,
}

impl<'a> AssertionClaims<'a> {
    /// For one request at `now`, in seconds since 1970. `id` is random.
    pub fn new(client_id: &'a str, issuer: &'a Issuer, id: [u8; 32], now: u64) -> Self {
        let jti = base64url(&id);
        Self { iss: client_id, sub: client_id, aud: issuer.as_str(), jti, iat: now, exp: now + ASSERTION_LIFE }
    }
}

/// RFC 6749 §2.3.1: identifier and secret are form-encoded before they go into RFC 7617's header.
fn basic(client_id: &str, secret: &Secret) -> Secret {
    let mut pair = String::new();
    form::encode(client_id, &mut pair);
    pair.push(':');
    form::encode(secret.expose(), &mut pair);
    let encoded = BASE64_STANDARD.encode(Secret::from(pair).expose());
    ["Basic ", &encoded].concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authenticate(method: ClientAuthentication, id: &str, secret: &str) -> (String, Option<String>) {
        let credentials =
            ClientCredentials { client_id: id.into(), secret: Some(secret.into()), secret_expires_at: None, method };
        let (form, header) = credentials.authenticate(Form::new(), Some(&"assertion".into()));
        (form.as_str().to_owned(), header.map(|header| header.expose().to_owned()))
    }

    #[test]
    fn a_registration_that_names_no_method_has_the_requested_one_or_the_default() {
        use ClientAuthentication::{None as Public, SecretBasic, SecretPost};
        let unnamed = |has_secret, supported: &[&str]| {
            let supported: Vec<String> = supported.iter().map(|name| (*name).to_owned()).collect();
            ClientAuthentication::unnamed(has_secret, Some(&supported))
        };
        assert_eq!(unnamed(true, &["client_secret_basic", "client_secret_post"]), SecretPost);
        assert_eq!(unnamed(true, &["none"]), Public);
        // RFC 7591 §2: without the member, "the default is client_secret_basic".
        assert_eq!(unnamed(true, &["private_key_jwt"]), SecretBasic);
        assert_eq!(ClientAuthentication::unnamed(true, None), SecretBasic);
        assert_eq!(unnamed(false, &["client_secret_basic"]), Public);
    }

    #[test]
    fn a_secret_can_be_sent_in_two_ways() {
        use ClientAuthentication::{None as Public, PrivateKeyJwt, SecretBasic, SecretPost};
        assert_eq!(SecretBasic.other(true), Some(SecretPost));
        assert_eq!(SecretPost.other(true), Some(SecretBasic));
        assert_eq!(Public.other(true), Some(SecretBasic));
        assert_eq!((Public.other(false), PrivateKeyJwt.other(true)), (None, None));
    }

    #[test]
    fn client_secret_basic_encodes_both_parts_first() {
        // RFC 6749 §2.3.1: "The client identifier is encoded using the
        // "application/x-www-form-urlencoded" encoding algorithm per Appendix B"
        let (form, header) = authenticate(ClientAuthentication::SecretBasic, "a:b", "p ä");
        assert_eq!(form, "");
        assert_eq!(header.unwrap(), format!("Basic {}", BASE64_STANDARD.encode("a%3Ab:p+%C3%A4")));
        let (_, header) = authenticate(ClientAuthentication::SecretBasic, "s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw");
        assert_eq!(header.unwrap(), "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3");
    }

    #[test]
    fn client_secret_post_and_none_are_sent_in_the_body() {
        assert_eq!(
            authenticate(ClientAuthentication::SecretPost, "i", "s"),
            ("client_id=i&client_secret=s".into(), None)
        );
        assert_eq!(authenticate(ClientAuthentication::None, "i", "s"), ("client_id=i".into(), None));
        let (form, header) = authenticate(ClientAuthentication::PrivateKeyJwt, "i", "s");
        assert!(form.ends_with("jwt-bearer&client_assertion=assertion") && header.is_none());
    }

    #[test]
    fn an_assertion_grant_needs_no_client_id() {
        // RFC 7523 §3.1: "authentication of the client is optional … and, consequently, the "client_id" is only needed
        // when a form of client authentication that relies on the parameter is used."
        let (form, header) = ClientCredentials::by_grant().authenticate(Form::new(), None);
        assert_eq!((form.as_str(), header.is_none()), ("", true));
        // No server can assign it.
        assert_eq!(ClientAuthentication::from_name(ClientAuthentication::ByGrant.name()), None);
    }

    #[test]
    fn the_method_is_one_that_the_server_lists() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let register = |names| ClientAuthentication::to_register(Some(&list(names)));
        assert_eq!(register(&["client_secret_basic", "none"]), ClientAuthentication::None);
        assert_eq!(register(&["client_secret_post"]), ClientAuthentication::SecretPost);
        assert_eq!(register(&["client_secret_basic", "client_secret_post"]), ClientAuthentication::SecretPost);
        assert_eq!(register(&["client_secret_basic"]), ClientAuthentication::SecretBasic);
        assert_eq!(register(&["private_key_jwt"]), ClientAuthentication::None);
        assert_eq!(ClientAuthentication::to_register(None), ClientAuthentication::None);
        assert_eq!(ClientAuthentication::for_secret(None), ClientAuthentication::SecretBasic);
        assert_eq!(
            ClientAuthentication::for_secret(Some(&list(&["client_secret_post"]))),
            ClientAuthentication::SecretPost
        );
    }
}
