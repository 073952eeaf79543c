//! Checks the authorization server's metadata (RFC 8414), as far as a page depends on it.

use super::places::{Checks, Place};
use super::report::{Check, Recorder};
use super::resource::Found;
use super::wire::Wire;
use crate::Step;
use crate::protocol::json::Object;
use crate::protocol::{AuthorizationServerMetadata, DPOP_ALGORITHM, IssuerPolicy, Url, UrlError};

const fn metadata(id: &'static str, title: &'static str, fault: &'static str, spec: &'static str) -> Check {
    Check { id, step: Step::AuthorizationServerMetadata, title, fault, spec }
}

const DISCOVERY: &str = "MCP 2026-07-28 authorization-server-discovery";
const PLACES: [Check; 3] = [
    metadata(
        "authorization_server_metadata.place.oauth",
        "RFC 8414 metadata",
        "The RFC 8414 metadata can't be used",
        DISCOVERY,
    ),
    metadata(
        "authorization_server_metadata.place.openid",
        "OpenID Connect metadata",
        "The OpenID Connect metadata can't be used",
        DISCOVERY,
    ),
    metadata(
        "authorization_server_metadata.place.openid_path",
        "OpenID Connect metadata below the path",
        "The OpenID Connect metadata below the path can't be used",
        DISCOVERY,
    ),
];
const DOCUMENT: Checks = Checks {
    found: metadata(
        "authorization_server_metadata.found",
        "There is authorization server metadata",
        "There is no usable authorization server metadata",
        DISCOVERY,
    ),
    cors: metadata(
        "authorization_server_metadata.cors",
        "A page may read the authorization server metadata",
        "A page can't read the authorization server metadata",
        "Fetch §4.10",
    ),
    stays: metadata(
        "authorization_server_metadata.redirect",
        "The authorization server metadata stays at its origin",
        "The authorization server metadata redirects to another origin",
        "RFC 8414 §3.2",
    ),
    json: metadata(
        "authorization_server_metadata.json",
        "The authorization server metadata is a JSON object",
        "The authorization server metadata is not a JSON object",
        "RFC 8414 §3.2",
    ),
};
const ISSUER: Check = metadata(
    "authorization_server_metadata.issuer",
    "\"issuer\" is exactly the expected issuer",
    "\"issuer\" is not the expected issuer",
    "RFC 8414 §3.3",
);
const SHAPES: Check = metadata(
    "authorization_server_metadata.shapes",
    "Optional members have the right types",
    "An optional member has the wrong type",
    "RFC 8414 §2",
);
const SECURE: Check = metadata(
    "authorization_server_metadata.https",
    "Every endpoint is https",
    "An endpoint is not https",
    "OAuth 2.1 §1.5; RFC 6749 §3.1, §3.2",
);
const AUTHORIZATION: Check = metadata(
    "authorization_server_metadata.authorization_endpoint",
    "There is an authorization endpoint",
    "There is no authorization endpoint",
    "RFC 8414 §2",
);
const TOKEN: Check = metadata(
    "authorization_server_metadata.token_endpoint",
    "There is a token endpoint",
    "There is no token endpoint",
    "RFC 8414 §2",
);
const PKCE: Check = metadata(
    "authorization_server_metadata.pkce",
    "PKCE with S256 is offered",
    "PKCE with S256 is not offered",
    "MCP 2026-07-28 security-considerations, Authorization Code Protection",
);
const RESPONSE_TYPES: Check = metadata(
    "authorization_server_metadata.response_types",
    "The code flow is offered",
    "The code flow is not offered",
    "RFC 8414 §2",
);
const REGISTRATION: Check = metadata(
    "authorization_server_metadata.registration",
    "An app can get an identity",
    "An app can't get an identity",
    "MCP 2026-07-28 client-registration",
);
const DOCUMENTS: Check = metadata(
    "authorization_server_metadata.client_id_metadata_document",
    "Client ID metadata documents are supported",
    "Client ID metadata documents are not supported",
    "MCP 2026-07-28 client-registration",
);
const AUTH_METHODS: Check = metadata(
    "authorization_server_metadata.auth_methods",
    "Clients without a secret are allowed",
    "Clients without a secret are not listed",
    "RFC 8414 §2; RFC 6749 §2.1",
);
const ISS: Check = metadata(
    "authorization_server_metadata.iss",
    "Responses name their issuer",
    "Responses do not name their issuer",
    "RFC 9207 §3",
);
const REFRESH: Check = metadata(
    "authorization_server_metadata.refresh",
    "Sessions can be refreshed",
    "Sessions may not be refreshable",
    "RFC 8414 §2",
);
const REVOCATION: Check = metadata(
    "authorization_server_metadata.revocation",
    "Tokens can be revoked",
    "Tokens can't be revoked",
    "RFC 7009 §2; RFC 8414 §2",
);
const DPOP: Check = metadata(
    "authorization_server_metadata.dpop",
    "Tokens can be bound to a key",
    "Tokens can't be bound to a key",
    "RFC 9449 §5.1",
);
const PAR: Check = metadata(
    "authorization_server_metadata.pushed_requests",
    "Authorization requests can be pushed",
    "Authorization requests can't be pushed",
    "RFC 9126 §5",
);

