//! The authorization response (OAuth 2.1 §4.1.2, RFC 9207).

use super::{Issuer, OAuthError, PendingRequest, Secret, form, presentable};
use crate::{Code, Error, Result, Step};

/// A code from a checked response. A token request takes nothing else.
#[derive(Debug)]
pub struct AuthorizationCode(Secret);

impl AuthorizationCode {
    /// The `code` parameter of the token request.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// Checks the query at the redirect URI against the request that it should answer.
///
/// Checks `state` first, then `iss`. Unless both match, nothing of the response is used or shown, not
/// even its error (MCP 2026-07-28 authorization, RFC 9207 §2.4).
///
/// # Errors
///
/// [`Code::StateMismatch`], [`Code::IssuerMismatch`], [`Code::AccessDenied`], [`Code::AuthorizationFailed`], and
/// [`Code::InvalidResponse`] for a response that the RFCs do not define.
pub fn authorization_response(query: &str, request: &PendingRequest<'_>) -> Result<AuthorizationCode> {
    const STEP: Step = Step::Authorization;
    let parameters = form::parse(query);
    let get = |name: &str| {
        let mut values = parameters.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        // RFC 6749 §3.1: "Request and response parameters MUST NOT be included more than once."
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(Error::new(Code::InvalidResponse, STEP, "The response repeats a parameter.")),
            (value, None) => Ok(value),
        }
    };
    // A repeated state is a mismatch as well: the response may belong to another sign-in.
    let state = get("state").ok().flatten();
    if !state.is_some_and(|state| request.state.matches(state)) {
        let message = match state {
            _ if parameters.is_empty() => "The response is empty: it has no parameters.",
            None => "The response has no \"state\": the authorization server must return it.",
            Some(_) => "The response's \"state\" is not the one that was sent.",
        };
        return Err(Error::new(Code::StateMismatch, STEP, message));
    }
    match get("iss")? {
        Some(iss) if *request.issuer == *iss => {}
        None if !request.iss_in_response => {}
        iss => {
            // Only a valid issuer is shown. Anything else could be a message to the user.
            let found = match iss {
                None => "missing".to_owned(),
                Some(iss) if Issuer::parse(iss).is_ok() => presentable(iss),
                Some(_) => "not an issuer".to_owned(),
            };
            let message = ["The response's \"iss\" is ", &found, ", but must be ", request.issuer.as_str(), "."];
            return Err(Error::new(Code::IssuerMismatch, STEP, message.concat()));
        }
    }
    if let Some(error) = get("error")?.filter(|error| !error.is_empty()) {
        let code = if error == "access_denied" { Code::AccessDenied } else { Code::AuthorizationFailed };
        let reason = OAuthError::new(error, get("error_description")?, &[]);
        let message = reason.as_ref().map_or_else(String::new, OAuthError::sentence);
        let hint = reason.as_ref().map_or("", OAuthError::resource_hint);
        return Err(Error::new(code, STEP, ["The authorization server answered ", &message, hint].concat())
            .with_server_error(reason.map(|reason| reason.error)));
    }
    match get("code")? {
        Some(code) if !code.is_empty() => Ok(AuthorizationCode(code.into())),
        _ => Err(Error::new(Code::InvalidResponse, STEP, "The response has neither a code nor an error.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{CodeVerifier, RedirectUri, Resource, ServerUrl, State, base64url};

    fn check(query: &str, iss_advertised: bool) -> std::result::Result<String, (Code, String)> {
        let issuer = Issuer::parse("https://as.example").unwrap();
        let request = PendingRequest {
            issuer: &issuer,
            iss_in_response: iss_advertised,
            redirect_uri: &RedirectUri::parse("https://app.example/cb").unwrap(),
            resource: Some(&Resource::of(&ServerUrl::parse("https://a.example/mcp").unwrap())),
            state: &State::from_entropy([1; 32]),
            verifier: &CodeVerifier::from_entropy([2; 32]),
        };
        let query = query.replace("STATE", &base64url(&[1; 32]));
        authorization_response(&query, &request)
            .map(|code| code.expose().to_owned())
            .map_err(|error| (error.code(), [error.message(), error.server_error().unwrap_or_default()].concat()))
    }

    fn code(query: &str, iss_advertised: bool) -> Code {
        check(query, iss_advertised).unwrap_err().0
    }

    #[test]
    fn state_is_checked_first() {
        // OAuth 2.1 §4.1.2: state is "REQUIRED if the state parameter was present in the client
        // authorization request. The exact value received from the client."
        assert_eq!(check("?code=c&state=STATE", false), Ok("c".into()));
        for query in [
            "?code=c",
            "?code=c&state=",
            "?code=c&state=x",
            "?code=c&state=STATE&state=STATE",
            "?error=access_denied",
            "",
            "?error=access_denied&state=x&iss=https://evil.example",
        ] {
            assert_eq!(code(query, false), Code::StateMismatch, "{query}");
        }
    }

    #[test]
    fn iss_is_compared_exactly_whether_advertised_or_not() {
        // RFC 9207 §2.4: "Clients MUST then compare the extracted and URL-decoded value to the issuer
        // identifier … using simple string comparison"; MCP 2026-07-28 asks for it without
        // advertisement too, and for rejection if it is advertised but absent.
        for advertised in [true, false] {
            assert_eq!(check("code=c&state=STATE&iss=https%3A%2F%2Fas.example", advertised), Ok("c".into()));
            for iss in
                ["https://as.example/", "https://AS.example", "https://as.example:443", "https://evil.example", ""]
            {
                assert_eq!(code(&format!("code=c&state=STATE&iss={iss}"), advertised), Code::IssuerMismatch, "{iss}");
            }
        }
        assert_eq!(code("code=c&state=STATE", true), Code::IssuerMismatch);
    }

    #[test]
    fn percent_encoding_is_decoded_in_either_case() {
        // RFC 3986 §6.2.2.1: "the hexadecimal digits within a percent-encoding triplet … are case-insensitive".
        for iss in ["https%3a%2f%2fas.example", "https%3A%2F%2Fas.example", "%68ttps://as%2eexample"] {
            assert_eq!(check(&format!("code=%c3%a9%2B+&state=STATE&iss={iss}"), true), Ok("é+ ".into()), "{iss}");
        }
        assert_eq!(code("code=c&state=STATE&iss=https%3a%2f%2fevil.example", true), Code::IssuerMismatch);
    }

    #[test]
    fn the_error_says_what_is_wrong_with_the_state() {
        let message = |query| check(query, false).unwrap_err().1;
        assert!(message("").contains("is empty") && message("?").contains("is empty"));
        assert!(message("code=c").contains("no \"state\""));
        assert!(message("code=c&state=x").contains("not the one that was sent"));
    }

    #[test]
    fn nothing_of_a_response_from_a_foreign_issuer_is_shown() {
        let (code, shown) =
            check("error=access_denied&error_description=call+0900&state=STATE&iss=https://evil.example", true)
                .unwrap_err();
        assert_eq!(code, Code::IssuerMismatch);
        assert!(!shown.contains("0900") && !shown.contains("access_denied"));
        // Its issuer is shown if it is valid.
        assert!(shown.contains("is https://evil.example, but must be https://as.example."), "{shown}");
        for iss in ["call+0900", "https://evil.example/?call=0900", "data:text/plain,0900", "http://evil.example/0900"]
        {
            let (code, shown) = check(&format!("code=c&state=STATE&iss={iss}"), false).unwrap_err();
            assert_eq!((code, shown.contains("0900")), (Code::IssuerMismatch, false), "{shown}");
        }
    }

    #[test]
    fn an_empty_error_is_ignored() {
        assert_eq!(check("code=c&error=&state=STATE", false), Ok("c".into()));
        assert_eq!(code("error=&state=STATE", false), Code::InvalidResponse);
    }

    #[test]
    fn each_kind_of_error_has_its_code() {
        assert_eq!(code("error=access_denied&state=STATE", false), Code::AccessDenied);
        let (code_, shown) = check("error=server_error&error_description=down&state=STATE", false).unwrap_err();
        assert_eq!(code_, Code::AuthorizationFailed);
        assert!(shown.contains("server_error: down"));
        let (_, shown) = check("error=invalid_target&state=STATE", false).unwrap_err();
        assert!(shown.contains("omitResource"));
        assert_eq!(code("state=STATE", false), Code::InvalidResponse);
        assert_eq!(code("code=&state=STATE", false), Code::InvalidResponse);
        assert_eq!(code("code=a&code=b&state=STATE", false), Code::InvalidResponse);
    }

    proptest::proptest! {
        /// RFC 6749 §4.1.2: the response is in "application/x-www-form-urlencoded" format.
        #[test]
        fn any_code_is_received_unchanged(code in "\\PC{1,40}", first: bool) {
            let state = base64url(&[1; 32]);
            let pairs = [("code", code.as_str()), ("state", state.as_str())];
            let pairs = if first { pairs } else { [pairs[1], pairs[0]] };
            let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            assert_eq!(check(&query, false), Ok(code));
        }
    }
}
