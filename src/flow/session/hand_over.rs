//! Makes sessions from tokens that the app got elsewhere, and exports tokens to be stored elsewhere.

use std::rc::Rc;

use super::Session;
use super::record::SessionRecord;
use super::tokens::SessionTokens;
use crate::flow::account::Account;
use crate::flow::client::Client;
use crate::flow::identify::another_issuer;
use crate::ports::Ports;
use crate::protocol::json::Value;
use crate::protocol::{Secret, TokenType};
use crate::{Code, Error, Result, Step};

/// The error for a value that can't be read as tokens.
pub(in crate::flow) fn no_tokens() -> Error {
    Error::new(Code::InvalidOption, Step::Setup, "\"tokens\" lacks a member, or has one that can't be trusted.")
}

fn require_unbound(tokens: &SessionTokens) -> Result<()> {
    match tokens.token_type {
        TokenType::Bearer => Ok(()),
        TokenType::Dpop => Err(Error::new(Code::Unsupported, Step::Setup, "The tokens are bound to a key.")),
    }
}

impl<P: Ports> Session<P> {
    /// Makes a session from tokens in the format of [`Session::record`], and stores it. It replaces the app's session with
    /// the server. From then on, only this session may refresh the tokens: a refresh token is valid once.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidOption`] for a value that can't be read as tokens, [`Code::ClientMismatch`] if the app's client id
    /// belongs to another server, [`Code::Unsupported`] for tokens that are bound to a key, and the errors of the store.
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
        // If that fails, the caller keeps the tokens.
        session.start(&tokens).await.map(|()| session)
    }

    /// The tokens as JSON, in the stored format.
    ///
    /// # Errors
    ///
    /// [`Code::SignedOut`], and [`Code::Unsupported`] for tokens that are bound to a key: the key can't be exported.
    pub fn record(&self) -> Result<Secret> {
        let tokens = self.tokens()?;
        require_unbound(&tokens)?;
        SessionRecord::of(&tokens).text(&self.ports, &self.account)
    }
}
