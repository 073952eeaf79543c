//! Reads the members of a JSON object. Errors name the member and the expected value.

use super::json::{Field, FieldError, Object};
use super::{Url, UrlError};
use crate::{Code, Error, Result, Step};

/// An object whose members are read in one step of the flow.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    object: &'a Object,
    code: Code,
    step: Step,
}

impl<'a> Fields<'a> {
    /// Errors have this code and step.
    pub fn new(object: &'a Object, code: Code, step: Step) -> Self {
        Self { object, code, step }
    }

    /// The error of a member whose content is wrong.
    pub fn wrong(&self, name: &'static str, expected: &'static str) -> Error {
        FieldError::new(name, expected).at(self.code, self.step)
    }

    /// Fails where a member's content is wrong.
    pub fn check(&self, is_right: bool, name: &'static str, expected: &'static str) -> Result<()> {
        if is_right { Ok(()) } else { Err(self.wrong(name, expected)) }
    }

    fn at<T>(&self, field: Field<T>) -> Result<T> {
        field.map_err(|error| error.in_object(self.object, self.code, self.step))
    }

    /// [`Object::string`].
    pub fn string(&self, name: &'static str) -> Result<Option<&'a str>> {
        self.at(self.object.string(name))
    }

    /// [`Object::required_string`].
    pub fn required_string(&self, name: &'static str) -> Result<&'a str> {
        self.at(self.object.required_string(name))
    }

    /// [`Object::strings`].
    #[cfg(target_arch = "wasm32")]
    pub fn strings(&self, name: &'static str) -> Result<Option<Vec<&'a str>>> {
        self.at(self.object.strings(name))
    }

    /// [`Object::flag`].
    pub fn flag(&self, name: &'static str) -> Result<bool> {
        self.at(self.object.flag(name))
    }

    /// [`Object::whole_number`].
    pub fn whole_number(&self, name: &'static str) -> Result<Option<u64>> {
        self.at(self.object.whole_number(name))
    }

    /// The member, of whatever type.
    #[cfg(target_arch = "wasm32")]
    pub fn get(&self, name: &str) -> Option<&'a super::json::Value> {
        self.object.get(name)
    }

    /// An optional object, such as some options of an app.
    #[cfg(target_arch = "wasm32")]
    pub fn object(&self, name: &'static str) -> Result<Option<&'a Object>> {
        use super::json::Value;
        match self.object.get(name) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(object)),
            Some(_) => Err(self.wrong(name, "an object")),
        }
    }

    /// An optional URL to which the object's source may lead. A text that is not a URL counts as absent. An insecure
    /// URL is an error even if it is not used.
    pub fn optional_url(&self, name: &'static str, from: &Url) -> Result<Option<Url>> {
        match self.object.text(name) {
            Some(text) if Url::parse(text) != Err(UrlError::Invalid) => self.url(name, from),
            _ => Ok(None),
        }
    }

    /// A URL to which the object's source may lead.
    pub fn url(&self, name: &'static str, from: &Url) -> Result<Option<Url>> {
        let Some(text) = self.string(name)? else { return Ok(None) };
        let checked = Url::parse(text).and_then(|url| from.may_lead_to(&url).map(|()| url));
        checked.map(Some).map_err(|error| error.at(self.step, &["\"", name, "\""].concat(), text))
    }
}
