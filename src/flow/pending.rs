//! A sign-in between its authorization request and the response, in memory or in the store.
//!
//! Stored sign-ins are members of one record, by their `state`.

use std::rc::Rc;

use serde::Serialize;

use super::account::Account;
use super::client::Client;
use super::grant_request::GrantRequest;
use super::record::{self, VERSION};
use super::session::SessionTokens;
use super::who::user;
use crate::ports::{Ports, UnixMillis};
use crate::protocol::json::{Object, Value};
use crate::protocol::{
    AuthorizationCode, AuthorizationServerMetadata, CodeVerifier, PendingRequest, RedirectUri, Secret, State, Url,
    code_request,
};
use crate::{Code, Error, Result, Step};

/// The name of the record, and of its lock.
const PENDING: &str = "pending";
/// How many sign-ins are stored: the latest ones. Most abandoned sign-ins never continue.
const MOST: usize = 8;

/// Everything that is needed to check the response and to exchange its code.
pub(super) struct PendingSignIn {
    pub grant: GrantRequest,
    pub redirect_uri: RedirectUri,
    pub iss_in_response: bool,
    pub state: State,
    pub verifier: CodeVerifier,
    /// `nonce`, if an ID token is requested (OpenID Connect Core §3.1.2.1).
    pub nonce: Option<String>,
    /// Where to find out who the user is.
    pub userinfo_endpoint: Option<Url>,
}

/// What is stored of it.
#[derive(Serialize)]
pub(super) struct PendingMembers<'a> {
    client_id: &'a str,
    client_secret: Option<&'a str>,
    client_secret_expires_at: Option<u64>,
    token_endpoint_auth_method: &'static str,
    resource: &'a str,
    issuer: &'a str,
    token_endpoint: &'a str,
    revocation_endpoint: Option<&'a str>,
    requested: &'a [String],
    binding: &'static str,
    server: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    account: &'a str,
    redirect_uri: &'a str,
    /// 1 for true.
    iss_in_response: Option<u8>,
    verifier: &'a str,
    nonce: Option<&'a str>,
    userinfo_endpoint: Option<&'a str>,
    ends_at: u64,
}

impl PendingSignIn {
    /// A new sign-in, with a fresh `state` and verifier.
    pub fn new(
        ports: &impl Ports,
        client: &Client,
        server: &AuthorizationServerMetadata,
        grant: GrantRequest,
        redirect_uri: &RedirectUri,
    ) -> Result<Self> {
        let asks_who = grant.requested.contains("openid");
        Ok(Self {
            grant,
            redirect_uri: redirect_uri.clone(),
            iss_in_response: server.iss_in_response || client.require_iss,
            state: State::from_entropy(ports.entropy()?),
            verifier: CodeVerifier::from_entropy(ports.entropy()?),
            nonce: match asks_who {
                true => Some(State::from_entropy(ports.entropy()?).as_str().to_owned()),
                false => None,
            },
            userinfo_endpoint: server.userinfo_endpoint.clone().filter(|_| asks_who),
        })
    }

    /// The request that was sent.
    pub fn request<'a>(&'a self, client: &Client) -> PendingRequest<'a> {
        PendingRequest {
            issuer: &self.grant.parties.issuer,
            iss_in_response: self.iss_in_response,
            redirect_uri: &self.redirect_uri,
            resource: self.grant.resource_parameter(client),
            state: &self.state,
            verifier: &self.verifier,
        }
    }

    /// Exchanges the code for tokens. If the server refuses the way in which the client sent its secret, the secret is
    /// sent in the other way, once: registrations and metadata do not always say which one the server accepts. The
    /// error is `invalid_client` (RFC 6749 §5.2); GitHub has its own code.
    pub async fn exchange<P: Ports>(
        &self,
        ports: &P,
        client: &Client,
        code: &AuthorizationCode,
    ) -> Result<Rc<SessionTokens>> {
        let refused = match self.exchange_by(&self.grant, ports, client, code).await {
            Err(error) if matches!(error.server_error(), Some("invalid_client" | "incorrect_client_credentials")) => {
                error
            }
            tokens => return tokens,
        };
        let Some(grant) = self.grant.by_other_method() else { return Err(refused) };
        self.exchange_by(&grant, ports, client, code).await.map_err(|_| refused)
    }

    async fn exchange_by<P: Ports>(
        &self,
        grant: &GrantRequest,
        ports: &P,
        client: &Client,
        code: &AuthorizationCode,
    ) -> Result<Rc<SessionTokens>> {
        let secrets = [code.expose(), self.verifier.expose()];
        let form = code_request(code, &self.request(client));
        let response = grant.token_endpoint(ports, client).request_tokens(Step::Token, form, &secrets).await?;
        let user = user(ports, self.nonce.as_deref(), self.userinfo_endpoint.as_ref(), grant, &response).await;
        Ok(SessionTokens::issued(grant, &response, user, ports.now()))
    }

    /// Stores it for another run of the program. `limit` is in milliseconds.
    pub async fn keep<P: Ports>(&self, ports: &P, account: &Account, limit: u64) -> Result<()> {
        let _guard = ports.lock(PENDING).await?;
        let mut kept = load(ports).await?;
        let members = self.members(account, ports.now().after(limit));
        kept.0.push((self.state.as_str().to_owned(), Value::String(ports.write_json(&members)?)));
        store(ports, kept).await
    }

    /// Its record, without the state. The user may come back until `ends_at`.
    pub fn members<'a>(&'a self, account: &'a Account, ends_at: UnixMillis) -> PendingMembers<'a> {
        let parties = &self.grant.parties;
        PendingMembers {
            client_id: &parties.client.client_id,
            client_secret: parties.client.secret.as_ref().map(Secret::expose),
            client_secret_expires_at: parties.client.secret_expires_at,
            token_endpoint_auth_method: parties.client.method.name(),
            resource: parties.resource.as_str(),
            issuer: parties.issuer.as_str(),
            token_endpoint: parties.token_endpoint.as_str(),
            revocation_endpoint: parties.revocation_endpoint.as_ref().map(Url::as_str),
            requested: self.grant.requested.tokens(),
            binding: self.grant.binding.name(),
            server: account.server().as_str(),
            account: account.name(),
            redirect_uri: self.redirect_uri.as_str(),
            iss_in_response: self.iss_in_response.then_some(1),
            verifier: self.verifier.expose(),
            nonce: self.nonce.as_deref(),
            userinfo_endpoint: self.userinfo_endpoint.as_ref().map(Url::as_str),
            ends_at: ends_at.0,
        }
    }

    fn read(record: &Object, state: &str, account: &Account) -> Option<Self> {
        let text = |name| record.required_string(name).ok();
        Some(Self {
            grant: GrantRequest::read(record, account)?,
            redirect_uri: RedirectUri::parse(text("redirect_uri")?).ok()?,
            iss_in_response: record.get("iss_in_response").is_some(),
            state: State::from_text(state),
            verifier: CodeVerifier::from_text(text("verifier")?),
            nonce: record.text("nonce").map(str::to_owned),
            userinfo_endpoint: record.text("userinfo_endpoint").and_then(|url| Url::parse(url).ok()),
        })
    }
}

