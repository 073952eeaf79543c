//! Who the user is, according to an ID token or the userinfo endpoint (OpenID Connect Core §2, §5). This is only for
//! display; nothing depends on it.

use serde::Serialize;

use super::json::{Object, Value};
use super::server_text::presentable;
use super::{Issuer, Url};

/// Who the user is (OpenID Connect Core §5.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserInfo {
    /// `sub`: identifies this user at this issuer, and never changes.
    pub sub: String,
    /// `name`: the full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `email`: it may not have been verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// `picture`: the URL of a picture of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<Url>,
}

/// The `nonce` that an ID token has to have.
#[derive(Clone, Copy)]
pub enum Nonce<'a> {
    /// The `nonce` of the authorization request (OpenID Connect Core §3.1.3.7, 11).
    Sent(&'a str),
    /// A refreshed token may have none. If it has one, it is that of the first token (§12.2).
    SentOrNone(&'a str),
}

impl Nonce<'_> {
    fn allows(self, found: Option<&str>) -> bool {
        match self {
            Self::Sent(sent) => found == Some(sent),
            Self::SentOrNone(sent) => found.is_none_or(|found| found == sent),
        }
    }
}

/// What an ID token is checked against.
pub struct ExpectedIdToken<'a> {
    /// `iss`.
    pub issuer: &'a Issuer,
    /// `aud`.
    pub client_id: &'a str,
    /// `nonce`.
    pub nonce: Nonce<'a>,
    /// Seconds since 1970, at the authorization server.
    pub now: u64,
}

impl ExpectedIdToken<'_> {
    /// Who the user is, from an ID token's claims (OpenID Connect Core §3.1.3.7); `None` if they belong to another sign-in.
    /// The token comes from the token endpoint over TLS, which replaces the check of its signature (§3.1.3.7, 6).
    pub fn user(&self, claims: &Object) -> Option<UserInfo> {
        let is_us = |audience: &Value| audience.as_str() == Some(self.client_id);
        let (for_us, is_alone) = match claims.get("aud")? {
            Value::Array(audiences) => (audiences.iter().any(is_us), audiences.len() == 1),
            audience => (is_us(audience), true),
        };
        // "If the ID Token contains multiple audiences, the Client SHOULD verify that an azp Claim is present."
        let party = claims.get("azp");
        let is_party = party.map_or(is_alone, is_us);
        let is_ours = claims.text("iss").is_some_and(|issuer| *self.issuer == *issuer)
            && for_us
            && is_party
            && self.nonce.allows(claims.text("nonce"))
            && claims.seconds("exp").is_some_and(|expires| expires > self.now);
        if is_ours { UserInfo::read(claims) } else { None }
    }
}

impl UserInfo {
    /// Reads it from claims, or from a stored record.
    pub fn read(claims: &Object) -> Option<Self> {
        let text = |name| claims.text(name).map(presentable).filter(|text| !text.is_empty());
        // §2: sub "MUST NOT exceed 255 ASCII characters".
        let sub = claims.text("sub").filter(|sub| sub.len() <= 255 && sub.is_ascii())?;
        Some(Self {
            sub: sub.to_owned(),
            name: text("name"),
            email: text("email"),
            picture: claims.text("picture").and_then(|url| Url::parse(url).ok()),
        })
    }

    /// Adds the claims from the userinfo endpoint. §5.3.2: the response "MUST NOT be used" if its `sub` is different.
    pub fn with(self, answer: &Object) -> Self {
        match Self::read(answer) {
            Some(more) if more.sub == self.sub => Self {
                name: self.name.or(more.name),
                email: self.email.or(more.email),
                picture: self.picture.or(more.picture),
                ..self
            },
            _ => self,
        }
    }

