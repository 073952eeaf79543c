//! Keys by WebCrypto, none of which can be read out: the ones that tokens are bound to, and the app's.

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

use super::Browser;
use super::reflect::{JsCause, call, get, global, object, set, settled, strings};
use super::store::Database;
use crate::ports::Keys;
use crate::protocol::{Issuer, PublicKey};
use crate::{Code, Error, Result, Step};

/// What Web Crypto knows of a key's algorithm, and JOSE's name for it (RFC 7518 §3.1).
const CLIENT_ALGORITHMS: [(&str, &str); 4] =
    [("ECDSA", "ES256"), ("RSASSA-PKCS1-v1_5", "RS256"), ("RSA-PSS", "PS256"), ("Ed25519", "EdDSA")];

/// JOSE's name for the algorithm of a private key; nothing where it is none that signs.
pub fn algorithm_of(key: &JsValue) -> Option<&'static str> {
    let algorithm = get(key, "algorithm");
    let name = get(&algorithm, "name").as_string()?;
    let curve = get(&algorithm, "namedCurve").as_string();
    let known = CLIENT_ALGORITHMS.iter().find(|(web, _)| *web == name)?;
    let private = get(key, "type").as_string().as_deref() == Some("private");
    (private && (curve.is_none() || curve.as_deref() == Some("P-256"))).then_some(known.1)
}

fn failed(thrown: JsValue) -> Error {
    Error::new(Code::Unsupported, Step::Token, "The browser's cryptography failed.")
        .with_source(Some(Box::new(JsCause(thrown))))
}

async fn subtle(method: &str, arguments: &[JsValue]) -> std::result::Result<JsValue, JsValue> {
    settled(&call(&get(&global("crypto"), "subtle"), method, arguments)?).await
}

async fn sign(key: &JsValue, input: &str) -> Result<Vec<u8>> {
    let name = get(&get(key, "algorithm"), "name");
    // Each algorithm takes of these what it needs.
    let parameters = object(&[("name", name), ("hash", "SHA-256".into()), ("saltLength", 32.into())]);
    let bytes = Uint8Array::from(input.as_bytes()).into();
    let signature = subtle("sign", &[parameters, key.clone(), bytes]).await.map_err(failed)?;
    Ok(Uint8Array::new(&signature).to_vec())
}

/// A key pair whose private half can't be exported (RFC 9449 §11.8).
async fn generate() -> std::result::Result<JsValue, JsValue> {
    let algorithm = object(&[("name", "ECDSA".into()), ("namedCurve", "P-256".into())]);
    subtle("generateKey", &[algorithm, false.into(), strings(&["sign"])]).await
}

impl Browser {
    /// The pair for an issuer: one for all tabs, where there is a database.
    async fn key_pair(&self, issuer: &Issuer) -> Result<JsValue> {
        let known = get(&self.keys, issuer.as_str());
        if known.is_object() {
            return Ok(known);
        }
        let name = ["dpop ", issuer.as_str()].concat();
        let pair = match self.keeps_in_memory() {
            true => generate().await,
            false => match Database::open().await {
                Ok(database) => {
                    database.kept_key(&name, |pair| get(&get(pair, "privateKey"), "type") == "private", generate).await
                }
                Err(_) => generate().await,
            },
        };
        let pair = pair.map_err(failed)?;
        // Another request may have been faster where there is no database.
        let known = get(&self.keys, issuer.as_str());
        if known.is_object() {
            return Ok(known);
        }
        set(&self.keys, issuer.as_str(), &pair);
        Ok(pair)
    }
}

impl Keys for Browser {
    async fn dpop_key(&self, issuer: &Issuer) -> Result<PublicKey> {
        let pair = self.key_pair(issuer).await?;
        // Exported once: each proof has it in its header (RFC 9449 §4.2).
        let mut jwk = get(&pair, "jwk");
        if jwk.is_undefined() {
            jwk = subtle("exportKey", &["jwk".into(), get(&pair, "publicKey")]).await.map_err(failed)?;
            set(&pair, "jwk", &jwk);
        }
        let coordinate = |name| get(&jwk, name).as_string().ok_or_else(|| failed(JsValue::UNDEFINED));
        Ok(PublicKey { x: coordinate("x")?, y: coordinate("y")? })
    }

    async fn dpop_sign(&self, issuer: &Issuer, input: &str) -> Result<Vec<u8>> {
        sign(&get(&self.key_pair(issuer).await?, "privateKey"), input).await
    }

    /// Where there is no database, keys are gone with the program; so is memory, but not the app's own store.
    fn keeps_dpop_keys(&self) -> bool {
        !self.stores.is_custom() || global("indexedDB").is_truthy()
    }

    fn client_key(&self) -> Option<&'static str> {
        algorithm_of(&self.client_key)
    }

    async fn client_sign(&self, input: &str) -> Result<Vec<u8>> {
        sign(&self.client_key, input).await
    }

    fn nonce(&self, origin: &str) -> Option<String> {
        get(&self.nonces, origin).as_string()
    }

    fn keep_nonce(&self, origin: &str, nonce: String) {
        set(&self.nonces, origin, &nonce.into());
    }
}
