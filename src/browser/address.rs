//! The URL that the app gives to `fetch`, parsed once.

use std::cell::RefCell;
use std::rc::Rc;

use super::url::{absolute_url, is_absolute};
use crate::protocol::Url;

/// A URL from the app.
#[derive(Default)]
pub struct Address {
    given: String,
    /// The URL as the browser parses it.
    pub absolute: String,
    /// The URL without its query; `None` if no token may be sent there.
    pub url: Option<Url>,
}

impl Address {
    fn new(given: String) -> Self {
        let absolute = absolute_url(&given);
        // Only the part up to the path decides where a token may be sent, and browsers keep characters in queries
        // that RFC 3986 does not allow.
        let url = absolute.split(['?', '#']).next().and_then(|text| Url::parse(text).ok());
        Self { given, absolute, url }
    }
}

/// The last address. Most requests have the same URL as the previous one.
#[derive(Default)]
pub struct LastAddress(RefCell<Option<Rc<Address>>>);

impl LastAddress {
    /// The address of a text.
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
