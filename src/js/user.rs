//! The user, and the window for the authorization server's page.

use js_sys::Function;
use serde::Serialize;
use wasm_bindgen::JsValue;

use super::arguments::{given_identity, parameters};
use crate::browser::json::to_js;
use crate::browser::reflect::{AppThrew, answer, apply};
use crate::browser::{AppPage, Connecting, JsCause, Popup, Redirect};
#[cfg(feature = "enterprise")]
use crate::ports::POPUP_BLOCKED;
use crate::ports::{AuthorizationPage, CallbackQuery, FoundServer, GivenIdentity, UserAgent};
use crate::protocol::json::Object;
use crate::protocol::{AuthorizationParameters, Issuer};
use crate::{Code, Error, Result, Step};

/// The user, and the window for the authorization server's page.
pub(super) struct User {
    pub page: Page,
    pub choose: Option<Function>,
    pub confirm: Option<Function>,
    /// Returns the app's client at an authorization server.
    pub identify: Option<Function>,
    /// Functions that return more parameters for the authorization request. The last one wins.
    pub parameters: [Option<Function>; 2],
    pub server: String,
}

/// The window for the authorization server's page.
pub(super) enum Page {
    Popup(Popup),
    Redirect(Redirect),
    App(AppPage),
    /// No window: the user is at another device, or the grant needs no user.
    None,
    #[cfg(feature = "enterprise")]
    /// No window: the identity provider's tokens were expected to identify the user.
    NotOpened,
}

#[cfg(feature = "enterprise")]
fn not_opened() -> Error {
    const MESSAGE: &str = "The identity provider wants the user to sign in again, but no window was opened for it.";
    Error::new(POPUP_BLOCKED, Step::Authorization, MESSAGE)
}

fn no_page() -> Error {
    Error::new(Code::Unsupported, Step::Authorization, "This grant has no page to show.")
}

impl User {
    pub(super) fn connecting(&self) -> Connecting {
        match &self.page {
            Page::Popup(popup) => popup.connecting(),
            _ => Connecting::over(),
        }
    }

    /// Adds to an error what the window knows.
    pub(super) fn explain(&self, error: Error) -> Error {
        match &self.page {
            Page::Popup(popup) => popup.explain(error),
            _ => error,
        }
    }
}

/// The argument of the app's functions.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HookArgument<'a> {
    server: &'a str,
    issuer: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a Object>,
    #[serde(skip_serializing_if = "Option::is_none")]
    can_register: Option<bool>,
}

impl HookArgument<'_> {
    /// Calls the app's function. If it throws, the call rejects with the same value.
    async fn ask(&self, function: &Function, step: Step) -> Result<JsValue> {
        let asked = to_js(self).map_err(Into::into);
        answer(asked.and_then(|asked| apply(function, &[asked]))).await.map_err(|thrown| {
            Error::new(Code::InvalidOption, step, "A function of the app failed.")
                .with_source(Some(Box::new(AppThrew(thrown))))
        })
    }
}

impl<'a> From<&FoundServer<'a>> for HookArgument<'a> {
    fn from(found: &FoundServer<'a>) -> Self {
        Self { server: found.server, issuer: found.issuer.as_str(), metadata: found.metadata, can_register: None }
    }
}

impl UserAgent for User {
    /// Asks the app, or uses the first one.
    async fn choose(&mut self, issuers: &[Issuer]) -> Result<usize> {
        let Some(choose) = &self.choose else { return Ok(0) };
        let issuer_texts: Vec<&str> = issuers.iter().map(Issuer::as_str).collect();
        let chosen = to_js(&issuer_texts).map_err(Into::into);
        let chosen = chosen.and_then(|issuers| apply(choose, &[issuers, self.server.as_str().into()]));
        let chosen = answer(chosen).await.map_err(|thrown| {
            Error::new(Code::InvalidOption, Step::AuthorizationServerMetadata, "chooseAuthorizationServer failed.")
                .with_source(Some(Box::new(JsCause(thrown))))
        })?;
        // Another value has no index in the list, and the flow reports that.
        let position = chosen.as_string().and_then(|chosen| issuers.iter().position(|issuer| *issuer == *chosen));
        Ok(position.unwrap_or(usize::MAX))
    }

    /// Asks the app.
    async fn confirm(&mut self, server: &str, issuer: &Issuer) -> Result<()> {
        let Some(confirm) = &self.confirm else { return Ok(()) };
        let asked = HookArgument { server, issuer: issuer.as_str(), metadata: None, can_register: None };
        let asked = to_js(&asked).map_err(Into::into);
        let confirmed = answer(asked.and_then(|asked| apply(confirm, &[asked]))).await;
        let refused = |code, message: &str| Error::new(code, Step::Authorization, message);
        let confirmed = confirmed.map_err(|thrown| {
            refused(Code::InvalidOption, "confirmIssuer failed.").with_source(Some(Box::new(JsCause(thrown))))
        })?;
        if confirmed.is_truthy() { Ok(()) } else { Err(refused(Code::AccessDenied, "confirmIssuer said no.")) }
    }

    async fn identity(&mut self, found: &FoundServer<'_>, can_register: bool) -> Result<Option<GivenIdentity>> {
        let Some(identify) = &self.identify else { return Ok(None) };
        let asked = HookArgument { can_register: Some(can_register), ..found.into() };
        given_identity(&asked.ask(identify, Step::Registration).await?)
    }

    async fn authorization_parameters(&mut self, found: &FoundServer<'_>) -> Result<AuthorizationParameters> {
        let mut all = AuthorizationParameters::default();
        for function in self.parameters.iter().flatten() {
            let answer = HookArgument::from(found).ask(function, Step::Authorization).await?;
            all = all.and(&parameters(&answer)?);
        }
        Ok(all)
    }

    fn redirect_timeout(&self) -> Option<u64> {
        match &self.page {
            Page::Redirect(redirect) => Some(redirect.redirect_timeout()),
            _ => None,
        }
    }

    fn open(&mut self, page: &AuthorizationPage<'_>) -> Result<()> {
        match &mut self.page {
            Page::Popup(popup) => popup.open(page),
            Page::Redirect(redirect) => redirect.open(page),
            Page::App(app) => app.open(page),
            Page::None => Err(no_page()),
            #[cfg(feature = "enterprise")]
            Page::NotOpened => Err(not_opened()),
        }
    }

    fn shows_page(&self) -> bool {
        match &self.page {
            Page::Popup(popup) => popup.shows_page(),
            _ => true,
        }
    }

    async fn response(&mut self) -> Result<CallbackQuery> {
        match &mut self.page {
            Page::Popup(popup) => popup.response().await,
            Page::Redirect(redirect) => redirect.response().await,
            Page::App(page) => page.response().await,
            Page::None => Err(no_page()),
            #[cfg(feature = "enterprise")]
            Page::NotOpened => Err(not_opened()),
        }
    }

    fn done(&mut self) {
        if let Page::Popup(popup) = &mut self.page {
            popup.done();
        }
    }
}
