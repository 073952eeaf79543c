//! A session: stores, refreshes and revokes the tokens for one MCP server.

mod back_off;
mod due;
mod ending;
mod hand_over;
mod record;
mod refresh;
mod sign_out;
mod step_ups;
mod tokens;
mod validity;

use std::cell::RefCell;
use std::rc::Rc;

use back_off::BackOff;
use step_ups::StepUps;

use super::account::Account;
use super::client::Client;
use super::identify::bind;
use super::kept_accounts::list_account;
use crate::ports::{Event, Ports, UnixMillis};
use crate::protocol::{Issuer, Resource, Scope, ServerUrl, UserInfo};
use crate::{Code, Error, Result, Step};

pub(super) use ending::while_signed_in;
pub(super) use hand_over::no_tokens;
pub(super) use record::{SessionMembers, SessionRecord};
pub(super) use refresh::expired;
pub(super) use sign_out::revoke;
pub(super) use tokens::SessionTokens;

use tokens::Granted;

/// A user's session with one MCP server. Clones are the same session.
#[derive(Clone)]
pub struct Session<P> {
    ports: P,
    client: Rc<Client>,
    account: Account,
    shared: Rc<RefCell<Shared>>,
}

/// What all clones share.
struct Shared {
    phase: Phase,
    /// The store's change counter when the tokens were last read or written.
    seen: u32,
    /// The tokens could not be stored: the store has older ones, whose refresh token is spent.
    unsaved: bool,
    back_off: BackOff,
    /// When a refresh returned the same access token as before.
    renewed_in_vain_at: Option<UnixMillis>,
    step_ups: StepUps,
}

enum Phase {
    SignedIn(Rc<SessionTokens>),
    /// Signed out. What the tokens were for is still known.
    Ended(Rc<Granted>),
}

impl<P: Ports> Session<P> {
    fn new(ports: P, client: Rc<Client>, account: Account, tokens: Rc<SessionTokens>) -> Self {
        let shared = Shared {
            phase: Phase::SignedIn(tokens),
            seen: ports.changes(),
            unsaved: false,
            back_off: BackOff::default(),
            renewed_in_vain_at: None,
            step_ups: StepUps::default(),
        };
        Self { ports, client, account, shared: Rc::new(RefCell::new(shared)) }
    }

    /// The stored session, if there is one.
    pub(super) async fn load(ports: P, client: Rc<Client>, account: Account) -> Result<Option<Self>> {
        let record = SessionRecord::load(&ports, &client, &account).await?;
        Ok(record.map(|record| Self::new(ports, client, account, record.tokens)))
    }

    /// Stores a new session with its first tokens.
    pub(super) async fn begin(
        ports: &P,
        client: &Rc<Client>,
        account: &Account,
        tokens: Rc<SessionTokens>,
    ) -> Result<Self> {
        let session = Self::new(ports.clone(), client.clone(), account.clone(), tokens.clone());
        if let Err(error) = session.start(&tokens).await {
            // Nobody will use these tokens.
            session.revoke(&tokens).await;
            return Err(error);
        }
        Ok(session)
    }

    async fn start(&self, tokens: &Rc<SessionTokens>) -> Result<()> {
        let replaced = self.keep_first(tokens).await?;
        self.use_tokens(tokens.clone());
        self.ports.notify(&Event::SignedIn { server: self.server().as_str(), account: self.account.name() });
        if let Some(replaced) = replaced {
            self.revoke(&replaced).await;
        }
        Ok(())
    }

    async fn keep_first(&self, tokens: &Rc<SessionTokens>) -> Result<Option<Rc<SessionTokens>>> {
        bind(&self.ports, &self.client, &tokens.granted.parties.issuer).await?;
        let record = SessionRecord::of(tokens);
        record.begin(&self.ports, &self.client, &self.account).await
    }

    /// Continues with new tokens that the user has agreed to.
    pub(super) async fn adopt(&self, tokens: Rc<SessionTokens>) -> Result<()> {
        let held = self.tokens();
        if let Err(error) = self.keep_more(&tokens).await {
            // Nobody will use these tokens.
            self.revoke(&tokens).await;
            return Err(error);
        }
        self.use_tokens(tokens);
        if let Ok(held) = held {
            self.revoke_access_token(&held).await;
        }
        self.ports.notify(&Event::SteppedUp {
            server: self.server().as_str(),
            account: self.account.name(),
            scopes: self.scope().tokens(),
        });
        Ok(())
    }

