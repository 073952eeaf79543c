//! The one error type: a stable code, the step it came from, what to do about it, and the cause.

use std::error::Error as StdError;
use std::fmt;

use serde::{Serialize, Serializer};

/// Declares [`Code`], with the name, cause, remedy and user message of each code in one place.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident $name:literal $cause:literal => $remedy:literal | $user:literal;)*) => {
        /// What went wrong. Stable: a code keeps its name and meaning across versions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $cause] $variant,)*
            /// A code that is declared elsewhere, such as those of a user agent ([`ports`](crate::ports)).
            Own(&'static OwnCode),
        }

        impl Code {
            /// Every code in the order of the documentation, without those that are declared elsewhere.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The name that programs compare.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* Code::Own(own) => own.name }
            }

            /// What causes this error.
            pub fn cause(self) -> &'static str {
                match self { $(Code::$variant => $cause,)* Code::Own(own) => own.cause }
            }

            /// What to do about it, for developers.
            pub fn remedy(self) -> &'static str {
                match self { $(Code::$variant => $remedy,)* Code::Own(own) => own.remedy }
            }

            /// What to tell the person at the page.
            pub fn user_message(self) -> &'static str {
                match self { $(Code::$variant => $user,)* Code::Own(own) => own.user_message }
            }
        }
    };
}

