//! HTTP with reqwest. Redirects are followed here, because each has to be checked first.

use std::time::SystemTime;

use reqwest::header::{HeaderName, LOCATION};

use super::clock::unix_millis;
use super::program::Native;
use crate::ports::{Http, LONGEST_BODY, Request, Response, TransportError, UnixMillis};
use crate::protocol::Url;

/// The maximum number of redirects. Fetch follows twenty (§4.4); metadata needs none.
const MOST_REDIRECTS: usize = 5;

impl<S> Http for Native<S> {
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let exchange = self.exchange(request);
        match tokio::time::timeout(self.0.time_limit, exchange).await {
            Ok(answer) => answer,
            Err(elapsed) => Err(TransportError::TimedOut(Some(elapsed.into()))),
        }
    }
}

impl<S> Native<S> {
    async fn exchange(&self, request: &Request) -> Result<Response, TransportError> {
        // A redirected POST would send the code or a secret to another server. If the app's backend passes a redirect
        // on, only that backend can reach its target.
        let follows = request.body.is_none() && request.proxy_url.is_none();
        let mut url = request.target().clone();
        let mut redirects = 0;
        loop {
            let answer = self.send_to(&url, request).await?;
            match Hop::of(&answer, &url).filter(|_| follows) {
                Some(Hop::To(next)) if redirects < MOST_REDIRECTS => {
                    redirects += 1;
                    url = next;
                }
                // The target is not requested, and does not speak for this server.
                Some(Hop::To(refused)) => return read(answer, request, Some(refused.as_str().to_owned())).await,
                Some(Hop::Refused(refused)) => return read(answer, request, Some(refused)).await,
                None => {
                    let redirected_to = (redirects > 0).then(|| url.as_str().to_owned());
                    return read(answer, request, redirected_to).await;
                }
            }
        }
    }

    async fn send_to(&self, url: &Url, request: &Request) -> Result<reqwest::Response, TransportError> {
        let sent = match &request.body {
            None => self.0.http.get(url.as_str()),
            Some(body) => {
                let sent = self.0.http.post(url.as_str()).header("content-type", body.content_type());
                sent.body(body.as_str().to_owned())
            }
        };
        let secrets = [("authorization", &request.authorization), ("dpop", &request.dpop)];
        let sent = secrets.iter().fold(sent.header("accept", request.accept), |sent, (name, value)| match value {
            Some(value) => sent.header(*name, value.expose()),
            None => sent,
        });
        sent.send().await.map_err(failed)
    }
}

/// Where a response leads.
enum Hop {
    To(Url),
    /// Not to be requested: not https, or in a private network although the server is not.
    Refused(String),
}

impl Hop {
    /// RFC 9110 §15.4.
    fn of(answer: &reqwest::Response, url: &Url) -> Option<Self> {
        if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        answer.headers().get(LOCATION)?.to_str().ok().map(|location| Self::from(location, url))
    }

    /// §10.2.2: relative to the request's URL.
    fn from(location: &str, url: &Url) -> Self {
        let absolute = reqwest::Url::parse(url.as_str()).and_then(|url| url.join(location));
        let text = absolute.map_or_else(|_| location.to_owned(), String::from);
        match Url::parse(&text).and_then(|next| url.may_lead_to(&next).map(|()| next)) {
            Ok(next) => Self::To(next),
            Err(_) => Self::Refused(text),
        }
    }
}

async fn read(
    mut answer: reqwest::Response,
    request: &Request,
    redirected_to: Option<String>,
) -> Result<Response, TransportError> {
    let mut body = Vec::new();
    while request.reads_body
        && let Some(chunk) = answer.chunk().await.map_err(failed)?
    {
        if body.len() + chunk.len() > LONGEST_BODY {
            return Err(TransportError::TooLarge(None));
        }
        body.extend_from_slice(&chunk);
    }
    let header = |name| header(&answer, name);
    Ok(Response {
        status: answer.status().as_u16(),
        redirected_to: redirected_to.or_else(|| header("location").filter(|_| !request.follows_redirects)),
        www_authenticate: header("www-authenticate"),
        cache_control: header("cache-control"),
        dpop_nonce: header("dpop-nonce"),
        retry_after: header("retry-after").and_then(|field| retry_after(&field)),
        date: date(&answer),
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

fn failed(error: reqwest::Error) -> TransportError {
    // Its text contains the URL, whose query may contain secrets.
    let error = error.without_url();
    let failure = if error.is_timeout() { TransportError::TimedOut } else { TransportError::Unreachable };
    failure(Some(error.into()))
}

/// All fields with a name, joined by commas (RFC 9110 §5.3).
pub(super) fn header(answer: &reqwest::Response, name: &'static str) -> Option<String> {
    let fields: Vec<&str> = answer
        .headers()
        .get_all(HeaderName::from_static(name))
        .iter()
        .filter_map(|field| field.to_str().ok())
        .collect();
    (!fields.is_empty()).then(|| fields.join(", "))
}

/// RFC 9110 §6.6.1.
pub(super) fn date(answer: &reqwest::Response) -> Option<UnixMillis> {
    httpdate::parse_http_date(&header(answer, "date")?).ok().map(unix_millis)
}

/// `Retry-After = HTTP-date / delay-seconds` (RFC 9110 §10.2.3), in seconds from now.
fn retry_after(field: &str) -> Option<u64> {
    let from_now = || httpdate::parse_http_date(field).ok()?.duration_since(SystemTime::now()).ok();
    field.parse().ok().or_else(|| from_now().map(|duration| duration.as_secs() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Browsers check this. A native program must do it itself: RFC 9728 §7.7.
    #[test]
    fn a_server_on_the_internet_may_not_redirect_into_a_private_network() {
        let next = |from: &str, location: &str| match Hop::from(location, &Url::parse(from).unwrap()) {
            Hop::To(url) => Ok(url.as_str().to_owned()),
            Hop::Refused(text) => Err(text),
        };
        let public = "https://a.example/x/y";
        for location in ["http://127.0.0.1/", "https://localhost:8443/admin", "https://10.0.0.1/", "https://[::1]/"] {
            assert_eq!(next(public, location), Err(location.to_owned()));
        }
        // RFC 9110 §10.2.2: relative to the requested URL.
        assert_eq!(next(public, "z?q").as_deref(), Ok("https://a.example/x/z?q"));
        assert_eq!(next(public, "//b.example/z").as_deref(), Ok("https://b.example/z"));
        assert_eq!(next("http://127.0.0.1:1/", "http://[::1]:2/").as_deref(), Ok("http://[::1]:2/"));
    }
}