    /// Stores the tokens of a step-up, unless the session was signed out in the meantime, here or in another tab: it stays
    /// signed out.
    async fn keep_more(&self, tokens: &Rc<SessionTokens>) -> Result<()> {
        self.tokens()?;
        let record = SessionRecord::of(tokens);
        let (before, key) = (self.key(), record::key(&self.account, &tokens.granted.parties));
        {
            let _guard = self.ports.lock(&before).await?;
            if !self.shared.borrow().unsaved && self.stored().await?.is_none() {
                self.end();
            }
            self.tokens()?;
            if before == key {
                return record.store(&self.ports, &self.account).await;
            }
        }
        // The app registered again meanwhile.
        record.begin(&self.ports, &self.client, &self.account).await.map(drop)
    }

    pub(super) fn with_step_ups<T>(&self, look: impl FnOnce(&mut StepUps) -> T) -> T {
        look(&mut self.shared.borrow_mut().step_ups)
    }

    /// The tokens, unless the session has ended.
    pub(super) fn tokens(&self) -> Result<Rc<SessionTokens>> {
        match &self.shared.borrow().phase {
            Phase::SignedIn(tokens) => Ok(tokens.clone()),
            Phase::Ended(_) => {
                let message = ["The session with ", self.server().as_str(), " has ended."].concat();
                Err(Error::new(Code::SignedOut, Step::Request, message))
            }
        }
    }

    fn use_tokens(&self, tokens: Rc<SessionTokens>) {
        let mut shared = self.shared.borrow_mut();
        let is_same = matches!(&shared.phase, Phase::SignedIn(held) if held.access_token == tokens.access_token);
        if !is_same {
            shared.renewed_in_vain_at = None;
        }
        shared.seen = self.ports.changes();
        shared.phase = Phase::SignedIn(tokens);
        shared.unsaved = false;
        shared.back_off.end();
    }

    fn end(&self) {
        let granted = self.granted();
        self.shared.borrow_mut().phase = Phase::Ended(granted);
    }

    /// Takes over changes from other tabs: a refresh, a sign-in with more scopes, a sign-out.
    async fn catch_up(&self) -> Result<()> {
        self.tokens()?;
        let nothing_new = {
            let shared = self.shared.borrow();
            shared.unsaved || shared.seen == self.ports.changes()
        };
        if nothing_new {
            return Ok(());
        }
        match self.stored().await? {
            Some(record) => self.use_tokens(record.tokens),
            None => self.end(),
        }
        Ok(())
    }

    async fn stored(&self) -> Result<Option<Box<SessionRecord>>> {
        SessionRecord::load(&self.ports, &self.client, &self.account).await
    }

    async fn forget(&self) -> Result<()> {
        self.end();
        self.ports.delete(&self.key()).await?;
        self.ports.delete(&record::index_key(&self.client, &self.account)).await?;
        list_account(&self.ports, &self.client, &self.account, false).await
    }

    /// The name of its record, and of its lock.
    fn key(&self) -> String {
        record::key(&self.account, &self.granted().parties)
    }

    fn granted(&self) -> Rc<Granted> {
        match &self.shared.borrow().phase {
            Phase::SignedIn(tokens) => tokens.granted.clone(),
            Phase::Ended(granted) => granted.clone(),
        }
    }

    /// The ports that the session uses.
    pub fn ports(&self) -> &P {
        &self.ports
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The MCP server's URL.
    pub fn server(&self) -> &ServerUrl {
        self.account.server()
    }

    /// The name of the user's account there.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// What the tokens are for.
    pub fn resource(&self) -> Resource {
        self.granted().parties.resource.clone()
    }

    /// The authorization server.
    pub fn issuer(&self) -> Issuer {
        self.granted().parties.issuer.clone()
    }

    /// The client id in use.
    pub fn client_id(&self) -> String {
        self.granted().parties.client.client_id.clone()
    }

    /// The granted scopes.
    pub fn scope(&self) -> Scope {
        self.granted().scope.clone()
    }

    /// Who the user is, if the sign-in had the scope `openid` and the authorization server said so. Only for display: it
    /// does not prove who uses the page.
    pub fn user(&self) -> Option<Rc<UserInfo>> {
        self.granted().user.clone()
    }

    /// When the access token expires, if the server said so.
    pub fn expires_at(&self) -> Option<UnixMillis> {
        self.granted().validity.expires_at
    }

    /// Whether the session can get new tokens without the user.
    pub fn can_refresh(&self) -> bool {
        self.client.grant.is_some() || self.tokens().is_ok_and(|tokens| tokens.refresh_token.is_some())
    }
}