/// A sign-in of another run of the program, as it was stored.
pub(super) struct KeptSignIn {
    /// `None` if it can't be read.
    sign_in: Option<PendingSignIn>,
    ends_at: Option<UnixMillis>,
}

impl KeptSignIn {
    /// Removes the sign-in with this state from the store and returns it, if it is for this account.
    pub async fn take<P: Ports>(ports: &P, account: &Account, state: &str) -> Result<Taken> {
        let _guard = ports.lock(PENDING).await?;
        let mut kept = load(ports).await?;
        let record = match kept.take(state) {
            Some(Value::String(text)) => ports.parse_json(&text),
            _ => None,
        };
        let Some(Value::Object(record)) = record else { return Ok(Taken::Unknown) };
        let of_account = record.string("account").ok().flatten().unwrap_or_default();
        if record.string("server") != Ok(Some(account.server().as_str())) || of_account != account.name() {
            return Ok(Taken::OfAnother);
        }
        store(ports, kept).await?;
        Ok(Taken::Ours(Self::read(&record, state, account)))
    }

    /// A sign-in that has just begun.
    pub fn new(sign_in: PendingSignIn, ends_at: UnixMillis) -> Self {
        Self { sign_in: Some(sign_in), ends_at: Some(ends_at) }
    }

    /// Its state and its record.
    pub fn record<'a>(&'a self, account: &'a Account) -> Option<(&'a State, PendingMembers<'a>)> {
        let sign_in = self.sign_in.as_ref()?;
        Some((&sign_in.state, sign_in.members(account, self.ends_at?)))
    }

    /// The sign-in with this state, from its record.
    pub fn read(record: &Object, state: &str, account: &Account) -> Self {
        Self {
            sign_in: PendingSignIn::read(record, state, account),
            ends_at: record.whole_number("ends_at").ok().flatten().map(UnixMillis),
        }
    }

    /// The sign-in, if the user may still come back from it.
    pub fn in_time(self, now: UnixMillis) -> Result<PendingSignIn> {
        if self.ends_at.is_none_or(|ends_at| ends_at <= now) {
            let message = "The user came back from the sign-in page after the time limit.";
            return Err(Error::new(Code::Timeout, Step::Authorization, message));
        }
        self.sign_in
            .ok_or_else(|| Error::new(Code::StateMismatch, Step::Authorization, "The stored sign-in can't be read."))
    }
}

/// What was found under a state.
pub(super) enum Taken {
    /// It is no longer in the store.
    Ours(KeptSignIn),
    OfAnother,
    Unknown,
}

/// The stored sign-ins as text, by their state.
async fn load<P: Ports>(ports: &P) -> Result<Object> {
    Ok(record::load(ports, PENDING).await?.unwrap_or_default())
}

async fn store<P: Ports>(ports: &P, kept: Object) -> Result<()> {
    let mut texts = kept.0;
    texts.retain(|(_, value)| matches!(value, Value::String(_)));
    texts.drain(..texts.len().saturating_sub(MOST));
    texts.insert(0, ("v".into(), Value::Number(VERSION as f64)));
    ports.set(PENDING, record::text(ports, &Object(texts))?).await
}
