//! Random bytes from `crypto.getRandomValues`.

use super::Browser;
use crate::ports::Entropy;
use crate::{Code, Error, Result, Step};

impl Entropy for Browser {
    fn entropy(&self) -> Result<[u8; 32]> {
        let mut bytes = [0; 32];
        match getrandom::fill(&mut bytes) {
            Ok(()) => Ok(bytes),
            Err(_) => Err(Error::new(Code::Unsupported, Step::Setup, "crypto.getRandomValues is missing.")),
        }
    }
}
