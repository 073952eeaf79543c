//! The user, in the popup.

use mcp_authorize::Result;
use mcp_authorize::browser::Popup;
use mcp_authorize::ports::{CallbackQuery, UserAgent};
use mcp_authorize::protocol::{Issuer, State, Url};

pub struct User(pub Popup);

impl UserAgent for User {
    /// The first authorization server is taken. A page could ask.
    async fn choose(&mut self, _issuers: &[Issuer]) -> Result<usize> {
        Ok(0)
    }

    fn open(&mut self, url: &Url, _state: &State) -> Result<()> {
        self.0.navigate(url)
    }

    async fn response(&mut self) -> Result<CallbackQuery> {
        self.0.response().await
    }

    fn done(&mut self) {
        self.0.finish();
    }
}
