//! Sign-in with the user's own browser. The response comes back to a port on this machine (RFC 8252 §7.3).

use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::ports::{AuthorizationPage, CallbackQuery, UserAgent};
use crate::protocol::{Issuer, Url};
use crate::{Code, Error, Result, Step};

const PATH: &str = "/callback";
const PAGE: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nReferrer-Policy: no-referrer\r\n\
                    Cache-Control: no-store\r\nConnection: close\r\n\r\n\
                    You can close this window and go back to the app.";
const NOT_FOUND: &str = "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n";

/// Any program on this machine can connect and send nothing.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// More than any authorization response needs.
const LONGEST_REQUEST: u64 = 64 * 1024;

/// A [`UserAgent`] that shows the sign-in page in the user's browser and listens for the response on 127.0.0.1.
///
/// If the MCP server names several authorization servers, the first one is used.
pub struct Loopback {
    listener: TcpListener,
    show: Box<dyn FnMut(&Url)>,
}

impl Loopback {
    /// Listens on a port that the system chooses. `show` gets the sign-in page's URL and shows it to the user: it prints the
    /// URL or starts a browser.
    ///
    /// # Errors
    ///
    /// [`Code::Unsupported`] if the system has no free port.
    pub async fn listen(show: impl FnMut(&Url) + 'static) -> Result<Self> {
        // §8.3: the address, not "localhost".
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| {
            let message = "The program can't listen on a local port for the sign-in's response.";
            Error::new(Code::Unsupported, Step::Setup, message).with_source(Some(Box::new(error)))
        })?;
        Ok(Self { listener, show: Box::new(show) })
    }

    /// The redirect URI for [`Authorizer::builder`](crate::Authorizer::builder). Servers "MUST allow any port to be
    /// specified at the time of the request" (§7.3).
    pub fn redirect_uri(&self) -> String {
        let port = self.listener.local_addr().map_or(0, |address| address.port());
        format!("http://127.0.0.1:{port}{PATH}")
    }

    /// The query of the next request for the redirect URI. Browsers also ask for icons, and open connections before they
    /// use them, so connections are answered in parallel.
    async fn query(&self) -> io::Result<String> {
        let mut answers = FuturesUnordered::new();
        poll_fn(|context| {
            while let Poll::Ready(accepted) = self.listener.poll_accept(context) {
                match accepted {
                    Ok((stream, _)) => answers.push(timeout(REQUEST_TIMEOUT, answer(stream))),
                    Err(error) => return Poll::Ready(Err(error)),
                }
            }
            // A connection that fails does not disturb the others.
            while let Poll::Ready(Some(answered)) = answers.poll_next_unpin(context) {
                if let Ok(Ok(Some(query))) = answered {
                    return Poll::Ready(Ok(query));
                }
            }
            Poll::Pending
        })
        .await
    }
}

/// Answers a request. Returns its query if it is for the redirect URI.
async fn answer(mut stream: TcpStream) -> io::Result<Option<String>> {
    let target = request_target(&mut stream).await?;
    let query = target.split_once('?').filter(|(path, _)| *path == PATH).map(|(_, query)| query.to_owned());
    stream.write_all(if query.is_some() { PAGE } else { NOT_FOUND }.as_bytes()).await?;
    stream.shutdown().await?;
    Ok(query)
}

/// The target of `GET /callback?code=… HTTP/1.1`. The headers are read and ignored.
async fn request_target(stream: &mut TcpStream) -> io::Result<String> {
    let mut lines = BufReader::new(stream.take(LONGEST_REQUEST)).lines();
    let first = lines.next_line().await?.unwrap_or_default();
    while lines.next_line().await?.is_some_and(|line| !line.is_empty()) {}
    let mut words = first.split(' ');
    Ok(words.next().filter(|method| *method == "GET").and(words.next()).unwrap_or_default().to_owned())
}

impl UserAgent for Loopback {
    async fn choose(&mut self, _issuers: &[Issuer]) -> Result<usize> {
        Ok(0)
    }

    fn open(&mut self, page: &AuthorizationPage<'_>) -> Result<()> {
        (self.show)(page.url);
        Ok(())
    }

    async fn response(&mut self) -> Result<CallbackQuery> {
        let query = self.query().await.map_err(|error| {
            Error::new(Code::Network, Step::Authorization, "The browser's answer could not be read.")
                .with_source(Some(Box::new(error)))
        })?;
        // Any program on this machine can send a request here. The flow checks `state`.
        Ok(CallbackQuery { query: query.into(), from_own_popup: false })
    }
}
