//! Token revocation (RFC 7009).

use super::Secret;
use super::form::Form;

/// The request to revoke a token. `hint` is `access_token` or `refresh_token` (§2.1).
pub fn revocation_request(token: &Secret, hint: &str) -> Form {
    Form::new().add("token", token.expose()).add("token_type_hint", hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7009_section_2_1() {
        let request = revocation_request(&"45ghiukldjahdnhzdauz".into(), "refresh_token");
        assert_eq!(request.as_str(), "token=45ghiukldjahdnhzdauz&token_type_hint=refresh_token");
    }
}
