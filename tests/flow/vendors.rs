//! Authorization servers of vendors, according to their public documentation. Each file in `vendors` describes one of
//! them, with the options that it needs. `docs/servers` has a page on each.
//!
//! The files have only what the documentation shows. If it shows no token response, that of RFC 6749 is used.

use std::collections::BTreeMap;
use std::rc::Rc;

use mcp_authorize::flow::{Client, PreRegistered, Session, restore, sign_in};
use mcp_authorize::protocol::{
    AuthorizationParameters, ClientIdMetadataUrl, Issuer, Scope, ServerUrl, WwwAuthenticate,
};
use mcp_authorize::{Code, Error};
use pollster::block_on;
use serde_json::{Value, json};

use crate::scripted::*;

const VENDORS: [&str; 9] = ["auth0", "cognito", "descope", "entra", "github", "google", "okta", "stytch", "workos"];

/// The content of one file.
struct Vendor(Value);

impl Vendor {
    fn named(name: &str) -> Self {
        let path = format!("{}/tests/flow/vendors/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}")))
    }

    fn text(&self, pointer: &str) -> &str {
        self.0.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} must be a string"))
    }

    fn texts(&self, pointer: &str) -> Vec<String> {
        let list = self.0.pointer(pointer).and_then(Value::as_array);
        list.into_iter().flatten().map(|text| text.as_str().unwrap().to_owned()).collect()
    }

    fn endpoint(&self, name: &str) -> &str {
        self.text(&format!("/metadata/{name}_endpoint"))
    }

    fn token_endpoint(&self) -> &str {
        self.endpoint("token")
    }

    /// A response with a status.
    fn reply(&self, name: &str) -> Reply {
        let answer = &self.0[name];
        Reply::Json(u16::try_from(answer["status"].as_u64().unwrap()).unwrap(), answer["body"].to_string())
    }

    fn tokens(&self, name: &str, number: &str) -> Value {
        match self.0.get(name) {
            Some(answer) => answer.clone(),
            // RFC 6749 §5.1.
            None => json!({
                "access_token": format!("{number}-access"), "token_type": "Bearer", "expires_in": 3600,
                "refresh_token": format!("{number}-refresh"),
            }),
        }
    }

    fn dead_refresh_token(&self) -> Reply {
        match self.0.get("dead_refresh_token") {
            Some(_) => self.reply("dead_refresh_token"),
            // RFC 6749 §5.2.
            None => Reply::Json(400, r#"{"error": "invalid_grant"}"#.into()),
        }
    }

    /// The vendor's authorization server, and an MCP server that lists it.
    fn world(&self) -> Scripted {
        let world = Scripted::default();
        world.set_clock(1_000_000);
        let challenge = self.0["challenge"].as_str().map(str::to_owned);
        let challenge = challenge.unwrap_or_else(|| format!("Bearer resource_metadata=\"{PRM}\""));
        let parsed = WwwAuthenticate::parse(&challenge);
        assert!(parsed.names_resource_metadata(), "{challenge}");
        let place = if challenge.contains(PRM) { PRM } else { ROOT_PRM };
        world.reply(SERVER, Reply::Challenge(401, challenge));
        let resource = match self.0.get("resource_metadata") {
            Some(document) => document.clone(),
            None => json!({ "resource": SERVER, "authorization_servers": [self.text("/issuer")] }),
        };
        world.reply(place, Reply::ok(resource.to_string()));
        world.reply(self.text("/metadata_url"), Reply::ok(self.0["metadata"].to_string()));
        if let Some(registration) = self.0.get("registration") {
            world.reply(self.endpoint("registration"), Reply::Json(201, registration.to_string()));
        } else if self.0.get("registration_refused").is_some() {
            world.reply(self.endpoint("registration"), self.reply("registration_refused"));
        }
        world.reply(self.token_endpoint(), Reply::ok(self.tokens("tokens", "first").to_string()));
        world
    }

    /// The user consents. A vendor that does not accept `resource` responds with an error.
    fn user(&self) -> User {
        let refusal = self.0.get("resource_refused").cloned();
        let iss =
            self.0["iss_in_response"].as_bool().unwrap_or_default().then(|| self.text("/metadata/issuer").to_owned());
        User::answering(move |sent| {
            let mut answer: BTreeMap<&str, String> = [("state", sent["state"].clone())].into();
            match refusal.as_ref().filter(|_| sent.contains_key("resource")) {
                Some(refusal) => {
                    for name in ["error", "error_description"] {
                        answer.insert(name, refusal[name].as_str().unwrap().to_owned());
                    }
                }
                None => {
                    answer.insert("code", "the-code".into());
                    answer.extend(iss.clone().map(|iss| ("iss", iss)));
                }
            }
            let query = answer
                .into_iter()
                .fold(mcp_authorize::protocol::form::Form::new(), |form, (name, value)| form.add(name, &value));
            vec![Ok(from_popup(&format!("?{}", query.as_str())))]
        })
    }

    /// The app with the file's options.
    fn client(&self) -> Client {
        let option = |name: &str| self.0["options"][name].as_str();
        let parameters = self.0["options"]["authorizationParameters"].as_object().cloned().unwrap_or_default();
        let parameters = parameters.into_iter().map(|(name, value)| (name, value.as_str().map(str::to_owned)));
        let scopes = self.texts("/options/scopes");
        Client {
            pre_registered: option("clientId").map(|id| PreRegistered {
                client_id: id.into(),
                secret: option("clientSecret").map(Into::into),
                // A secret belongs to the issuer that gave it.
                issuer: option("clientSecret").map(|_| Issuer::parse(self.text("/issuer")).unwrap()),
            }),
            client_id_metadata_url: option("clientIdMetadataUrl").map(|url| ClientIdMetadataUrl::parse(url).unwrap()),
            scopes: Some(Scope::from_tokens(&scopes)).filter(|_| !scopes.is_empty()),
            trust_pkce: self.texts("/options/trustPkce"),
            omit_resource: self.texts("/options/omitResource"),
            authorization_parameters: AuthorizationParameters::new(parameters.collect()).unwrap(),
            ..client()
        }
    }
}

