//! Keys that tokens are bound to, with ring, and random bytes.
//!
//! A key is in the store, like the session that needs it: both last equally long.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use ring::rand::SecureRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};

use super::program::Native;
use crate::ports::{DpopKeys, Entropy, Lock, Store};
use crate::protocol::{PublicKey, Secret};
use crate::{Code, Error, Result, Step};

/// In uncompressed form (SEC 1 §2.3.3): 0x04, then x and y.
const COORDINATE: usize = 32;

fn failed(what: &str) -> Error {
    Error::new(Code::Unsupported, Step::Token, what)
}

fn store_key(name: &str) -> String {
    ["dpop-key ", name].concat()
}

impl<S: Store> Native<S> {
    /// The key pair with a name. Generates it if there is none.
    async fn key_pair(&self, name: &str) -> Result<EcdsaKeyPair> {
        let key = store_key(name);
        let _guard = self.lock(&key).await?;
        if let Some(kept) = self.get(&key).await? {
            // A key that can't be read is lost. Tokens that were bound to it have to be requested again.
            if let Ok(pair) = self.read(&kept) {
                return Ok(pair);
            }
        }
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.0.random)
            .map_err(|_| failed("A key could not be created."))?;
        let made = Secret::from(BASE64_URL_SAFE_NO_PAD.encode(document.as_ref()));
        self.set(&key, made.clone()).await?;
        self.read(&made)
    }

    fn read(&self, kept: &Secret) -> Result<EcdsaKeyPair> {
        let document = BASE64_URL_SAFE_NO_PAD.decode(kept.expose()).map_err(|_| failed("A key can't be read."))?;
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &document, &self.0.random)
            .map_err(|_| failed("A key can't be read."))
    }
}

impl<S: Store> DpopKeys for Native<S> {
    async fn dpop_key(&self, name: &str) -> Result<PublicKey> {
        let pair = self.key_pair(name).await?;
        let coordinates = pair.public_key().as_ref().get(1..).and_then(|both| both.split_at_checked(COORDINATE));
        let (x, y) = coordinates.ok_or_else(|| failed("A public key has no coordinates."))?;
        Ok(PublicKey { x: BASE64_URL_SAFE_NO_PAD.encode(x), y: BASE64_URL_SAFE_NO_PAD.encode(y) })
    }

    async fn dpop_sign(&self, name: &str, input: &str) -> Result<Vec<u8>> {
        let pair = self.key_pair(name).await?;
        let signature =
            pair.sign(&self.0.random, input.as_bytes()).map_err(|_| failed("Signing with a key failed."))?;
        Ok(signature.as_ref().to_vec())
    }

    fn keeps_dpop_keys(&self) -> bool {
        true
    }
}

impl<S> Entropy for Native<S> {
    fn entropy(&self) -> Result<[u8; 32]> {
        let mut bytes = [0; 32];
        self.0.random.fill(&mut bytes).map_err(|_| failed("The system has no random bytes."))?;
        Ok(bytes)
    }
}
