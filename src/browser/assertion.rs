//! The app's assertion for a workload, or for a user at their organisation.

use serde::Serialize;

use super::Browser;
use super::json::to_js;
use super::reflect::{JsCause, answer, apply};
use crate::ports::Assertions;
use crate::protocol::{Issuer, Resource, Secret};
use crate::{Code, Error, Result, Step};

/// What an assertion is for.
#[derive(Serialize)]
struct Audience<'a> {
    issuer: &'a str,
    resource: &'a str,
}

impl Assertions for Browser {
    async fn assertion(&self, issuer: &Issuer, resource: &Resource) -> Result<Secret> {
        let given = match self.assertion.is_function() {
            true => {
                let audience = Audience { issuer: issuer.as_str(), resource: resource.as_str() };
                to_js(&audience).map_err(Into::into).and_then(|audience| apply(&self.assertion, &[audience]))
            }
            false => Ok(self.assertion.clone()),
        };
        let error = |message| Error::new(Code::InvalidOption, Step::Token, message);
        let given = answer(given).await.map_err(|thrown| {
            error("The grant's token function failed.").with_source(Some(Box::new(JsCause(thrown))))
        })?;
        given.as_string().map(Secret::from).ok_or_else(|| error("The grant's token must be a string."))
    }
}
