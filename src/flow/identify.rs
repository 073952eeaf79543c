//! The client at an authorization server: pre-registered, by client ID metadata document, or by dynamic
//! registration, in this order (MCP 2026-07-28 client-registration).

use std::rc::Rc;

use super::client::{Client, Dpop, Grant, PreRegistered};
use super::exchange::exchange;
use super::kept_registration::{
    Identity, Registration, forget_issuer, forget_registration, load_issuer, load_registration, store_issuer,
    store_registration,
};
use super::parties::Parties;
use crate::ports::{Body, FoundServer, Ports, Request, UserAgent};
use crate::protocol::server_text::contains;
use crate::protocol::{
    AuthorizationServerMetadata, ClientAuthentication, ClientCredentials, ClientMetadata, Issuer, OAuthError,
    RedirectUri, Scope, Secret, Url, registered_client,
};
use crate::{Code, Error, Result, Step};

/// Finds or registers the app's client at a server. `scope` has all scopes that the resource may ask for.
///
/// # Errors
///
/// [`Code::ClientMismatch`] if the app's client belongs to another server, [`Code::RegistrationUnsupported`] if there is no
/// way to get one, [`Code::RegistrationFailed`], and the errors of the exchange and of the store.
pub async fn identify<P: Ports>(
    ports: &P,
    client: &Client,
    server: &AuthorizationServerMetadata,
    scope: &Scope,
    found: &FoundServer<'_>,
    user_agent: &mut impl UserAgent,
) -> Result<Identity> {
    if let Some(own) = &client.pre_registered {
        return Ok(Identity::given(pre_registered(ports, own, server).await?));
    }
    // A JWT for one authorization server must not be sent to another.
    if let Some(own) = client.workload_issuer.as_ref().filter(|own| **own != server.issuer) {
        return Err(another_issuer("The assertion", own.as_str(), &server.issuer));
    }
    let has_document = client.client_id_metadata_url.is_some() && server.client_id_metadata_document;
    let can_register = has_document || registration_endpoint(client, server).is_some();
    let mut asked = async |can_register| {
        let own = user_agent.identity(found, can_register).await?;
        Ok::<_, Error>(own.map(|own| Identity::given(given(ports, own.client_id, own.secret, server))))
    };
    if let Some(own) = asked(can_register).await? {
        return Ok(own);
    }
    match identify_by_itself(ports, client, server, scope).await {
        Err(error) if can_register && error.code() == Code::RegistrationFailed => asked(false).await?.ok_or(error),
        identity => identity,
    }
}

/// A client that was not registered by hand: by its metadata document, by the JWT of a workload
/// (SEP-1933), or by registration.
async fn identify_by_itself<P: Ports>(
    ports: &P,
    client: &Client,
    server: &AuthorizationServerMetadata,
    scope: &Scope,
) -> Result<Identity> {
    if let Some(url) = client.client_id_metadata_url.as_ref().filter(|_| server.client_id_metadata_document) {
        return Ok(Identity::given(given(ports, url.as_str().to_owned(), None, server)));
    }
    if matches!(client.grant, Some(Grant::JwtBearer)) {
        return Ok(Identity::given(Rc::new(ClientCredentials::by_grant())));
    }
    let registration = match load_registration(ports, &server.issuer, client.redirect_uri.as_ref()).await? {
        Some(kept) if kept.registration != Registration::Doubtful => return Ok(kept),
        Some(_) => Registration::InPlaceOfDoubtful,
        None => Registration::New,
    };
    let registered = register(ports, client, server, scope).await?;
    store_registration(ports, &server.issuer, client.redirect_uri.as_ref(), &registered, registration).await?;
    Ok(Identity { credentials: registered, registration })
}

pub(super) fn another_issuer(what: &str, own: &str, issuer: &Issuer) -> Error {
    let message = [what, " belongs to ", own, ", but this server uses ", issuer.as_str(), "."].concat();
    Error::new(Code::ClientMismatch, Step::Registration, message)
}

/// "Clients MUST NOT use credentials of one authorization server with another": a pre-registered
/// client whose issuer is another one is an error.
pub(super) async fn pre_registered<P: Ports>(
    ports: &P,
    own: &PreRegistered,
    server: &AuthorizationServerMetadata,
) -> Result<Rc<ClientCredentials>> {
    let kept = match &own.issuer {
        Some(issuer) => Some(issuer.as_str().to_owned()),
        None => load_issuer(ports, &own.client_id).await?,
    };
    if let Some(issuer) = kept.filter(|issuer| server.issuer != **issuer) {
        return Err(another_issuer("clientId", &issuer, &server.issuer));
    }
    Ok(given(ports, own.client_id.clone(), own.secret.clone(), server))
}

