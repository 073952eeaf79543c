//! What to ask for.

use crate::Result;
use crate::protocol::json::Object;
use crate::protocol::{ProtectedResourceMetadata, Resource, Scope, ServerUrl, WwwAuthenticate};

/// The resource that tokens are for: the one that the metadata names, if it is the server or a parent path of it
/// (RFC 9728 §3.3); without metadata, the server itself.
///
/// # Errors
///
/// [`Code::ResourceMismatch`](crate::Code::ResourceMismatch) for another resource, and
/// [`Code::InvalidResponse`](crate::Code::InvalidResponse) for none.
pub fn select_resource(server: &ServerUrl, metadata: Option<&Object>) -> Result<Resource> {
    metadata.map_or_else(|| Ok(Resource::of(server)), |document| ProtectedResourceMetadata::resource(document, server))
}

/// What to ask for after a challenge with `insufficient_scope`: the granted and the missing scopes together (MCP
/// 2026-07-28 authorization, step-up). `None` for any other challenge.
pub fn scope_for_step_up(held: &Scope, challenge: &WwwAuthenticate) -> Option<Scope> {
    challenge.missing_scope().map(|missing| held.union(&missing))
}
