//! URL mode elicitation: an MCP server asks the user to open a page (MCP 2026-07-28 client/elicitation, "Safe URL
//! Handling").

use super::server_text::clean;
use super::{ServerUrl, Url};
use crate::{Code, Error, Result, Step};

/// The longest message that is shown, in characters.
const LONGEST_MESSAGE: usize = 500;

/// A URL that an MCP server asks the user to open. The user sees exactly the URL that is opened: "MUST show the full URL
/// to the user for examination before consent".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElicitedUrl {
    url: Url,
    warnings: Vec<UrlWarning>,
}

/// A warning about a URL, before the user opens it: "SHOULD have warnings for ambiguous/suspicious URIs (i.e.,
/// containing Punycode)".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlWarning {
    /// The host has letters of other alphabets, which can imitate another name. It is shown in punycode.
    Punycode,
    /// The host is an IP address, which does not tell whose it is.
    IpAddress,
    /// The page is on another host than the server that asks.
    OtherHost,
}

impl UrlWarning {
    /// The name that programs compare.
    pub fn name(self) -> &'static str {
        match self {
            UrlWarning::Punycode => "punycode",
            UrlWarning::IpAddress => "ip_address",
            UrlWarning::OtherHost => "other_host",
        }
    }
}

impl ElicitedUrl {
    /// Checks a text from a server. `app_origin` is the origin of the app's own pages, if it has pages.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidResponse`] for a text that [`Url::parse`] refuses as malformed, or with a user name or password.
    /// [`Code::InsecureUrl`] for any scheme but https (except http on loopback), for a URL that leads from the internet into
    /// a private network, and for a page of the app itself: the app could read what the user types there ("does not enable
    /// the client or LLM to inspect the content or user inputs"). A server of the app's origin may name its pages.
    pub fn parse(text: &str, server: &ServerUrl, app_origin: Option<&str>) -> Result<Self> {
        let asking = server.url();
        let url = Url::parse(text).and_then(|url| asking.may_lead_to(&url).map(|()| url));
        // Without the source, which is about mixed content: this URL is opened, not fetched.
        let url = url.map_err(|error| error.at(Step::Request, "The URL to open", text).with_source(None))?;
        if app_origin == Some(url.origin()) && asking.origin() != url.origin() {
            let message = ["The URL to open is a page of this app, ", url.without_query(), "."].concat();
            return Err(Error::new(Code::InsecureUrl, Step::Request, message));
        }
        let is_punycode = url.hostname().split('.').any(|label| label.starts_with("xn--"));
        let is_elsewhere = url.hostname() != asking.hostname();
        let warnings = [
            (is_punycode, UrlWarning::Punycode),
            (url.is_ip_address(), UrlWarning::IpAddress),
            (is_elsewhere, UrlWarning::OtherHost),
        ];
        let warnings = warnings.into_iter().filter(|(applies, _)| *applies).map(|(_, warning)| warning).collect();
        Ok(Self { url, warnings })
    }

    /// The URL.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The whole URL in three parts, the host with its port in the middle: "SHOULD highlight the domain of the URL to
    /// mitigate subdomain spoofing". In ASCII, so that no character can change the direction of the text.
    pub fn parts(&self) -> [&str; 3] {
        let (text, origin, host) = (self.url.as_str(), self.url.origin(), self.url.host());
        let scheme = origin.strip_suffix(host).unwrap_or_default();
        [scheme, host, text.strip_prefix(origin).unwrap_or_default()]
    }

    /// The warnings to show.
    pub fn warnings(&self) -> &[UrlWarning] {
        &self.warnings
    }
}