codes! {
    InvalidOption "invalid_option" "An option is missing or has the wrong type."
        => "Correct the option that the message names." | "Something is wrong with this app. Please tell its developers.";
    InvalidUrl "invalid_url" "The app gave something that is not a valid URL."
        => "Give a complete URL such as https://mcp.example.com/mcp." | "This is not a valid address. Please check it.";
    InsecureUrl "insecure_url" "A URL does not use https (http is for loopback only), or a server on the internet points into a private network. It was not opened or fetched."
        => "Serve it over https, where its users can reach it; http is for loopback addresses during development." | "This server's address is not secure, so the app did not connect.";
    MixedContent "mixed_content" "The page is https and the URL is http on a host that is not loopback: browsers block such requests."
        => "Serve it over https." | "This server's address is not secure, so the app did not connect.";
    Network "network" "A request got no answer: the server or the network is down, or the page's Content-Security-Policy blocks the request."
        => "Check that the server runs, and that the page's connect-src allows it." | "The server can't be reached. Check your connection and try again.";
    CorsBlocked "cors_blocked" "The server answers, but pages of the app's origin may not read the answer (CORS). Node.js has no such limit."
        => "Have the server send the header that the message names, or use the proxy option." | "This server does not work with web apps yet.";
    Timeout "timeout" "A request or the whole sign-in took longer than its limit, or the code for another device expired."
        => "Try again, or raise requestTimeout or signInTimeout." | "This took too long. Please try again.";
    Aborted "aborted" "The caller's AbortSignal ended it."
        => "Nothing: the caller asked for it." | "Cancelled.";
    ResponseTooLarge "response_too_large" "A response was larger than 1 MiB, the most that this client reads."
        => "No metadata or token response is that large: check the URL." | "This server is not set up correctly. Please tell its administrator.";
    InvalidResponse "invalid_response" "A response was not what the specification requires."
        => "At the server, correct what the message names." | "This server is not set up correctly. Please tell its administrator.";
    HttpStatus "http_status" "A response had an error status and no OAuth error in it."
        => "Look in the server's log for this request. Try again later if the status is 429 or 5xx." | "The server has a problem. Please try again later.";
    AuthorizationNotRequired "authorization_not_required" "The server did not ask for authorization, and has no metadata about it."
        => "Check the URL. If the server is open, call it with plain fetch; if not, have it answer 401 with WWW-Authenticate." | "There is nothing to sign in to at this address. Please check it.";
    MetadataNotFound "metadata_not_found" "There is no usable metadata at any place that the specification names."
        => "Serve the metadata at the well-known URL that the message names, with Access-Control-Allow-Origin." | "This server is not set up correctly. Please tell its administrator.";
    ResourceMismatch "resource_mismatch" "The metadata is for a resource other than this MCP server (RFC 9728 §3.3)."
        => "Set \"resource\" in the metadata to the MCP server's own URL or a parent path of it." | "This server is not set up correctly. Please tell its administrator.";
    IssuerMismatch "issuer_mismatch" "The authorization server's metadata or response names another issuer (RFC 8414 §3.3, RFC 9207 §2.4)."
        => "The issuer must be the same everywhere, character by character. If the other one is not yours, do not sign in there." | "The sign-in was stopped: the server that answered is not the expected one.";
    PkceUnsupported "pkce_unsupported" "The authorization server does not offer PKCE with S256."
        => "Add \"code_challenge_methods_supported\": [\"S256\"] to the authorization server's metadata." | "This server is not set up correctly. Please tell its administrator.";
    DpopUnsupported "dpop_unsupported" "dpop: \"require\" was set, and the authorization server does not bind tokens to a key (RFC 9449)."
        => "Set dpop to \"auto\", or turn DPoP on at the authorization server." | "This server is not set up correctly. Please tell its administrator.";
    RegistrationUnsupported "registration_unsupported" "The authorization server offers no way to register that this client can use."
        => "Register the app there by hand and give its clientId, or host a client ID metadata document." | "This server does not accept this app yet.";
    RegistrationFailed "registration_failed" "The authorization server refused to register the app (RFC 7591 §3.2.2)."
        => "Check redirectUri against what the server allows, or register by hand and give clientId." | "This server does not accept this app yet.";
    ClientMismatch "client_mismatch" "clientId was registered at an authorization server other than this MCP server's."
        => "Register the app at this authorization server too, and give that clientId and issuer." | "Something is wrong with this app. Please tell its developers.";
    AccessDenied "access_denied" "The user, or the authorization server for them, declined."
        => "Let the user click again if that was a mistake." | "Access was not allowed.";
    AuthorizationFailed "authorization_failed" "The authorization server answered with an error (RFC 6749 §4.1.2.1)."
        => "See serverError, and the authorization server's log." | "The server did not complete the sign-in.";
    StateMismatch "state_mismatch" "The authorization response does not belong to this sign-in."
        => "Start again. If it happens again, the authorization server does not return state." | "The sign-in did not complete. Please try again.";
    TokenFailed "token_failed" "The token endpoint refused the request (RFC 6749 §5.2)."
        => "See serverError, and the authorization server's log." | "The server did not complete the sign-in.";
    SessionExpired "session_expired" "The session can't be refreshed any more."
        => "Let the user sign in again." | "Please sign in again.";
    InsufficientScope "insufficient_scope" "The server asks for more scopes than the session has."
        => "Call the error's stepUp in a click. Without one, the user was asked before and the server still refuses." | "This needs more permissions than you have given.";
    InsufficientUserAuthentication "insufficient_user_authentication" "The server asks the user to sign in again, in a stronger way or more recently (RFC 9470)."
        => "Call the error's stepUp in a click. Without one, the user has already signed in again and the server still refuses." | "Please sign in again to do this.";
    WrongResource "wrong_resource" "The request goes to a server other than the session's; no token was sent."
        => "Use the session of that server, or plain fetch." | "Something is wrong with this app. Please tell its developers.";
    SignedOut "signed_out" "The session was signed out."
        => "Let the user sign in again." | "Please sign in again.";
    StorageFailed "storage_failed" "The storage failed to read or to write."
        => "Use storage: \"memory\", or see the cause." | "Your browser could not store the sign-in.";
    Unsupported "unsupported" "This environment lacks what the call needs."
        => "The message names what is missing." | "This does not work here.";
}

/// A code that is declared elsewhere.
#[derive(Debug, PartialEq, Eq)]
pub struct OwnCode {
    /// [`Code::name`].
    pub name: &'static str,
    /// [`Code::cause`].
    pub cause: &'static str,
    /// [`Code::remedy`].
    pub remedy: &'static str,
    /// [`Code::user_message`].
    pub user_message: &'static str,
}

