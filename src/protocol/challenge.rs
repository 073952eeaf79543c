//! Parses `WWW-Authenticate` (RFC 9110 §11.6.1).

use super::{Scope, UserAuthentication};

/// One challenge of a `WWW-Authenticate` field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The auth-scheme, in lower case.
    pub scheme: String,
    /// The token68, if the challenge has one instead of parameters.
    pub token68: Option<String>,
    /// The names, in lower case, of parameters whose values are neither a token nor quoted. Such values are not used,
    /// not even in part.
    pub malformed: Vec<String>,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    fn new(scheme: &str, token68: Option<String>) -> Self {
        Self { scheme: scheme.to_ascii_lowercase(), token68, malformed: Vec::new(), parameters: Vec::new() }
    }

    /// A parameter by its name in lower case; the first one if a server sends it twice.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters(name).next()
    }

    /// All parameters, names in lower case, in the order of the field.
    pub fn all_parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn parameters(&self, name: &str) -> impl Iterator<Item = &str> {
        self.all_parameters().filter(move |(key, _)| *key == name).map(|(_, value)| value)
    }

    fn has(&self, name: &str) -> bool {
        self.parameter(name).is_some() || self.malformed.iter().any(|malformed| malformed == name)
    }

    fn is_oauth(&self) -> bool {
        matches!(self.scheme.as_str(), "bearer" | "dpop")
    }

    /// The scopes that the server asks for (RFC 6750 §3).
    pub fn scope(&self) -> Option<Scope> {
        self.parameter("scope").map(Scope::parse).filter(|scope| !scope.is_empty())
    }
}

/// The parameter that names the metadata of the resource (RFC 9728 §5.1).
const RESOURCE_METADATA: &str = "resource_metadata";

/// A whole `WWW-Authenticate` field: all its challenges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WwwAuthenticate(pub Vec<Challenge>);

impl WwwAuthenticate {
    /// The `error` of a token that has too few scopes (RFC 6750 §3.1).
    pub const INSUFFICIENT_SCOPE: &str = "insufficient_scope";

    /// Reads a field, or several that a browser has joined by commas. Reads as much as possible: a comma may be missing
    /// between two parameters, and text that does not match the grammar is skipped up to the next comma.
    pub fn parse(field: &str) -> Self {
        let mut challenges: Vec<Challenge> = Vec::new();
        let mut input = Input(field);
        let mut begins_element = true;
        loop {
            // `#challenge` allows empty list elements (RFC 9110 §5.6.1.2).
            begins_element |= input.take(|byte| matches!(byte, b' ' | b'\t' | b',')).contains(',');
            if input.0.is_empty() {
                break Self(challenges);
            }
            let token = input.token();
            let value = input.parameter_value();
            match (token, value, challenges.last_mut()) {
                // A parameter belongs to the challenge that it follows.
                (Some(name), Some(Some(value)), Some(challenge)) if input.ends_parameter() => {
                    challenge.parameters.push((name.to_ascii_lowercase(), value));
                }
                (Some(name), Some(_), Some(challenge)) => {
                    challenge.malformed.push(name.to_ascii_lowercase());
                    input.skip_element();
                }
                (Some(scheme), None, _) if begins_element => {
                    let token68 = if input.skip(|byte| byte == b' ') > 0 { input.token68() } else { None };
                    challenges.push(Challenge::new(scheme, token68));
                }
                _ => input.skip_element(),
            }
            begins_element = false;
        }
    }

    /// The challenge that this client can answer: the first Bearer or DPoP challenge that names its resource
    /// metadata (RFC 9728 §5.1), otherwise the first Bearer or DPoP challenge.
    pub fn oauth(&self) -> Option<&Challenge> {
        let mut known = self.0.iter().filter(|challenge| challenge.is_oauth());
        known.clone().find(|challenge| challenge.parameter(RESOURCE_METADATA).is_some()).or_else(|| known.next())
    }