/// The metadata, if it can be used.
pub(super) async fn check<W: Wire>(
    record: &mut Recorder<'_, W>,
    found: &Found,
) -> Option<Box<AuthorizationServerMetadata>> {
    let usable = |document: &Object| {
        AuthorizationServerMetadata::parse(document, &found.issuer, &IssuerPolicy::default()).is_ok()
    };
    let urls = AuthorizationServerMetadata::well_known_urls(&found.issuer);
    let mut places = Vec::new();
    for (url, check) in urls.iter().zip(PLACES) {
        places.push(Place::look(record, check, url, &usable).await);
    }
    let chosen = Place::chosen(&places, &urls);
    for place in &places {
        place.tell(record, chosen, &|record, check| record.skipped(check, "The document here can't be used."));
    }
    let Some(chosen) = chosen else {
        let place = Place::first(record, &places);
        let remedy = ["At ", place, ": {\"issuer\": \"", found.issuer.as_str(), "\", …}"].concat();
        match found.listed {
            true => record.failure(&DOCUMENT.found, "There is none at any of the URLs where clients look.", &remedy),
            false => record.skipped(&DOCUMENT.found, "There is none at the server's own origin, either."),
        }
        return None;
    };
    chosen.tell_document(record, &DOCUMENT, found.issuer.as_str());
    let document = chosen.document()?;
    check_members(record, found, document);
    AuthorizationServerMetadata::parse(document, &found.issuer, &IssuerPolicy::default()).ok()
}

/// The first optional member of the wrong type, and what it should look like.
fn malformed(document: &Object) -> Option<(&'static str, &'static str)> {
    const LISTS: [&str; 4] = [
        "scopes_supported",
        "token_endpoint_auth_methods_supported",
        "grant_types_supported",
        "dpop_signing_alg_values_supported",
    ];
    const URLS: [&str; 4] = [
        "registration_endpoint",
        "revocation_endpoint",
        "device_authorization_endpoint",
        "pushed_authorization_request_endpoint",
    ];
    let list = LISTS.into_iter().find(|name| document.strings(name).is_err()).map(|name| (name, "[\"…\"]"));
    let is_url = |name: &str| document.text(name).is_some_and(|text| Url::parse(text) != Err(UrlError::Invalid));
    let url = URLS.into_iter().find(|name| document.get(name).is_some() && !is_url(name));
    list.or_else(|| url.map(|name| (name, "\"https://…\"")))
}

/// Whether a list has an entry; `absent` if there is no list.
fn lists(document: &Object, name: &'static str, entry: &str, absent: bool) -> bool {
    document.strings(name).ok().flatten().map_or(absent, |list| list.contains(&entry))
}

/// Whether an endpoint is refused. An optional endpoint that is not a URL counts as absent.
fn is_insecure(name: &str, url: &str) -> bool {
    match Url::parse(url) {
        Ok(_) => false,
        Err(UrlError::Invalid) => matches!(name, "authorization_endpoint" | "token_endpoint"),
        Err(_) => true,
    }
}