/// Credentials from a registration by hand, or of a client with a metadata document.
fn given<P: Ports>(
    ports: &P,
    client_id: String,
    secret: Option<Secret>,
    server: &AuthorizationServerMetadata,
) -> Rc<ClientCredentials> {
    let method = match secret {
        Some(_) => ClientAuthentication::for_secret(server.token_endpoint_auth_methods.as_deref()),
        None if ports.client_key_algorithm().is_some() => ClientAuthentication::PrivateKeyJwt,
        None => ClientAuthentication::None,
    };
    Rc::new(ClientCredentials { client_id, secret, secret_expires_at: None, method })
}

/// Forgets the app's registration at an issuer, and that a pre-registered client was used with it. The next
/// sign-in there registers again, and the client may be used with another issuer.
///
/// # Errors
///
/// The errors of the store.
pub async fn forget_client<P: Ports>(ports: &P, client: &Client, issuer: &Issuer) -> Result<()> {
    if let Some(kept) = load_registration(ports, issuer, client.redirect_uri.as_ref()).await? {
        let client_id = &kept.credentials.client_id;
        forget_registration(ports, issuer, client.redirect_uri.as_ref(), client_id).await?;
    }
    match &client.pre_registered {
        Some(own) if load_issuer(ports, &own.client_id).await?.is_some_and(|kept| *issuer == *kept) => {
            forget_issuer(ports, &own.client_id).await
        }
        _ => Ok(()),
    }
}

/// Stores the issuer of a pre-registered client after a successful sign-in.
pub(super) async fn bind<P: Ports>(ports: &P, client: &Client, issuer: &Issuer) -> Result<()> {
    match &client.pre_registered {
        Some(PreRegistered { client_id, issuer: None, .. }) => store_issuer(ports, client_id, issuer).await,
        _ => Ok(()),
    }
}

/// Call this after a failed sign-in: the authorization server may have deleted the registration. If the token
/// endpoint says so (RFC 6749 §5.2), the registration is forgotten. The authorization endpoint says it only to the
/// user (§4.1.2.1), who closes the page or waits there. In that case, and if the token endpoint refuses the client
/// in another way, the next sign-in registers again, once.
pub(super) async fn doubt_identity<P: Ports>(
    ports: &P,
    parties: &Parties,
    redirect_uri: &RedirectUri,
    registration: Registration,
    error: &Error,
) -> Result<()> {
    let (issuer, redirect_uri, client_id) = (&parties.issuer, Some(redirect_uri), &parties.client.client_id);
    if matches!(error.server_error(), Some("invalid_client" | "unauthorized_client")) {
        return forget_registration(ports, issuer, redirect_uri, client_id).await;
    }
    let nothing_came_back = matches!(error.code(), Code::Own(_) | Code::Timeout);
    // Some servers use their own error codes, or only the status.
    let may_be_unknown = match error.server_error() {
        Some(said) => said == "invalid_request" || contains(said, "client"),
        None => error.is_definite(),
    };
    match registration {
        Registration::Earlier if nothing_came_back || may_be_unknown => {
            store_registration(ports, issuer, redirect_uri, &parties.client, Registration::Doubtful).await
        }
        _ => Ok(()),
    }
}

/// Call this after a successful sign-in: a registration that replaced a doubtful one has proved itself, and it is
/// known how the client sends its secret. `registered` is the stored client, `used` the client that got the tokens.
pub(super) async fn confirm_identity<P: Ports>(
    ports: &P,
    client: &Client,
    registration: Registration,
    registered: &ClientCredentials,
    used: &Parties,
) {
    let has_changed = registration == Registration::InPlaceOfDoubtful || registered.method != used.client.method;
    if has_changed && registration != Registration::Given {
        let redirect_uri = client.redirect_uri.as_ref();
        // If it can't be stored, a later sign-in finds it out again.
        let _ = store_registration(ports, &used.issuer, redirect_uri, &used.client, Registration::Earlier).await;
    }
}

/// Where the app can register. Only apps with users register: machines have a client that was registered by hand.
fn registration_endpoint<'a>(client: &Client, server: &'a AuthorizationServerMetadata) -> Option<&'a Url> {
    server.registration_endpoint.as_ref().filter(|_| client.grant.is_none())
}

