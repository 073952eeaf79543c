//! CORS of the Fetch standard, for requests without credentials: the checks, and the headers with which a
//! page may read a server's responses.

use super::challenge::is_tchar;

type Headers = [(String, String)];

/// The header that lets a page of an origin read a response (Fetch §4.10).
pub fn allow_origin(origin: &str) -> String {
    ["Access-Control-Allow-Origin: ", origin].concat()
}

/// The header that lets a page send headers, in the response to a preflight (Fetch §4.8).
pub fn allow_headers(names: &str) -> String {
    ["Access-Control-Allow-Headers: ", names].concat()
}

/// The header that lets a page read headers of a response (Fetch §2.2.2).
pub fn expose_headers(names: &str) -> String {
    ["Access-Control-Expose-Headers: ", names].concat()
}

/// The header that `*` does not include (Fetch §2.2.2, CORS non-wildcard request-header name).
const NON_WILDCARD: &str = "authorization";

/// The problem of a server that allows headers with `*` and wants a token.
pub const WILDCARD: &str = "\"*\" in Access-Control-Allow-Headers does not cover Authorization.";

/// The header that lets a page read an MCP server's challenge.
pub const EXPOSE_CHALLENGE: &str = "Access-Control-Expose-Headers: WWW-Authenticate";

/// The first value of a header, whose name is in lower case.
pub fn header<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// The names of headers that need permission in a page's request (Fetch §2.2.2).
pub fn preflighted<'a>(headers: &[(&'a str, &str)]) -> Vec<&'a str> {
    let simple = ["application/x-www-form-urlencoded", "text/plain"];
    let safelisted = |name, value| name == "accept" || (name == "content-type" && simple.contains(value));
    headers.iter().filter(|(name, value)| !safelisted(*name, value)).map(|(name, _)| *name).collect()
}

/// Fetch §4.10, CORS check.
///
/// # Errors
///
/// What the server sends instead.
pub fn allows_origin(headers: &Headers, origin: &str) -> Result<(), String> {
    match header(headers, "access-control-allow-origin") {
        Some(allowed) if allowed == "*" || allowed == origin => Ok(()),
        // Fetch §2.2.2: several fields with the same name are joined by commas.
        Some(allowed) if allowed.contains(',') => {
            Err(["Access-Control-Allow-Origin is sent twice, or lists several: ", allowed, "."].concat())
        }
        Some(allowed) => Err(["Access-Control-Allow-Origin is ", allowed, "."].concat()),
        None => Err("Access-Control-Allow-Origin is missing.".into()),
    }
}

/// Fetch §4.8, CORS-preflight fetch: whether its response allows a request with these headers.
///
/// # Errors
///
/// What the server sends instead, or what is missing.
pub fn preflight_allows(status: u16, answer: &Headers, origin: &str, asked: &[&str]) -> Result<(), String> {
    if !(200..300).contains(&status) {
        return Err(format!("OPTIONS is answered with {status}."));
    }
    allows_origin(answer, origin)?;
    let names = |field: &'static str| {
        let value = header(answer, field).unwrap_or_default();
        // Fetch §4.8: if one entry is not a name, none is valid.
        list(value).ok_or_else(|| [field, " is not a list of names: ", value, "."].concat())
    };
    names("access-control-allow-methods")?;
    let allowed = names("access-control-allow-headers")?;
    let refused =
        |name: &&&str| !allowed.iter().any(|allowed| allowed == **name || (allowed == "*" && **name != NON_WILDCARD));
    match asked.iter().find(refused) {
        None => Ok(()),
        Some(&name) if name == NON_WILDCARD && allowed.iter().any(|allowed| allowed == "*") => Err(WILDCARD.to_owned()),
        Some(name) => Err(["Access-Control-Allow-Headers does not list ", name, "."].concat()),
    }
}

/// Whether a page may read a header (Fetch §4.10 and §2.2.2).
pub fn exposes(headers: &Headers, name: &str) -> bool {
    const SAFELISTED: [&str; 7] =
        ["cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"];
    let exposed = header(headers, "access-control-expose-headers").and_then(list).unwrap_or_default();
    SAFELISTED.contains(&name) || exposed.iter().any(|exposed| exposed == name || exposed == "*")
}

