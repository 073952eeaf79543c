//! Records in IndexedDB, each encrypted by AES-GCM with a key that no script can read out.
//!
//! Who copies the database, a backup or another program, gets names without values. Against a
//! script in the page it is no protection: that one can use the key as this module does.

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

use super::indexed_db::{Database, KEYS, RECORDS};
use crate::browser::reflect::{call, get as property, global, object, settled, strings};
use crate::protocol::Secret;

const KEY: &str = "records";

pub(super) async fn get(name: &str) -> Result<Option<Secret>, JsValue> {
    let database = Database::open().await?;
    let record = database.request(RECORDS, "get", &[name.into()]).await?;
    if record.is_undefined() {
        return Ok(None);
    }
    let key = database.request(KEYS, "get", &[KEY.into()]).await?;
    let parameters = parameters(name, &property(&record, "iv"));
    let data = property(&record, "data");
    let decrypted = match subtle("decrypt", &[parameters, key, data]) {
        Ok(decrypted) => settled(&decrypted).await,
        Err(thrown) => Err(thrown),
    };
    // Nobody can read it any more: an empty text.
    let Ok(decrypted) = decrypted else { return Ok(Some(Secret::from(""))) };
    let bytes = Uint8Array::new(&decrypted);
    let text = String::from_utf8(bytes.to_vec()).unwrap_or_default();
    wipe(&bytes);
    Ok(Some(text.into()))
}

pub(super) async fn set(name: &str, value: &Secret) -> Result<(), JsValue> {
    let database = Database::open().await?;
    let usable = |key: &JsValue| property(&property(key, "algorithm"), "name") == AES_GCM;
    let key = database.kept_key(KEY, usable, make_key).await?;
    // A fresh one for each encryption: the same twice would give the texts away (NIST SP 800-38D §8).
    let mut iv = [0; 12];
    getrandom::fill(&mut iv).map_err(|_| JsValue::UNDEFINED)?;
    let iv = Uint8Array::from(&iv[..]).into();
    let bytes = Uint8Array::from(value.expose().as_bytes());
    // It copies the bytes before it returns.
    let encrypted = subtle("encrypt", &[parameters(name, &iv), key, JsValue::from(&bytes)]);
    wipe(&bytes);
    let record = object(&[("iv", iv), ("data", settled(&encrypted?).await?)]);
    database.request(RECORDS, "put", &[record, name.into()]).await.map(drop)
}

pub(super) async fn delete(name: &str) -> Result<(), JsValue> {
    Database::open().await?.request(RECORDS, "delete", &[name.into()]).await.map(drop)
}

async fn make_key() -> Result<JsValue, JsValue> {
    let algorithm = object(&[("name", AES_GCM.into()), ("length", 256.into())]);
    settled(&subtle("generateKey", &[algorithm, false.into(), strings(&["encrypt", "decrypt"])])?).await
}

const AES_GCM: &str = "AES-GCM";

/// Binds the record to its name: under another one it can't be decrypted.
fn parameters(name: &str, iv: &JsValue) -> JsValue {
    let additional = Uint8Array::from(name.as_bytes()).into();
    object(&[("name", AES_GCM.into()), ("iv", iv.clone()), ("additionalData", additional)])
}

fn subtle(method: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    call(&property(&global("crypto"), "subtle"), method, arguments)
}

fn wipe(bytes: &Uint8Array) {
    bytes.fill(0, 0, bytes.length());
}
