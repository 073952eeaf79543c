//! The records of a session: its tokens, and which session an app has with a server.

use std::rc::Rc;

use serde::Serialize;

use super::back_off::Pause;
use super::tokens::{Granted, SessionTokens};
use super::validity::Validity;
use crate::Result;
use crate::flow::account::Account;
use crate::flow::client::Client;
use crate::flow::kept_accounts::list_account;
use crate::flow::parties::Parties;
use crate::flow::record::{self, VERSION};
use crate::ports::{Ports, UnixMillis};
use crate::protocol::json::{Object, Value};
use crate::protocol::{Scope, Secret, TokenType, Url, UserInfo};

/// The stored state of a session, which all tabs share.
pub(in crate::flow) struct SessionRecord {
    pub tokens: Rc<SessionTokens>,
    /// The pause after a failed refresh.
    pub(super) pause: Option<Pause>,
}

/// The members of the record.
#[derive(Serialize)]
pub(in crate::flow) struct SessionMembers<'a> {
    v: u64,
    /// Tokens that are stored elsewhere need it in order to be used again.
    server: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    account: &'a str,
    client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret_expires_at: Option<u64>,
    token_endpoint_auth_method: &'static str,
    resource: &'a str,
    issuer: &'a str,
    token_endpoint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    revocation_endpoint: Option<&'a str>,
    requested: &'a [String],
    granted: &'a [String],
    access_token: &'a str,
    token_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    issued_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a UserInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_at: Option<u64>,
}

impl SessionMembers<'_> {
    /// For tokens that are stored elsewhere: without the members that only matter in this store.
    pub fn handed_out(self) -> Self {
        Self { failed_at: None, retry_at: None, ..self }
    }
}

/// The name of the record with the tokens of these parties, and of its lock.
///
/// Two servers may name the same parent as their resource. Each has its own session.
pub(super) fn key(account: &Account, parties: &Parties) -> String {
    let (server, issuer, resource) = (account.server().as_str(), parties.issuer.as_str(), parties.resource.as_str());
    [&account.prefix(), "session ", server, " ", issuer, " ", &parties.client.client_id, " ", resource].concat()
}

/// The name of the record that says which session an app has with a server. Without the network, only this record
/// tells the issuer and the resource.
pub(super) fn index_key(client: &Client, account: &Account) -> String {
    [&account.prefix(), "server ", account.server().as_str(), " ", client.app()].concat()
}

const SESSION: &str = "session";

#[derive(Serialize)]
struct Index<'a> {
    v: u64,
    session: &'a str,
}

impl SessionRecord {
    /// The state of a session without a pause.
    pub fn of(tokens: &Rc<SessionTokens>) -> Box<Self> {
        Box::new(Self { tokens: tokens.clone(), pause: None })
    }

    /// The stored state of an app's session with a server.
    pub async fn load<P: Ports>(ports: &P, client: &Client, account: &Account) -> Result<Option<Box<Self>>> {
        let Some(key) = record::load_string(ports, &index_key(client, account), SESSION).await? else {
            return Ok(None);
        };
        let Some(record) = record::load(ports, &key).await? else { return Ok(None) };
        let record = Self::read(&record, account).filter(|record| record.key(account) == key);
        if record.is_none() {
            record::drop_unreadable(ports, &key).await?;
        }
        Ok(record)
    }

    /// Makes this the app's session with the server. Returns the tokens of the previous session if it had another
    /// authorization server, client or resource: no one uses them any more.
    pub async fn begin<P: Ports>(
        &self,
        ports: &P,
        client: &Client,
        account: &Account,
    ) -> Result<Option<Rc<SessionTokens>>> {
        let (index, key) = (index_key(client, account), self.key(account));
        let before = record::load_string(ports, &index, SESSION).await?;
        let mut replaced = None;
        if let Some(before) = before.filter(|before| *before != key) {
            let _guard = ports.lock(&before).await?;
            let record = record::load(ports, &before).await?;
            replaced = record.and_then(|record| Self::read(&record, account)).map(|record| record.tokens);
            ports.delete(&before).await?;
        }
        // Under the lock, so that a sign-out in another tab happens either before all of this or after it.
        let _guard = ports.lock(&key).await?;
        list_account(ports, client, account, true).await?;
        self.store(ports, account).await?;
        ports.set(&index, record::text(ports, &Index { v: VERSION, session: &key })?).await?;
        Ok(replaced)
    }

