//! Parameters that an app adds to its authorization requests, such as `login_hint` or `audience`.

use super::protocol_parameters::PROTOCOL_PARAMETERS;

/// Parameters in addition to those of the protocol. One without a value must not be sent.
#[derive(Clone, Debug, Default)]
pub struct AuthorizationParameters(Vec<(String, Option<String>)>);

impl AuthorizationParameters {
    /// Checks their names.
    ///
    /// # Errors
    ///
    /// The name of a parameter that the protocol sets: an app can't override it.
    pub fn new(parameters: Vec<(String, Option<String>)>) -> Result<Self, String> {
        match parameters.iter().find(|(name, _)| PROTOCOL_PARAMETERS.contains(&name.as_str())) {
            Some((name, _)) => Err(name.clone()),
            None => Ok(Self(parameters)),
        }
    }

    /// Adds others, which override these.
    pub fn and(&self, others: &Self) -> Self {
        let kept = self.0.iter().filter(|(name, _)| !others.has(name));
        Self(kept.chain(&others.0).cloned().collect())
    }

    /// Whether the app sets or removes a parameter.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(own, _)| own == name)
    }

    /// Whether they make the server ask its user, even if it knows them (OpenID Connect Core §3.1.2.1, RFC 9470 §4).
    #[cfg(feature = "enterprise")]
    pub(crate) fn ask_user(&self) -> bool {
        self.sent().any(|(name, _)| matches!(name, "prompt" | "max_age" | "acr_values"))
    }

    /// The parameters to send.
    pub fn sent(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_deref()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_the_protocol_cannot_be_overridden() {
        for name in PROTOCOL_PARAMETERS {
            for value in [Some("x".to_owned()), None] {
                let error = AuthorizationParameters::new(vec![("prompt".into(), None), (name.into(), value)]);
                assert_eq!(error.err().as_deref(), Some(name));
            }
        }
        let parameters = AuthorizationParameters::new(vec![("prompt".into(), None), ("a".into(), Some("b".into()))]);
        let parameters = parameters.unwrap();
        assert!(parameters.has("prompt") && !parameters.has("b"));
        assert_eq!(parameters.sent().collect::<Vec<_>>(), [("a", "b")]);
        let others = AuthorizationParameters::new(vec![("prompt".into(), Some("login".into())), ("a".into(), None)]);
        let both = parameters.and(&others.unwrap());
        assert_eq!(both.sent().collect::<Vec<_>>(), [("prompt", "login")]);
        assert!(both.has("a"));
    }

    #[cfg(feature = "enterprise")]
    #[test]
    fn three_parameters_make_the_server_ask_its_user() {
        // OpenID Connect Core §3.1.2.1 (`prompt`, `max_age`), RFC 9470 §4 (`acr_values`).
        let asks = |name: &str, value: Option<&str>| {
            AuthorizationParameters::new(vec![(name.into(), value.map(Into::into))]).unwrap().ask_user()
        };
        for name in ["prompt", "max_age", "acr_values"] {
            assert!(asks(name, Some("x")), "{name}");
            // It is not sent.
            assert!(!asks(name, None), "{name}");
        }
        assert!(!asks("login_hint", Some("x")));
        assert!(!AuthorizationParameters::default().ask_user());
    }
}
