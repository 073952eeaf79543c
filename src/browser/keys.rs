//! WebCrypto keys, which can't be exported: those that tokens are bound to, and the app's.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;

use super::Browser;
use super::reflect::{JsCause, get, global, settled};
use crate::ports::{ClientKey, DpopKeys, Nonces};
use crate::protocol::PublicKey;
use crate::{Code, Error, Result, Step};

#[wasm_bindgen(module = "/src/browser/database.js")]
extern "C" {
    #[wasm_bindgen(js_name = keyPair)]
    fn key_pair(name: &str, lasts: bool) -> Promise;
    fn sign(key: &JsValue, input: &[u8]) -> Promise;
}

#[wasm_bindgen]
extern "C" {
    type KeyPair;
    #[wasm_bindgen(method, getter)]
    fn x(this: &KeyPair) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn y(this: &KeyPair) -> Option<String>;
}

/// Web Crypto's description of an algorithm, and JOSE's name for it (RFC 7518 §3.1).
const CLIENT_ALGORITHMS: [(&str, &str); 4] =
    [("ECDSA", "ES256"), ("RSASSA-PKCS1-v1_5", "RS256"), ("RSA-PSS", "PS256"), ("Ed25519", "EdDSA")];

/// JOSE's name for the algorithm of a private key; `None` if the key can't sign.
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

impl Browser {
    /// Uses the app's own key pair, an object with `privateKey`, `x` and `y`, instead of a stored one.
    #[cfg(feature = "steps")]
    pub fn use_dpop_key(&self, name: &str, pair: JsValue) {
        self.keys.set(name, pair);
    }

    async fn key_pair(&self, name: &str) -> Result<JsValue> {
        // Called for each request, so a known key takes no turn of the event loop.
        if let Some(known) = self.keys.get(name) {
            return Ok(known);
        }
        let made = settled(&key_pair(name, !self.keeps_in_memory())).await.map_err(failed)?;
        // Without a database, another request may have been faster.
        let made = self.keys.get(name).unwrap_or(made);
        self.keys.set(name, made.clone());
        Ok(made)
    }
}

async fn signature(key: &JsValue, input: &str) -> Result<Vec<u8>> {
    let signature: Uint8Array = settled(&sign(key, input.as_bytes())).await.map_err(failed)?.unchecked_into();
    Ok(signature.to_vec())
}

impl DpopKeys for Browser {
    async fn dpop_key(&self, name: &str) -> Result<PublicKey> {
        let pair: KeyPair = self.key_pair(name).await?.unchecked_into();
        let (Some(x), Some(y)) = (pair.x(), pair.y()) else { return Err(failed(JsValue::UNDEFINED)) };
        Ok(PublicKey { x, y })
    }

    async fn dpop_sign(&self, name: &str, input: &str) -> Result<Vec<u8>> {
        signature(&get(&self.key_pair(name).await?, "privateKey"), input).await
    }

    /// Without a database, keys last as long as the program. So do records in memory, but not in the app's own store.
    fn keeps_dpop_keys(&self) -> bool {
        !self.stores.is_custom() || global("indexedDB").is_truthy()
    }
}

impl ClientKey for Browser {
    fn client_key_algorithm(&self) -> Option<&'static str> {
        algorithm_of(&self.client_key)
    }

    async fn client_sign(&self, input: &str) -> Result<Vec<u8>> {
        signature(&self.client_key, input).await
    }
}

impl Nonces for Browser {
    fn nonce(&self, origin: &str) -> Option<String> {
        self.nonces.get(origin)
    }

    fn keep_nonce(&self, origin: &str, nonce: String) {
        self.nonces.set(origin, nonce);
    }
}
