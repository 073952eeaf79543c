//! The parameters of an authorization request that are not an app's to set.

/// What the protocol sets, or what decides on the security of a request.
pub(super) const PROTOCOL_PARAMETERS: [&str; 13] = [
    "resource",
    "scope",
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "dpop_jkt",
    "nonce",
    "redirect_uri",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "state",
];

/// The first so many may stand in an endpoint's own query, where ours replace them. An endpoint with one of the
/// others can't be used.
pub(super) const HARMLESS: usize = 2;

/// Whether an endpoint that has a parameter in its own query can't be used.
pub(super) fn decides(name: &str) -> bool {
    PROTOCOL_PARAMETERS.iter().skip(HARMLESS).any(|decisive| *decisive == name)
}
