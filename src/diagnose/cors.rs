//! CORS by the Fetch standard, for requests without credentials.

use super::wire::header;

type Headers = [(String, String)];

/// Fetch §4.10, CORS check.
pub fn allows_origin(headers: &Headers, origin: &str) -> Result<(), String> {
    match header(headers, "access-control-allow-origin") {
        Some(allowed) if allowed == "*" || allowed == origin => Ok(()),
        Some(allowed) => Err(["Access-Control-Allow-Origin is ", allowed, "."].concat()),
        None => Err("There is no Access-Control-Allow-Origin.".into()),
    }
}

/// Fetch §4.8, CORS-preflight fetch: whether its answer lets a request with these headers go.
pub fn preflight_allows(status: u16, answer: &Headers, origin: &str, asked: &[&str]) -> Result<(), String> {
    if !(200..300).contains(&status) {
        return Err(["OPTIONS is answered with ", &crate::protocol::json::decimal(status.into()), "."].concat());
    }
    allows_origin(answer, origin)?;
    let allowed = list(header(answer, "access-control-allow-headers"));
    // "*" stands for all but Authorization.
    let refused = |name: &&&str| {
        !allowed.iter().any(|allowed| allowed == **name || (allowed == "*" && **name != "authorization"))
    };
    match asked.iter().find(refused) {
        None => Ok(()),
        Some(name) => Err(["Access-Control-Allow-Headers does not list ", name, "."].concat()),
    }
}

/// Whether a page may read a header (Fetch §4.10 and §2.2.2).
pub fn exposes(headers: &Headers, name: &str) -> bool {
    const SAFELISTED: [&str; 7] =
        ["cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"];
    let exposed = list(header(headers, "access-control-expose-headers"));
    SAFELISTED.contains(&name) || exposed.iter().any(|exposed| exposed == name || exposed == "*")
}

fn list(field: Option<&str>) -> Vec<String> {
    field.unwrap_or_default().split(',').map(|name| name.trim().to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://app.example";

    fn headers(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_origin_is_compared_exactly_or_all_are_let_in() {
        for (allowed, expected) in [(ORIGIN, true), ("*", true), ("https://app.example/", false), ("null", false)] {
            assert_eq!(allows_origin(&headers(&[("access-control-allow-origin", allowed)]), ORIGIN).is_ok(), expected);
        }
        assert!(allows_origin(&[], ORIGIN).is_err());
    }

    #[test]
    fn a_preflight_has_to_succeed_and_to_list_what_is_asked_for() {
        let answer =
            |allowed| headers(&[("access-control-allow-origin", "*"), ("access-control-allow-headers", allowed)]);
        let allows = |status, allowed, asked: &[&str]| preflight_allows(status, &answer(allowed), ORIGIN, asked);
        assert!(allows(204, "Content-Type, DPoP", &["content-type", "dpop"]).is_ok());
        assert!(allows(204, "Content-Type", &["content-type", "dpop"]).unwrap_err().contains("dpop"));
        assert!(allows(401, "Content-Type", &["content-type"]).unwrap_err().contains("401"));
        // Fetch §4.8: "*" does not stand for Authorization.
        assert!(allows(204, "*", &["dpop"]).is_ok());
        assert!(allows(204, "*", &["authorization"]).unwrap_err().contains("authorization"));
        assert!(
            preflight_allows(204, &headers(&[("access-control-allow-headers", "dpop")]), ORIGIN, &["dpop"]).is_err()
        );
    }

    #[test]
    fn headers_are_hidden_unless_they_are_exposed() {
        assert!(exposes(&[], "content-type"));
        assert!(!exposes(&[], "www-authenticate"));
        let exposed = headers(&[("access-control-expose-headers", "X, WWW-Authenticate")]);
        assert!(exposes(&exposed, "www-authenticate") && !exposes(&exposed, "dpop-nonce"));
    }
}