    /// The URLs of the resource's metadata (RFC 9728 §5.1), from all challenges that this client can answer.
    pub fn resource_metadata(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|it| it.is_oauth()).flat_map(|it| it.parameters(RESOURCE_METADATA))
    }

    /// Whether a challenge names the resource's metadata, even if its URL is invalid. Revisions of MCP before
    /// 2025-06-18 do not.
    pub fn names_resource_metadata(&self) -> bool {
        self.0.iter().any(|challenge| challenge.is_oauth() && challenge.has(RESOURCE_METADATA))
    }

    /// The missing scopes, if it says `insufficient_scope` (RFC 6750 §3.1); empty if it does not say which.
    pub fn missing_scope(&self) -> Option<Scope> {
        let challenge = self.oauth().filter(|it| it.parameter("error") == Some(Self::INSUFFICIENT_SCOPE))?;
        Some(challenge.scope().unwrap_or_default())
    }

    /// How the user has to sign in, if it says `insufficient_user_authentication` (RFC 9470 §3).
    pub fn wanted_authentication(&self) -> Option<UserAuthentication> {
        let challenge = self.oauth().filter(|it| it.parameter("error") == Some(UserAuthentication::ERROR))?;
        Some(UserAuthentication {
            acr_values: challenge.parameter("acr_values").map(Scope::parse).unwrap_or_default(),
            max_age: challenge.parameter("max_age").and_then(|seconds| seconds.trim().parse().ok()),
        })
    }

    /// Whether the server takes only Bearer tokens: there is a challenge for a token, and neither the challenges nor
    /// the metadata (`takes_dpop`) mention DPoP (RFC 9449 §7.1).
    pub fn takes_bearer_only(&self, takes_dpop: bool) -> bool {
        self.oauth().is_some() && !takes_dpop && self.0.iter().all(|challenge| challenge.scheme != "dpop")
    }
}

/// `tchar` (RFC 9110 §5.6.2), of which tokens are made.
pub(super) fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// The rest of the field.
struct Input<'a>(&'a str);

impl<'a> Input<'a> {
    /// Takes bytes while they match. The grammar outside quotes is ASCII.
    fn take(&mut self, fits: impl Fn(u8) -> bool) -> &'a str {
        let end = self.0.bytes().position(|byte| !byte.is_ascii() || !fits(byte)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }

    fn skip(&mut self, fits: impl Fn(u8) -> bool) -> usize {
        self.take(fits).len()
    }

    fn skip_char(&mut self, character: char) -> bool {
        self.0.strip_prefix(character).map(|rest| self.0 = rest).is_some()
    }

