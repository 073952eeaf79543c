//! JSON with serde_json.

use serde::Serialize;

use super::program::Native;
use crate::ports::Json;
use crate::protocol::json::Value;
use crate::{Code, Error, Result, Step};

impl<S> Json for Native<S> {
    fn parse_json(&self, text: &str) -> Option<Value> {
        // serde_json allows 128 levels at most.
        serde_json::from_str::<serde_json::Value>(text).ok().map(Value::from)
    }

    fn write_json(&self, value: &impl Serialize) -> Result<String> {
        serde_json::to_string(value).map_err(|error| {
            Error::new(Code::Unsupported, Step::Setup, "A value can't be written as JSON.")
                .with_source(Some(Box::new(error)))
        })
    }
}
