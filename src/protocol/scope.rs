//! Scopes (RFC 6749 §3.3).

use std::sync::Arc;

use super::json::joined;

/// A set of scope tokens, in their original order. Clones share them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope(Arc<Vec<String>>);

/// No server has half as many. A longer list could block the page.
const MOST: usize = 1000;

impl Scope {
    /// Reads a space-separated list. Invalid scope tokens are left out.
    ///
    /// `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )`
    pub fn parse(text: &str) -> Self {
        Self::from_tokens([text])
    }

    /// Collects the tokens of several lists, each once, and at most a thousand. Invalid scope tokens are left out.
    pub fn from_tokens<T: AsRef<str>>(tokens: impl IntoIterator<Item = T>) -> Self {
        let mut scope = Vec::new();
        for token in tokens {
            insert(&mut scope, token.as_ref(), ' ');
        }
        Self(Arc::new(scope))
    }

    /// Whether the token is in the set.
    pub fn contains(&self, token: &str) -> bool {
        has(&self.0, token)
    }

    /// Whether all tokens of another set are in this one.
    pub fn covers(&self, other: &Scope) -> bool {
        other.0.iter().all(|token| self.contains(token))
    }

    /// The tokens of both sets, those of this one first (MCP 2026-07-28 authorization, step-up).
    pub fn union(&self, other: &Scope) -> Scope {
        Self::from_tokens(self.0.iter().chain(other.0.iter()))
    }

    /// The scopes that a response to a request for `requested` grants. GitHub separates scopes by commas. A comma can also
    /// be part of a scope: of one that was requested.
    pub(crate) fn granted_for(&self, requested: &Scope) -> Scope {
        let mut scope = Vec::new();
        for token in self.0.iter() {
            insert(&mut scope, token, if requested.contains(token) { ' ' } else { ',' });
        }
        Self(Arc::new(scope))
    }

    /// Whether there are no tokens.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tokens.
    pub fn tokens(&self) -> &[String] {
        &self.0
    }

    /// The value of a `scope` parameter; `None` without tokens, because an empty value is not allowed.
    pub fn to_parameter(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| joined(self.0.iter().map(String::as_str), " "))
    }
}

fn has(scope: &[String], token: &str) -> bool {
    scope.iter().any(|own| own == token)
}

/// Some live servers list all in one string.
fn insert(scope: &mut Vec<String>, text: &str, separator: char) {
    text.split(separator).for_each(|token| insert_token(scope, token));
}

fn insert_token(scope: &mut Vec<String>, token: &str) {
    let well_formed = token.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
    if scope.len() < MOST && !token.is_empty() && well_formed && !has(scope, token) {
        scope.push(token.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_token_is_read_once_and_invalid_ones_are_dropped() {
        let scope = Scope::parse("a  b a c\"d e\\f é api://x/.default");
        assert_eq!(scope.tokens(), ["a", "b", "api://x/.default"]);
        assert_eq!(scope.to_parameter().as_deref(), Some("a b api://x/.default"));
        assert_eq!(Scope::parse(" ").to_parameter(), None);
    }

    #[test]
    fn commas_may_separate_granted_scopes() {
        let granted = |granted, requested| {
            Scope::parse(granted).granted_for(&Scope::parse(requested)).to_parameter().unwrap_or_default()
        };
        assert_eq!(granted("repo,gist", "repo gist"), "repo gist");
        // Some were already granted.
        assert_eq!(granted("gist,,read:org,repo", "repo"), "gist read:org repo");
        assert_eq!(granted("a,b c", "a,b c"), "a,b c");
        assert_eq!(granted("a b", "a"), "a b");
    }

    #[test]
    fn a_huge_list_does_not_block_the_page() {
        // A mebibyte of different short tokens. Comparing each with each would take minutes.
        let tokens: Vec<String> = (0..200_000).map(|number| number.to_string()).collect();
        assert_eq!(Scope::parse(&tokens.join(" ")).tokens(), &tokens[..MOST]);
    }

    #[test]
    fn a_union_keeps_the_earlier_scopes_first() {
        let union = Scope::parse("read write").union(&Scope::parse("admin read"));
        assert_eq!(union.tokens(), ["read", "write", "admin"]);
    }

    proptest::proptest! {
        /// RFC 6749 §3.3: "scope = scope-token *( SP scope-token )", in any order, each once.
        #[test]
        fn a_scope_parameter_reads_back(tokens: Vec<String>, others in "[a-c ]{0,9}") {
            let scope = Scope::from_tokens(&tokens);
            assert_eq!(Scope::parse(&scope.to_parameter().unwrap_or_default()).tokens(), scope.tokens());
            let others = Scope::parse(&others);
            let both = scope.union(&others);
            assert!(both.covers(&scope) && both.covers(&others));
            assert_eq!(both.union(&scope).tokens(), both.tokens());
        }
    }
}
