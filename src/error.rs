//! The one error type: a stable code, the step it came from, what to do about it, and the cause.

use std::error::Error as StdError;
use std::fmt;

use crate::protocol::Scope;

/// Declares [`Code`] so that a code's name, cause and remedy stand in one place.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident $name:literal $cause:literal => $remedy:literal;)*) => {
        /// What went wrong. Stable: a code keeps its name and meaning across versions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Code { $(#[doc = $cause] $variant,)* }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The name that programs compare.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// What makes this error come up.
            pub fn cause(self) -> &'static str {
                match self { $(Code::$variant => $cause,)* }
            }

            /// What to do about it.
            pub fn remedy(self) -> &'static str {
                match self { $(Code::$variant => $remedy,)* }
            }
        }
    };
}

codes! {
    InvalidOption "invalid_option" "An option is missing or of the wrong type."
        => "Correct the option that the message names.";
    InvalidUrl "invalid_url" "A text that should be a URL is none."
        => "Give a complete URL such as https://mcp.example.com/mcp.";
    InsecureUrl "insecure_url" "A URL is neither https nor http on loopback, or leads from a server on the internet into a private network; it was not opened or fetched."
        => "Serve it over https, where its users can reach it; http is for loopback addresses during development.";
    MixedContent "mixed_content" "The page is https and the URL is http on a host that is not loopback: browsers let no such request through."
        => "Serve it over https.";
    Network "network" "A request got no answer: the server is down, or the network is, or the page's Content-Security-Policy forbids it."
        => "Check that the server runs, and that the page's connect-src has it.";
    CorsBlocked "cors_blocked" "The server answers, but pages of the app's origin may not read it (CORS). In Node.js there is no such thing."
        => "Have the server send the header that the message names, or see the option proxy.";
    Timeout "timeout" "A request or the whole sign-in took longer than its limit, or the code for another device ran out."
        => "Try again, or raise requestTimeout or signInTimeout.";
    Aborted "aborted" "The caller's AbortSignal ended it."
        => "Nothing: the caller asked for it.";
    ResponseTooLarge "response_too_large" "An answer was longer than 1 MiB, the most that this client reads."
        => "The server's metadata or token answer is not one: check the URL.";
    InvalidResponse "invalid_response" "An answer was not what the specification says it is."
        => "The server has to answer as the specification says; the message names what was wrong.";
    HttpStatus "http_status" "An answer had a status that tells of failure, and no OAuth error in it."
        => "Look in the server's log for this request; try again later where the status is 5xx.";
    AuthorizationNotRequired "authorization_not_required" "The server did not ask for authorization, and has no metadata that would."
        => "Check the URL. If the server is open, call it with plain fetch; else have it answer 401 with WWW-Authenticate.";
    MetadataNotFound "metadata_not_found" "There is no usable metadata at any of the places where the specification puts it."
        => "Serve the metadata at the well-known URL that the message names, with Access-Control-Allow-Origin.";
    ResourceMismatch "resource_mismatch" "The protected resource metadata is about another resource (RFC 9728 §3.3)."
        => "Set \"resource\" in the metadata to the MCP server's own URL or a parent path of it.";
    IssuerMismatch "issuer_mismatch" "The authorization server's metadata or response names another issuer (RFC 8414 §3.3, RFC 9207 §2.4)."
        => "The issuer has to be the same everywhere, character by character; if it is not yours, do not sign in there.";
    PkceUnsupported "pkce_unsupported" "The authorization server does not offer PKCE with S256."
        => "Add \"code_challenge_methods_supported\": [\"S256\"] to the authorization server's metadata.";
    DpopUnsupported "dpop_unsupported" "dpop: \"require\" was set, and the authorization server does not bind tokens to a key (RFC 9449)."
        => "Set dpop to \"auto\", or turn DPoP on at the authorization server.";
    RegistrationUnsupported "registration_unsupported" "The authorization server has no way of registering that this client can use."
        => "Register the app there by hand and give its clientId, or host a client ID metadata document.";
    RegistrationFailed "registration_failed" "The authorization server refused the registration (RFC 7591 §3.2.2)."
        => "Check redirectUri against what the server allows, or register by hand and give clientId.";
    ClientMismatch "client_mismatch" "clientId was registered at another authorization server than this MCP server's."
        => "Register the app at this authorization server too, and give that clientId and issuer.";
    PopupBlocked "popup_blocked" "The browser blocked the popup."
        => "Call signIn directly in a click handler, before any await.";
    PopupClosed "popup_closed" "The popup was closed before the sign-in was done."
        => "Let the user click again.";
    PopupOpen "popup_open" "The popup of another sign-in is open; it was brought to the front."
        => "Let the user finish there or close it, or abort the other sign-in first.";
    RedirectAbandoned "redirect_abandoned" "The user came back from the sign-in page, as by the back button, before the sign-in was done."
        => "Let the user click again.";
    AccessDenied "access_denied" "The user, or the authorization server for them, declined."
        => "Let the user click again if that was a mistake.";
    AuthorizationFailed "authorization_failed" "The authorization server answered with an error (RFC 6749 §4.1.2.1)."
        => "See serverError; the authorization server's log tells more.";
    StateMismatch "state_mismatch" "The authorization response does not belong to this sign-in."
        => "Start again; if it repeats, the authorization server does not return state.";
    TokenFailed "token_failed" "The token endpoint refused (RFC 6749 §5.2)."
        => "See serverError; the authorization server's log tells more.";
    SessionExpired "session_expired" "The session can't be refreshed any more."
        => "Let the user sign in again.";
    InsufficientScope "insufficient_scope" "The server asks for more scopes than the session has."
        => "Call the error's stepUp in a click. Where it has none, the user was asked before and the server still refuses.";
    WrongResource "wrong_resource" "The request goes to another server than the one that the session is for; no token was sent."
        => "Use the session of that server, or plain fetch.";
    SignedOut "signed_out" "The session was signed out."
        => "Let the user sign in again.";
    StorageFailed "storage_failed" "The storage refused to store or to read."
        => "Use storage: \"memory\", or see the cause.";
    Unsupported "unsupported" "This environment lacks what the call needs."
        => "The message names what is missing.";
}