fn signed_in(world: &Scripted, client: Client, user: &mut User) -> Result<Session<Scripted>, Error> {
    let server = ServerUrl::parse(SERVER).unwrap();
    block_on(sign_in(world, &Rc::new(client), &server.into(), None, user))
}

fn failure(world: &Scripted, client: Client, user: &mut User) -> Error {
    signed_in(world, client, user).err().expect("the sign-in must fail")
}

fn access_token(session: &Session<Scripted>) -> String {
    block_on(session.access_token()).unwrap().expose().to_owned()
}

#[test]
fn each_file_is_tested() {
    let folder = format!("{}/tests/flow/vendors", env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    assert_eq!(files, VENDORS.map(|name| format!("{name}.json")));
}

#[test]
fn a_user_signs_in_at_each_vendor() {
    for name in VENDORS {
        let vendor = Vendor::named(name);
        let (world, mut user) = (vendor.world(), vendor.user());
        let session = signed_in(&world, vendor.client(), &mut user).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(access_token(&session), "first-access", "{name}");
        assert_eq!(session.issuer().as_str(), vendor.text("/metadata/issuer"), "{name}");

        let (sent, form) = (user.sent(), world.form(vendor.token_endpoint()));
        assert!(user.opened.as_ref().unwrap().as_str().starts_with(vendor.endpoint("authorization")), "{name}");
        // OAuth 2.1 §4.1.1: with PKCE, whether the vendor announces it or not.
        assert_eq!(sent["code_challenge_method"], "S256", "{name}");
        assert!(form.contains_key("code_verifier"), "{name}");
        let takes_resource = vendor.texts("/options/omitResource").is_empty();
        assert_eq!(
            (sent.contains_key("resource"), form.contains_key("resource")),
            (takes_resource, takes_resource),
            "{name}"
        );
        for (parameter, value) in vendor.0["options"]["authorizationParameters"].as_object().into_iter().flatten() {
            assert_eq!(sent[parameter], value.as_str().unwrap(), "{name}");
        }
    }
}

#[test]
fn a_refresh_keeps_the_refresh_token_or_takes_the_new_one() {
    for name in VENDORS {
        let vendor = Vendor::named(name);
        let world = vendor.world();
        let session = signed_in(&world, vendor.client(), &mut vendor.user()).unwrap();
        let scope = session.scope().tokens().to_vec();
        let refreshed = vendor.tokens("refreshed", "second");
        world.reply(vendor.token_endpoint(), Reply::ok(refreshed.to_string()));
        block_on(session.refresh()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(access_token(&session), "second-access", "{name}");
        assert_eq!(session.scope().tokens(), scope, "{name}");
        assert_eq!(world.form(vendor.token_endpoint())["refresh_token"], "first-refresh", "{name}");
        block_on(session.refresh()).unwrap();
        let next = refreshed["refresh_token"].as_str().unwrap_or("first-refresh");
        assert_eq!(world.form(vendor.token_endpoint())["refresh_token"], next, "{name}");
    }
}

#[test]
fn a_dead_refresh_token_ends_the_session() {
    for name in VENDORS {
        let vendor = Vendor::named(name);
        let world = vendor.world();
        let session = signed_in(&world, vendor.client(), &mut vendor.user()).unwrap();
        world.reply(vendor.token_endpoint(), vendor.dead_refresh_token());
        let error = block_on(session.refresh()).unwrap_err();
        assert_eq!((error.code(), error.server_error()), (Code::SessionExpired, Some("invalid_grant")), "{name}");
        let account = session.server().clone().into();
        assert!(block_on(restore(&world, &Rc::new(vendor.client()), &account)).unwrap().is_none(), "{name}");
    }
}

#[test]
fn every_option_is_needed() {
    for name in VENDORS {
        let vendor = Vendor::named(name);
        let without = |change: fn(&mut Client)| {
            let mut client = vendor.client();
            change(&mut client);
            failure(&vendor.world(), client, &mut vendor.user())
        };
        if !vendor.texts("/options/trustPkce").is_empty() {
            let error = without(|client| client.trust_pkce.clear());
            assert_eq!(error.code(), Code::PkceUnsupported, "{name}");
            assert!(error.message().contains("trustPkce"), "{name}");
        }
        if !vendor.texts("/options/omitResource").is_empty() {
            let error = without(|client| client.omit_resource.clear());
            assert_eq!(error.code(), Code::AuthorizationFailed, "{name}");
            assert!(error.message().contains("omitResource"), "{name}");
        }
        if vendor.0["options"].get("clientId").is_some() && vendor.0.get("registration").is_none() {
            let code = without(|client| client.pre_registered = None).code();
            assert!(matches!(code, Code::RegistrationUnsupported | Code::RegistrationFailed), "{name}: {code:?}");
        }
    }
}

#[test]
fn options_apply_only_to_the_named_issuers() {
    let entra = Vendor::named("entra");
    let trust_pkce = vec![ISSUER.into(), format!("{}/", entra.text("/issuer"))];
    let client = Client { trust_pkce, ..entra.client() };
    assert_eq!(failure(&entra.world(), client, &mut entra.user()).code(), Code::PkceUnsupported);
}

#[test]
fn entra_is_asked_for_a_refresh_token_and_for_consent_unless_the_app_says_otherwise() {
    let entra = Vendor::named("entra");
    let mut user = entra.user();
    signed_in(&entra.world(), entra.client(), &mut user).unwrap();
    assert_eq!(user.sent()["scope"], "api://mcp/tools.read offline_access");
    assert_eq!(user.sent()["prompt"], "consent");

    // Users who may not consent can sign in if an administrator has consented for all.
    let parameters = AuthorizationParameters::new(vec![("prompt".into(), None)]).unwrap();
    let mut user = entra.user();
    signed_in(&entra.world(), Client { authorization_parameters: parameters, ..entra.client() }, &mut user).unwrap();
    assert!(!user.sent().contains_key("prompt"));
}

#[test]
fn okta_refuses_registration_without_a_token_and_the_error_says_what_to_do() {
    let okta = Vendor::named("okta");
    let client = Client { pre_registered: None, ..okta.client() };
    let error = failure(&okta.world(), client, &mut okta.user());
    assert_eq!((error.code(), error.status()), (Code::RegistrationFailed, Some(401)));
    assert!(error.message().contains("clientId") && error.message().contains("initialAccessToken"));
}

#[test]
fn an_error_in_oktas_own_format_is_quoted() {
    let okta = Vendor::named("okta");
    let world = okta.world();
    world.reply(okta.token_endpoint(), okta.reply("unknown_client"));
    let error = failure(&world, okta.client(), &mut okta.user());
    assert_eq!((error.code(), error.status()), (Code::HttpStatus, Some(401)));
    assert!(error.message().contains("Invalid value for 'client_id' parameter."), "{}", error.message());
}

#[test]
fn auth0_may_be_listed_with_or_without_the_slash_of_its_issuer() {
    let mut auth0 = Vendor::named("auth0");
    auth0.0["issuer"] = json!("https://acme.auth0.example");
    // RFC 9207: `iss` is compared with the issuer that the document names.
    let session = signed_in(&auth0.world(), auth0.client(), &mut auth0.user()).unwrap();
    assert_eq!(session.issuer().as_str(), "https://acme.auth0.example/");
}

#[test]
fn an_app_registers_at_auth0_with_a_secret_since_it_lists_no_other_method() {
    let auth0 = Vendor::named("auth0");
    let world = auth0.world();
    signed_in(&world, Client { pre_registered: None, ..auth0.client() }, &mut auth0.user()).unwrap();
    let asked: Value = serde_json::from_str(&world.posted(auth0.endpoint("registration"))[0]).unwrap();
    assert_eq!(asked["token_endpoint_auth_method"], "client_secret_post");
    let form = world.form(auth0.token_endpoint());
    assert_eq!((&*form["client_id"], &*form["client_secret"]), ("registered", "registered-secret"));
}

#[test]
fn auth0_without_the_profile_for_resource_gets_an_audience() {
    let auth0 = Vendor::named("auth0");
    let parameters = AuthorizationParameters::new(vec![("audience".into(), Some("https://mcp.example/mcp".into()))]);
    let client = Client { authorization_parameters: parameters.unwrap(), ..auth0.client() };
    let mut user = auth0.user();
    signed_in(&auth0.world(), client, &mut user).unwrap();
    assert_eq!(user.sent()["audience"], "https://mcp.example/mcp");
}

#[test]
fn google_may_be_listed_with_a_slash_that_its_issuer_lacks() {
    let mut google = Vendor::named("google");
    google.0["issuer"] = json!("https://accounts.google.example/");
    let client = google.client();
    // The secret's issuer is the one that the document names.
    let own = client
        .pre_registered
        .clone()
        .map(|own| PreRegistered { issuer: Issuer::parse("https://accounts.google.example").ok(), ..own });
    let session = signed_in(&google.world(), Client { pre_registered: own, ..client }, &mut google.user()).unwrap();
    assert_eq!(session.issuer().as_str(), "https://accounts.google.example");
}

#[test]
fn workos_and_descope_get_the_apps_document_instead_of_a_registration() {
    for name in ["workos", "descope"] {
        let vendor = Vendor::named(name);
        let world = vendor.world();
        signed_in(&world, vendor.client(), &mut vendor.user()).unwrap();
        assert_eq!(world.form(vendor.token_endpoint())["client_id"], "https://acme.example/mcp-client.json", "{name}");
        assert!(world.posted(vendor.endpoint("registration")).is_empty(), "{name}");

        let world = vendor.world();
        signed_in(&world, Client { client_id_metadata_url: None, ..vendor.client() }, &mut vendor.user()).unwrap();
        let asked: Value = serde_json::from_str(&world.posted(vendor.endpoint("registration"))[0]).unwrap();
        assert_eq!(asked["token_endpoint_auth_method"], "none", "{name}");
        let form = world.form(vendor.token_endpoint());
        assert_eq!((&*form["client_id"], form.contains_key("client_secret")), ("registered", false), "{name}");
    }
}

#[test]
fn workos_and_stytch_name_the_origin_as_the_resource() {
    for name in ["workos", "stytch"] {
        let vendor = Vendor::named(name);
        let (world, mut user) = (vendor.world(), vendor.user());
        signed_in(&world, vendor.client(), &mut user).unwrap();
        assert_eq!(user.sent()["resource"], "https://mcp.example", "{name}");
    }
}

#[test]
fn a_resource_without_a_scheme_as_in_stytchs_guide_is_refused() {
    // The guide's sample for Express takes it from the `Host` header.
    let mut stytch = Vendor::named("stytch");
    stytch.0["resource_metadata"]["resource"] = json!("mcp.example");
    let error = failure(&stytch.world(), stytch.client(), &mut stytch.user());
    assert_eq!(error.code(), Code::ResourceMismatch);
    assert!(error.message().contains("mcp.example"));
}

#[test]
fn an_error_in_stytchs_own_format_is_quoted() {
    let stytch = Vendor::named("stytch");
    let world = stytch.world();
    world.reply(stytch.token_endpoint(), stytch.reply("error_form"));
    let error = failure(&world, stytch.client(), &mut stytch.user());
    assert_eq!((error.code(), error.status()), (Code::HttpStatus, Some(400)));
    assert!(error.message().contains("The state in the cookie doesn't match"), "{}", error.message());
}

#[test]
fn githubs_commas_between_scopes_are_understood() {
    let github = Vendor::named("github");
    let session = signed_in(&github.world(), github.client(), &mut github.user()).unwrap();
    assert_eq!(session.scope().tokens(), ["repo", "gist"]);

    let world = github.world();
    world.reply(github.token_endpoint(), Reply::ok(github.text("/tokens_as_form")));
    let session = signed_in(&world, github.client(), &mut github.user()).unwrap();
    assert_eq!((session.scope().tokens(), session.can_refresh()), (&["repo".to_owned(), "gist".to_owned()][..], false));
}

#[test]
fn github_accepts_a_secret_only_as_a_parameter() {
    // Its metadata lists no method, which means `client_secret_basic` (RFC 8414 §2).
    let github = Vendor::named("github");
    let world = github.world();
    let tokens = Reply::ok(github.tokens("tokens", "first").to_string());
    world.replies(github.token_endpoint(), vec![github.reply("wrong_credentials"), tokens]);
    let session = signed_in(&world, github.client(), &mut github.user()).unwrap();
    let form = world.form(github.token_endpoint());
    assert_eq!((&*form["client_id"], &*form["client_secret"]), ("client-id", "client-secret"));
    block_on(session.refresh()).unwrap();
    assert_eq!(world.form(github.token_endpoint())["client_secret"], "client-secret");
}

#[test]
fn githubs_errors_with_status_200_are_recognized() {
    let github = Vendor::named("github");
    let world = github.world();
    world.reply(github.token_endpoint(), github.reply("wrong_code"));
    let error = failure(&world, github.client(), &mut github.user());
    assert_eq!((error.code(), error.server_error()), (Code::TokenFailed, Some("bad_verification_code")));

    let world = github.world();
    let session = signed_in(&world, github.client(), &mut github.user()).unwrap();
    world.reply(github.token_endpoint(), github.reply("wrong_credentials"));
    assert_eq!(block_on(session.refresh()).unwrap_err().code(), Code::SessionExpired);
}
