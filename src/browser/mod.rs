//! The ports in a browser.
