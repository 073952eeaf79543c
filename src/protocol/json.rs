//! JSON (RFC 8259): values, a reader whose errors name the member, and a writer.
//!
//! The platform parses, through a port: every browser has a parser, and a derived one would be the largest item of
//! the download.

use serde::{Serialize, Serializer};

use crate::{Code, Error, Step};

/// A JSON value.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub enum Value {
    #[default]
    Null,
    Bool(bool),
    Number(f64),
    String(String),
    Array(Vec<Value>),
    Object(Object),
}

impl Value {
    fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(text) if text.is_empty() => "empty",
            Value::String(_) => "a string",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

/// For programs that use serde_json as their parser.
#[cfg(any(test, feature = "serde_json"))]
impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(value) => Value::Bool(value),
            serde_json::Value::Number(number) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
            serde_json::Value::String(text) => Value::String(text),
            serde_json::Value::Array(values) => Value::Array(values.into_iter().map(Value::from).collect()),
            serde_json::Value::Object(members) => {
                Value::Object(Object(members.into_iter().map(|(name, value)| (name, value.into())).collect()))
            }
        }
    }
}

/// A JSON object, in the order of its text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object(pub Vec<(String, Value)>);

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            // Whole numbers are written without a decimal point.
            Value::Number(number) if number.fract() == 0.0 && number.abs() <= MAX_EXACT => {
                serializer.serialize_i64(*number as i64)
            }
            Value::Number(number) => serializer.serialize_f64(*number),
            Value::String(text) => serializer.serialize_str(text),
            Value::Array(values) => serializer.collect_seq(values),
            Value::Object(object) => object.serialize(serializer),
        }
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// A member that violates the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldError {
    field: &'static str,
    expected: &'static str,
}

impl FieldError {
    /// For a member of the right type with wrong content.
    pub fn new(field: &'static str, expected: &'static str) -> Self {
        Self { field, expected }
    }

    /// The error for a member of the wrong type, with the value that was found.
    pub fn in_object(self, object: &Object, code: Code, step: Step) -> Error {
        let found = object.get(self.field).map_or("missing", Value::kind);
        self.error_with(code, step, &[", but is ", found].concat())
    }

    /// The error of the step in which the document was read.
    pub fn at(self, code: Code, step: Step) -> Error {
        self.error_with(code, step, "")
    }

    fn error_with(self, code: Code, step: Step, found: &str) -> Error {
        Error::new(code, step, ["\"", self.field, "\" must be ", self.expected, found, "."].concat())
    }
}

pub(super) type Field<T> = Result<T, FieldError>;

