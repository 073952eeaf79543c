//! The tokens of a session, as responses bring them.

use std::rc::Rc;

use super::validity::Validity;
use crate::flow::grant_request::GrantRequest;
use crate::flow::parties::Parties;
use crate::ports::UnixMillis;
use crate::protocol::{Scope, Secret, TokenResponse, TokenType, UserInfo};

/// What was granted, and for how long. No secret is in it.
pub(in crate::flow) struct Granted {
    pub parties: Rc<Parties>,
    /// What was asked for. Step-up asks for it again.
    pub requested: Scope,
    /// What was granted.
    pub scope: Scope,
    pub validity: Validity,
    /// Who the user is, where the authorization server said so.
    pub user: Option<Rc<UserInfo>>,
}

/// The tokens for it.
pub(in crate::flow) struct Tokens {
    pub granted: Rc<Granted>,
    pub access_token: Secret,
    pub token_type: TokenType,
    pub refresh_token: Option<Secret>,
}

impl Tokens {
    /// The first ones: what a grant came to.
    pub fn issued(
        request: &GrantRequest,
        response: &TokenResponse,
        user: Option<Box<UserInfo>>,
        now: UnixMillis,
    ) -> Rc<Self> {
        let GrantRequest { parties, requested, .. } = request;
        Self::new(parties, requested, requested, None, user.map(Rc::from), response, now)
    }

    /// Those that a refresh brings in place of these.
    pub fn renewed(&self, response: &TokenResponse, now: UnixMillis) -> Rc<Self> {
        let Granted { parties, requested, scope, user, .. } = &*self.granted;
        // RFC 6749 §6: the server MAY issue a new refresh token; else the old one stays.
        Self::new(parties, requested, scope, self.refresh_token.as_ref(), user.clone(), response, now)
    }

    fn new(
        parties: &Rc<Parties>,
        requested: &Scope,
        scope: &Scope,
        refresh_token: Option<&Secret>,
        user: Option<Rc<UserInfo>>,
        response: &TokenResponse,
        now: UnixMillis,
    ) -> Rc<Self> {
        Rc::new(Self {
            granted: Rc::new(Granted {
                parties: parties.clone(),
                requested: requested.clone(),
                // RFC 6749 §5.1: absent where it is identical to what was asked for.
                scope: response.scope.as_ref().map_or_else(|| scope.clone(), |granted| granted.granted_for(requested)),
                validity: Validity::from(now, response.expires_in),
                user,
            }),
            access_token: response.access_token.clone(),
            token_type: response.token_type,
            refresh_token: response.refresh_token.as_ref().or(refresh_token).cloned(),
        })
    }
}