/// The step of a flow in which an error occurred, or that an HTTP exchange was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Checking the options.
    Setup,
    /// The request to the MCP server without a token (RFC 6750 §3).
    Challenge,
    /// Protected resource metadata (RFC 9728).
    ResourceMetadata,
    /// Authorization server metadata (RFC 8414).
    AuthorizationServerMetadata,
    /// Dynamic client registration (RFC 7591), or selecting another client.
    Registration,
    /// The authorization request and its response (RFC 6749 §4.1.1).
    Authorization,
    /// The exchange of the code for tokens (RFC 6749 §4.1.3).
    Token,
    /// Refresh (RFC 6749 §6).
    Refresh,
    /// A request to the MCP server.
    Request,
    /// Revocation (RFC 7009).
    Revocation,
    /// Reading or writing the store.
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

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// What a server demands and the session does not have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WantedStepUp {
    /// The scopes to ask for: the session's and those that the server demands; empty if CORS hides them.
    pub scopes: Vec<String>,
    /// The scopes among them that the session does not have.
    pub missing_scopes: Vec<String>,
    /// If the user has to sign in again: the authentication contexts that the server accepts (RFC 9470 §3).
    pub acr_values: Option<Vec<String>>,
    /// The maximum time since the user signed in, in seconds.
    pub max_age: Option<u32>,
}

/// The result of operations in this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why something failed. Never contains a token, code or verifier.
pub struct Error(Box<Details>);

struct Details {
    code: Code,
    step: Step,
    message: String,
    url: Option<String>,
    status: Option<u16>,
    server_error: Option<String>,
    step_up: Option<Box<WantedStepUp>>,
    retry_after: Option<u64>,
    source: Option<Box<dyn StdError>>,
}

