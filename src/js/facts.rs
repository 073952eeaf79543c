//! The properties of a session.

use serde::{Serialize, Serializer};
use serde_wasm_bindgen::preserve;
use wasm_bindgen::JsValue;

use crate::browser::Browser;
use crate::browser::json::to_js;
use crate::flow;
use crate::ports::UnixMillis;
use crate::protocol::UserInfo;

/// The properties of `McpSession`.
#[derive(PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionFacts {
    server: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    resource: String,
    issuer: String,
    client_id: String,
    scopes: Vec<String>,
    #[serde(serialize_with = "as_date")]
    expires_at: Option<UnixMillis>,
    can_refresh: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserInfo>,
}

fn as_date<S: Serializer>(time: &Option<UnixMillis>, serializer: S) -> Result<S::Ok, S::Error> {
    let date = time.map_or(JsValue::NULL, |time| js_sys::Date::new(&JsValue::from(time.0 as f64)).into());
    preserve::serialize(&date, serializer)
}

impl SessionFacts {
    fn of(session: &flow::Session<Browser>) -> Self {
        Self {
            server: session.server().as_str().to_owned(),
            account: Some(session.account().name()).filter(|name| !name.is_empty()).map(str::to_owned),
            resource: session.resource().as_str().to_owned(),
            issuer: session.issuer().as_str().to_owned(),
            client_id: session.client_id(),
            scopes: session.scope().tokens().to_vec(),
            expires_at: session.expires_at(),
            can_refresh: session.can_refresh(),
            user: session.user().map(|user| UserInfo::clone(&user)),
        }
    }
}

/// The object that JavaScript got last.
#[derive(Default)]
pub(super) struct Seen(Option<(SessionFacts, JsValue)>);

impl Seen {
    /// Returns the same object as before if nothing has changed: apps compare properties by identity.
    pub(super) fn facts_of(&mut self, session: &flow::Session<Browser>) -> Result<JsValue, JsValue> {
        let facts = SessionFacts::of(session);
        match &self.0 {
            Some((seen, object)) if *seen == facts => Ok(object.clone()),
            _ => {
                let object = to_js(&facts)?;
                self.0 = Some((facts, object.clone()));
                Ok(object)
            }
        }
    }
}