    /// Replaces the record. The caller has to hold the lock.
    pub async fn store<P: Ports>(&self, ports: &P, account: &Account) -> Result<()> {
        ports.set(&self.key(account), self.text(ports, account)?).await
    }

    /// The record as text. Not inlined: the code of a serializer is long.
    #[inline(never)]
    pub fn text<P: Ports>(&self, ports: &P, account: &Account) -> Result<Secret> {
        record::text(ports, &self.members(account))
    }

    fn key(&self, account: &Account) -> String {
        key(account, &self.tokens.granted.parties)
    }

    /// The members to store.
    pub fn members<'a>(&'a self, account: &'a Account) -> SessionMembers<'a> {
        let SessionTokens { granted, access_token, token_type, refresh_token } = &*self.tokens;
        let Validity { issued_at, expires_at, refresh_at } = granted.validity;
        let parties = &granted.parties;
        SessionMembers {
            v: VERSION,
            server: account.server().as_str(),
            account: account.name(),
            client_id: &parties.client.client_id,
            client_secret: parties.client.secret.as_ref().map(Secret::expose),
            client_secret_expires_at: parties.client.secret_expires_at,
            token_endpoint_auth_method: parties.client.method.name(),
            resource: parties.resource.as_str(),
            issuer: parties.issuer.as_str(),
            token_endpoint: parties.token_endpoint.as_str(),
            revocation_endpoint: parties.revocation_endpoint.as_ref().map(Url::as_str),
            requested: granted.requested.tokens(),
            granted: granted.scope.tokens(),
            access_token: access_token.expose(),
            token_type: token_type.name(),
            refresh_token: refresh_token.as_ref().map(Secret::expose),
            issued_at: issued_at.0,
            expires_at: expires_at.map(|at| at.0),
            refresh_at: refresh_at.map(|at| at.0),
            user: granted.user.as_deref(),
            failed_at: Some(self.pause.map_or(0, |pause| pause.failed_at.0)),
            retry_at: self.pause.map(|pause| pause.retry_at.0),
        }
    }

