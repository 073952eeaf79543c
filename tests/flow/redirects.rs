//! Redirects of the app's own requests: they are followed only within the resource, since the token is sent along.

use std::cell::RefCell;

use mcp_authorize::flow::Session;
use mcp_authorize::ports::{Clock, ResourceRequest, UnixMillis};
use mcp_authorize::protocol::{Secret, Url};
use mcp_authorize::{Code, Result};
use pollster::block_on;

use crate::scripted::*;
use crate::session::signed_in;

/// A request whose redirects the flow follows. `answer` gets its URL and the number of requests so far.
struct Request<'a, F> {
    url: String,
    method: &'static str,
    can_resend: bool,
    sent: &'a RefCell<Vec<String>>,
    answer: F,
}

impl<F: Fn(&str, usize) -> AppResponse> ResourceRequest for Request<'_, F> {
    type Response = AppResponse;

    fn url(&self) -> Option<Url> {
        Url::parse(&self.url).ok()
    }

    fn method(&self) -> String {
        self.method.into()
    }

    fn can_resend(&self) -> bool {
        self.can_resend
    }

    async fn send(&mut self, authorization: &Secret, _: Option<&Secret>) -> Result<AppResponse> {
        assert_eq!(authorization.expose(), "Bearer first-access");
        self.sent.borrow_mut().push(self.url.clone());
        Ok((self.answer)(&self.url, self.sent.borrow().len()))
    }

    async fn redirect_target(&self, response: &AppResponse) -> Option<Url> {
        response.redirects_to.and_then(|url| Url::parse(url).ok())
    }

    fn redirect_to(&mut self, target: &Url) {
        self.url = target.as_str().to_owned();
    }
}

fn send(
    session: &Session<Scripted>,
    method: &'static str,
    can_resend: bool,
    answer: impl Fn(&str, usize) -> AppResponse,
) -> (Result<u16>, Vec<String>) {
    let sent = RefCell::default();
    let request = Request { url: SERVER.into(), method, can_resend, sent: &sent, answer };
    let outcome = block_on(session.call(request)).map(|response| response.status);
    (outcome, sent.into_inner())
}

fn redirect(to: &'static str) -> AppResponse {
    AppResponse { status: 308, redirects_to: Some(to), ..Default::default() }
}

const BELOW: &str = "https://mcp.example/mcp/";

#[test]
fn a_redirect_within_the_resource_is_followed_with_the_token() {
    let session = signed_in(&Scripted::working());
    let answer = |url: &str, _| if url == SERVER { redirect(BELOW) } else { AppResponse::new(200, "") };
    let (outcome, sent) = send(&session, "POST", true, answer);
    assert_eq!((outcome.unwrap(), sent), (200, vec![SERVER.into(), BELOW.into()]));
}

#[test]
fn at_most_five_redirects_are_followed() {
    // RFC 9110 §15.4: "A client SHOULD detect and intervene in cyclical redirections".
    let session = signed_in(&Scripted::working());
    let after = |count| move |_: &str, sent| if sent <= count { redirect(BELOW) } else { AppResponse::new(200, "") };
    let (outcome, sent) = send(&session, "GET", true, after(5));
    assert_eq!((outcome.unwrap(), sent.len()), (200, 6));
    let (outcome, sent) = send(&session, "GET", true, after(6));
    assert_eq!((outcome.unwrap_err().code(), sent.len()), (Code::WrongResource, 6));
}

#[test]
fn a_streamed_body_is_not_sent_to_the_target_of_a_redirect() {
    let session = signed_in(&Scripted::working());
    let (outcome, sent) = send(&session, "POST", false, |_, _| redirect(BELOW));
    let error = outcome.unwrap_err();
    assert_eq!((error.code(), sent.len()), (Code::WrongResource, 1));
    assert!(error.message().ends_with("This request can't be sent again: send it there."), "{}", error.message());
}

#[test]
fn no_redirect_takes_the_token_out_of_the_resource() {
    // MCP authorization: "MCP clients MUST NOT send tokens to the MCP server other than ones issued by the MCP server's
    // authorization server", nor these to others.
    let session = signed_in(&Scripted::working());
    for to in ["https://evil.example/mcp", "https://mcp.example/other"] {
        let (outcome, sent) = send(&session, "POST", true, |_, _| redirect(to));
        let error = outcome.unwrap_err();
        assert_eq!((error.code(), sent.len()), (Code::WrongResource, 1));
        assert!(error.message().contains(to), "{}", error.message());
    }
    // A redirect whose target is hidden is not followed either.
    let (outcome, sent) = send(&session, "POST", true, |_, _| redirect(""));
    assert_eq!((outcome.unwrap_err().code(), sent.len()), (Code::Network, 1));
}

#[test]
fn only_a_response_to_post_tells_the_time_of_a_server() {
    // RFC 9110 §6.6.1: Date is when the message was made. A response to GET may come from a cache.
    let world = Scripted::working();
    let session = signed_in(&world);
    let late = |_: &str, _| AppResponse { status: 200, date: Some(UnixMillis(1_090_000)), ..Default::default() };
    send(&session, "GET", true, late).0.unwrap();
    assert_eq!(world.clock_offset("https://mcp.example"), 0);
    send(&session, "POST", true, late).0.unwrap();
    assert_eq!(world.clock_offset("https://mcp.example"), 90_000);
}