impl Error {
    /// An error, with a sentence that says what happened.
    pub fn new(code: Code, step: Step, message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            code,
            step,
            message: message.into(),
            url: None,
            status: None,
            server_error: None,
            step_up: None,
            retry_after: None,
            source: None,
        }))
    }

    /// The same error with another code.
    pub fn with_code(mut self, code: Code) -> Self {
        self.0.code = code;
        self
    }

    /// Adds a remedy to the message.
    pub fn with_hint(mut self, hint: &str) -> Self {
        self.0.message.push_str(hint);
        self
    }

    /// Adds the URL of the request. Leave out its query, which may contain secrets.
    pub fn with_url(mut self, url: impl Into<String>) -> Self {
        self.0.url = Some(url.into());
        self
    }

    /// Adds the HTTP status of the response.
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Adds the server's own error code.
    pub fn with_server_error(mut self, error: Option<String>) -> Self {
        self.0.server_error = error;
        self
    }

    /// Adds what a step-up has to ask for.
    pub fn with_step_up(mut self, wanted: WantedStepUp) -> Self {
        self.0.step_up = Some(Box::new(wanted));
        self
    }

    /// Adds in how many seconds the server wants the next request.
    pub fn with_retry_after(mut self, seconds: Option<u64>) -> Self {
        self.0.retry_after = seconds;
        self
    }

    /// Adds the cause.
    pub fn with_source(mut self, source: Option<Box<dyn StdError>>) -> Self {
        self.0.source = source;
        self
    }

    /// What went wrong, for programs.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The step of the flow.
    pub fn step(&self) -> Step {
        self.0.step
    }

    /// What happened, for people.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What to tell the person at the page.
    pub fn user_message(&self) -> &'static str {
        self.0.code.user_message()
    }

    /// What to do about it, for developers.
    pub fn remedy(&self) -> &'static str {
        self.0.code.remedy()
    }

    /// The URL of the request, without its query.
    pub fn url(&self) -> Option<&str> {
        self.0.url.as_deref()
    }

    /// The HTTP status of the response.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// In how many seconds the server wants the next request (RFC 9110 §10.2.3).
    pub fn retry_after(&self) -> Option<u64> {
        self.0.retry_after
    }

    /// The server's own error code. Text from a server.
    pub fn server_error(&self) -> Option<&str> {
        self.0.server_error.as_deref()
    }

    /// What a step-up has to ask for. `None` if the user was already asked too often.
    pub fn step_up(&self) -> Option<&WantedStepUp> {
        self.0.step_up.as_deref()
    }

    /// The scopes of [`Error::step_up`].
    pub fn scopes(&self) -> Option<&[String]> {
        self.step_up().map(|wanted| &*wanted.scopes)
    }

    /// Whether the same request may succeed later: there was no response, or the server is overloaded or not ready
    /// (RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4).
    pub fn is_transient(&self) -> bool {
        matches!(self.code(), Code::Network | Code::CorsBlocked | Code::Timeout)
            || matches!(self.status(), Some(408 | 425 | 429 | 500..))
            // RFC 6749 §4.1.2.1: a server says so at its token endpoint with 400, too.
            || matches!(self.server_error(), Some("temporarily_unavailable" | "server_error"))
    }

    /// Whether a server has answered, and the same request gets no other answer later.
    pub fn is_definite(&self) -> bool {
        let is_answer = matches!(
            self.code(),
            Code::TokenFailed
                | Code::HttpStatus
                | Code::InvalidResponse
                | Code::ResponseTooLarge
                | Code::DpopUnsupported
        );
        is_answer && !self.is_transient()
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
    use crate::ports::USER_AGENT_CODES;

    /// All codes, in the order of the documentation: those of user agents come before those of their responses.
    fn documented() -> Vec<Code> {
        let (before, after) =
            Code::ALL.split_at(Code::ALL.iter().position(|code| *code == Code::AccessDenied).unwrap());
        [before, USER_AGENT_CODES, after].concat()
    }

    #[test]
    fn names_are_unique_and_in_the_published_types() {
        let types = include_str!("../pkg/index.d.ts");
        let codes = documented();
        for (index, code) in codes.iter().enumerate() {
            let quoted = ["| \"", code.name(), "\""].concat();
            assert!(types.contains(&quoted), "{quoted} is not in pkg/index.d.ts");
            assert!(codes[..index].iter().all(|other| other.name() != code.name()));
            for text in [code.cause(), code.remedy(), code.user_message()] {
                assert!(text.ends_with('.'), "{text}");
            }
            assert!(code.user_message().len() <= 80, "{}", code.user_message());
        }
        let union = types.split("export type McpAuthorizeErrorCode").nth(1).unwrap();
        let union = union.split(";\n").next().unwrap();
        assert_eq!(union.matches("\n  | \"").count(), codes.len());
    }

    /// An error has the texts that the documentation lists for its code.
    #[test]
    fn an_error_has_the_texts_of_its_code() {
        for code in documented() {
            let error = Error::new(code, Step::Token, "What happened.");
            assert_eq!((error.user_message(), error.remedy()), (code.user_message(), code.remedy()));
            assert_eq!(format!("{error:?}"), format!("token: {}: What happened.", code.name()));
        }
    }

    /// The table of the documentation is made from the enum. `UPDATE_DOCS=1 cargo test` writes it.
    #[test]
    fn the_documentation_lists_these_errors() {
        let mut table = String::from(
            "# Errors\n\nEvery rejection is an `McpAuthorizeError`. It has a stable `code`, the `step` that failed, a `message` that says \
             what happened, a `remedy` for developers and a `userMessage` for the person at the page.\n\nIf they are known, it \
             also has the `url`, the `status`, `retryAfter` in seconds, the server's own `serverError`, the requested `scopes` and \
             `missingScopes`, `acrValues` and `maxAge`, and the `cause`.\n\n",
        );
        let steps = [
            Step::Setup,
            Step::Challenge,
            Step::ResourceMetadata,
            Step::AuthorizationServerMetadata,
            Step::Registration,
            Step::Authorization,
            Step::Token,
            Step::Refresh,
            Step::Request,
            Step::Revocation,
            Step::Storage,
        ];
        let types = include_str!("../pkg/index.d.ts").split("export type McpAuthorizeStep =").nth(1).unwrap();
        let listed = types.split(';').next().unwrap().replace(['|', '"'], "");
        assert_eq!(listed.split_whitespace().collect::<Vec<_>>(), steps.map(Step::name));
        let steps = steps.map(|step| format!("`{}`", step.name())).join(", ");
        table.push_str(&format!("The steps are {steps}.\n\n"));
        table.push_str("| code | what it means | what to do | `userMessage` |\n|---|---|---|---|\n");
        for code in documented() {
            let (name, cause, remedy, user) = (code.name(), code.cause(), code.remedy(), code.user_message());
            table.push_str(&format!("| `{name}` | {cause} | {remedy} | {user} |\n"));
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, &table).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(written == table, "docs/errors.md is not up to date: run UPDATE_DOCS=1 cargo test");
    }
}
