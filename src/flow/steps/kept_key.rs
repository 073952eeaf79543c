//! Proofs of possession (RFC 9449), and the check that the key is still the same.

use crate::flow::dpop::{Binding, proof};
use crate::ports::Ports;
use crate::protocol::{Issuer, Secret, Url};
use crate::{Code, Error, Result, Step};

/// A proof for one request to a resource or to an endpoint, by the key of an issuer's tokens. If the server wants a nonce
/// in it, store that first with [`Nonces::keep_nonce`](crate::ports::Nonces::keep_nonce).
///
/// # Errors
///
/// The errors of the key.
pub async fn dpop_proof<P: Ports>(
    ports: &P,
    issuer: &Issuer,
    method: &str,
    url: &Url,
    access_token: Option<&Secret>,
) -> Result<Secret> {
    proof(ports, issuer.as_str(), method, url, access_token).await
}

/// The thumbprint of the key in a request, if it has one.
pub(super) async fn shown_key<P: Ports>(ports: &P, issuer: &Issuer, binding: Binding) -> Result<Option<String>> {
    match binding {
        Binding::Off => Ok(None),
        _ => Ok(Some(ports.dpop_key(issuer.as_str()).await?.thumbprint())),
    }
}

/// Refuses a key other than the one of the earlier request. The server would refuse it too.
pub(super) async fn require_same_key<P: Ports>(ports: &P, issuer: &Issuer, before: Option<&str>) -> Result<()> {
    match before {
        Some(before) if ports.dpop_key(issuer.as_str()).await?.thumbprint() != before => {
            let message = "This is not the DPoP key that the flow began with: give that one.";
            Err(Error::new(Code::InvalidOption, Step::Token, message))
        }
        _ => Ok(()),
    }
}
