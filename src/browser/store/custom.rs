//! Records that the app keeps itself.

use wasm_bindgen::JsValue;

use super::failed;
use crate::browser::reflect::{call, settled};
use crate::protocol::Secret;
use crate::{Code, Error, Result, Step};

/// The app's object. Its methods answer at once or by a promise.
pub(super) struct Custom(pub(super) JsValue);

impl Custom {
    pub(super) async fn get(&self, key: &str) -> Result<Option<Secret>> {
        let value = self.call("get", &[key.into()]).await?;
        if value.is_null() || value.is_undefined() {
            return Ok(None);
        }
        match value.as_string() {
            Some(text) => Ok(Some(Secret::from(text))),
            None => Err(Error::new(
                Code::StorageFailed,
                Step::Storage,
                "storage.get has to answer with a string, or with null or undefined.",
            )),
        }
    }

    pub(super) async fn set(&self, key: &str, value: &Secret) -> Result<()> {
        self.call("set", &[key.into(), value.expose().into()]).await.map(drop)
    }

    pub(super) async fn delete(&self, key: &str) -> Result<()> {
        self.call("delete", &[key.into()]).await.map(drop)
    }

    async fn call(&self, method: &str, arguments: &[JsValue]) -> Result<JsValue> {
        settled(&call(&self.0, method, arguments).map_err(failed)?).await.map_err(failed)
    }
}