/// Dynamic registration. MCP 2026-07-28: a rejection MAY be retried with the other application type. If the
/// rejection is or may be about the scope, it is retried without a scope, and the server chooses what it grants.
pub(super) async fn register<P: Ports>(
    ports: &P,
    client: &Client,
    server: &AuthorizationServerMetadata,
    scope: &Scope,
) -> Result<Rc<ClientCredentials>> {
    let Some(endpoint) = registration_endpoint(client, server) else {
        return Err(Error::new(
            Code::RegistrationUnsupported,
            Step::Registration,
            [server.issuer.as_str(), " offers no registration that this client can use."].concat(),
        ));
    };
    let metadata = ClientMetadata {
        client_name: &client.name,
        client_uri: client.uri.as_ref(),
        about: &client.about,
        redirect_uri: client.redirect_uri.as_ref(),
        dpop_bound: client.dpop == Dpop::Require,
    };
    let (mut application_type, mut with_scope) = (metadata.application_type(), !scope.is_empty());
    let mut first_rejection = None;
    loop {
        let body = ports.write_json(&metadata.registration_request(server, scope, with_scope, application_type))?;
        let rejection = match send(ports, client, endpoint, server, body).await {
            Err(error) if error.code() == Code::RegistrationFailed => error,
            // Some servers send errors without CORS headers, so that a page can't read which one it is.
            Err(error) if error.code() == Code::CorsBlocked && with_scope => {
                with_scope = false;
                continue;
            }
            answer => return answer,
        };
        // A rejection without a reason may be about the scope.
        let is_silent = rejection.server_error().is_none() && !rejection.status().is_some_and(is_closed);
        if with_scope && (is_silent || contains(rejection.message(), "scope")) {
            with_scope = false;
        } else if application_type == metadata.application_type() {
            application_type = metadata.other_application_type();
        } else {
            return Err(first_rejection.unwrap_or(rejection));
        }
        first_rejection = first_rejection.or(Some(rejection));
    }
}

async fn send<P: Ports>(
    ports: &P,
    client: &Client,
    endpoint: &Url,
    server: &AuthorizationServerMetadata,
    body: String,
) -> Result<Rc<ClientCredentials>> {
    const STEP: Step = Step::Registration;
    let mut request = Request::post(STEP, endpoint, Body::Json(body));
    // RFC 7591 §3: "an OAuth 2.0 access token … used to authorize calls to the client registration endpoint".
    let mut tokens = client.initial_access_tokens.iter();
    let token = tokens.find(|(issuer, _)| server.issuer == **issuer).map(|(_, token)| token);
    request.authorization = token.map(|token| Secret::from(["Bearer ", token.expose()].concat()));
    let answer = exchange(ports, request).await?;
    let failure = |error: Error| answer.error_with(error, endpoint);
    let reason = answer.document.as_ref().and_then(|document| OAuthError::parse(document, &[]));
    match (&answer.document, &reason) {
        (Some(document), None) if answer.is_success() => {
            return registered_client(document, server, ports.client_key_algorithm().is_some())
                .map(Rc::new)
                .map_err(failure);
        }
        (None, None) if answer.is_success() => {
            let message = "The registration endpoint did not answer with a JSON object.";
            return Err(failure(Error::new(Code::InvalidResponse, STEP, message)));
        }
        _ => {}
    }
    // These may succeed later (RFC 9110 §15.5.9, RFC 6585 §4).
    let code = match (&reason, answer.status) {
        (None, 408 | 425 | 429) => Code::HttpStatus,
        (Some(_), _) | (None, 400..500) => Code::RegistrationFailed,
        _ => Code::HttpStatus,
    };
    let sentence = match &reason {
        Some(reason) => reason.sentence(),
        None => {
            // RFC 7591 §3: the endpoint may require an initial access token, or may not work at all.
            const CLOSED: &str = ": apps can't register there by themselves. Register this one by hand and give its \
                clientId, or give the initialAccessToken that its administrator hands out.";
            let words = match is_closed(answer.status) {
                true => CLOSED.to_owned(),
                false => OAuthError::words(answer.document.as_ref(), &[]),
            };
            ["it answered ", &answer.status.to_string(), &words].concat()
        }
    };
    let message = ["The authorization server refused the registration: ", &sentence].concat();
    Err(failure(Error::new(code, STEP, message).with_server_error(reason.map(|reason| reason.error))))
}

/// Whether a status says that registration requires authentication.
fn is_closed(status: u16) -> bool {
    matches!(status, 401 | 403..=405 | 410)
}
