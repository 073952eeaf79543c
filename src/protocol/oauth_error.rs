//! OAuth's error answer (RFC 6749 §5.2, §4.1.2.1; RFC 7591 §3.2.2; RFC 7009 §2.2.1).

use super::json::Object;

/// What a server gave as its reason, made safe to show as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuthError {
    /// `error`.
    pub error: String,
    /// `error_description`, where there is one.
    pub description: Option<String>,
}

impl OAuthError {
    /// Reads an answer; nothing where it is no OAuth error.
    ///
    /// `sent` are the secrets of the request: a text that repeats one of them is left out, so that a
    /// server can't put them before the user or into a log.
    pub fn parse(document: &Object, sent: &[&str]) -> Option<Self> {
        let text = |name| document.string(name).ok().flatten();
        Self::new(text("error")?, text("error_description"), sent)
    }

    /// From the two texts.
    pub fn new(error: &str, description: Option<&str>, sent: &[&str]) -> Option<Self> {
        let error = presentable(error, sent)?;
        Some(Self { error, description: description.and_then(|text| presentable(text, sent)) })
    }

    /// The way out where the server complains of `resource` (RFC 8707 §2), in its code or in its words:
    /// some take none, such as Microsoft Entra ID.
    pub fn resource_hint(&self) -> &'static str {
        match self.error == "invalid_target"
            || self.description.as_ref().is_some_and(|text| text.as_bytes().windows(8).any(|word| word == b"resource"))
        {
            true => " If it takes no \"resource\", list its issuer in omitResource.",
            false => "",
        }
    }

    /// A sentence for people.
    pub fn sentence(&self) -> String {
        match &self.description {
            Some(description) => [&self.error, ": ", description].concat(),
            None => [&self.error, "."].concat(),
        }
    }
}

/// The longest text of a server that is passed on.
const LONGEST: usize = 300;

/// RFC 6749 §5.2: both "MUST NOT include characters outside the set %x20-21 / %x23-5B / %x5D-7E".
/// Servers do send quotes and other scripts; what is dropped is control characters and those
/// that turn the order of a text around, so that no terminal, log or reader is fooled.
pub(super) fn presentable(text: &str, sent: &[&str]) -> Option<String> {
    let misleads = |it: char| it.is_control() || matches!(it, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let text: String = text.chars().filter(|it| !misleads(*it)).collect();
    // After that: what is dropped could have kept a secret apart.
    if text.is_empty() || sent.iter().any(|secret| !secret.is_empty() && text.contains(secret)) {
        return None;
    }
    Some(text.chars().take(LONGEST).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::test_support::object;

    #[test]
    fn reads_error_and_description() {
        let error = OAuthError::parse(
            &object(r#"{"error": "invalid_grant", "error_description": "grant\u001b[31m expired"}"#),
            &[],
        )
        .unwrap();
        assert_eq!(error.sentence(), "invalid_grant: grant[31m expired");
        let turned = OAuthError::new("no\u{202e}txe", Some("\u{2028}a\u{2066}b"), &[]).unwrap();
        assert_eq!(turned.sentence(), "notxe: ab");
        assert_eq!(OAuthError::parse(&object(r#"{"message": "no"}"#), &[]), None);
        assert_eq!(OAuthError::parse(&object(r#"{"error": {"code": 1}}"#), &[]), None);
    }

    #[test]
    fn an_echoed_secret_is_left_out() {
        let document = object(r#"{"error": "invalid_grant", "error_description": "bad code s3cret"}"#);
        assert_eq!(OAuthError::parse(&document, &["s3cret"]).unwrap().description, None);
        assert_eq!(OAuthError::new("e", Some("bad code s3\u{0}cret"), &["s3cret"]).unwrap().description, None);
        let long = "x".repeat(1000);
        assert_eq!(OAuthError::new(&long, None, &[]).unwrap().error.len(), LONGEST);
    }
}
