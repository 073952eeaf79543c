//! Key pairs for proofs of possession, which the app stores itself.

use js_sys::Array;
use serde::Serialize;
use serde_wasm_bindgen::preserve;
use wasm_bindgen::JsValue;

use crate::browser::JsCause;
use crate::browser::json::to_js;
use crate::browser::reflect::{answer, call, get, global};
use crate::protocol::PublicKey;
use crate::{Code, Error, Result, Step};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Algorithm {
    name: &'static str,
    named_curve: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DpopKeyPair<'a> {
    #[serde(with = "preserve")]
    private_key: JsValue,
    #[serde(with = "preserve")]
    public_key: JsValue,
    thumbprint: &'a str,
}

/// A private key with the coordinates of its public key.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Signer {
    #[serde(with = "preserve")]
    private_key: JsValue,
    x: String,
    y: String,
}

fn failed(thrown: JsValue) -> Error {
    Error::new(Code::Unsupported, Step::Setup, "The platform's cryptography failed.")
        .with_source(Some(Box::new(JsCause(thrown))))
}

async fn subtle(method: &str, arguments: &[JsValue]) -> Result<JsValue> {
    answer(call(&get(&global("crypto"), "subtle"), method, arguments)).await.map_err(failed)
}

async fn public_key(pair: &JsValue) -> Result<PublicKey> {
    let jwk = subtle("exportKey", &["jwk".into(), get(pair, "publicKey")]).await?;
    match (get(&jwk, "x").as_string(), get(&jwk, "y").as_string(), get(&jwk, "crv").as_string().as_deref()) {
        (Some(x), Some(y), Some("P-256")) => Ok(PublicKey { x, y }),
        _ => Err(failed(JsValue::UNDEFINED)),
    }
}

/// Generates a P-256 pair. The private key can't be exported unless the app wants that (RFC 9449 §11.8).
pub(super) async fn create(extractable: bool) -> Result<JsValue> {
    let algorithm =
        to_js(&Algorithm { name: "ECDSA", named_curve: "P-256" }).map_err(|thrown| failed(thrown.into()))?;
    let usages = Array::of2(&"sign".into(), &"verify".into());
    let pair = subtle("generateKey", &[algorithm, extractable.into(), usages.into()]).await?;
    let thumbprint = public_key(&pair).await?.thumbprint();
    let (private_key, public_key) = (get(&pair, "privateKey"), get(&pair, "publicKey"));
    let pair = DpopKeyPair { private_key, public_key, thumbprint: &thumbprint };
    to_js(&pair).map_err(|thrown| failed(thrown.into()))
}

/// Reads the app's key pair.
pub(super) async fn signer(pair: &JsValue) -> Result<JsValue> {
    let private_key = get(pair, "privateKey");
    if get(&private_key, "type").as_string().as_deref() != Some("private") {
        let message = "The DPoP key must be a pair of P-256 CryptoKeys, as createDpopKey makes it.";
        return Err(Error::new(Code::InvalidOption, Step::Setup, message));
    }
    let PublicKey { x, y } = public_key(pair).await?;
    to_js(&Signer { private_key, x, y }).map_err(|thrown| failed(thrown.into()))
}
