//! Proofs of possession for requests (RFC 9449).

use super::client::{Client, Dpop};
use super::discover::DiscoveredResource;
use super::server_time::seconds_at;
use crate::ports::Ports;
use crate::protocol::{AuthorizationServerMetadata, DpopProof, Issuer, Secret, TokenType, Url, jwt};
use crate::{Code, Error, Result, Step};

/// The type of tokens that a token request gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binding {
    /// Bearer tokens: no proof is sent.
    Off,
    /// A proof is sent; the server may bind the tokens to its key or not.
    Offered,
    /// A proof is sent, and tokens that are not bound are refused.
    Required,
}

impl Binding {
    /// What the app wants, the authorization server offers and the resource accepts.
    pub fn between(
        ports: &impl Ports,
        client: &Client,
        server: &AuthorizationServerMetadata,
        resource: &DiscoveredResource,
    ) -> Result<Self> {
        match client.dpop {
            Dpop::Auto if server.offers_dpop && !resource.bearer_only && ports.keeps_dpop_keys() => {
                Ok(Binding::Offered)
            }
            Dpop::Require if server.offers_dpop => Ok(Binding::Required),
            Dpop::Require => Err(unsupported(Step::AuthorizationServerMetadata, &server.issuer)),
            Dpop::Auto | Dpop::Off => Ok(Binding::Off),
        }
    }

    /// Its name in a record.
    pub fn name(self) -> &'static str {
        match self {
            Binding::Off => "off",
            Binding::Offered => "offered",
            Binding::Required => "required",
        }
    }

    /// Parses its name in a record.
    pub fn from_name(name: &str) -> Option<Self> {
        [Binding::Off, Binding::Offered, Binding::Required].into_iter().find(|binding| binding.name() == name)
    }

    /// For a refresh: bound tokens stay bound.
    pub fn of(token_type: TokenType) -> Self {
        match token_type {
            TokenType::Dpop => Binding::Required,
            TokenType::Bearer => Binding::Off,
        }
    }

    /// The type of the tokens that a refresh replaces; `None` if the server may issue either.
    pub fn token_type(self) -> Option<TokenType> {
        match self {
            Binding::Off => Some(TokenType::Bearer),
            Binding::Offered => None,
            Binding::Required => Some(TokenType::Dpop),
        }
    }

    /// Refuses a token of a type that was not asked for.
    pub fn check(self, token_type: TokenType, step: Step, issuer: &Issuer) -> Result<()> {
        match (self, token_type) {
            (Binding::Required, TokenType::Bearer) => Err(unsupported(step, issuer)),
            (Binding::Off, TokenType::Dpop) => {
                Err(Error::new(Code::InvalidResponse, step, "The token is bound to a key, but none was sent."))
            }
            _ => Ok(()),
        }
    }
}

fn unsupported(step: Step, issuer: &Issuer) -> Error {
    Error::new(Code::DpopUnsupported, step, [issuer.as_str(), " does not bind tokens to a key."].concat())
}

/// A proof for one request, by the key of a name, with the last nonce of its origin.
pub(super) async fn proof<P: Ports>(
    ports: &P,
    key_name: &str,
    method: &str,
    url: &Url,
    access_token: Option<&Secret>,
) -> Result<Secret> {
    let key = ports.dpop_key(key_name).await?;
    let nonce = ports.nonce(url.origin());
    let proof = DpopProof {
        key: &key,
        id: ports.entropy()?,
        method,
        url,
        issued_at: seconds_at(ports, url),
        access_token,
        nonce: nonce.as_deref(),
    };
    let input = jwt::signing_input(&ports.write_json(&proof.header())?, &ports.write_json(&proof.claims())?);
    let signature = ports.dpop_sign(key_name, &input).await?;
    Ok(jwt::signed(&input, &signature))
}
