//! Device authorization (RFC 8628): the user enters a code and signs in on another device.

use super::fields::Fields;
use super::form::Form;
use super::json::Object;
use super::server_text::presentable;
use super::{Resource, Scope, Secret, Url};
use crate::{Code, Result, Step};

/// The response (§3.2): what the app shows, and the code that it polls with.
pub struct DeviceAuthorization {
    /// `device_code`, REQUIRED.
    pub device_code: Secret,
    /// `user_code`, REQUIRED: what the user enters at `verification_uri`. Text from a server.
    pub user_code: String,
    /// `verification_uri`, REQUIRED.
    pub verification_uri: Url,
    /// `verification_uri_complete`, OPTIONAL: contains the code, for example for a QR code.
    pub verification_uri_complete: Option<Url>,
    /// `expires_in`, REQUIRED: how long both codes are valid, in seconds.
    pub expires_in: u64,
    /// `interval`, OPTIONAL: the shortest time between two polls, in seconds. "If no value is provided,
    /// clients MUST use 5 as the default."
    pub interval: u64,
}

/// The request for the codes (§3.1), with the `resource` of an authorization request (RFC 8707 §2).
pub fn device_authorization_request(resource: Option<&Resource>, scope: &Scope) -> Form {
    Form::new().optional("resource", resource.map(Resource::as_str)).optional("scope", scope.to_parameter().as_deref())
}

impl DeviceAuthorization {
    /// Checks the response of an endpoint.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidResponse`] for a member that is missing or of another type, and [`Code::InsecureUrl`].
    pub fn parse(document: &Object, endpoint: &Url) -> Result<Self> {
        let fields = Fields::new(document, Code::InvalidResponse, Step::Authorization);
        let wrong = |name, expected| move || fields.wrong(name, expected);
        Ok(Self {
            device_code: fields.required_string("device_code")?.into(),
            user_code: Some(presentable(fields.required_string("user_code")?))
                .filter(|code| !code.is_empty())
                .ok_or_else(wrong("user_code", "a text to show"))?,
            verification_uri: fields
                .url("verification_uri", endpoint)?
                .ok_or_else(wrong("verification_uri", "a URL"))?,
            verification_uri_complete: fields.url("verification_uri_complete", endpoint)?,
            expires_in: fields.whole_number("expires_in")?.ok_or_else(wrong("expires_in", "a whole number"))?,
            interval: fields.whole_number("interval")?.unwrap_or(5),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::ServerUrl;
    use crate::protocol::test_support::object;

    /// The example of §3.2 with another verification URI.
    fn parse(from: &str, to: &str) -> std::result::Result<DeviceAuthorization, Code> {
        let example = r#"{"device_code": "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS", "user_code": "WDJB-MJHT",
            "verification_uri": "https://example.com/device",
            "verification_uri_complete": "https://example.com/device?user_code=WDJB-MJHT",
            "expires_in": 1800, "interval": 7}"#;
        assert!(example.contains(from));
        let endpoint = Url::parse("https://example.com/device_authorization").unwrap();
        DeviceAuthorization::parse(&object(&example.replace(from, to)), &endpoint).map_err(|error| error.code())
    }

    #[test]
    fn the_example_of_section_3_2() {
        let device = parse("", "").unwrap();
        assert_eq!((&*device.user_code, device.verification_uri.as_str()), ("WDJB-MJHT", "https://example.com/device"));
        assert_eq!((device.expires_in, device.interval), (1800, 7));
        assert!(device.verification_uri_complete.is_some());
        // "If no value is provided, clients MUST use 5 as the default."
        assert_eq!(parse(r#", "interval": 7"#, "").unwrap().interval, 5);
    }

    #[test]
    fn the_request_names_the_resource_and_the_scope() {
        // RFC 8628 §3.1 has `scope`; RFC 8707 adds `resource`.
        let resource = Resource::of(&ServerUrl::parse("https://mcp.example/mcp").unwrap());
        let form = device_authorization_request(Some(&resource), &Scope::from_tokens(["read", "write"]));
        assert_eq!(form.as_str(), "resource=https%3A%2F%2Fmcp.example%2Fmcp&scope=read+write");
        assert_eq!(device_authorization_request(None, &Scope::default()).as_str(), "");
    }

    #[test]
    fn the_user_is_sent_only_to_https_and_not_into_a_private_network() {
        for insecure in [
            "http://example.com/device",
            "javascript:alert(1)",
            "data:text/html,x",
            "http://127.0.0.1:8080/device",
            "https://192.168.0.1/device",
        ] {
            assert_eq!(parse("https://example.com/device\"", &format!("{insecure}\"")).err(), Some(Code::InsecureUrl));
            assert_eq!(parse("https://example.com/device?", &format!("{insecure}?")).err(), Some(Code::InsecureUrl));
        }
    }

    #[test]
    fn required_members_must_be_present() {
        for name in ["device_code", "user_code", "verification_uri\"", "expires_in"] {
            assert_eq!(parse(name, &format!("no_{name}")).err(), Some(Code::InvalidResponse), "{name}");
        }
        // No characters that mislead a terminal or a log.
        assert_eq!(parse("\"WDJB-MJHT", r#""\u001b[2JWDJB"#).unwrap().user_code, "[2JWDJB");
        assert_eq!(parse("\"WDJB-MJHT", r#""\u0000"#).err(), Some(Code::InvalidResponse));
    }
}
