//! A message to the MCP server (Streamable HTTP), for `flow::call` to send with the token.

use mcp_authorize::flow::Session;
use mcp_authorize::ports::{ResourceRequest, ResourceResponse};
use mcp_authorize::protocol::{Secret, Url};
use mcp_authorize::{Code, Error, Result, Step};

use crate::ports::Terminal;

pub struct Post {
    http: reqwest::Client,
    url: Url,
    body: &'static str,
}

impl Post {
    pub fn new(session: &Session<Terminal>, body: &'static str) -> Self {
        Self { http: session.ports().http().clone(), url: session.server().url().clone(), body }
    }
}

impl ResourceRequest for Post {
    type Response = Answer;

    fn url(&self) -> Option<Url> {
        Some(self.url.clone())
    }

    fn method(&self) -> String {
        "POST".into()
    }

    fn can_resend(&self) -> bool {
        true
    }

    async fn send(&mut self, authorization: &Secret, dpop: Option<&Secret>) -> Result<Answer> {
        let mut request = self
            .http
            .post(self.url.as_str())
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("authorization", authorization.expose())
            .body(self.body);
        if let Some(proof) = dpop {
            request = request.header("dpop", proof.expose());
        }
        request.send().await.map(Answer).map_err(|error| {
            Error::new(Code::Network, Step::Request, "The MCP server could not be reached.")
                .with_source(Some(Box::new(error)))
        })
    }
}

pub struct Answer(reqwest::Response);

impl Answer {
    pub async fn text(self) -> reqwest::Result<String> {
        self.0.text().await
    }

    fn header(&self, name: &str) -> Option<String> {
        self.0.headers().get(name)?.to_str().ok().map(str::to_owned)
    }
}

impl ResourceResponse for Answer {
    fn status(&self) -> u16 {
        self.0.status().as_u16()
    }

    fn www_authenticate(&self) -> Option<String> {
        self.header("www-authenticate")
    }

    fn dpop_nonce(&self) -> Option<String> {
        self.header("dpop-nonce")
    }

    /// Headers can be read here, and the body is the program's.
    async fn oauth_error(&self) -> Option<String> {
        None
    }
}