fn check_members<W: Wire>(record: &mut Recorder<'_, W>, found: &Found, document: &Object) {
    let text = |name| document.string(name).ok().flatten();
    let named = text("issuer").unwrap_or_default();
    let remedy = ["\"issuer\": \"", found.issuer.as_str(), "\""].concat();
    let detail = ["It is \"", named, "\"."].concat();
    match IssuerPolicy::default().named(&found.issuer, named) {
        Some(issuer) if issuer != found.issuer => record.warning(
            &ISSUER,
            &[&detail, " Some clients refuse it because of the slash, although both are the same URL."].concat(),
            &remedy,
        ),
        issuer => record.require(&ISSUER, issuer.is_some(), &detail, &remedy),
    }
    if let Some((name, shape)) = malformed(document) {
        let detail = ["\"", name, "\" has the wrong type and is ignored."].concat();
        record.warning(&SHAPES, &detail, &["\"", name, "\": ", shape].concat());
    }

    let insecure = [
        "authorization_endpoint",
        "token_endpoint",
        "registration_endpoint",
        "revocation_endpoint",
        "pushed_authorization_request_endpoint",
    ]
    .into_iter()
    .find_map(|name| text(name).filter(|url| is_insecure(name, url)).map(|url| (name, url)));
    match insecure {
        None => record.pass(&SECURE, ""),
        Some((name, url)) => {
            record.failure(&SECURE, &["\"", name, "\" is ", url].concat(), &["\"", name, "\": \"https://…\""].concat())
        }
    }
    for (check, name) in [(&AUTHORIZATION, "authorization_endpoint"), (&TOKEN, "token_endpoint")] {
        record.require(check, text(name).is_some(), "There is none.", &["\"", name, "\": \"https://…\""].concat());
    }
    let pkce = lists(document, "code_challenge_methods_supported", "S256", false);
    let trusted = record.app.trust_pkce.iter().any(|issuer| found.issuer == **issuer);
    let remedy = "\"code_challenge_methods_supported\": [\"S256\"]";
    let in_words = document.texts("code_challenge_methods_supported").is_some_and(|texts| texts.contains(&"S256"));
    match (pkce, trusted) {
        (false, _) if in_words => record.warning(&PKCE, "It is not a list, and other clients need one.", remedy),
        (false, true) => record.warning(&PKCE, "The app trusts this server without it (trustPkce).", remedy),
        _ => record.require(&PKCE, pkce, "Clients have to refuse a server that does not offer it.", remedy),
    }
    let code = lists(document, "response_types_supported", "code", false);
    record.prefer(&RESPONSE_TYPES, code, "\"code\" is not listed.", "\"response_types_supported\": [\"code\"]");

    let documents = document.flag("client_id_metadata_document_supported") == Ok(true);
    let registers = text("registration_endpoint").is_some();
    let own = record.app.client_id.is_some() || (documents && record.app.metadata_document.is_some());
    let other_ways = match documents {
        true => "Host a client ID metadata document, or register by hand.",
        false => "\"registration_endpoint\": \"https://…\"",
    };
    record.require(
        &REGISTRATION,
        own || registers,
        "The server offers no registration that this app can use.",
        other_ways,
    );
    record.prefer(
        &DOCUMENTS,
        documents,
        "The metadata does not announce support, so every app has to be registered.",
        "\"client_id_metadata_document_supported\": true",
    );
    record.prefer(
        &AUTH_METHODS,
        lists(document, "token_endpoint_auth_methods_supported", "none", false),
        "\"none\" is not listed, but a page can't keep a secret.",
        "\"token_endpoint_auth_methods_supported\": [\"none\"]",
    );
    record.prefer(
        &ISS,
        document.flag("authorization_response_iss_parameter_supported") == Ok(true),
        "The metadata does not announce \"iss\", which protects apps that use several servers from mix-up attacks.",
        "\"authorization_response_iss_parameter_supported\": true",
    );
    let refresh = lists(document, "grant_types_supported", "refresh_token", false);
    record.prefer(
        &REFRESH,
        refresh,
        "\"refresh_token\" is not listed. Users may have to sign in again when the access token expires.",
        "\"grant_types_supported\": [\"authorization_code\", \"refresh_token\"]",
    );
    record.prefer(
        &REVOCATION,
        text("revocation_endpoint").is_some(),
        "There is no revocation endpoint, so tokens stay valid after the sign-out until they expire.",
        "\"revocation_endpoint\": \"https://…\"",
    );
    match document.strings("dpop_signing_alg_values_supported") {
        Ok(Some(list)) => record.prefer(
            &DPOP,
            list.contains(&DPOP_ALGORITHM),
            "ES256 is not listed, and browsers sign with that algorithm.",
            "\"dpop_signing_alg_values_supported\": [\"ES256\"]",
        ),
        _ => record.skipped(&DPOP, "The server does not offer this."),
    }
    match text("pushed_authorization_request_endpoint") {
        Some(_) => record.pass(&PAR, ""),
        None => record.skipped(&PAR, "The server does not offer this."),
    }
}
