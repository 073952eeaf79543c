//! Checks the app's own client ID metadata document (draft-ietf-oauth-client-id-metadata-document) as an authorization
//! server does.

use super::app::App;
use super::report::{Check, Finding, Recorder};
use super::wire::{Answer, Probe, Wire};
use crate::Step;
use crate::ports::TransportError;
use crate::protocol::json::{Object, Value};
use crate::protocol::{ClientAuthentication, ClientIdMetadataUrl, RedirectUri, Url, UrlError};

const fn document(id: &'static str, title: &'static str, fault: &'static str, spec: &'static str) -> Check {
    Check { id, step: Step::Registration, title, fault, spec }
}

const MCP: &str = "MCP 2026-07-28 client-registration, Client ID Metadata Documents";
const URL: Check = document(
    "registration.document.url",
    "The client ID metadata document has a URL that can be a client id",
    "The URL of the client ID metadata document can't be a client id",
    "draft-ietf-oauth-client-id-metadata-document §3",
);
const FOUND: Check = document(
    "registration.document.found",
    "The client ID metadata document is there",
    "The client ID metadata document can't be fetched",
    "draft-ietf-oauth-client-id-metadata-document §4",
);
const JSON: Check = document(
    "registration.document.json",
    "The client ID metadata document is a JSON object",
    "The client ID metadata document is not a JSON object",
    "draft-ietf-oauth-client-id-metadata-document §4.1",
);
const SIZE: Check = document(
    "registration.document.size",
    "The client ID metadata document is at most 5 KB",
    "The client ID metadata document is larger than servers have to read",
    "draft-ietf-oauth-client-id-metadata-document §6.6",
);
const CLIENT_ID: Check = document(
    "registration.document.client_id",
    "\"client_id\" is the document's URL, character by character",
    "\"client_id\" is not the document's URL",
    "draft-ietf-oauth-client-id-metadata-document §4.1",
);
const CLIENT_NAME: Check =
    document("registration.document.client_name", "The app has a name", "The app has no name", MCP);
const REDIRECT_URIS: Check = document(
    "registration.document.redirect_uris",
    "The app's redirect URI is listed",
    "The redirect URIs can't be used",
    MCP,
);
const AUTHENTICATION: Check = document(
    "registration.document.authentication",
    "The app authenticates without a secret",
    "The app would authenticate by a secret, and the document is public",
    "draft-ietf-oauth-client-id-metadata-document §4.1",
);

/// The maximum that servers have to read, in bytes.
const MOST: usize = 5 * 1024;

/// Checks the document at a URL. It has to contain `redirect_uri`.
pub async fn check_client_metadata_document<W: Wire>(
    wire: &W,
    url: &str,
    redirect_uri: Option<&RedirectUri>,
) -> Vec<Finding> {
    let Ok(any) = RedirectUri::parse("https://app.example/callback") else { return Vec::new() };
    let app = App {
        name: String::new(),
        origin: "https://app.example".into(),
        redirect_uri: any,
        client_id: None,
        trust_pkce: Vec::new(),
        metadata_document: Some(url.to_owned()),
        register: false,
    };
    let mut record = Recorder::new(wire, &app);
    check(&mut record, url, redirect_uri).await;
    record.findings
}

/// Fetches and checks the document.
pub(super) async fn check<W: Wire>(record: &mut Recorder<'_, W>, url: &str, redirect_uri: Option<&RedirectUri>) {
    let place = match ClientIdMetadataUrl::parse(url).and_then(|url| Url::parse(url.as_str())) {
        Ok(place) => place,
        Err(error) => {
            let detail = match error {
                UrlError::NoPath => "It has no path.",
                UrlError::Fragment => "It has a fragment.",
                UrlError::Query => "It has a query.",
                UrlError::UserInformation => "It has a user name or password in it.",
                UrlError::Invalid => "It is not an absolute https URL, or its path has dot segments.",
                UrlError::Insecure | UrlError::PlainHttp | UrlError::Private => "It is not https.",
            };
            return record.failure(&URL, detail, "https://app.example/client.json");
        }
    };
    record.pass(&URL, "");
    let mut probe = Probe::get(&place).reading_on();
    // §4: "The authorization server MUST NOT automatically follow HTTP redirects".
    probe.follow = false;
    match record.send(probe).await {
        Ok(answer) => look(record, &answer, url, redirect_uri),
        Err(TransportError::Blocked { .. }) => {
            record.skipped(&FOUND, "This page may not read it. Authorization servers can; diagnose it from Node.js.");
        }
        Err(failure) => record.unreachable(&FOUND, &failure),
    }
}

