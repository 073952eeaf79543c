//! The members of a document, read one after the other, of which the first that is wrong is told.

use std::cell::RefCell;

use super::Url;
use super::json::{Field, FieldError, Object};
use crate::{Code, Error, Step};

/// Reads many members of an object. What is wrong with the first that is wrong is told at the end:
/// until then, a member that is wrong reads like one that is absent.
pub(crate) struct Fields<'a> {
    object: &'a Object,
    code: Code,
    step: Step,
    wrong: RefCell<Option<Error>>,
}

impl<'a> Fields<'a> {
    /// Errors will have this code and step.
    pub fn new(object: &'a Object, code: Code, step: Step) -> Self {
        Self { object, code, step, wrong: RefCell::new(None) }
    }

    /// Notes an error, unless there is one.
    pub fn fail(&self, error: Error) {
        self.wrong.borrow_mut().get_or_insert(error);
    }

    /// Notes that a member's content is wrong, unless something is.
    pub fn check(&self, is_right: bool, name: &'static str, expected: &'static str) {
        if !is_right {
            self.fail(FieldError::new(name, expected).at(self.code, self.step));
        }
    }

    fn keep<T>(&self, field: Field<Option<T>>) -> Option<T> {
        field.unwrap_or_else(|error| {
            self.fail(error.at(self.code, self.step));
            None
        })
    }

    /// [`Object::string`].
    pub fn string(&self, name: &'static str) -> Option<&'a str> {
        self.keep(self.object.string(name))
    }

    /// [`Object::required_string`], or an empty one.
    pub fn required_string(&self, name: &'static str) -> &'a str {
        self.keep(self.object.required_string(name).map(Some)).unwrap_or_default()
    }

    /// [`Object::strings`].
    pub fn strings(&self, name: &'static str) -> Option<Vec<&'a str>> {
        self.keep(self.object.strings(name))
    }

    /// Whether a list of strings has this one.
    pub fn lists(&self, name: &'static str, value: &str) -> bool {
        self.strings(name).is_some_and(|values| values.contains(&value))
    }

    /// [`Object::flag`].
    pub fn flag(&self, name: &'static str) -> bool {
        self.keep(self.object.flag(name).map(Some)).unwrap_or_default()
    }

    /// [`Object::whole_number`].
    pub fn whole_number(&self, name: &'static str) -> Option<u64> {
        self.keep(self.object.whole_number(name))
    }

    /// An optional URL, to which the one that the object came from may lead.
    pub fn url(&self, name: &'static str, from: &Url) -> Option<Url> {
        let checked = Url::parse(self.string(name)?).and_then(|url| from.may_lead_to(&url).map(|()| url));
        checked.map_err(|error| self.fail(error.at(self.step, &["\"", name, "\""].concat()))).ok()
    }

    /// What was wrong first.
    pub fn end(self) -> crate::Result<()> {
        self.wrong.into_inner().map_or(Ok(()), Err)
    }
}
