//! `application/x-www-form-urlencoded`, the form of OAuth's requests and of its callback query
//! (RFC 6749 Appendix B).

use zeroize::Zeroize;

/// Parameters in the order in which they were added. Zeroed on drop, since they hold codes and tokens.
#[derive(Clone, Default)]
pub struct Form(String);

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

    /// Adds a parameter, where there is a value.
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

impl Drop for Form {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Appends `text` percent-encoded; a space is `+`.
pub fn encode(text: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => out.push(byte as char),
            b' ' => out.push('+'),
            _ => {
                out.push('%');
                for digit in [byte >> 4, byte & 15] {
                    out.push(HEX.get(usize::from(digit)).copied().unwrap_or(b'0') as char);
                }
            }
        }
    }
}

/// Splits a query (with or without its `?`) into decoded names and values. What is not UTF-8 after
/// decoding is replaced, as browsers do.
pub fn parse(query: &str) -> Vec<(String, String)> {
    query
        .strip_prefix('?')
        .unwrap_or(query)
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut ahead = rest.clone();
                let digits = (ahead.next().and_then(hex), ahead.next().and_then(hex));
                match digits {
                    (Some(high), Some(low)) => {
                        rest = ahead;
                        high << 4 | low
                    }
                    _ => b'%',
                }
            }
            _ => byte,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
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
    fn decodes_rubbish_without_failing() {
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
        fn what_is_encoded_decodes_as_the_url_crate_does(name: String, value: String) {
            let form = Form::new().add(&name, &value);
            let theirs: Vec<(String, String)> = url::form_urlencoded::parse(form.as_str().as_bytes()).into_owned().collect();
            assert_eq!(theirs, [(name.clone(), value.clone())]);
            assert_eq!(parse(form.as_str()), [(name, value)]);
        }

        #[test]
        fn any_query_decodes_as_the_url_crate_does(query: String) {
            let theirs: Vec<(String, String)> = url::form_urlencoded::parse(query.strip_prefix('?').unwrap_or(&query).as_bytes()).into_owned().collect();
            assert_eq!(parse(&query), theirs);
        }
    }
}