fn look<W: Wire>(record: &mut Recorder<'_, W>, answer: &Answer, url: &str, redirect_uri: Option<&RedirectUri>) {
    if !answer.is_success() {
        let detail = match answer.status {
            300..400 => format!("It answers {}: authorization servers follow no redirect.", answer.status),
            status => format!("It answers {status}."),
        };
        return record.failure(&FOUND, &detail, "HTTP/1.1 200 OK");
    }
    record.pass(&FOUND, "");
    let Some(document) = record.wire.object(&answer.body) else {
        return record.failure(&JSON, "The answer is not a JSON object.", "Content-Type: application/json");
    };
    record.pass(&JSON, "");
    record.prefer(&SIZE, answer.body.len() <= MOST, "Servers may stop reading at 5 KB.", "Remove optional members.");
    let named = document.text("client_id").unwrap_or_default();
    record.require(&CLIENT_ID, named == url, named, &format!("\"client_id\": \"{url}\""));
    let has_name = document.text("client_name").is_some();
    record.require(&CLIENT_NAME, has_name, "Users read it when they consent.", "\"client_name\": \"Example\"");
    check_redirect_uris(record, &document, redirect_uri);
    check_authentication(record, &document);
}

fn check_redirect_uris<W: Wire>(record: &mut Recorder<'_, W>, document: &Object, wanted: Option<&RedirectUri>) {
    let listed = document.strings("redirect_uris").ok().flatten().unwrap_or_default();
    let remedy =
        format!("\"redirect_uris\": [\"{}\"]", wanted.map_or("https://app.example/callback", RedirectUri::as_str));
    if listed.is_empty() {
        return record.failure(&REDIRECT_URIS, "There are none.", &remedy);
    }
    if let Some(bad) =
        listed.iter().find(|text| matches!(RedirectUri::parse(text), Err(UrlError::PlainHttp | UrlError::Fragment)))
    {
        return record.failure(&REDIRECT_URIS, &format!("\"{bad}\" is insecure or has a fragment."), &remedy);
    }
    // "authorization servers MUST compare the two URIs using simple string comparison" (OAuth 2.1 §2.3.1).
    let holds = wanted.is_none_or(|wanted| listed.contains(&wanted.as_str()));
    record.require(&REDIRECT_URIS, holds, "None of them is exactly the app's redirect URI.", &remedy);
}

fn check_authentication<W: Wire>(record: &mut Recorder<'_, W>, document: &Object) {
    let none = "\"token_endpoint_auth_method\": \"none\"";
    let method = document.text("token_endpoint_auth_method");
    let has_keys = document.text("jwks_uri").is_some() || matches!(document.get("jwks"), Some(Value::Object(_)));
    let has_secret = ["client_secret", "client_secret_expires_at"].iter().any(|name| document.get(name).is_some());
    match method.map(|name| (name, ClientAuthentication::from_name(name))) {
        _ if has_secret => record.failure(&AUTHENTICATION, "It contains a client secret.", none),
        // RFC 7591 §2: "If unspecified or omitted, the default is "client_secret_basic"".
        None => record.failure(&AUTHENTICATION, "There is no method, which means client_secret_basic.", none),
        Some((_, Some(ClientAuthentication::None))) => record.pass(&AUTHENTICATION, ""),
        Some((_, Some(ClientAuthentication::PrivateKeyJwt))) => {
            let detail = "The method is private_key_jwt, and the public half of the key is not there.";
            record.require(&AUTHENTICATION, has_keys, detail, "\"jwks_uri\": \"https://app.example/jwks.json\"");
        }
        Some((name, _)) => record.failure(&AUTHENTICATION, &format!("The method is \"{name}\"."), none),
    }
}