/// Where in the flow an error came up, and what an HTTP exchange was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Checking the options.
    Setup,
    /// Asking the MCP server without a token (RFC 6750 §3).
    Challenge,
    /// Protected resource metadata (RFC 9728).
    ResourceMetadata,
    /// Authorization server metadata (RFC 8414).
    AuthorizationServerMetadata,
    /// Dynamic client registration (RFC 7591), or choosing another identity.
    Registration,
    /// The authorization request and its response (RFC 6749 §4.1.1).
    Authorization,
    /// Code for token (RFC 6749 §4.1.3).
    Token,
    /// Refresh (RFC 6749 §6).
    Refresh,
    /// A request to the MCP server.
    Request,
    /// Revocation (RFC 7009).
    Revocation,
    /// Reading or writing what is kept.
    Storage,
}

impl Step {
    /// The name that programs compare.
    pub fn name(self) -> &'static str {
        match self {
            Step::Setup => "setup",
            Step::Challenge => "challenge",
            Step::ResourceMetadata => "resource_metadata",
            Step::AuthorizationServerMetadata => "authorization_server_metadata",
            Step::Registration => "registration",
            Step::Authorization => "authorization",
            Step::Token => "token",
            Step::Refresh => "refresh",
            Step::Request => "request",
            Step::Revocation => "revocation",
            Step::Storage => "storage",
        }
    }
}

/// The result of everything that can fail here.
pub type Result<T> = std::result::Result<T, Error>;

/// Why something failed. No token, code or verifier is ever in it.
pub struct Error(Box<Parts>);

struct Parts {
    code: Code,
    step: Step,
    message: String,
    url: Option<String>,
    status: Option<u16>,
    server_error: Option<String>,
    scopes: Option<Scope>,
    retry_after: Option<u64>,
    source: Option<Box<dyn StdError>>,
}