    /// Reads it from a record.
    pub fn read(record: &Object, account: &Account) -> Option<Box<Self>> {
        let text = |name| record.required_string(name).ok();
        let scope = |name| Some(Scope::from_tokens(record.strings(name).ok()?.unwrap_or_default()));
        let time = |name| Some(record.whole_number(name).ok()?.map(UnixMillis));
        let failed_at = time("failed_at")?;
        let granted = Granted {
            parties: Parties::read(record, account)?,
            requested: scope("requested")?,
            scope: scope("granted")?,
            validity: Validity {
                issued_at: time("issued_at")??,
                expires_at: time("expires_at")?,
                refresh_at: time("refresh_at")?,
            },
            user: match record.get("user") {
                Some(Value::Object(user)) => UserInfo::read(user).map(Rc::new),
                _ => None,
            },
        };
        let tokens = SessionTokens {
            granted: Rc::new(granted),
            access_token: text("access_token")?.into(),
            token_type: TokenType::from_name(text("token_type")?)?,
            refresh_token: record.string("refresh_token").ok()?.map(Into::into),
        };
        let pause = time("retry_at")?.zip(failed_at).map(|(retry_at, failed_at)| Pause { failed_at, retry_at });
        Some(Box::new(Self { tokens: Rc::new(tokens), pause }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::test_support::object;
    use crate::protocol::{ClientAuthentication, ClientCredentials, Issuer, Resource, ServerUrl, Url};

    proptest::proptest! {
        /// A record is read as it was written, no matter what servers put into it: a session outlives the page.
        #[test]
        fn a_record_can_be_read_back(
            client_id in "\\PC{1,20}", secret: Option<String>, access_token in "\\PC{1,40}",
            refresh_token: Option<String>, requested in "[!#-\\[\\]-~ ]{0,30}", granted in "[!#-\\[\\]-~ ]{0,30}",
            issued_at: u32, later: [Option<u32>; 2], sub in proptest::option::of("[!-~]{1,20}"), pause: Option<[u32; 2]>, dpop: bool,
        ) {
            let account = Account::from(ServerUrl::parse("https://mcp.example/mcp").unwrap());
            let at = |time: Option<u32>| time.map(|time| UnixMillis(u64::from(time) * 1000));
            let parties = Parties {
                resource: Resource::of(account.server()),
                issuer: Issuer::parse("https://as.example").unwrap(),
                dpop_key: String::new(),
                client: Rc::new(ClientCredentials {
                    secret: secret.map(Secret::from),
                    method: ClientAuthentication::for_secret(None),
                    ..ClientCredentials::public(client_id)
                }),
                token_endpoint: Url::parse("https://as.example/token?tenant=1").unwrap(),
                revocation_endpoint: dpop.then(|| Url::parse("https://as.example/revoke").unwrap()),
            };
            let granted = Granted {
                parties: Rc::new(parties),
                requested: Scope::parse(&requested),
                scope: Scope::parse(&granted),
                validity: Validity {
                    issued_at: UnixMillis(issued_at.into()),
                    expires_at: at(later[0]),
                    refresh_at: at(later[1]),
                },
                user: sub.map(|sub| Rc::new(UserInfo { sub, name: None, email: None, picture: None })),
            };
            let tokens = SessionTokens {
                granted: Rc::new(granted),
                access_token: access_token.into(),
                token_type: if dpop { TokenType::Dpop } else { TokenType::Bearer },
                refresh_token: refresh_token.map(Secret::from),
            };
            let pause = pause.map(|[failed_at, retry_at]| Pause {
                failed_at: UnixMillis(failed_at.into()),
                retry_at: UnixMillis(retry_at.into()),
            });
            let record = SessionRecord { tokens: Rc::new(tokens), pause };
            let text = serde_json::to_string(&record.members(&account)).unwrap();
            let read = SessionRecord::read(&object(&text), &account).unwrap();
            assert_eq!(serde_json::to_string(&read.members(&account)).unwrap(), text);
            assert_eq!(read.key(&account), record.key(&account));
            // Browsers store only a hash of the record's name, so the record must name its server and issuer.
            let kept = object(&text);
            assert_eq!((kept.text("server"), kept.text("issuer")), (Some("https://mcp.example/mcp"), Some("https://as.example")));
        }
    }

    /// Records of version 0.1.0 can still be read, so users stay signed in.
    #[test]
    fn a_record_of_version_0_1_0_can_still_be_read() {
        let text = r#"{"v":1,"client_id":"c","token_endpoint_auth_method":"none","resource":"https://mcp.example/mcp",
            "issuer":"https://as.example","token_endpoint":"https://as.example/token","requested":["a"],"granted":["a"],
            "access_token":"t","token_type":"Bearer","refresh_token":"r","issued_at":1,"expires_at":3,"refresh_at":2,
            "failed_at":0}"#;
        let record =
            SessionRecord::read(&object(text), &Account::from(ServerUrl::parse("https://mcp.example/mcp").unwrap()))
                .unwrap();
        assert_eq!(record.tokens.refresh_token.as_ref().map(Secret::expose), Some("r"));
        assert!(record.pause.is_none() && record.tokens.granted.parties.revocation_endpoint.is_none());
    }
}
