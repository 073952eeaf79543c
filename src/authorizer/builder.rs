//! The settings of an app, set one by one.

use std::rc::Rc;

use super::Authorizer;
use crate::flow::{Client, Dpop, PreRegistered};
use crate::ports::Ports;
use crate::protocol::{
    AuthorizationParameters, ClientIdMetadataUrl, Issuer, RedirectUri, Scope, Secret, Url, UrlError,
};
use crate::{Code, Error, Result, Step};

/// Builds an [`Authorizer`]. A setting that is left out keeps the default that its method names.
///
/// Each method checks its values at once, and its error names the setting.
#[derive(Clone)]
#[must_use]
pub struct AuthorizerBuilder<P> {
    ports: P,
    client: Client,
}

impl<P: Ports> AuthorizerBuilder<P> {
    pub(super) fn new(ports: P, name: &str, redirect_uri: &str) -> Result<Self> {
        let redirect_uri = parsed("redirect_uri", redirect_uri, RedirectUri::parse)?;
        let client = Client { name: name.to_owned(), redirect_uri: Some(redirect_uri), ..Client::default() };
        Ok(Self { ports, client })
    }

    /// A client id without a secret, registered by hand. By default the app registers itself (RFC 7591), or
    /// has a [metadata document](Self::client_id_metadata_url).
    ///
    /// It is used only at `issuer`. Without an issuer, it is bound to the first one with which a sign-in succeeds.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidUrl`] and [`Code::InsecureUrl`] for the issuer.
    pub fn client_id(self, client_id: &str, issuer: Option<&str>) -> Result<Self> {
        let issuer = match issuer {
            Some(text) => Some(parsed("issuer", text, Issuer::parse)?),
            None => None,
        };
        Ok(self.pre_registered(PreRegistered { client_id: client_id.to_owned(), secret: None, issuer }))
    }

    /// A client id with its secret, for the issuer that gave both. The secret is sent to no other issuer (MCP
    /// 2026-07-28: credentials of one authorization server must not be used with another).
    ///
    /// # Errors
    ///
    /// As [`client_id`](Self::client_id).
    pub fn client_secret(self, client_id: &str, secret: impl Into<Secret>, issuer: &str) -> Result<Self> {
        let issuer = Some(parsed("issuer", issuer, Issuer::parse)?);
        let secret = Some(secret.into());
        Ok(self.pre_registered(PreRegistered { client_id: client_id.to_owned(), secret, issuer }))
    }

    fn pre_registered(mut self, own: PreRegistered) -> Self {
        self.client.pre_registered = Some(own);
        self
    }

    /// The https URL of the app's client ID metadata document. It is the client id where the authorization
    /// server supports that. None by default.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidUrl`] and [`Code::InsecureUrl`].
    pub fn client_id_metadata_url(mut self, url: &str) -> Result<Self> {
        self.client.client_id_metadata_url = Some(parsed("client_id_metadata_url", url, ClientIdMetadataUrl::parse)?);
        Ok(self)
    }

    /// The app's home page, for consent pages of servers where it registers itself. None by default.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidUrl`] and [`Code::InsecureUrl`].
    pub fn client_uri(mut self, url: &str) -> Result<Self> {
        self.client.uri = Some(parsed("client_uri", url, Url::parse)?);
        Ok(self)
    }

    /// A token that lets the app register at an issuer (RFC 7591 §3). None by default.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidUrl`] and [`Code::InsecureUrl`] for the issuer.
    pub fn initial_access_token(mut self, issuer: &str, token: impl Into<Secret>) -> Result<Self> {
        let issuer = parsed("issuer", issuer, Issuer::parse)?;
        self.client.initial_access_tokens.push((issuer.as_str().to_owned(), token.into()));
        Ok(self)
    }

    /// Scopes to ask for in place of those that servers suggest.
    pub fn scopes<T: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        self.client.scopes = Some(Scope::from_tokens(scopes));
        self
    }

    /// Adds a parameter, such as `login_hint`, to authorization requests. Without a value, drops one that would be sent,
    /// such as `prompt`. None by default.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidOption`] for one that the protocol sets.
    pub fn authorization_parameter(mut self, name: &str, value: Option<&str>) -> Result<Self> {
        let parameter = AuthorizationParameters::new(vec![(name.to_owned(), value.map(str::to_owned))]);
        let parameter = parameter.map_err(|name| {
            let message = format!("\"{name}\" is set by the protocol: an app can't add it.");
            Error::new(Code::InvalidOption, Step::Setup, message)
        })?;
        self.client.authorization_parameters = self.client.authorization_parameters.and(&parameter);
        Ok(self)
    }

    /// Whether tokens are bound to a key (RFC 9449). By default they are where both servers support it.
    pub fn dpop(mut self, dpop: Dpop) -> Self {
        self.client.dpop = dpop;
        self
    }

    /// Trusts an issuer to check PKCE although its metadata does not say so. By default it is refused
    /// ([`Code::PkceUnsupported`]).
    pub fn trust_pkce(mut self, issuer: &str) -> Self {
        self.client.trust_pkce.push(issuer.to_owned());
        self
    }

    /// Leaves `resource` (RFC 8707) out of requests to an issuer that refuses it.
    pub fn omit_resource(mut self, issuer: &str) -> Self {
        self.client.omit_resource.push(issuer.to_owned());
        self
    }

    /// Takes a metadata document that names another issuer than the MCP server lists, both character by character. By
    /// default that is refused (RFC 8414 §3.3), except for a `/` after the host.
    pub fn accept_issuer(mut self, listed: &str, in_document: &str) -> Self {
        self.client.issuer_policy.accepted.push((listed.to_owned(), in_document.to_owned()));
        self
    }

    /// Refuses metadata whose issuer differs from the listed one by a `/` after the host. By default that is
    /// accepted.
    pub fn strict_issuer(mut self) -> Self {
        self.client.issuer_policy.strict = true;
        self
    }

    /// Refuses an authorization response without `iss` (RFC 9207 §2.4). By default it is refused only where the server announces `iss`.
    pub fn require_iss(mut self) -> Self {
        self.client.require_iss = true;
        self
    }

    /// Refuses metadata whose `resource` is a parent of the server's URL (RFC 9728 §3.3). By default that is accepted.
    pub fn exact_resource(mut self) -> Self {
        self.client.exact_resource = true;
        self
    }

    /// The authorizer.
    pub fn build(self) -> Authorizer<P> {
        Authorizer { ports: self.ports, client: Rc::new(self.client) }
    }
}

fn parsed<T>(name: &str, text: &str, parse: fn(&str) -> std::result::Result<T, UrlError>) -> Result<T> {
    parse(text).map_err(|error| error.at(Step::Setup, name, text))
}
