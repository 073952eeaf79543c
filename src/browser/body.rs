//! Reads the body of a response, up to the maximum length of a document.

use js_sys::Array;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ReadableStream};

use super::reflect::{JsCause, answer, call, get, settled};
use crate::ports::{LONGEST_BODY, TransportError};

/// Dropping it cancels the rest. Methods are called by name, because an app's own `fetch` may return anything.
struct Reader(JsValue);

impl Drop for Reader {
    fn drop(&mut self) {
        cancel(&self.0);
    }
}

/// Cancels a stream or a reader. Does not wait, but handles the rejection.
pub(super) fn cancel(readable: &JsValue) {
    drop(call(readable, "cancel", &[]).map(|promise| settled(&promise)));
}

/// Reads a body if it is wanted.
pub(super) async fn read(body: Option<ReadableStream>, wanted: bool) -> Result<String, TransportError> {
    let Some(body) = body else { return Ok(String::new()) };
    // The stream may be locked, for which web-sys would panic.
    let reader = Reader(call(&body, "getReader", &[]).map_err(JsCause)?);
    if !wanted {
        return Ok(String::new());
    }
    let (chunks, mut length) = (Array::new(), 0);
    loop {
        let next = answer(call(&reader.0, "read", &[])).await.map_err(JsCause)?;
        if get(&next, "done").is_truthy() {
            break;
        }
        let chunk = get(&next, "value");
        // Fetch §2.2.4: a body's chunks are of type Uint8Array.
        let Some(bytes) = get(&chunk, "byteLength").as_f64() else { return Err(JsCause(chunk).into()) };
        length += bytes as usize;
        if length > LONGEST_BODY {
            return Err(TransportError::TooLarge(None));
        }
        chunks.push(&chunk);
    }
    text(&chunks).await.map_err(|thrown| JsCause(thrown).into())
}

/// Decodes UTF-8. Ignores a byte order mark (RFC 8259 §8.1).
async fn text(chunks: &Array) -> Result<String, JsValue> {
    let text = JsFuture::from(Blob::new_with_u8_array_sequence(chunks)?.text()).await?;
    Ok(text.as_string().unwrap_or_default())
}
