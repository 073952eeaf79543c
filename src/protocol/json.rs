//! JSON (RFC 8259): a value that some parser made, a reader whose errors name the field, a writer.
//!
//! Parsing is left to the platform, through a port: every browser has a parser, and a
//! derived one would be the biggest single item of the download.

use crate::{Code, Error, Step};

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Value {
    Null,
    Bool(bool),
    Number(f64),
    String(String),
    Array(Vec<Value>),
    Object(Object),
}

/// For programs that bring serde_json as their parser.
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

/// A member that is not what the specification says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldError {
    field: &'static str,
    expected: &'static str,
}

impl FieldError {
    /// For a member whose content, rather than type, is wrong.
    pub fn new(field: &'static str, expected: &'static str) -> Self {
        Self { field, expected }
    }

    /// The error of the step in which the document was read.
    pub fn at(self, code: Code, step: Step) -> Error {
        Error::new(code, step, ["\"", self.field, "\" has to be ", self.expected, "."].concat())
    }
}

pub(super) type Field<T> = Result<T, FieldError>;

impl Object {
    /// The member; `null` counts as absent, as servers use it so.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value).filter(|value| **value != Value::Null)
    }

    /// An optional string.
    pub fn string(&self, name: &'static str) -> Field<Option<&str>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(FieldError::new(name, "a string")),
        }
    }

    /// A string that has to be there and not be empty.
    pub fn required_string(&self, name: &'static str) -> Field<&str> {
        self.string(name)?.filter(|text| !text.is_empty()).ok_or(FieldError::new(name, "a string"))
    }

    /// An optional list of strings.
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

    /// A boolean that is false where absent.
    pub fn flag(&self, name: &'static str) -> Field<bool> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(_) => Err(FieldError::new(name, "true or false")),
        }
    }

    /// An optional whole number that is not negative. Decimal digits in a string are taken too,
    /// since servers send `expires_in` so.
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

/// A whole number in decimal digits, at most fifteen of them.
pub(crate) fn digits(text: &str) -> Option<u64> {
    let add = |sum: u64, byte: u8| byte.is_ascii_digit().then(|| sum * 10 + u64::from(byte - b'0'));
    if text.is_empty() || text.len() > 15 { None } else { text.bytes().try_fold(0, add) }
}

/// Texts with a separator between them, in less code than the standard library's `join`.
pub(crate) fn joined<'a>(texts: impl Iterator<Item = &'a str>, separator: &str) -> String {
    texts.fold(String::new(), |mut joined, text| {
        joined.push_str(if joined.is_empty() { "" } else { separator });
        joined.push_str(text);
        joined
    })
}

/// 2^53 - 1: whole numbers up to here are exact in a double.
const MAX_EXACT: f64 = 9_007_199_254_740_991.0;

/// Writes one JSON object, member by member.
pub struct Writer(String);

impl Default for Writer {
    fn default() -> Self {
        Self(String::from("{"))
    }
}

impl Writer {
    /// An object without members.
    pub fn new() -> Self {
        Self::default()
    }

    fn name(&mut self, name: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.quoted(name);
        self.0.push(':');
    }

    /// RFC 8259 §7: what has to be escaped is the quote, the backslash and the control characters.
    fn quoted(&mut self, text: &str) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        self.0.push('"');
        for character in text.chars() {
            match character {
                '"' => self.0.push_str("\\\""),
                '\\' => self.0.push_str("\\\\"),
                '\0'..='\x1f' => {
                    self.0.push_str("\\u00");
                    let code = character as usize & 0x1f;
                    for digit in [code >> 4, code & 15] {
                        self.0.push(HEX.get(digit).copied().unwrap_or(b'0') as char);
                    }
                }
                _ => self.0.push(character),
            }
        }
        self.0.push('"');
    }

    /// Adds a string.
    pub fn string(mut self, name: &str, value: &str) -> Self {
        self.name(name);
        self.quoted(value);
        self
    }

    /// Adds a string, where there is one.
    pub fn optional(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.string(name, value),
            None => self,
        }
    }

    /// Adds a list of strings.
    pub fn strings<T: AsRef<str>>(mut self, name: &str, values: &[T]) -> Self {
        self.name(name);
        self.0.push('[');
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.0.push(',');
            }
            self.quoted(value.as_ref());
        }
        self.0.push(']');
        self
    }

    /// Adds a value that is written already.
    pub fn object(mut self, name: &str, json: &str) -> Self {
        self.name(name);
        self.0.push_str(json);
        self
    }

    /// Adds a whole number.
    pub fn number(mut self, name: &str, value: u64) -> Self {
        self.name(name);
        self.0.push_str(&decimal(value));
        self
    }

    /// Adds a whole number, where there is one.
    pub fn optional_number(self, name: &str, value: Option<u64>) -> Self {
        match value {
            Some(value) => self.number(name, value),
            None => self,
        }
    }

    /// The object's text.
    pub fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// A number in decimal digits, without the formatting machinery of the standard library, which
/// weighs more than all of this module.
pub(crate) fn decimal(mut value: u64) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(char::from(b'0' + (value % 10) as u8));
        value /= 10;
        if value == 0 {
            break digits.into_iter().rev().collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::test_support::object;

    #[test]
    fn errors_name_the_field() {
        let document = object(r#"{"issuer": 5, "list": ["a", 1], "flag": "yes", "n": -1, "empty": ""}"#);
        let message = |error: FieldError| error.at(Code::InvalidResponse, Step::Token).message().to_owned();
        assert_eq!(message(document.string("issuer").unwrap_err()), "\"issuer\" has to be a string.");
        assert_eq!(message(document.strings("list").unwrap_err()), "\"list\" has to be a list of strings.");
        assert_eq!(message(document.flag("flag").unwrap_err()), "\"flag\" has to be true or false.");
        assert_eq!(message(document.whole_number("n").unwrap_err()), "\"n\" has to be a whole number.");
        assert!(document.required_string("empty").is_err() && document.required_string("absent").is_err());
    }

    #[test]
    fn null_counts_as_absent() {
        let document = object(r#"{"scope": null}"#);
        assert_eq!(document.string("scope"), Ok(None));
        assert_eq!(document.whole_number("scope"), Ok(None));
    }

    #[test]
    fn whole_numbers_come_as_numbers_or_digits() {
        let document = object(r#"{"a": 3600, "b": "3600", "c": 3600.9, "d": 1e300, "e": "1e3", "f": ""}"#);
        assert_eq!(document.whole_number("a"), Ok(Some(3600)));
        assert_eq!(document.whole_number("b"), Ok(Some(3600)));
        assert_eq!(document.whole_number("c"), Ok(Some(3600)));
        for bad in ["d", "e", "f"] {
            assert!(document.whole_number(bad).is_err(), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_reads_back(text: String, list: Vec<String>, number in 0u64..1 << 53) {
            let written = Writer::new().string(&text, &text).strings("list", &list).number("number", number).finish();
            let read: serde_json::Value = serde_json::from_str(&written).unwrap();
            if text != "list" && text != "number" {
                assert_eq!(read[&text], text);
            }
            assert_eq!(read["list"], serde_json::json!(list));
            assert_eq!(read["number"], number);
        }
    }
}