impl Object {
    /// The member. `null` counts as absent: servers use it that way.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value).filter(|value| **value != Value::Null)
    }

    /// Takes a member's value, and leaves `null` in its place.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let (_, value) = self.0.iter_mut().find(|(key, _)| key == name)?;
        Some(std::mem::take(value))
    }

    /// An optional string.
    ///
    /// # Errors
    ///
    /// It has another type.
    pub fn string(&self, name: &'static str) -> Field<Option<&str>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(FieldError::new(name, "a string")),
        }
    }

    /// A string that is not empty. A member of another type counts as absent. For members that a sign-in does not need.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// The strings in a list, or the words in a string. Anything else counts as absent. For members that a sign-in does
    /// not need.
    pub fn texts(&self, name: &str) -> Option<Vec<&str>> {
        match self.get(name)? {
            Value::Array(values) => Some(values.iter().filter_map(Value::as_str).collect()),
            Value::String(text) => {
                Some(text.split_ascii_whitespace().collect()).filter(|texts: &Vec<_>| !texts.is_empty())
            }
            _ => None,
        }
    }

    /// Whether a member is true or "true". For members that a sign-in does not need.
    pub fn is_set(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Value::Bool(true))) || self.text(name) == Some("true")
    }

    /// A time in seconds, at most `LONGEST_SECONDS`. A negative time counts as zero. Anything else counts as absent.
    pub fn seconds(&self, name: &str) -> Option<u64> {
        match self.get(name)? {
            // Rust's conversion saturates, and converts NaN to zero.
            Value::Number(number) => Some((*number as u64).min(LONGEST_SECONDS)),
            Value::String(text) => seconds(text),
            _ => None,
        }
    }

    /// A required string, which must not be empty.
    ///
    /// # Errors
    ///
    /// It is absent, is empty or has another type.
    pub fn required_string(&self, name: &'static str) -> Field<&str> {
        let text = self.string(name)?.filter(|text| !text.is_empty());
        text.ok_or(FieldError::new(name, "a string"))
    }

    /// An optional list of strings.
    ///
    /// # Errors
    ///
    /// It has another type, or one of its entries does.
    pub fn strings(&self, name: &'static str) -> Field<Option<Vec<&str>>> {
        let expected = FieldError::new(name, "a list of strings");
        match self.get(name) {
            None => Ok(None),
            Some(Value::Array(values)) => values
                .iter()
                .map(|value| match value {
                    Value::String(text) => Ok(text.as_str()),
                    _ => Err(expected),
                })
                .collect::<Field<Vec<_>>>()
                .map(Some),
            Some(_) => Err(expected),
        }
    }

    /// A boolean. If it is absent, it is false.
    ///
    /// # Errors
    ///
    /// It is of another type.
    pub fn flag(&self, name: &'static str) -> Field<bool> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            // Like `is_set`.
            Some(Value::String(text)) if matches!(text.as_str(), "" | "false" | "true") => Ok(text == "true"),
            Some(_) => Err(FieldError::new(name, "true or false")),
        }
    }

    /// An optional whole number that is not negative. A string of decimal digits is accepted as well: servers send
    /// `expires_in` that way.
    ///
    /// # Errors
    ///
    /// It has another type, is negative, or is too big to be exact.
    pub fn whole_number(&self, name: &'static str) -> Field<Option<u64>> {
        let number = match self.get(name) {
            None => return Ok(None),
            Some(Value::Number(number)) if *number >= 0.0 && *number <= MAX_EXACT => Some(*number as u64),
            Some(Value::String(text)) => digits(text),
            Some(_) => None,
        };
        number.map(Some).ok_or(FieldError::new(name, "a whole number"))
    }
}

/// A hundred years. Added to the current time, it is exact in a double, also in milliseconds.
pub(crate) const LONGEST_SECONDS: u64 = 100 * 365 * 24 * 60 * 60;

/// Seconds in decimal digits, at most `LONGEST_SECONDS`. A negative number counts as zero.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let (is_over, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let seconds = digits.bytes().try_fold(0_u64, |sum, byte| {
        byte.is_ascii_digit().then(|| (sum * 10 + u64::from(byte - b'0')).min(LONGEST_SECONDS))
    });
    seconds.filter(|_| !digits.is_empty()).map(|seconds| if is_over { 0 } else { seconds })
}

/// A whole number in decimal digits, at most fifteen of them.
pub(crate) fn digits(text: &str) -> Option<u64> {
    let add = |sum: u64, byte: u8| byte.is_ascii_digit().then(|| sum * 10 + u64::from(byte - b'0'));
    if text.is_empty() || text.len() > 15 { None } else { text.bytes().try_fold(0, add) }
}

/// Texts with a separator between them, with less code than the standard library's `join`.
pub(crate) fn joined<'a>(texts: impl Iterator<Item = &'a str>, separator: &str) -> String {
    texts.fold(String::new(), |mut joined, text| {
        joined.push_str(if joined.is_empty() { "" } else { separator });
        joined.push_str(text);
        joined
    })
}

