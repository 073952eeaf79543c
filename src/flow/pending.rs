//! A sign-in between its authorization request and the response, in memory or in the store.
//!
//! Those that are stored are members of one record, by their `state`.

use std::rc::Rc;

use super::client::Client;
use super::dpop::Binding;
use super::identify::forget_if_unknown;
use super::record;
use super::session::{Session, Tokens};
use crate::ports::{Ports, UnixMillis};
use crate::protocol::json::{Object, Value, Writer};
use crate::protocol::{
    AuthorizationCode, CodeVerifier, PendingRequest, Secret, ServerUrl, State, TokenResponse, Url,
    authorization_response, code_request, form,
};
use crate::{Code, Error, Result, Step};

/// The name of the record, and of its lock.
const PENDING: &str = "pending";
/// How many are kept: the last ones. Nobody comes back from most of those that were left lying.
const MOST: usize = 8;

/// All that the response is checked against, and that its code is exchanged with.
pub(super) struct PendingSignIn {
    /// The session that it will be, as yet without tokens.
    pub session: Rc<Tokens>,
    pub binding: Binding,
    pub redirect_uri: Url,
    pub iss_in_response: bool,
    pub state: State,
    pub verifier: CodeVerifier,
}

impl PendingSignIn {
    /// The request that was sent.
    pub fn request<'a>(&'a self, client: &Client) -> PendingRequest<'a> {
        PendingRequest {
            issuer: &self.session.issuer,
            iss_in_response: self.iss_in_response,
            redirect_uri: &self.redirect_uri,
            resource: self.session.resource_parameter(client),
            state: &self.state,
            verifier: &self.verifier,
        }
    }

    /// Exchanges the code.
    pub async fn exchange<P: Ports>(
        &self,
        ports: &P,
        client: &Client,
        code: &AuthorizationCode,
    ) -> Result<Box<TokenResponse>> {
        let endpoint = self.session.endpoint(ports, client, &self.session.token_endpoint, self.binding);
        let secrets = [code.expose(), self.verifier.expose()];
        endpoint.request_tokens(Step::Token, code_request(code, &self.request(client)), &secrets).await
    }

    /// Stores it for another run of the program. `limit` is in milliseconds.
    pub async fn keep<P: Ports>(&self, ports: &P, server: &ServerUrl, limit: u64) -> Result<()> {
        let _guard = ports.lock(PENDING).await?;
        let ends_at = ports.now().0.saturating_add(limit);
        let mut kept = load(ports).await?;
        let text = self.to_text(server, ends_at);
        kept.push((self.state.as_str().to_owned(), Value::String(text)));
        store(ports, kept).await
    }

    fn to_text(&self, server: &ServerUrl, ends_at: u64) -> String {
        let writer = self.session.write(Writer::new());
        writer
            .string("server", server.as_str())
            .string("redirect_uri", self.redirect_uri.as_str())
            .optional_number("iss_in_response", self.iss_in_response.then_some(1))
            .string("verifier", self.verifier.expose())
            .string("binding", self.binding.name())
            .number("ends_at", ends_at)
            .finish()
    }

    fn from_record(record: &Object, state: &str, server: &ServerUrl) -> Option<Self> {
        let text = |name| record.required_string(name).ok();
        Some(Self {
            session: Tokens::from_record(record, server)?,
            binding: Binding::from_name(text("binding")?)?,
            redirect_uri: Url::parse(text("redirect_uri")?).ok()?,
            iss_in_response: record.get("iss_in_response").is_some(),
            state: State::from_text(state),
            verifier: CodeVerifier::from_text(text("verifier")?),
        })
    }
}

/// Finishes the sign-in that a response belongs to, if that is one for this server. A response is
/// used once: one that comes again, as by the back button, belongs to none.
pub(super) async fn finish_returned<P: Ports>(
    ports: &P,
    client: &Rc<Client>,
    server: &ServerUrl,
    response: &Secret,
) -> Result<Option<Session<P>>> {
    let parameters = form::parse(response.expose());
    let state = parameters.iter().find(|(name, _)| name == "state").map_or("", |(_, state)| state);
    // Who asks for the same meanwhile waits, and finds the session.
    let _turn = ports.lock(state).await?;
    let finished = match take(ports, server, state).await? {
        Taken::Ours(record) => match check(&record, state, server, client, response, ports.now()) {
            Ok((pending, code)) => begin(ports, client, server, pending, &code).await.map(Some),
            Err(error) => Err(error),
        },
        Taken::OfAnotherServer => return Ok(None),
        Taken::Unknown => Ok(None),
    };
    ports.forget(response);
    finished
}

async fn begin<P: Ports>(
    ports: &P,
    client: &Rc<Client>,
    server: &ServerUrl,
    pending: PendingSignIn,
    code: &AuthorizationCode,
) -> Result<Session<P>> {
    match pending.exchange(ports, client, code).await {
        Ok(response) => Session::begin(ports, client, server, pending.session, response).await,
        Err(error) => {
            let endpoint = pending.session.endpoint(ports, client, &pending.session.token_endpoint, Binding::Off);
            // What the user learns is why the sign-in failed.
            let _ = forget_if_unknown(&endpoint, Some(&pending.redirect_uri), false, &error).await;
            Err(error)
        }
    }
}

fn check(
    record: &Object,
    state: &str,
    server: &ServerUrl,
    client: &Client,
    response: &Secret,
    now: UnixMillis,
) -> Result<(PendingSignIn, AuthorizationCode)> {
    if record.whole_number("ends_at").ok().flatten().is_none_or(|ends_at| ends_at <= now.0) {
        let message = "The user came back from the sign-in page after the time limit.";
        return Err(Error::new(Code::Timeout, Step::Authorization, message));
    }
    let pending = PendingSignIn::from_record(record, state, server).ok_or_else(|| {
        Error::new(Code::StateMismatch, Step::Authorization, "What was kept of the sign-in can't be read.")
    })?;
    let code = authorization_response(response.expose(), &pending.request(client))?;
    Ok((pending, code))
}

enum Taken {
    /// It is not in the store any more.
    Ours(Object),
    OfAnotherServer,
    Unknown,
}

async fn take<P: Ports>(ports: &P, server: &ServerUrl, state: &str) -> Result<Taken> {
    let _guard = ports.lock(PENDING).await?;
    let mut kept = load(ports).await?;
    let Some(index) = kept.iter().position(|(name, _)| name == state) else { return Ok(Taken::Unknown) };
    let record = match kept.remove(index) {
        (_, Value::String(text)) => ports.parse_json(&text),
        _ => None,
    };
    let Some(Value::Object(record)) = record else { return Ok(Taken::Unknown) };
    if record.string("server") != Ok(Some(server.as_str())) {
        return Ok(Taken::OfAnotherServer);
    }
    store(ports, kept).await?;
    Ok(Taken::Ours(record))
}

async fn load<P: Ports>(ports: &P) -> Result<Vec<(String, Value)>> {
    let mut kept = Vec::new();
    let mut read = |record: Object| {
        kept = record.0;
        true
    };
    record::load(ports, PENDING, &mut read).await?;
    Ok(kept)
}

async fn store<P: Ports>(ports: &P, kept: Vec<(String, Value)>) -> Result<()> {
    let texts = kept.iter().filter_map(|(state, value)| match value {
        Value::String(text) => Some((state, text)),
        _ => None,
    });
    let more = texts.clone().count().saturating_sub(MOST);
    let writer = texts.skip(more).fold(record::writer(), |writer, (state, text)| writer.string(state, text));
    ports.set(PENDING, writer.finish().into()).await
}