/// Fetch §2.2.2, extract header list values: names in lower case, or `None` if an entry is not a name (RFC 9110 §5.6.1).
fn list(value: &str) -> Option<Vec<String>> {
    let entries = value.split(',').map(|entry| entry.trim_matches([' ', '\t'])).filter(|entry| !entry.is_empty());
    entries.map(|entry| entry.bytes().all(is_tchar).then(|| entry.to_ascii_lowercase())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://app.example";

    fn headers(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn an_origin_is_allowed_by_its_exact_name_or_by_the_wildcard() {
        for (allowed, expected) in [(ORIGIN, true), ("*", true), ("https://app.example/", false), ("null", false)] {
            assert_eq!(allows_origin(&headers(&[("access-control-allow-origin", allowed)]), ORIGIN).is_ok(), expected);
        }
        assert!(allows_origin(&[], ORIGIN).is_err());
        let other = allows_origin(&headers(&[("access-control-allow-origin", "null")]), ORIGIN);
        assert_eq!(other.unwrap_err(), "Access-Control-Allow-Origin is null.");
        let twice = allows_origin(&headers(&[("access-control-allow-origin", "*, *")]), ORIGIN);
        assert!(twice.unwrap_err().contains("twice"));
    }

    #[test]
    fn missing_headers_are_named_with_their_values() {
        assert_eq!(allow_origin(ORIGIN), "Access-Control-Allow-Origin: https://app.example");
        assert_eq!(allow_headers("dpop"), "Access-Control-Allow-Headers: dpop");
        assert_eq!(expose_headers("DPoP-Nonce"), "Access-Control-Expose-Headers: DPoP-Nonce");
    }

    #[test]
    fn safelisted_headers_need_no_permission() {
        // Fetch §2.2.2: `Accept`, and `Content-Type` of a form or of plain text.
        let asked = |headers: &[(&'static str, &str)]| preflighted(headers);
        assert!(asked(&[("accept", "application/json"), ("content-type", "text/plain")]).is_empty());
        assert!(asked(&[("content-type", "application/x-www-form-urlencoded")]).is_empty());
        assert_eq!(asked(&[("content-type", "application/json"), ("dpop", "x")]), ["content-type", "dpop"]);
        // Only for that header.
        assert_eq!(asked(&[("dpop", "text/plain")]), ["dpop"]);
    }

    #[test]
    fn a_preflight_must_succeed_and_list_the_requested_headers() {
        let answer =
            |allowed| headers(&[("access-control-allow-origin", "*"), ("access-control-allow-headers", allowed)]);
        let allows = |status, allowed, asked: &[&str]| preflight_allows(status, &answer(allowed), ORIGIN, asked);
        assert!(allows(204, "Content-Type, DPoP", &["content-type", "dpop"]).is_ok());
        assert!(allows(204, "Content-Type", &["content-type", "dpop"]).unwrap_err().contains("dpop"));
        assert!(allows(401, "Content-Type", &["content-type"]).unwrap_err().contains("401"));
        // Fetch §4.8: "*" does not include Authorization.
        assert!(allows(204, "*", &["dpop"]).is_ok());
        assert_eq!(allows(204, "*", &["authorization"]).unwrap_err(), WILDCARD);
        assert!(allows(204, "*, Content-Type", &["authorization"]).is_err());
        let missing = allows(204, "Content-Type", &["authorization"]).unwrap_err();
        assert_eq!(missing, "Access-Control-Allow-Headers does not list authorization.");
        for listed in ["*, Authorization", "AUTHORIZATION", " ,\t*,,authorization ,", "x,Authorization"] {
            assert!(allows(204, listed, &["authorization"]).is_ok(), "{listed}");
        }
        assert!(
            preflight_allows(204, &headers(&[("access-control-allow-headers", "dpop")]), ORIGIN, &["dpop"]).is_err()
        );
    }

    #[test]
    fn a_list_with_an_invalid_name_allows_nothing() {
        // Fetch §4.8: "If either methods or headerNames is failure, return a network error."
        for broken in ["dpop;content-type", "dpop content-type, dpop", "\"dpop\", dpop", "dpop, (x)", "é, *"] {
            for field in ["access-control-allow-headers", "access-control-allow-methods"] {
                let answer = headers(&[("access-control-allow-origin", "*"), (field, broken)]);
                assert!(preflight_allows(204, &answer, ORIGIN, &["dpop"]).unwrap_err().contains(field), "{broken}");
            }
            assert!(!exposes(&headers(&[("access-control-expose-headers", broken)]), "dpop"), "{broken}");
        }
    }

    #[test]
    fn headers_are_hidden_unless_they_are_exposed() {
        assert!(exposes(&[], "content-type"));
        assert!(!exposes(&[], "www-authenticate"));
        let exposed = headers(&[("access-control-expose-headers", "X, WWW-Authenticate")]);
        assert!(exposes(&exposed, "www-authenticate") && !exposes(&exposed, "dpop-nonce"));
    }
}