    /// `token = 1*tchar` (RFC 9110 §5.6.2).
    fn token(&mut self) -> Option<&'a str> {
        let token = self.take(is_tchar);
        (!token.is_empty()).then_some(token)
    }

    /// `BWS "=" BWS ( token / quoted-string )`. `None` without `=`; `Some(None)` if no valid value follows it.
    fn parameter_value(&mut self) -> Option<Option<String>> {
        let mut ahead = Input(self.0);
        ahead.skip(|byte| byte == b' ' || byte == b'\t');
        if !ahead.skip_char('=') {
            return None;
        }
        ahead.skip(|byte| byte == b' ' || byte == b'\t');
        let value = match ahead.0.chars().next() {
            Some('"') => ahead.quoted_string(),
            // An apostrophe may be part of a token, but at the start it is meant as a quote.
            Some('\'') => None,
            _ => ahead.token().map(str::to_owned),
        };
        self.0 = ahead.0;
        Some(value)
    }

    /// `quoted-string` (RFC 9110 §5.6.4): a backslash escapes the next character.
    fn quoted_string(&mut self) -> Option<String> {
        let mut text = String::new();
        let mut characters = self.0.strip_prefix('"')?.chars();
        loop {
            match characters.next()? {
                '"' => break,
                '\\' => text.push(characters.next()?),
                character => text.push(character),
            }
        }
        self.0 = characters.as_str();
        Some(text)
    }

    /// `token68 = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`, the whole element.
    fn token68(&mut self) -> Option<String> {
        let mut ahead = Input(self.0);
        let length = ahead.skip(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte));
        let padding = ahead.skip(|byte| byte == b'=');
        let text = self.0.get(..length + padding)?;
        if length == 0 || !ahead.at_delimiter() {
            return None;
        }
        self.0 = ahead.0;
        Some(text.to_owned())
    }

    /// Skips the rest of a list element.
    fn skip_element(&mut self) {
        let is_quoted = |quote: &char| matches!(quote, '"' | '\'');
        let mut quote = self.0.chars().next().filter(is_quoted);
        let mut characters = self.0.char_indices().skip(usize::from(quote.is_some()));
        let end = loop {
            match (characters.next(), quote) {
                (None, _) => break self.0.len(),
                (Some((at, ',')), None) => break at,
                (Some((_, '\\')), Some(_)) => drop(characters.next()),
                (Some((_, character)), Some(open)) if character == open => quote = None,
                (Some((_, '"')), None) => quote = Some('"'),
                _ => {}
            }
        };
        self.0 = self.0.get(end..).unwrap_or_default();
    }

    /// Whether a parameter ends here: at a delimiter, or at a space before the next parameter.
    fn ends_parameter(&self) -> bool {
        let mut ahead = Input(self.0);
        let is_apart = ahead.skip(|byte| byte == b' ' || byte == b'\t') > 0;
        self.at_delimiter() || is_apart && ahead.token().is_some() && ahead.parameter_value().is_some()
    }

    /// Whether a list element ends here.
    fn at_delimiter(&self) -> bool {
        let rest = self.0.trim_start_matches([' ', '\t']);
        rest.is_empty() || rest.starts_with(',')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schemes(field: &str) -> Vec<String> {
        WwwAuthenticate::parse(field).0.into_iter().map(|challenge| challenge.scheme).collect()
    }

    #[test]
    fn the_example_of_rfc_9110_section_11_6_1() {
        let parsed =
            WwwAuthenticate::parse(r#"Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\"""#);
        assert_eq!(parsed.0.len(), 2);
        assert_eq!(parsed.0[0].parameter("realm"), Some("simple"));
        assert_eq!(parsed.0[1].scheme, "newauth");
        assert_eq!(parsed.0[1].parameter("type"), Some("1"));
        assert_eq!(parsed.0[1].parameter("title"), Some("Login to \"apps\""));
    }

    #[test]
    fn one_field_may_have_several_challenges() {
        let parsed = WwwAuthenticate::parse(
            r#"Negotiate, Basic dXNlcjpwYXNz==, , BEARER Resource_Metadata = "https://a.example/prm" ,scope="a b",DPoP algs="ES256""#,
        );
        assert_eq!(
            parsed.0.iter().map(|c| c.scheme.as_str()).collect::<Vec<_>>(),
            ["negotiate", "basic", "bearer", "dpop"]
        );
        assert_eq!(parsed.0[1].token68.as_deref(), Some("dXNlcjpwYXNz=="));
        let bearer = parsed.oauth().unwrap();
        assert_eq!(bearer.parameter("resource_metadata"), Some("https://a.example/prm"));
        assert_eq!(bearer.scope().unwrap().tokens(), ["a", "b"]);
    }

    #[test]
    fn a_scheme_inside_a_quoted_string_is_not_a_challenge() {
        let parsed = WwwAuthenticate::parse(r#"Basic realm="x, Bearer resource_metadata=\"https://evil.example\"""#);
        assert_eq!(parsed.0.len(), 1);
        assert_eq!(parsed.oauth(), None);
    }

    #[test]
    fn the_challenge_with_resource_metadata_takes_precedence() {
        let parsed = WwwAuthenticate::parse(r#"Bearer realm="x", DPoP resource_metadata="https://a.example/prm""#);
        assert_eq!(parsed.oauth().unwrap().scheme, "dpop");
    }

    #[test]
    fn token68_and_parameters_are_distinguished() {
        assert_eq!(WwwAuthenticate::parse("X abc=").0[0].token68.as_deref(), Some("abc="));
        assert_eq!(WwwAuthenticate::parse("X abc=d").0[0].parameter("abc"), Some("d"));
        assert_eq!(WwwAuthenticate::parse("X abc==, Y").0.len(), 2);
    }

    #[test]
    fn a_token68_follows_a_space() {
        // RFC 9110 §11.3: `challenge = auth-scheme [ 1*SP ( token68 / #auth-param ) ]`
        assert_eq!(WwwAuthenticate::parse("Basic /abc==").0[0].token68.as_deref(), Some("/abc=="));
        let parsed = WwwAuthenticate::parse("Basic/abc==, Bearer");
        assert_eq!((&parsed.0[0].token68, parsed.0.len()), (&None, 2));
    }

    #[test]
    fn only_insufficient_scope_names_missing_scopes() {
        // RFC 6750 §3.1: "insufficient_scope: The request requires higher privileges than provided by the access token."
        let missing = |field: &str| {
            let scope = WwwAuthenticate::parse(field).missing_scope()?;
            Some(scope.tokens().join(" "))
        };
        assert_eq!(missing("Bearer error=\"insufficient_scope\", scope=\"a b\"").as_deref(), Some("a b"));
        assert_eq!(missing("DPoP error=\"insufficient_scope\"").as_deref(), Some(""));
        for other in
            ["Bearer error=\"invalid_token\", scope=\"a\"", "Bearer scope=\"a\"", "Basic error=\"insufficient_scope\""]
        {
            assert_eq!(missing(other), None, "{other}");
        }
    }

    #[test]
    fn only_bearer_tokens_are_accepted_if_nothing_mentions_dpop() {
        // RFC 9449 §7.1: a resource server that accepts bound tokens responds with a DPoP challenge.
        for (field, takes_dpop, expected) in [
            ("Bearer", false, true),
            ("Basic realm=\"x\", Bearer", false, true),
            ("Bearer", true, false),
            ("DPoP algs=\"ES256\"", false, false),
            ("Bearer, DPoP algs=\"ES256\"", false, false),
            ("Basic realm=\"x\"", false, false),
            ("", false, false),
            ("", true, false),
        ] {
            let challenges = WwwAuthenticate::parse(field);
            assert_eq!(challenges.takes_bearer_only(takes_dpop), expected, "{field} {takes_dpop}");
        }
    }

    #[test]
    fn a_broken_part_is_ignored_up_to_the_next_comma() {
        assert_eq!(schemes("Bearer realm=\"open"), ["bearer"]);
        assert_eq!(schemes("Bearer realm=\"open, Basic x=\"y\""), ["bearer"]);
        assert_eq!(schemes("=x, Bearer"), ["bearer"]);
        assert_eq!(schemes("Bearer \u{e9}, Basic"), ["bearer", "basic"]);
        assert_eq!(schemes("Bearer some words, Basic"), ["bearer", "basic"]);
        assert_eq!(schemes(""), Vec::<String>::new());
        assert_eq!(schemes("a=b, Bearer"), ["bearer"]);
    }

    #[test]
    fn a_value_that_is_neither_token_nor_quoted_is_ignored() {
        // RFC 9110 §11.2: `auth-param = token BWS "=" BWS ( token / quoted-string )`
        for (field, name) in [
            ("Bearer scope=read:data, error=\"x\"", "scope"),
            ("Bearer scope=read write, error=\"x\"", "scope"),
            ("Bearer resource_metadata=https://a.example/prm?x=\",\", error=\"x\"", "resource_metadata"),
            ("Bearer resource_metadata='https://a.example/prm', error=\"x\"", "resource_metadata"),
            ("Bearer scope='a, b', error=\"x\"", "scope"),
            ("Bearer scope=\"a\"b, error=\"x\"", "scope"),
            ("Bearer scope=\"a\"b=\"c\", error=\"x\"", "scope"),
            // A quote after a backslash does not end the string (RFC 9110 §5.6.4).
            ("Bearer scope=@\"a\\\",b\", error=\"x\"", "scope"),
        ] {
            let parsed = WwwAuthenticate::parse(field);
            let challenge = parsed.oauth().unwrap();
            assert_eq!((challenge.parameter(name), challenge.parameter("error")), (None, Some("x")), "{field}");
            assert_eq!((challenge.malformed.as_slice(), parsed.0.len()), (&[name.to_owned()][..], 1), "{field}");
            assert_eq!(parsed.names_resource_metadata(), name == "resource_metadata", "{field}");
        }
    }

    #[test]
    fn a_missing_comma_does_no_harm() {
        let parsed = WwwAuthenticate::parse(r#"Bearer realm="x" scope="a b" error=invalid_token, DPoP algs=ES256"#);
        let bearer = &parsed.0[0];
        assert_eq!((bearer.parameter("scope"), bearer.parameter("error")), (Some("a b"), Some("invalid_token")));
        assert_eq!(parsed.0[1].parameter("algs"), Some("ES256"));
    }

    #[test]
    fn all_metadata_urls_are_named_in_their_order() {
        let parsed = WwwAuthenticate::parse(
            r#"Basic resource_metadata="no", Bearer resource_metadata="1", resource_metadata="2", DPoP resource_metadata="3""#,
        );
        assert_eq!(parsed.resource_metadata().collect::<Vec<_>>(), ["1", "2", "3"]);
        assert!(parsed.names_resource_metadata());
        assert!(!WwwAuthenticate::parse(r#"Basic resource_metadata="no", Bearer"#).names_resource_metadata());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_parsed_without_a_panic(field: String) {
            let _ = WwwAuthenticate::parse(&field);
        }

        #[test]
        fn a_quoted_value_reads_back(value in "[ -~é]{0,40}") {
            let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
            let parsed = WwwAuthenticate::parse(&format!("Bearer a=\"{quoted}\", b=c"));
            assert_eq!(parsed.0[0].parameter("a"), Some(value.as_str()));
            assert_eq!(parsed.0[0].parameter("b"), Some("c"));
        }
    }
}