    /// Whether there is no claim by which a person would recognise the user.
    pub fn is_nameless(&self) -> bool {
        self.name.is_none() && self.email.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::test_support::object;

    const NOW: u64 = 1_800_000_000;

    fn user(claims: &str) -> Option<UserInfo> {
        let issuer = Issuer::parse("https://as.example").unwrap();
        ExpectedIdToken { issuer: &issuer, client_id: "app", nonce: Nonce::Sent("n"), now: NOW }.user(&object(claims))
    }

    /// The claims of a valid token, with one of them replaced.
    fn claims(from: &str, to: &str) -> String {
        const GOOD: &str =
            r#"{"iss":"https://as.example","aud":"app","nonce":"n","exp":1800000001,"sub":"24400320","name":"Jane"}"#;
        assert!(GOOD.contains(from));
        GOOD.replacen(from, to, 1)
    }

    #[test]
    fn userinfo_adds_what_the_id_token_lacks() {
        let read = |text: &str| object(text);
        let user = UserInfo::read(&read(r#"{"sub": "jane", "email": "jane@acme.example"}"#)).unwrap();
        let answer = r#"{"sub": "jane", "name": "Jane", "email": "other@acme.example", "picture": "https://acme.example/j.png"}"#;
        let more = user.with(&read(answer));
        assert_eq!(more.name.as_deref(), Some("Jane"));
        assert_eq!(more.email.as_deref(), Some("jane@acme.example"));
        assert_eq!(more.picture.map(|url| url.as_str().to_owned()).as_deref(), Some("https://acme.example/j.png"));
    }

    #[test]
    fn an_id_token_of_this_sign_in_identifies_the_user() {
        let found = user(&claims("Jane", "Jane")).unwrap();
        assert_eq!((found.sub.as_str(), found.name.as_deref(), found.email), ("24400320", Some("Jane"), None));
        // OpenID Connect Core §2: "aud" is a string or a list of strings.
        assert!(user(&claims(r#""app""#, r#"["app"]"#)).is_some());
        assert!(user(&claims(r#""app""#, r#"["app", "api"], "azp": "app""#)).is_some());
    }

    #[test]
    fn an_id_token_with_a_wrong_claim_is_ignored() {
        // OpenID Connect Core §3.1.3.7, 2 to 5, 9 and 11.
        for (from, to) in [
            ("https://as.example", "https://evil.example"),
            (r#""app""#, r#""other""#),
            (r#""app""#, r#"["app", "other"]"#),
            (r#""app""#, r#"["app", "other"], "azp": "other""#),
            (r#""app""#, r#""app", "azp": "other""#),
            (r#""app""#, "5"),
            (r#""nonce":"n""#, r#""nonce":"m""#),
            (r#""nonce":"n","#, ""),
            ("1800000001", "1800000000"),
            (r#""exp":1800000001,"#, ""),
            (r#""sub":"24400320","#, ""),
        ] {
            assert_eq!(user(&claims(from, to)), None, "{from} → {to}");
        }
    }

    #[test]
    fn a_refreshed_id_token_has_the_nonce_of_the_first_one_or_none() {
        // OpenID Connect Core §12.2: "it SHOULD NOT have a nonce Claim … however, if it is present, its value MUST be the
        // same as in the ID Token issued at the time of the original authentication".
        let issuer = Issuer::parse("https://as.example").unwrap();
        let allows = |from: &str, to: &str| {
            let nonce = Nonce::SentOrNone("n");
            let expected = ExpectedIdToken { issuer: &issuer, client_id: "app", nonce, now: NOW };
            expected.user(&object(&claims(from, to))).is_some()
        };
        assert!(allows("", "") && allows(r#""nonce":"n","#, ""));
        assert!(!allows(r#""nonce":"n""#, r#""nonce":"m""#));
    }

    #[test]
    fn a_sub_has_at_most_255_ascii_characters() {
        // OpenID Connect Core §2: "It MUST NOT exceed 255 ASCII [RFC20] characters in length."
        for (sub, is_valid) in [("j".repeat(255), true), ("j".repeat(256), false), ("é".into(), false)] {
            assert_eq!(user(&claims("24400320", &sub)).is_some(), is_valid, "{sub}");
        }
    }

    #[test]
    fn a_name_or_an_address_names_the_user() {
        let nameless = |members: &str| user(&claims(r#","name":"Jane""#, members)).unwrap().is_nameless();
        assert!(nameless("") && nameless(r#","picture":"https://as.example/me.png""#));
        assert!(!nameless(r#","name":"Jane""#) && !nameless(r#","email":"jane@example.com""#));
    }

    #[test]
    fn names_have_no_invisible_characters_and_pictures_are_https() {
        let found = user(&claims("Jane", "Ja\\u202ene\\u0007")).unwrap();
        assert_eq!(found.name.as_deref(), Some("Jane"));
        let picture = |url: &str| {
            let with = claims(r#""name""#, &format!(r#""picture": "{url}", "name""#));
            user(&with).unwrap().picture.map(|url| url.as_str().to_owned())
        };
        assert_eq!(picture("https://as.example/me.png").as_deref(), Some("https://as.example/me.png"));
        for url in ["javascript:alert(1)", "data:image/svg+xml,x", "http://as.example/me.png"] {
            assert_eq!(picture(url), None);
        }
    }

    #[test]
    fn the_userinfo_endpoint_adds_to_the_same_user() {
        let found = || user(&claims(r#","name":"Jane""#, "")).unwrap();
        assert!(found().is_nameless());
        let added = found().with(&object(r#"{"sub": "24400320", "email": "jane@example.com"}"#));
        assert_eq!(added.email.as_deref(), Some("jane@example.com"));
        // §5.3.2.
        assert_eq!(found().with(&object(r#"{"sub": "other", "email": "eve@example.com"}"#)), found());
    }
}
