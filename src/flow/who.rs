//! Who the signed-in user is, if the authorization server says so.

use super::exchange::exchange;
use super::grant_request::GrantRequest;
use super::server_time::seconds_at;
use crate::Step;
use crate::ports::{Ports, Request};
use crate::protocol::json::Value;
use crate::protocol::{ExpectedIdToken, Nonce, Secret, TokenResponse, TokenType, Url, UserInfo, jwt};

/// Reads the ID token, and asks the userinfo endpoint if the token has no name (OpenID Connect Core §3.1.3.7, §5.3).
/// This is information only: if it is missing or belongs to another sign-in, the user stays unknown and the sign-in still
/// succeeds.
pub(super) async fn user<P: Ports>(
    ports: &P,
    nonce: Option<&str>,
    userinfo_endpoint: Option<&Url>,
    grant: &GrantRequest,
    response: &TokenResponse,
) -> Option<Box<UserInfo>> {
    let (nonce, token) = (nonce?, response.id_token.as_ref()?);
    let Value::Object(claims) = ports.parse_json(&jwt::claims(token.expose())?)? else { return None };
    let parties = &grant.parties;
    let now = seconds_at(ports, &parties.token_endpoint);
    let (issuer, client_id) = (&parties.issuer, &*parties.client.client_id);
    let expected = ExpectedIdToken { issuer, client_id, nonce: Nonce::Sent(nonce), now };
    let user = expected.user(&claims)?;
    // A token that is bound to a key is only sent to its resource.
    let Some(url) = userinfo_endpoint.filter(|_| user.is_nameless() && response.token_type == TokenType::Bearer) else {
        return Some(Box::new(user));
    };
    let mut request = Request::get(Step::Token, url);
    request.authorization = Some(Secret::from(["Bearer ", response.access_token.expose()].concat()));
    let answer = exchange(ports, request).await.ok().filter(|answer| answer.is_success());
    Some(Box::new(match answer.and_then(|answer| answer.document) {
        Some(document) => user.with(&document),
        None => user,
    }))
}
