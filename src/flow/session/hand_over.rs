//! Sessions made from tokens that the app got elsewhere, and tokens handed out to be stored elsewhere.

use std::rc::Rc;

use super::Session;
use super::record::SessionRecord;
use super::tokens::Tokens;
use crate::flow::account::Account;
use crate::flow::client::Client;
use crate::flow::identify::another_issuer;
use crate::ports::Ports;
use crate::protocol::json::Value;
use crate::protocol::{Secret, TokenType};
use crate::{Code, Error, Result, Step};

/// The error for a value that can't be read as tokens.
pub(in crate::flow) fn no_tokens() -> Error {
    Error::new(Code::InvalidOption, Step::Setup, "\"tokens\" lack a member, or have one that can't be trusted.")
}

fn require_unbound(tokens: &Tokens) -> Result<()> {
    match tokens.token_type {
        TokenType::Bearer => Ok(()),
        TokenType::Dpop => Err(Error::new(Code::Unsupported, Step::Setup, "The tokens are bound to a key.")),
    }
}

impl<P: Ports> Session<P> {
    /// Makes a session of tokens that came from elsewhere, as [`Session::record`] has them: it is kept, in place of the one
    /// that the app had with the server. From then on it refreshes them, and nobody else may: a refresh token counts once.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidOption`] for a value that can't be read as tokens, [`Code::ClientMismatch`] where the app's client id
    /// belongs to another server, [`Code::Unsupported`] for tokens that are bound to a key, and those of the store.
    pub async fn of_record(ports: &P, client: &Rc<Client>, account: &Account, record: &Value) -> Result<Self> {
        let record = match record {
            Value::Object(record) => SessionRecord::read(record, account),
            _ => None,
        };
        let tokens = record.ok_or_else(no_tokens)?.tokens;
        require_unbound(&tokens)?;
        let issuer = &tokens.granted.parties.issuer;
        let own = client.pre_registered.as_ref().and_then(|own| own.issuer.as_ref());
        if let Some(own) = own.filter(|own| *own != issuer) {
            return Err(another_issuer("clientId", own.as_str(), issuer));
        }
        let session = Self::new(ports.clone(), client.clone(), account.clone(), tokens.clone());
        // Where that fails, whoever gave the tokens goes on with them.
        session.start(&tokens).await.map(|()| session)
    }

    /// The tokens as JSON, as they are kept.
    ///
    /// # Errors
    ///
    /// [`Code::SignedOut`], and [`Code::Unsupported`] for tokens that are bound to a key, which does not leave its place.
    pub fn record(&self) -> Result<Secret> {
        let tokens = self.tokens()?;
        require_unbound(&tokens)?;
        SessionRecord::of(&tokens).text(&self.ports, &self.account)
    }
}
