//! `WWW-Authenticate` by the grammar of RFC 9110 §11.6.1.

use super::Scope;

/// One challenge of a `WWW-Authenticate` field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The auth-scheme, in lower case.
    pub scheme: String,
    /// The token68, where the challenge has one in place of parameters.
    pub token68: Option<String>,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// A parameter by its name in lower case; the first where a server sends it twice.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The scopes that the server asks for (RFC 6750 §3).
    pub fn scope(&self) -> Option<Scope> {
        self.parameter("scope").map(Scope::parse).filter(|scope| !scope.is_empty())
    }
}

/// A whole `WWW-Authenticate` field: all its challenges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WwwAuthenticate(pub Vec<Challenge>);

impl WwwAuthenticate {
    /// Reads a field, or several joined by commas as browsers join them. Reading stops where the
    /// grammar is broken; what came before stands.
    pub fn parse(field: &str) -> Self {
        let mut challenges: Vec<Challenge> = Vec::new();
        let mut input = Input(field);
        loop {
            // `#challenge` allows empty list elements (RFC 9110 §5.6.1.2).
            input.skip(|byte| matches!(byte, b' ' | b'\t' | b','));
            let Some(token) = input.token() else { break };
            if let Some(value) = input.parameter_value() {
                // A parameter belongs to the challenge that it follows.
                let (Some(value), Some(challenge)) = (value, challenges.last_mut()) else { break };
                challenge.parameters.push((token.to_ascii_lowercase(), value));
                if !input.at_delimiter() {
                    break;
                }
                continue;
            }
            let token68 = if input.skip(|byte| byte == b' ') > 0 { input.token68() } else { None };
            challenges.push(Challenge { scheme: token.to_ascii_lowercase(), token68, parameters: Vec::new() });
        }
        Self(challenges)
    }

    /// The challenge that this client can answer: of the Bearer and DPoP ones, the first that names
    /// its resource metadata (RFC 9728 §5.1), else the first.
    pub fn oauth(&self) -> Option<&Challenge> {
        let mut known = self.0.iter().filter(|challenge| matches!(challenge.scheme.as_str(), "bearer" | "dpop"));
        known.clone().find(|challenge| challenge.parameter("resource_metadata").is_some()).or_else(|| known.next())
    }
}

/// What is left of the field.
struct Input<'a>(&'a str);

impl<'a> Input<'a> {
    /// Takes bytes as long as they fit. All of the grammar outside quotes is ASCII.
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
        let token = self.take(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
        (!token.is_empty()).then_some(token)
    }

    /// `BWS "=" BWS ( token / quoted-string )`. Nothing where no `=` follows; nothing inside where
    /// one does, but no value behind it.
    fn parameter_value(&mut self) -> Option<Option<String>> {
        let mut ahead = Input(self.0);
        ahead.skip(|byte| byte == b' ' || byte == b'\t');
        if !ahead.skip_char('=') {
            return None;
        }
        ahead.skip(|byte| byte == b' ' || byte == b'\t');
        let value = if ahead.0.starts_with('"') { ahead.quoted_string() } else { ahead.token().map(str::to_owned) };
        self.0 = ahead.0;
        Some(value)
    }

    /// `quoted-string` (RFC 9110 §5.6.4): a backslash takes the next character as it is.
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
    fn several_challenges_in_one_field() {
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
    fn a_scheme_inside_a_quoted_string_is_no_challenge() {
        let parsed = WwwAuthenticate::parse(r#"Basic realm="x, Bearer resource_metadata=\"https://evil.example\"""#);
        assert_eq!(parsed.0.len(), 1);
        assert_eq!(parsed.oauth(), None);
    }

    #[test]
    fn the_challenge_with_resource_metadata_comes_first() {
        let parsed = WwwAuthenticate::parse(r#"Bearer realm="x", DPoP resource_metadata="https://a.example/prm""#);
        assert_eq!(parsed.oauth().unwrap().scheme, "dpop");
    }

    #[test]
    fn token68_and_parameters_are_told_apart() {
        assert_eq!(WwwAuthenticate::parse("X abc=").0[0].token68.as_deref(), Some("abc="));
        assert_eq!(WwwAuthenticate::parse("X abc=d").0[0].parameter("abc"), Some("d"));
        assert_eq!(WwwAuthenticate::parse("X abc==, Y").0.len(), 2);
    }

    #[test]
    fn reading_stops_where_the_grammar_is_broken() {
        assert_eq!(schemes("Bearer realm=\"open"), ["bearer"]);
        assert_eq!(schemes("Bearer a=b c=d, Basic"), ["bearer"]);
        assert_eq!(schemes("=x, Bearer"), Vec::<String>::new());
        assert_eq!(schemes("Bearer \u{e9}, Basic"), ["bearer"]);
        assert_eq!(schemes(""), Vec::<String>::new());
        assert_eq!(schemes("a=b, Bearer"), Vec::<String>::new());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_failing(field: String) {
            let _ = WwwAuthenticate::parse(&field);
        }

        #[test]
        fn what_is_quoted_reads_back(value in "[ -~é]{0,40}") {
            let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
            let parsed = WwwAuthenticate::parse(&format!("Bearer a=\"{quoted}\", b=c"));
            assert_eq!(parsed.0[0].parameter("a"), Some(value.as_str()));
            assert_eq!(parsed.0[0].parameter("b"), Some("c"));
        }
    }
}
