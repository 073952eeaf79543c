//! What a server demands in addition to what a session has: more scopes (RFC 6750 §3.1), or a stronger or more recent
//! sign-in of the user (RFC 9470).

use super::{AuthorizationParameters, Scope};

/// What a step-up asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepUpDemand {
    /// The scopes to add. They need not include those that the session has.
    pub scopes: Scope,
    /// How the user has to sign in; `None` if that does not matter.
    pub authentication: Option<UserAuthentication>,
}

/// How the user has to sign in (RFC 9470 §3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserAuthentication {
    /// `acr_values`: authentication contexts, the preferred one first. The characters are those of scopes.
    pub acr_values: Scope,
    /// `max_age`: the maximum time since the user signed in, in seconds.
    pub max_age: Option<u32>,
}

impl UserAuthentication {
    /// The `error` of a token whose user has to sign in again (RFC 9470 §3).
    pub const ERROR: &str = "insufficient_user_authentication";

    /// The parameters for the authorization request (RFC 9470 §4).
    pub fn parameters(&self) -> AuthorizationParameters {
        let max_age = self.max_age.map(|seconds| seconds.to_string());
        let parameters = [("acr_values", self.acr_values.to_parameter()), ("max_age", max_age)];
        let sent = parameters.into_iter().filter(|(_, value)| value.is_some());
        AuthorizationParameters::new(sent.map(|(name, value)| (name.to_owned(), value)).collect()).unwrap_or_default()
    }
}

impl From<Scope> for StepUpDemand {
    fn from(scopes: Scope) -> Self {
        Self { scopes, authentication: None }
    }
}

impl StepUpDemand {
    /// The names by which attempts are counted: one for each scope, an empty one if the scopes are unknown, or one for the
    /// sign-in.
    pub fn names(&self) -> Vec<String> {
        match &self.authentication {
            Some(UserAuthentication { acr_values, max_age }) => {
                let max_age = max_age.map(|seconds| seconds.to_string()).unwrap_or_default();
                vec![[&acr_values.to_parameter().unwrap_or_default(), " max_age ", &max_age].concat()]
            }
            None if self.scopes.is_empty() => vec![String::new()],
            None => self.scopes.tokens().to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_demand_is_counted_separately() {
        let authentication = |acr_values, max_age| StepUpDemand {
            scopes: Scope::default(),
            authentication: Some(UserAuthentication { acr_values: Scope::parse(acr_values), max_age }),
        };
        let names: Vec<_> = [
            StepUpDemand::default(),
            Scope::parse("a").into(),
            authentication("", None),
            authentication("a", None),
            authentication("a", Some(0)),
        ]
        .iter()
        .flat_map(StepUpDemand::names)
        .collect();
        let mut unique = names.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), 5, "{names:?}");
        assert_eq!(StepUpDemand::from(Scope::parse("a b")).names(), ["a", "b"]);
    }
}
