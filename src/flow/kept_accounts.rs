//! The list of accounts that an app has sessions for, in the order of their first sign-ins.

use serde::Serialize;

use super::account::Account;
use super::client::Client;
use super::record::{self, VERSION};
use crate::Result;
use crate::ports::Ports;
use crate::protocol::ServerUrl;
use crate::protocol::json::{Object, Value};

#[derive(Serialize)]
struct AccountsRecord<'a> {
    v: u64,
    accounts: Vec<AccountMembers<'a>>,
}

#[derive(Serialize)]
struct AccountMembers<'a> {
    server: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    account: &'a str,
}

/// The name of the record, and of its lock.
fn key(client: &Client) -> String {
    ["accounts ", client.app()].concat()
}

/// All listed accounts.
pub(super) async fn load_accounts<P: Ports>(ports: &P, client: &Client) -> Result<Vec<Account>> {
    let mut record = record::load(ports, &key(client)).await?.unwrap_or_default();
    let Some(Value::Array(entries)) = record.take("accounts") else { return Ok(Vec::new()) };
    let account = |entry: &Object| {
        let server = ServerUrl::parse(entry.text("server")?).ok()?;
        Some(Account::named(server, entry.text("account").unwrap_or_default()))
    };
    Ok(entries
        .iter()
        .filter_map(|entry| if let Value::Object(entry) = entry { account(entry) } else { None })
        .collect())
}

/// Adds an account to the list, or removes it, unless that is already done.
pub(super) async fn list_account<P: Ports>(ports: &P, client: &Client, account: &Account, listed: bool) -> Result<()> {
    let key = key(client);
    let _guard = ports.lock(&key).await?;
    let mut accounts = load_accounts(ports, client).await?;
    if accounts.contains(account) == listed {
        return Ok(());
    }
    match listed {
        true => accounts.push(account.clone()),
        false => accounts.retain(|kept| kept != account),
    }
    let accounts =
        accounts.iter().map(|account| AccountMembers { server: account.server().as_str(), account: account.name() });
    let record = AccountsRecord { v: VERSION, accounts: accounts.collect() };
    ports.set(&key, record::text(ports, &record)?).await
}