/// The server's reason, safe to show: one paragraph of at most 500 characters, without characters that control a
/// terminal or change the direction of the text.
pub fn elicitation_message(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(clean).filter(|word| !word.is_empty()).collect();
    let message = words.join(" ");
    match message.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => [message.get(..end).unwrap_or_default(), "…"].concat(),
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &str = "https://mcp.example.com/mcp";

    fn elicited(text: &str) -> Result<ElicitedUrl> {
        elicited_by(SERVER, text)
    }

    fn elicited_by(server: &str, text: &str) -> Result<ElicitedUrl> {
        ElicitedUrl::parse(text, &ServerUrl::parse(server).unwrap(), Some("https://app.example"))
    }

    fn refusal(result: Result<ElicitedUrl>) -> Code {
        result.unwrap_err().code()
    }

    #[test]
    fn only_https_is_opened() {
        for insecure in [
            "http://mcp.example.com/connect",
            "javascript:alert(document.domain)",
            "JavaScript://mcp.example.com/%0aalert(1)",
            "data:text/html,<script>alert(1)</script>",
            "blob:https://mcp.example.com/1",
            "file:///etc/passwd",
            "vbscript:x",
            "about:blank",
            "ms-word:ofe|u|https://mcp.example.com/x.docx",
            "intent://x#Intent;scheme=tel;end",
        ] {
            assert_eq!(refusal(elicited(insecure)), Code::InsecureUrl, "{insecure}");
        }
        assert!(elicited("https://mcp.example.com/connect?e=1#x").is_ok());
    }

    #[test]
    fn a_url_that_a_parser_would_repair_or_misread_is_not_opened() {
        for invalid in [
            "",
            "/connect",
            "https://mcp.example.com@evil.example/",
            "https://user:word@mcp.example.com/",
            "https://mcp.example.com\\@evil.example/",
            "https://mcp.example.com/\u{202e}\n",
            "https:// mcp.example.com",
            "https://127.1/",
        ] {
            assert_eq!(refusal(elicited(invalid)), Code::InvalidResponse, "{invalid}");
        }
        let error = elicited("https://user:hunter2@mcp.example.com/?code=s3cr3t").unwrap_err();
        assert!(!error.message().contains("hunter2") && !error.message().contains("s3cr3t"), "{}", error.message());
    }

    #[test]
    fn a_server_on_the_internet_opens_nothing_in_a_private_network() {
        for private in ["https://192.168.0.1/", "http://localhost:8080/", "https://router.local/", "https://intranet/"]
        {
            assert_eq!(refusal(elicited(private)), Code::InsecureUrl, "{private}");
            assert!(elicited_by("http://localhost:3000/mcp", private).is_ok(), "{private}");
        }
    }

    #[test]
    fn a_page_of_the_app_is_opened_only_for_a_server_of_the_app() {
        // "in a secure manner that does not enable the client or LLM to inspect the content or user inputs"
        assert_eq!(refusal(elicited("https://app.example/callback.html?code=x&state=y")), Code::InsecureUrl);
        assert!(elicited("https://app.example.org/").is_ok());
        assert!(elicited_by("https://app.example/mcp", "https://app.example/connect").is_ok());
    }

    #[test]
    fn the_host_is_a_separate_part_and_the_parts_are_the_whole_url() {
        for (text, parts) in [
            ("https://mcp.example.com", ["https://", "mcp.example.com", "/"]),
            ("https://a.example:8443/b?c=d#e", ["https://", "a.example:8443", "/b?c=d#e"]),
            (
                "https://accounts.example.com.evil.example/accounts.example.com",
                ["https://", "accounts.example.com.evil.example", "/accounts.example.com"],
            ),
            ("https://a.example/https://a.example/", ["https://", "a.example", "/https://a.example/"]),
            ("https://a.example/\u{202e}é", ["https://", "a.example", "/%E2%80%AE%C3%A9"]),
        ] {
            let elicited = elicited(text).unwrap();
            assert_eq!(elicited.parts(), parts);
            assert_eq!(elicited.parts().concat(), elicited.url().as_str());
            assert!(elicited.url().as_str().is_ascii());
        }
    }

    #[test]
    fn unusual_hosts_have_a_warning_and_other_alphabets_are_punycode() {
        use UrlWarning::{IpAddress, OtherHost, Punycode};
        for (text, host, warnings) in [
            ("https://mcp.example.com/x", "mcp.example.com", vec![]),
            ("https://mcp.example.com:8443/x", "mcp.example.com:8443", vec![]),
            ("https://connect.example.com/x", "connect.example.com", vec![OtherHost]),
            // "mcp.exаmple.com", with the Cyrillic а.
            ("https://mcp.ex\u{430}mple.com/", "mcp.xn--exmple-4nf.com", vec![Punycode, OtherHost]),
            ("https://xn--9ca.example/", "xn--9ca.example", vec![Punycode, OtherHost]),
            ("https://8.8.8.8/", "8.8.8.8", vec![IpAddress, OtherHost]),
            ("https://[2606:4700::1]:444/", "[2606:4700::1]:444", vec![IpAddress, OtherHost]),
        ] {
            let elicited = elicited(text).unwrap();
            assert_eq!((elicited.parts()[1], elicited.warnings()), (host, &warnings[..]), "{text}");
        }
    }

    #[test]
    fn warnings_have_the_names_that_programs_compare() {
        let names = [UrlWarning::Punycode, UrlWarning::IpAddress, UrlWarning::OtherHost].map(UrlWarning::name);
        assert_eq!(names, ["punycode", "ip_address", "other_host"]);
    }

    #[test]
    fn a_message_is_one_paragraph_of_plain_text() {
        assert_eq!(
            elicitation_message(" Sign in\r\n\r\nto \u{202e}evil\u{1b}[31m \u{200b}\u{2066} now\u{7} "),
            "Sign in to evil[31m now"
        );
        assert_eq!(elicitation_message("<b onclick=x>Hi</b>"), "<b onclick=x>Hi</b>");
        let long = elicitation_message(&"é ".repeat(10_000));
        assert_eq!((long.chars().count(), long.ends_with('…')), (LONGEST_MESSAGE + 1, true));
    }

    proptest::proptest! {
        /// The URL that is shown is the one that is opened, and browsers see the same host in it.
        #[test]
        fn the_url_that_is_shown_is_the_one_that_is_opened(text in "https://[a-z0-9é.@:\\\\-]{1,20}[/?#]?[ -~é]{0,20}") {
            if let Ok(elicited) = elicited(&text) {
                let theirs = url::Url::parse(&elicited.parts().concat()).unwrap();
                assert_eq!(theirs.as_str(), elicited.url().as_str());
                let host = [theirs.host_str().unwrap(), &theirs.port().map_or(String::new(), |port| format!(":{port}"))].concat();
                assert_eq!(elicited.parts()[1], host);
            }
        }

        #[test]
        fn no_message_is_too_long_or_has_several_lines(text in "\\PC{0,600}|[\u{0}-\u{2fff}]{0,600}") {
            let message = elicitation_message(&text);
            assert!(message.chars().count() <= LONGEST_MESSAGE + 1 && !message.contains(char::is_control));
        }
    }
}