/// 2^53 - 1: whole numbers up to here are exact in a double.
const MAX_EXACT: f64 = 9_007_199_254_740_991.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::test_support::object;

    #[test]
    fn errors_name_the_field() {
        let document = object(r#"{"issuer": 5, "list": ["a", 1], "flag": "yes", "n": -1, "empty": ""}"#);
        let message =
            |error: FieldError| error.in_object(&document, Code::InvalidResponse, Step::Token).message().to_owned();
        assert_eq!(message(document.string("issuer").unwrap_err()), "\"issuer\" must be a string, but is a number.");
        assert_eq!(
            message(document.strings("list").unwrap_err()),
            "\"list\" must be a list of strings, but is a list."
        );
        assert_eq!(message(document.flag("flag").unwrap_err()), "\"flag\" must be true or false, but is a string.");
        assert_eq!(
            message(document.required_string("empty").unwrap_err()),
            "\"empty\" must be a string, but is empty."
        );
        assert_eq!(
            message(document.required_string("absent").unwrap_err()),
            "\"absent\" must be a string, but is missing."
        );
        assert_eq!(message(document.whole_number("n").unwrap_err()), "\"n\" must be a whole number, but is a number.");
        assert!(document.required_string("empty").is_err() && document.required_string("absent").is_err());
    }

    #[test]
    fn informative_members_are_read_leniently() {
        let document = object(r#"{"a": "", "b": 5, "c": ["x", 1, "y"], "d": "x  y", "e": {}, "f": "true", "g": 1}"#);
        assert_eq!((document.text("a"), document.text("b"), document.text("d")), (None, None, Some("x  y")));
        assert_eq!(document.texts("c"), Some(vec!["x", "y"]));
        assert_eq!(document.texts("d"), Some(vec!["x", "y"]));
        assert_eq!((document.texts("a"), document.texts("e"), document.texts("z")), (None, None, None));
        assert!(document.is_set("f") && !document.is_set("g") && !document.is_set("a"));
    }

    #[test]
    fn seconds_are_capped_and_never_below_zero() {
        let seconds = |value: &str| object(&[r#"{"s": "#, value, "}"].concat()).seconds("s");
        for (value, expected) in [
            ("3600", Some(3600)),
            ("\"3600\"", Some(3600)),
            ("3600.9", Some(3600)),
            ("0", Some(0)),
            ("-1", Some(0)),
            ("\"-1\"", Some(0)),
            ("-1.7976931348623157e308", Some(0)),
            ("9.1e12", Some(LONGEST_SECONDS)),
            ("1.7976931348623157e308", Some(LONGEST_SECONDS)),
            ("\"99999999999999999999999999999999\"", Some(LONGEST_SECONDS)),
            ("\"soon\"", None),
            ("\"\"", None),
            ("\"-\"", None),
            ("null", None),
            ("[1]", None),
        ] {
            assert_eq!(seconds(value), expected, "{value}");
        }
        assert!((LONGEST_SECONDS * 1000 + 4_000_000_000_000) as f64 <= MAX_EXACT);
    }

    #[test]
    fn whole_numbers_are_written_without_a_decimal_point() {
        // Above 2^53 - 1, a double may not be exact, and is written as a float.
        for (number, text) in [
            (1.0, "1"),
            (-2.0, "-2"),
            (1.5, "1.5"),
            (9_007_199_254_740_991.0, "9007199254740991"),
            (9_007_199_254_740_992.0, "9007199254740992.0"),
            (1e300, "1e+300"),
        ] {
            assert_eq!(serde_json::to_string(&Value::Number(number)).unwrap(), text);
        }
    }

    #[test]
    fn a_member_is_taken_once() {
        let mut document = object(r#"{"a": 1, "b": "x"}"#);
        assert_eq!(document.take("b"), Some(Value::String("x".into())));
        assert_eq!(document.take("b"), Some(Value::Null));
        assert_eq!(document.take("c"), None);
        assert_eq!(document, object(r#"{"a": 1, "b": null}"#));
    }

    #[test]
    fn null_counts_as_absent() {
        let document = object(r#"{"scope": null}"#);
        assert_eq!(document.string("scope"), Ok(None));
        assert_eq!(document.whole_number("scope"), Ok(None));
    }

    #[test]
    fn whole_numbers_may_be_numbers_or_digits() {
        let document = object(r#"{"a": 3600, "b": "3600", "c": 3600.9, "d": 1e300, "e": "1e3", "f": ""}"#);
        assert_eq!(document.whole_number("a"), Ok(Some(3600)));
        assert_eq!(document.whole_number("b"), Ok(Some(3600)));
        assert_eq!(document.whole_number("c"), Ok(Some(3600)));
        for bad in ["d", "e", "f"] {
            assert!(document.whole_number(bad).is_err(), "{bad}");
        }
        // Fifteen digits are always exact in a double.
        let long = object(r#"{"a": "999999999999999", "b": "1000000000000000"}"#);
        assert_eq!(long.whole_number("a"), Ok(Some(999_999_999_999_999)));
        assert!(long.whole_number("b").is_err());
    }
}
