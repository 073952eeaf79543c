//! The tokens of a session, from token responses.

use std::rc::Rc;

use super::validity::Validity;
use crate::flow::grant_request::GrantRequest;
use crate::flow::parties::Parties;
use crate::ports::UnixMillis;
use crate::protocol::{Scope, Secret, TokenResponse, TokenType, UserInfo};

/// What was granted, and for how long. Contains no secrets.
pub(in crate::flow) struct Granted {
    pub parties: Rc<Parties>,
    /// The requested scopes. A step-up requests them again.
    pub requested: Scope,
    /// The granted scopes.
    pub scope: Scope,
    pub validity: Validity,
    /// Who the user is, if the authorization server said so.
    pub user: Option<Rc<UserInfo>>,
}

/// A grant with its tokens.
pub(in crate::flow) struct SessionTokens {
    pub granted: Rc<Granted>,
    pub access_token: Secret,
    pub token_type: TokenType,
    pub refresh_token: Option<Secret>,
}

impl SessionTokens {
    /// The first tokens, from the response to a grant.
    pub fn issued(
        request: &GrantRequest,
        response: &TokenResponse,
        user: Option<Box<UserInfo>>,
        now: UnixMillis,
    ) -> Rc<Self> {
        let GrantRequest { parties, requested, .. } = request;
        Self::new(parties, requested, requested, None, user.map(Rc::from), response, now)
    }

    /// The tokens that replace these after a refresh.
    pub fn renewed(&self, response: &TokenResponse, now: UnixMillis) -> Rc<Self> {
        let Granted { parties, requested, scope, user, .. } = &*self.granted;
        // RFC 6749 §6: the server MAY issue a new refresh token. Otherwise the old one stays valid.
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
                // RFC 6749 §5.1: may be absent if it is identical to the requested scope.
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
