//! `application/x-www-form-urlencoded`, the format of OAuth's requests and of its callback query
//! (RFC 6749 Appendix B).

use zeroize::Zeroizing;

/// Parameters in the order in which they were added. Zeroed on drop, because they contain codes and tokens.
#[derive(Clone, Default)]
pub struct Form(Zeroizing<String>);

impl Form {
    /// No parameters.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a parameter.
    pub fn add(mut self, name: &str, value: &str) -> Self {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        encode(name, &mut self.0);
        self.0.push('=');
        encode(value, &mut self.0);
        self
    }

    /// Adds a parameter if it has a value.
    pub fn optional(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.add(name, value),
            None => self,
        }
    }

    /// The encoded text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Appends `text` percent-encoded; a space is `+`.
pub fn encode(text: &str, out: &mut String) {
    out.extend(form_urlencoded::byte_serialize(text.as_bytes()));
}

/// Splits a query (with or without its `?`) into decoded names and values. Like browsers, replaces what is not
/// UTF-8 after decoding.
pub fn parse(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.strip_prefix('?').unwrap_or(query).as_bytes()).into_owned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_the_example_of_rfc_6749_appendix_b() {
        // "the value consisting of the six Unicode code points (1) U+0020 (SPACE), (2) U+0025
        // (PERCENT SIGN), (3) U+0026 (AMPERSAND), (4) U+002B (PLUS SIGN), (5) U+00A3 (POUND SIGN),
        // and (6) U+20AC (EURO SIGN) would be encoded into … +%25%26%2B%C2%A3%E2%82%AC"
        let form = Form::new().add("v", " %&+£€");
        assert_eq!(form.as_str(), "v=+%25%26%2B%C2%A3%E2%82%AC");
    }

    #[test]
    fn a_form_is_zeroed_when_it_is_dropped() {
        crate::protocol::test_support::is_zeroed_on_drop(&Form::new().add("code", "s3cret").0);
    }

    #[test]
    fn invalid_encodings_are_decoded_literally() {
        assert_eq!(
            parse("?a=%&b=%4&c=%zz&=x&d"),
            [
                ("a".into(), "%".into()),
                ("b".into(), "%4".into()),
                ("c".into(), "%zz".into()),
                (String::new(), "x".into()),
                ("d".into(), String::new()),
            ]
        );
        assert_eq!(parse("a=%ff"), [("a".into(), "\u{fffd}".into())]);
        assert_eq!(parse("?"), []);
    }

    proptest::proptest! {
        #[test]
        fn an_encoded_form_decodes_to_the_same_values(name: String, value: String) {
            let form = Form::new().add(&name, &value);
            assert_eq!(parse(form.as_str()), [(name, value)]);
        }
    }
}
