//! Keys by WebCrypto, none of which can be read out: the ones that tokens are bound to, and the app's.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;

use super::Browser;
use super::promise::settled;
use super::reflect::{JsCause, get, global, object, set};
use crate::ports::Keys;
use crate::protocol::{Issuer, PublicKey};
use crate::{Code, Error, Result, Step};

#[wasm_bindgen(module = "/src/browser/keys.js")]
extern "C" {
    #[wasm_bindgen(js_name = keyPair)]
    fn key_pair(known: &JsValue, issuer: &str, lasts: bool) -> Promise;
    fn sign(pair: &JsValue, input: &[u8]) -> Promise;
}

#[wasm_bindgen]
extern "C" {
    type KeyPair;
    #[wasm_bindgen(method, getter)]
    fn x(this: &KeyPair) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn y(this: &KeyPair) -> Option<String>;
}

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

impl Browser {
    async fn key_pair(&self, issuer: &Issuer) -> Result<JsValue> {
        // Each request asks: what is known takes no turn of the event loop.
        let known = get(&self.keys, issuer.as_str());
        if known.is_object() {
            return Ok(known);
        }
        settled(&key_pair(&self.keys, issuer.as_str(), !self.keeps_in_memory())).await.map_err(failed)
    }
}

async fn signature(pair: &JsValue, input: &str) -> Result<Vec<u8>> {
    let signature: Uint8Array = settled(&sign(pair, input.as_bytes())).await.map_err(failed)?.unchecked_into();
    Ok(signature.to_vec())
}

impl Keys for Browser {
    async fn dpop_key(&self, issuer: &Issuer) -> Result<PublicKey> {
        let pair: KeyPair = self.key_pair(issuer).await?.unchecked_into();
        let (Some(x), Some(y)) = (pair.x(), pair.y()) else { return Err(failed(JsValue::UNDEFINED)) };
        Ok(PublicKey { x, y })
    }

    async fn dpop_sign(&self, issuer: &Issuer, input: &str) -> Result<Vec<u8>> {
        signature(&self.key_pair(issuer).await?, input).await
    }

    /// Where there is no database, keys are gone with the program; so is memory, but not the app's own store.
    fn keeps_dpop_keys(&self) -> bool {
        !self.stores.is_custom() || global("indexedDB").is_truthy()
    }

    fn client_key(&self) -> Option<&'static str> {
        algorithm_of(&self.client_key)
    }

    async fn client_sign(&self, input: &str) -> Result<Vec<u8>> {
        signature(&object(&[("privateKey", self.client_key.clone())]), input).await
    }

    fn nonce(&self, origin: &str) -> Option<String> {
        get(&self.nonces, origin).as_string()
    }

    fn keep_nonce(&self, origin: &str, nonce: String) {
        set(&self.nonces, origin, &nonce.into());
    }
}
