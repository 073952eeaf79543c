//! OAuth's error responses (RFC 6749 §5.2, §4.1.2.1; RFC 7591 §3.2.2; RFC 7009 §2.2.1).

use super::json::{Object, Value};
use super::server_text::{contains, presentable};

/// The reason that a server gives, made safe to show as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuthError {
    /// `error`.
    pub error: String,
    /// `error_description`, if there is one.
    pub description: Option<String>,
}

impl OAuthError {
    /// Reads a response; `None` if it is not an OAuth error.
    ///
    /// `sent` are the secrets of the request. A text that repeats one of them is left out, so that a server
    /// can't show them to the user or write them into a log.
    pub fn parse(document: &Object, sent: &[&str]) -> Option<Self> {
        let error = document.get("error")?;
        // Live servers send objects, lists and numbers as well.
        let inner = if let Value::Object(inner) = error { Some(inner) } else { None };
        let words = words(document).or_else(|| inner.and_then(words));
        Self::new(name(error)?, words, sent)
    }

    /// The end of a sentence about a response that is not an OAuth error: its description, for example by RFC 9457.
    pub fn words(document: Option<&Object>, sent: &[&str]) -> String {
        let words = document.and_then(words).and_then(|text| without_secrets(text, sent));
        words.map_or_else(|| " without a reason.".to_owned(), |words| [": ", &words].concat())
    }

    /// From the two texts.
    pub fn new(error: &str, description: Option<&str>, sent: &[&str]) -> Option<Self> {
        let error = without_secrets(error, sent)?;
        Some(Self { error, description: description.and_then(|text| without_secrets(text, sent)) })
    }