impl Error {
    /// An error with what happened, in a sentence for people.
    pub fn new(code: Code, step: Step, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            code,
            step,
            message: message.into(),
            url: None,
            status: None,
            server_error: None,
            scopes: None,
            retry_after: None,
            source: None,
        }))
    }

    /// The same as another code.
    pub fn with_code(mut self, code: Code) -> Self {
        self.0.code = code;
        self
    }

    /// Adds the URL that was asked. Give it without its query, which may hold secrets.
    pub fn with_url(mut self, url: impl Into<String>) -> Self {
        self.0.url = Some(url.into());
        self
    }

    /// Adds the HTTP status of the answer.
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Adds the server's own error code.
    pub fn with_server_error(mut self, error: Option<String>) -> Self {
        self.0.server_error = error;
        self
    }

    /// Adds the scopes that the server asks for.
    pub fn with_scopes(mut self, scopes: Scope) -> Self {
        self.0.scopes = Some(scopes);
        self
    }

    /// Adds when the server wants to be asked again, in seconds.
    pub fn with_retry_after(mut self, seconds: Option<u64>) -> Self {
        self.0.retry_after = seconds;
        self
    }

    /// Adds what was thrown below.
    pub fn with_source(mut self, source: Option<Box<dyn StdError>>) -> Self {
        self.0.source = source;
        self
    }

    /// What went wrong, for programs.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// Where in the flow.
    pub fn step(&self) -> Step {
        self.0.step
    }

    /// What happened, for people.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What to do about it, for people.
    pub fn remedy(&self) -> &'static str {
        self.0.code.remedy()
    }

    /// The URL that was asked, without its query.
    pub fn url(&self) -> Option<&str> {
        self.0.url.as_deref()
    }

    /// The HTTP status of the answer.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// When the server wants to be asked again, in seconds (RFC 9110 §10.2.3).
    pub fn retry_after(&self) -> Option<u64> {
        self.0.retry_after
    }

    /// The server's own error code. Text from a server.
    pub fn server_error(&self) -> Option<&str> {
        self.0.server_error.as_deref()
    }

    /// The scopes that the server asks for.
    pub fn scopes(&self) -> Option<&Scope> {
        self.0.scopes.as_ref()
    }
}

impl fmt::Debug for Error {
    /// Written by hand: a derived one would bring most of the formatting machinery into the download.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for text in [self.step().name(), ": ", self.code().name(), ": ", self.message()] {
            f.write_str(text)?;
        }
        Ok(())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_in_the_published_types() {
        let types = include_str!("../pkg/index.d.ts");
        for (index, code) in Code::ALL.iter().enumerate() {
            let quoted = ["| \"", code.name(), "\""].concat();
            assert!(types.contains(&quoted), "{quoted} is not in pkg/index.d.ts");
            assert!(Code::ALL[..index].iter().all(|other| other.name() != code.name()));
            assert!(code.cause().ends_with('.') && code.remedy().ends_with('.'));
        }
        let union = types.split("export type McpAuthorizeErrorCode").nth(1).unwrap();
        let union = union.split(";\n").next().unwrap();
        assert_eq!(union.matches("\n  | \"").count(), Code::ALL.len());
    }

    /// The table of the documentation is made from the enum. `UPDATE_DOCS=1 cargo test` writes it.
    #[test]
    fn the_documented_errors_are_these() {
        let mut table = String::from(
            "# Errors\n\nEvery rejection is an `McpAuthorizeError` with a stable `code`, the `step` it came from, a `message` that \
             tells what happened, a `remedy`, and where there is one the `url`, the `status`, the server's own `serverError`, \
             the asked-for `scopes` and the `cause`.\n\n| code | what it means | what to do |\n|---|---|---|\n",
        );
        for code in Code::ALL {
            table.push_str(&format!("| `{}` | {} | {} |\n", code.name(), code.cause(), code.remedy()));
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, &table).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(written == table, "docs/errors.md is not up to date: run UPDATE_DOCS=1 cargo test");
    }
}
