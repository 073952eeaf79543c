//! The parameters of an authorization request that an app can't set.

/// Parameters that the protocol sets or that affect the security of a request.
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

/// How many of them, from the first, may be in an endpoint's own query, where ours replace them. An endpoint with one of
/// the others can't be used.
pub(super) const HARMLESS: usize = 2;

/// Whether this parameter makes an endpoint unusable if it is in the endpoint's own query.
pub(super) fn decides(name: &str) -> bool {
    PROTOCOL_PARAMETERS.iter().skip(HARMLESS).any(|decisive| *decisive == name)
}
