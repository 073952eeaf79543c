//! The URL that the app gives to `fetch`, parsed once.

use std::cell::RefCell;
use std::rc::Rc;

use super::url::{absolute_url, is_absolute};
use crate::protocol::Url;

/// A URL that the app gave.
#[derive(Default)]
pub struct Address {
    given: String,
    /// As the browser reads it.
    pub absolute: String,
    /// Without the query; `None` if no token may be sent there.
    pub url: Option<Url>,
}

impl Address {
    fn new(given: String) -> Self {
        let absolute = absolute_url(&given);
        // What follows the path does not matter to where the token may go, and browsers leave
        // characters in a query that RFC 3986 does not have.
        let url = absolute.split(['?', '#']).next().and_then(|text| Url::parse(text).ok());
        Self { given, absolute, url }
    }
}

/// The last address. Most requests go to the same URL as the one before.
#[derive(Default)]
pub struct LastAddress(RefCell<Option<Rc<Address>>>);

impl LastAddress {
    /// The address for a text.
    pub fn read(&self, given: String) -> Rc<Address> {
        if let Some(last) = self.0.borrow().as_ref()
            && last.given == given
        {
            return last.clone();
        }
        let address = Rc::new(Address::new(given));
        // A relative URL may resolve differently once the page has navigated.
        if is_absolute(&address.given) {
            self.0.replace(Some(address.clone()));
        }
        address
    }
}
