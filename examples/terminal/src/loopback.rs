//! The user: opens the printed URL in a browser, whose answer comes to a port of this machine
//! (RFC 8252 §7.3).

use mcp_authorize::ports::{CallbackQuery, UserAgent};
use mcp_authorize::protocol::{Issuer, State, Url};
use mcp_authorize::{Code, Error, Result, Step};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

const PAGE: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nReferrer-Policy: no-referrer\r\n\
                    Connection: close\r\n\r\nBack to the terminal: this window can be closed.";
const NOT_FOUND: &str = "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n";

pub struct Loopback(TcpListener);

impl Loopback {
    /// At a port that the system chooses, before the redirect URI is needed.
    pub async fn listen() -> std::io::Result<Self> {
        // §8.3: the address, not "localhost".
        TcpListener::bind(("127.0.0.1", 0)).await.map(Self)
    }

    pub fn redirect_uri(&self) -> String {
        let port = self.0.local_addr().map_or(0, |address| address.port());
        format!("http://127.0.0.1:{port}/callback")
    }

    /// The query of the next request for the redirect URI. Browsers ask for icons, too.
    async fn query(&self) -> std::io::Result<String> {
        loop {
            let (mut stream, _) = self.0.accept().await?;
            let query = request_target(&mut stream).await?.strip_prefix("/callback?").map(str::to_owned);
            stream.write_all(if query.is_some() { PAGE } else { NOT_FOUND }.as_bytes()).await?;
            stream.shutdown().await?;
            if let Some(query) = query {
                return Ok(query);
            }
        }
    }
}

/// `GET /callback?code=… HTTP/1.1`, and the headers after it, which are read and not used.
async fn request_target(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next_line().await?.unwrap_or_default();
    while lines.next_line().await?.is_some_and(|line| !line.is_empty()) {}
    Ok(first.split(' ').nth(1).unwrap_or_default().to_owned())
}

impl UserAgent for Loopback {
    async fn choose(&mut self, issuers: &[Issuer]) -> Result<usize> {
        println!("Of {} authorization servers the first: {}", issuers.len(), issuers[0].as_str());
        Ok(0)
    }

    fn open(&mut self, url: &Url, _state: &State) -> Result<()> {
        println!("Open this page in a browser:\n{}", url.as_str());
        Ok(())
    }

    async fn response(&mut self) -> Result<CallbackQuery> {
        let query = self.query().await.map_err(|error| {
            Error::new(Code::Network, Step::Authorization, "The browser's answer could not be read.")
                .with_source(Some(Box::new(error)))
        })?;
        // Any program of this machine can send something here: `state` tells which answer is ours.
        Ok(CallbackQuery { query: query.into(), surely_ours: false })
    }
}
