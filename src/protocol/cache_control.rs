//! How long a response may be stored (RFC 9111).

use super::json::digits;

/// The default, if the server does not say: an hour.
const DEFAULT_SECONDS: u64 = 60 * 60;

/// The maximum, whatever the server says: a day, so that outdated metadata does not last.
const LONGEST_SECONDS: u64 = 24 * DEFAULT_SECONDS;

/// How many seconds a response with this `Cache-Control` may be used; `None` if it must not be stored, or must be
/// validated, which costs the same request.
pub fn fresh_seconds(field: &str) -> u64 {
    let mut seconds = DEFAULT_SECONDS;
    for directive in field.split([',', ' ']) {
        // The three relevant names have the same length.
        let Some((name, value)) = directive.split_at_checked(8) else { continue };
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        // RFC 9111 §5.2.2.4: `no-cache` "MUST NOT be used to satisfy any other request without
        // forwarding it for validation". §5.2.2.5: `no-store`.
        if is("no-store") || is("no-cache") {
            return 0;
        }
        // §5.2.2.1. An invalid value counts as expired (§4.2.1).
        if is("max-age=") {
            seconds = digits(value).unwrap_or_default();
        }
    }
    seconds.min(LONGEST_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn max_age_counts_up_to_a_day() {
        // RFC 9111 §5.2.2.1: "the response is to be considered stale after its age is greater than the
        // specified number of seconds".
        assert_eq!(fresh_seconds("max-age=600"), 600);
        assert_eq!(fresh_seconds("public,Max-Age=60"), 60);
        assert_eq!(fresh_seconds("max-age=0, must-revalidate"), 0);
        assert_eq!(fresh_seconds("max-age=31536000, immutable"), 86_400);
    }

    #[test]
    fn a_response_that_must_not_be_cached_is_not_fresh() {
        for field in
            ["no-store", "private, No-Cache", "no-cache=\"x\", max-age=5", "max-age=-1", "max-age=soon", "max-age="]
        {
            assert_eq!(fresh_seconds(field), 0, "{field}");
        }
    }

    #[test]
    fn without_directives_a_response_is_fresh_for_an_hour() {
        for field in ["", "public", "s-maxage=5", "é"] {
            assert_eq!(fresh_seconds(field), 3_600);
        }
    }
}
