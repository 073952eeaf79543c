//! The flows over scripted ports, natively: what is asked of whom, in which order, and what follows.

mod call;
mod device_authorization;
mod discover;
mod dpop;
mod grant;
mod identify;
mod kept_discovery;
mod organisations;
mod pushed_authorization_request;
mod redirect;
mod scripted;
mod session;
mod sign_in;
mod step_up;
