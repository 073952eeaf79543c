//! The user's accounts at an MCP server. The sessions of two accounts share nothing.

use form_urlencoded::byte_serialize;

use crate::protocol::{Issuer, ServerUrl};

/// One of the user's accounts at an MCP server. The app chooses the name, such as "work"; no server learns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    server: ServerUrl,
    /// Empty for the default account.
    name: String,
}

impl From<ServerUrl> for Account {
    /// The default account.
    fn from(server: ServerUrl) -> Self {
        Self { server, name: String::new() }
    }
}

impl Account {
    /// An account with a name. The empty name is the default account.
    pub fn named(server: ServerUrl, name: &str) -> Self {
        Self { server, name: name.to_owned() }
    }

    /// The MCP server's URL.
    pub fn server(&self) -> &ServerUrl {
        &self.server
    }

    /// The name that the app gave it; empty for the default account.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The prefix of its records' names.
    pub(super) fn prefix(&self) -> String {
        if self.name.is_empty() { String::new() } else { ["account ", &self.encoded_name(), " "].concat() }
    }

    /// The name of the key that its tokens are bound to (RFC 9449). Each account has its own key. Otherwise a server could
    /// tell that two accounts belong to one user.
    pub(super) fn dpop_key(&self, issuer: &Issuer) -> String {
        match self.name.is_empty() {
            true => issuer.as_str().to_owned(),
            false => [issuer.as_str(), " ", &self.encoded_name()].concat(),
        }
    }

    /// The name, encoded: spaces separate the parts of a record's name.
    fn encoded_name(&self) -> String {
        byte_serialize(self.name.as_bytes()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_account_names_do_not_collide() {
        let server = ServerUrl::parse("https://mcp.example/mcp").unwrap();
        let issuer = Issuer::parse("https://as.example").unwrap();
        let of = |name| Account::named(server.clone(), name);
        assert_eq!(of("").prefix(), "");
        assert_eq!(of(""), Account::from(server.clone()));
        assert_eq!(of("").dpop_key(&issuer), "https://as.example");
        assert_eq!(of("a b").prefix(), "account a+b ");
        assert_eq!(of("a+b").prefix(), "account a%2Bb ");
        assert_eq!(of("é").dpop_key(&issuer), "https://as.example %C3%A9");
    }
}
