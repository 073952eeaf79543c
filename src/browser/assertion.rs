//! The app's word for a workload or for a user at their organisation.

use super::Browser;
use super::promise::settled;
use super::reflect::{JsCause, apply, object};
use crate::ports::Assertions;
use crate::protocol::{Issuer, Resource, Secret};
use crate::{Code, Error, Result, Step};

impl Assertions for Browser {
    async fn assertion(&self, issuer: &Issuer, resource: &Resource) -> Result<Secret> {
        let given = match self.assertion.is_function() {
            true => {
                let audience = object(&[("issuer", issuer.as_str().into()), ("resource", resource.as_str().into())]);
                apply(&self.assertion, &[audience])
            }
            false => Ok(self.assertion.clone()),
        };
        let given = match given {
            Ok(given) => settled(&given).await,
            Err(thrown) => Err(thrown),
        };
        let error = |message| Error::new(Code::InvalidOption, Step::Token, message);
        let given = given.map_err(|thrown| {
            error("The grant's token function failed.").with_source(Some(Box::new(JsCause(thrown))))
        })?;
        given.as_string().map(Secret::from).ok_or_else(|| error("The grant's token has to be a string."))
    }
}
