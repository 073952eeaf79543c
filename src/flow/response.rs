//! The response to an authorization request, as the user agent receives it.

use crate::ports::UserAgent;
use crate::protocol::{AuthorizationCode, PendingRequest, authorization_response};
use crate::{Code, Result};

/// Waits for the response to this request. Several sign-ins share a channel: responses with another state
/// are for the others.
pub(super) async fn response(
    request: &PendingRequest<'_>,
    user_agent: &mut impl UserAgent,
) -> Result<AuthorizationCode> {
    loop {
        let callback = user_agent.response().await?;
        match authorization_response(callback.query.expose(), request) {
            Err(error) if error.code() == Code::StateMismatch && !callback.from_own_popup => {}
            decided => {
                user_agent.done();
                return decided;
            }
        }
    }
}