    /// The remedy if the server complains about `resource` (RFC 8707 §2), in its code or in its description: some
    /// servers do not support it, such as Microsoft Entra ID. A refusal may mention the "resource owner".
    pub fn resource_hint(&self) -> &'static str {
        let is_letter = |character: char| character.is_ascii_alphabetic();
        let is_about_resource = |text: &String| {
            let mut words = text.split(|character| !is_letter(character)).filter(|word| !word.is_empty()).peekable();
            while let Some(word) = words.next() {
                let names_a_party = words.peek().is_some_and(|next| matches!(*next, "owner" | "server"));
                if word.eq_ignore_ascii_case("resource") && !names_a_party {
                    return true;
                }
            }
            false
        };
        match self.error.as_str() {
            "access_denied" => "",
            "invalid_target" => RESOURCE_HINT,
            _ if self.description.as_ref().is_some_and(is_about_resource) => RESOURCE_HINT,
            _ => "",
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

/// The members in which servers describe the error.
fn words(document: &Object) -> Option<&str> {
    const NAMES: [&str; 7] =
        ["error_description", "message", "msg", "detail", "title", "errorSummary", "error_message"];
    NAMES.into_iter().find_map(|name| document.text(name))
}

/// The code of an error. Live servers also send an object or a list. Empty values mean that there is no error.
fn name(error: &Value) -> Option<&str> {
    match error {
        Value::String(text) => Some(text).filter(|text| !text.is_empty()).map(String::as_str),
        Value::Object(inner) => ["code", "type", "message"].into_iter().find_map(|name| inner.text(name)),
        Value::Array(values) => values.first().and_then(Value::as_str),
        Value::Number(_) | Value::Bool(true) => Some("error"),
        _ => None,
    }
}

const RESOURCE_HINT: &str = " If it takes no \"resource\", list its issuer in omitResource.";

/// The text of a server, unless it repeats a secret of the request.
///
/// RFC 6749 §5.2: both texts "MUST NOT include characters outside the set %x20-21 / %x23-5B / %x5D-7E".
/// Servers do send quotes and other scripts.
fn without_secrets(text: &str, sent: &[&str]) -> Option<String> {
    // First, because dropped characters could have split a secret.
    let text = presentable(text);
    (!text.is_empty() && !sent.iter().any(|secret| repeats(&text, secret))).then_some(text)
}

/// Shorter secrets may occur in ordinary words.
const SHORTEST_SECRET: usize = 8;

/// Whether a text contains a secret: anywhere, or only as a whole word if the secret is short.
fn repeats(text: &str, secret: &str) -> bool {
    // A text that was cut off may end in the middle of a secret.
    let begun = secret.get(..secret.len().min(SHORTEST_SECRET * 2)).unwrap_or(secret);
    match secret.len() {
        SHORTEST_SECRET.. => contains(text, begun),
        4.. => text.split(|it: char| !it.is_alphanumeric()).any(|word| word == secret),
        _ => text == secret,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::test_support::object;

    #[test]
    fn an_error_and_its_description_are_read() {
        let error = OAuthError::parse(
            &object(r#"{"error": "invalid_grant", "error_description": "grant\u001b[31m expired"}"#),
            &[],
        )
        .unwrap();
        assert_eq!(error.sentence(), "invalid_grant: grant[31m expired");
        let turned = OAuthError::new("no\u{202e}txe", Some("\u{2028}a\u{2066}b"), &[]).unwrap();
        assert_eq!(turned.sentence(), "notxe: ab");
        assert_eq!(OAuthError::parse(&object(r#"{"message": "no"}"#), &[]), None);
    }

    #[test]
    fn a_text_that_is_cut_off_within_a_secret_is_dropped() {
        const SECRET: &str = "abcdefghijklmnopqrstuvwxyz";
        let is_shown = |characters| {
            let text = ["bad token ", SECRET.get(..characters).unwrap()].concat();
            OAuthError::new("invalid_grant", Some(&text), &[SECRET]).unwrap().sentence() != "invalid_grant."
        };
        assert!(!is_shown(26) && !is_shown(16));
        // A shorter part may be the server's own word.
        assert!(is_shown(15));
    }

    #[test]
    fn an_error_that_is_not_a_string_is_still_an_error() {
        // RFC 6749 §5.2 has a string. Live servers send other types, too.
        for (document, sentence) in [
            (r#"{"error": {"code": "invalid_grant", "message": "gone"}}"#, "invalid_grant: gone"),
            (r#"{"error": {"message": "gone"}}"#, "gone: gone"),
            (r#"{"error": {"code": 190, "type": "x"}, "message": "gone"}"#, "x: gone"),
            (r#"{"error": ["invalid_grant"]}"#, "invalid_grant."),
            (r#"{"error": 400, "detail": "gone"}"#, "error: gone"),
            (r#"{"error": true, "msg": "gone"}"#, "error: gone"),
        ] {
            assert_eq!(OAuthError::parse(&object(document), &[]).unwrap().sentence(), sentence);
        }
        for document in ["null", "false", r#""""#, "{}", "[]", "[null]"].map(|it| format!(r#"{{"error": {it}}}"#)) {
            assert_eq!(OAuthError::parse(&object(&document), &[]), None, "{document}");
        }
        let words = |text| OAuthError::words(Some(&object(text)), &["s3cret-s3cret"]);
        assert_eq!(words(r#"{"code": 400, "msg": "token is gone"}"#), ": token is gone");
        assert_eq!(words(r#"{"msg": "token s3cret-s3cret is gone"}"#), " without a reason.");
        // Okta's and Stytch's endpoints belong to APIs with their own error format.
        assert_eq!(words(r#"{"errorCode": "invalid_client", "errorSummary": "no such client"}"#), ": no such client");
        assert_eq!(words(r#"{"error_type": "x", "error_message": "gone"}"#), ": gone");
    }

    #[test]
    fn a_description_that_echoes_a_secret_is_dropped() {
        let document = object(r#"{"error": "invalid_grant", "error_description": "bad code s3cret"}"#);
        assert_eq!(OAuthError::parse(&document, &["s3cret"]).unwrap().description, None);
        assert_eq!(OAuthError::new("e", Some("bad code s3\u{0}cret"), &["s3cret"]).unwrap().description, None);
        // A secret that is cut off at the end of a long text.
        let long = "x".repeat(280) + "0123456789abcdef-0123456789abcdef";
        assert_eq!(
            OAuthError::new("e", Some(&long), &["0123456789abcdef-0123456789abcdef"]).unwrap().description,
            None
        );
    }

    #[test]
    fn a_short_secret_does_not_hide_the_description() {
        let error = |sent: &str| OAuthError::new("invalid_grant", Some("a code ran out: pass"), &[sent]).unwrap();
        for sent in ["", "a", "co", "ran", "as"] {
            assert_eq!(error(sent).description.as_deref(), Some("a code ran out: pass"), "{sent}");
        }
        assert_eq!(error("pass").description, None);
        assert_eq!(error("ode ran out").description, None);
    }

    #[test]
    fn omit_resource_is_named_if_the_server_does_not_accept_resource() {
        let hints =
            |error, description| !OAuthError::new(error, Some(description), &[]).unwrap().resource_hint().is_empty();
        assert!(hints("invalid_target", "no"));
        assert!(hints("invalid_request", "The 'resource' request parameter is not supported"));
        assert!(hints("invalid_request", "AADSTS901002: The Resource parameter is not supported."));
        assert!(!hints("access_denied", "The resource owner or authorization server denied the request"));
        assert!(!hints("access_denied", "You may not use this resource."));
        assert!(!hints("invalid_grant", "the resource owner is unknown"));
        assert!(!hints("invalid_request", "resources are scarce"));
    }
}
