//! Shared by the targets: random input that looks like what a server sends.
//!
//! Random bytes would rarely be JSON, and even more rarely a document of the protocol. So the fuzzer's bytes make
//! choices: members that the protocol knows or others, values of the right type or of another, texts that matter or any.

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use mcp_authorize::protocol::json::{Object, Value};
use mcp_authorize::protocol::{AuthorizationServerMetadata, Issuer, IssuerPolicy};

/// The scripted ports of the crate's own tests.
#[allow(missing_docs)]
#[path = "../../tests/flow/scripted.rs"]
pub mod scripted;

const TEXTS: &[&str] = &[
    "https://mcp.example/mcp",
    "https://mcp.example",
    "https://as.example",
    "https://as.example/token",
    "https://as.example/register",
    "https://as.example/authorize?tenant=1",
    "http://localhost:1/",
    "http://evil.example/",
    "https://user@as.example",
    "javascript:alert(1)",
    "S256",
    "ES256",
    "Bearer",
    "bearer",
    "DPoP",
    "none",
    "client_secret_basic",
    "client_secret_post",
    "private_key_jwt",
    "read write offline_access",
    "use_dpop_nonce",
    "invalid_grant",
    "invalid_client",
    "invalid_target",
    "access_denied",
    "insufficient_scope",
    "3600",
    "",
];

const NAMES: &[&str] = &[
    "resource",
    "authorization_servers",
    "scopes_supported",
    "dpop_bound_access_tokens_required",
    "dpop_signing_alg_values_supported",
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "registration_endpoint",
    "revocation_endpoint",
    "pushed_authorization_request_endpoint",
    "require_pushed_authorization_requests",
    "token_endpoint_auth_methods_supported",
    "authorization_response_iss_parameter_supported",
    "client_id_metadata_document_supported",
    "code_challenge_methods_supported",
    "client_id",
    "client_secret",
    "client_secret_expires_at",
    "token_endpoint_auth_method",
    "access_token",
    "token_type",
    "expires_in",
    "refresh_token",
    "scope",
    "issued_token_type",
    "request_uri",
    "error",
    "error_description",
    "v",
    "requested",
    "granted",
    "expires_at",
    "refresh_at",
    "retry_at",
    "__proto__",
];

/// A text.
pub fn text(input: &mut Unstructured<'_>) -> Result<String> {
    Ok(if input.ratio(2, 3)? { (*input.choose(TEXTS)?).to_owned() } else { input.arbitrary()? })
}

/// A JSON value of any type.
pub fn value(input: &mut Unstructured<'_>, depth: u8) -> Result<Value> {
    Ok(match input.int_in_range(0..=if depth == 0 { 5 } else { 7 })? {
        0 => Value::Null,
        1 => Value::Bool(input.arbitrary()?),
        2 => Value::Number(input.arbitrary()?),
        3..=5 => Value::String(text(input)?),
        6 => {
            let count = input.int_in_range(0..=3)?;
            Value::Array((0..count).map(|_| value(input, depth - 1)).collect::<Result<_>>()?)
        }
        _ => Value::Object(document(input, depth - 1)?),
    })
}

/// A JSON object.
pub fn document(input: &mut Unstructured<'_>, depth: u8) -> Result<Object> {
    let mut members = Vec::new();
    for _ in 0..input.int_in_range(0..=8)? {
        let name = if input.ratio(9, 10)? { (*input.choose(NAMES)?).to_owned() } else { input.arbitrary()? };
        members.push((name, value(input, depth)?));
    }
    Ok(Object(members))
}

/// A good document with some members changed, left out or added.
pub fn changed(input: &mut Unstructured<'_>, good: &str) -> Result<Object> {
    let Ok(serde_json::Value::Object(good)) = serde_json::from_str(good) else { return document(input, 2) };
    let Value::Object(Object(mut members)) = Value::from(serde_json::Value::Object(good)) else {
        return document(input, 2);
    };
    for _ in 0..input.int_in_range(0..=3)? {
        match input.int_in_range(0..=2)? {
            0 if !members.is_empty() => drop(members.remove(input.choose_index(members.len())?)),
            1 if !members.is_empty() => {
                let index = input.choose_index(members.len())?;
                members[index].1 = value(input, 2)?;
            }
            _ => members.push(((*input.choose(NAMES)?).to_owned(), value(input, 2)?)),
        }
    }
    Ok(Object(members))
}

/// A value as serde_json has it.
pub fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => (*number).into(),
        Value::String(text) => text.as_str().into(),
        Value::Array(values) => values.iter().map(to_json).collect::<Vec<_>>().into(),
        Value::Object(Object(members)) => {
            serde_json::Value::Object(members.iter().map(|(name, value)| (name.clone(), to_json(value))).collect())
        }
    }
}

/// An object as JSON text.
pub fn json(object: Object) -> String {
    to_json(&Value::Object(object)).to_string()
}

/// The issuer of all targets.
pub fn issuer() -> Issuer {
    Issuer::parse(scripted::ISSUER).expect("a good issuer")
}

/// Its metadata.
pub fn server(more: &str) -> Box<AuthorizationServerMetadata> {
    let document = serde_json::from_str::<serde_json::Value>(&scripted::metadata(scripted::ISSUER, more));
    let Value::Object(document) = Value::from(document.expect("good JSON")) else { unreachable!("it is an object") };
    AuthorizationServerMetadata::parse(&document, &issuer(), &IssuerPolicy::default()).expect("good metadata")
}
