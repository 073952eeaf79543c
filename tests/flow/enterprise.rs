//! Enterprise-managed authorization (SEP-990): one sign-in at the identity provider opens every server of the organisation.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Waker};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use mcp_authorize::flow::{
    Client, Grant, PreRegistered, Session, SignInProvider, identity_usable_until, restore, sign_in, sign_in_with,
    sign_out_of_identity_provider,
};
use mcp_authorize::ports::UnixMillis;
use mcp_authorize::protocol::{
    AuthorizationParameters, ClientAuthentication, ClientIdMetadataUrl, Issuer, Scope, ServerUrl, StepUpDemand,
    SubjectTokenType, UserAuthentication,
};
use mcp_authorize::{Code, Error};
use pollster::block_on;

use crate::scripted::*;

const IDP: &str = "https://idp.example";
const IDP_METADATA: &str = "https://idp.example/.well-known/openid-configuration";
const IDP_TOKEN: &str = "https://idp.example/token";
const IDP_REVOKE: &str = "https://idp.example/revoke";
const OTHER_SERVER: &str = "https://other.example/mcp";
const OTHER_ISSUER: &str = "https://other-as.example";
const JAG: &str = r#"{"access_token": "the-jag", "issued_token_type": "urn:ietf:params:oauth:token-type:id-jag", "token_type": "N_A", "expires_in": 300}"#;

/// The claims of a valid ID token, with the placeholders NONCE and EXP.
const GOOD: &str =
    r#"{"iss":"https://idp.example","aud":"app-at-idp","nonce":"NONCE","exp":EXP,"sub":"jane","name":"Jane"}"#;

fn id_token(claims: &str, nonce: &str, exp: u64) -> String {
    let claims = claims.replace("NONCE", nonce).replace("EXP", &exp.to_string());
    format!("e30.{}.x", BASE64_URL_SAFE_NO_PAD.encode(claims))
}

fn issued(id_token: &str, refresh_token: Option<&str>) -> Reply {
    let refresh = refresh_token.map_or(String::new(), |token| format!(r#", "refresh_token": "{token}""#));
    Reply::ok(format!(r#"{{"access_token": "idp-access", "token_type": "Bearer", "id_token": "{id_token}"{refresh}}}"#))
}

/// Two MCP servers with an authorization server each, and the identity provider of both.
fn organisation() -> Scripted {
    let world = Scripted::working();
    let takes = r#", "authorization_grant_profiles_supported": ["urn:ietf:params:oauth:grant-profile:id-jag"],
        "client_id_metadata_document_supported": true"#;
    world.reply(METADATA, Reply::ok(metadata(ISSUER, takes)));
    world.reply(TOKEN, Reply::ok(tokens("first")));
    world.reply(
        OTHER_SERVER,
        Reply::Challenge(401, r#"Bearer resource_metadata="https://other.example/prm", scope="read""#.into()),
    );
    world.reply("https://other.example/prm", Reply::ok(prm(OTHER_SERVER, OTHER_ISSUER)));
    let other_metadata = format!("{OTHER_ISSUER}/.well-known/oauth-authorization-server");
    world.reply(&other_metadata, Reply::ok(metadata(OTHER_ISSUER, takes)));
    world.reply(&format!("{OTHER_ISSUER}/token"), Reply::ok(tokens("other")));
    world.reply(
        IDP_METADATA,
        Reply::ok(format!(
            r#"{{"issuer": "{IDP}", "authorization_endpoint": "{IDP}/authorize", "token_endpoint": "{IDP_TOKEN}",
            "revocation_endpoint": "{IDP_REVOKE}", "scopes_supported": ["openid", "offline_access"],
            "authorization_response_iss_parameter_supported": true}}"#
        )),
    );
    world
}

fn provider() -> SignInProvider {
    SignInProvider {
        issuer: Issuer::parse(IDP).unwrap(),
        client_id: "app-at-idp".into(),
        secret: None,
        method: None,
        scopes: Scope::default(),
        subject_token: SubjectTokenType::IdToken,
    }
}

/// An app that identifies itself with a client ID metadata document.
fn app(provider: SignInProvider) -> Rc<Client> {
    Rc::new(Client {
        client_id_metadata_url: Some(ClientIdMetadataUrl::parse("https://app.example/client.json").unwrap()),
        grant: Some(Grant::EnterpriseSignIn(provider)),
        ..client()
    })
}

/// A user who signs in at the provider, which issues an ID token with `claims`. `pages` counts the opened pages.
fn jane(world: &Scripted, claims: &'static str, refresh_token: Option<&'static str>, pages: &Rc<Cell<u32>>) -> User {
    let (world, pages) = (world.clone(), pages.clone());
    User::answering(move |sent| {
        pages.set(pages.get() + 1);
        let token = id_token(claims, &sent["nonce"], 10_000);
        world.replies(IDP_TOKEN, vec![issued(&token, refresh_token), Reply::ok(JAG)]);
        vec![Ok(from_popup(&format!("?code=the-code&state={}&iss={IDP}", sent["state"])))]
    })
}

fn attempt(world: &Scripted, client: &Rc<Client>, server: &str, user: &mut User) -> Result<Session<Scripted>, Error> {
    block_on(sign_in(world, client, &ServerUrl::parse(server).unwrap().into(), None, user))
}

#[test]
fn one_sign_in_at_the_provider_opens_every_server() {
    let (world, pages) = (organisation(), Rc::default());
    let app = app(provider());
    let mut user = jane(&world, GOOD, None, &pages);
    assert_eq!(block_on(identity_usable_until(&world, &app)).unwrap(), None);
    let first = attempt(&world, &app, SERVER, &mut user).unwrap();

    // OpenID Connect Core §3.1.2.1, with PKCE; no resource: the tokens are for the app.
    let sent = user.sent();
    assert_eq!((&*sent["client_id"], &*sent["scope"]), ("app-at-idp", "openid offline_access"));
    assert!(sent.contains_key("code_challenge") && sent.contains_key("nonce") && !sent.contains_key("resource"));
    // SEP-990 §4: `audience` MUST be the issuer identifier of the resource's authorization server.
    let exchange = world.form(IDP_TOKEN);
    assert_eq!((&*exchange["audience"], &*exchange["resource"], &*exchange["scope"]), (ISSUER, SERVER, "read"));
    assert_eq!(exchange["subject_token_type"], "urn:ietf:params:oauth:token-type:id_token");
    let form = world.form(TOKEN);
    assert_eq!(form["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
    assert_eq!((&*form["assertion"], &*form["client_id"]), ("the-jag", "https://app.example/client.json"));
    assert_eq!(first.user().unwrap().name.as_deref(), Some("Jane"));
    assert!(block_on(identity_usable_until(&world, &app)).unwrap().is_some());

    // The next server and another tab need no page.
    world.reply(IDP_TOKEN, Reply::ok(JAG));
    for world in [world.clone(), world.another_tab()] {
        let second = attempt(&world, &app, OTHER_SERVER, &mut user).unwrap();
        assert_eq!(world.form(IDP_TOKEN)["audience"], OTHER_ISSUER);
        assert_eq!((second.issuer().as_str(), pages.get()), (OTHER_ISSUER, 1));
    }
    // A session is restored without the network.
    let account = ServerUrl::parse(SERVER).unwrap().into();
    assert!(block_on(restore(&world, &app, &account)).unwrap().is_some());
}

#[test]
fn opening_several_servers_at_once_asks_the_user_to_sign_in_once() {
    let (world, pages) = (organisation(), Rc::default());
    let app = app(provider());
    let issuing = world.clone();
    let user = || {
        let (world, pages): (Scripted, Rc<Cell<u32>>) = (issuing.clone(), Rc::clone(&pages));
        User::answering(move |sent| {
            pages.set(pages.get() + 1);
            let token = id_token(GOOD, &sent["nonce"], 10_000);
            world.replies(IDP_TOKEN, vec![issued(&token, None), Reply::ok(JAG), Reply::ok(JAG)]);
            vec![Ok(from_popup(&format!("?code=the-code&state={}&iss={IDP}", sent["state"])))]
        })
    };
    let opened = block_on(all([SERVER, OTHER_SERVER].map(|server| {
        let (world, app, mut user) = (world.clone(), app.clone(), user());
        async move {
            let account = ServerUrl::parse(server).unwrap().into();
            sign_in(&world, &app, &account, None, &mut user).await.map(drop).map_err(|error| error.code())
        }
    })));
    assert_eq!(opened, [Ok(()), Ok(())]);
    assert_eq!(pages.get(), 1);
}

#[test]
fn the_event_has_the_url_only_if_the_app_must_show_the_page() {
    for shows_page in [true, false] {
        let world = organisation();
        let mut user = jane(&world, GOOD, None, &Rc::default());
        user.shows_page = shows_page;
        attempt(&world, &app(provider()), SERVER, &mut user).unwrap();
        let authorizing = world.events().into_iter().find(|event| event.starts_with("Authorizing")).unwrap();
        assert_eq!(authorizing.contains("https://idp.example/authorize?"), !shows_page, "{authorizing}");
    }
}

#[test]
fn a_sign_out_does_not_wait_for_an_open_page_and_is_not_undone_by_it() {
    // While the page is open, the user signs out in another tab, and then finishes on the page. A sign-in that began before a
    // sign-out stores no tokens, and revokes those that it gets.
    let (world, signed_out) = (organisation(), Rc::new(Cell::new(false)));
    let app = app(provider());
    let (tab, other_app, done) = (world.another_tab(), app.clone(), Rc::clone(&signed_out));
    let mut user = User::answering(move |sent| {
        let token = id_token(GOOD, &sent["nonce"], 10_000);
        tab.replies(IDP_TOKEN, vec![issued(&token, Some("idp-refresh")), Reply::ok(JAG)]);
        let mut sign_out = pin!(sign_out_of_identity_provider(&tab, &other_app));
        let mut context = Context::from_waker(Waker::noop());
        done.set((0..100).any(|_| sign_out.as_mut().poll(&mut context).is_ready()));
        vec![Ok(from_popup(&format!("?code=the-code&state={}&iss={IDP}", sent["state"])))]
    });
    let error = attempt(&world, &app, SERVER, &mut user).err().unwrap();
    assert!(signed_out.get(), "the sign-out waits for the page");
    assert_eq!(error.code(), Code::SignedOut);
    assert_eq!(world.form(IDP_REVOKE)["token"], "idp-refresh");
    assert_eq!(block_on(identity_usable_until(&world, &app)).unwrap(), None);

    // The next sign-in works.
    attempt(&world, &app, SERVER, &mut jane(&world, GOOD, None, &Rc::default())).unwrap();
}

#[test]
fn a_sign_out_of_another_client_of_the_provider_does_not_end_a_sign_in() {
    let world = organisation();
    let other = app(SignInProvider { client_id: "other-app".into(), ..provider() });
    let tab = world.another_tab();
    let mut user = User::answering(move |sent| {
        block_on(sign_out_of_identity_provider(&tab, &other)).unwrap();
        let token = id_token(GOOD, &sent["nonce"], 10_000);
        tab.replies(IDP_TOKEN, vec![issued(&token, None), Reply::ok(JAG)]);
        vec![Ok(from_popup(&format!("?code=the-code&state={}&iss={IDP}", sent["state"])))]
    });
    attempt(&world, &app(provider()), SERVER, &mut user).unwrap();
}

#[test]
fn a_refresh_token_can_identify_the_user_in_the_exchange() {
    // With basic authentication at the provider, and fewer scopes granted than requested. At the refresh, the ID token has
    // expired and is not needed.
    let (world, pages) = (organisation(), Rc::default());
    let app = app(SignInProvider {
        secret: Some("hush".into()),
        subject_token: SubjectTokenType::RefreshToken,
        ..provider()
    });
    let mut user = jane(&world, GOOD, Some("idp-refresh"), &pages);
    world.reply(SERVER, Reply::Challenge(401, format!("Bearer resource_metadata=\"{PRM}\", scope=\"read write\"")));
    let fewer = r#"{"access_token": "a", "token_type": "Bearer", "expires_in": 600, "scope": "read"}"#;
    world.reply(TOKEN, Reply::ok(fewer));
    let session = attempt(&world, &app, SERVER, &mut user).unwrap();
    let exchange = world.form(IDP_TOKEN);
    assert_eq!(exchange["subject_token"], "idp-refresh");
    assert_eq!(exchange["subject_token_type"], "urn:ietf:params:oauth:token-type:refresh_token");
    assert_eq!(exchange["scope"], "read write");
    assert_eq!(world.authorizations().last().unwrap(), "Basic YXBwLWF0LWlkcDpodXNo");
    assert_eq!(session.scope().tokens(), ["read"]);
    assert_eq!(block_on(identity_usable_until(&world, &app)).unwrap(), Some(UnixMillis(u64::MAX)));

    world.wait(20_000);
    world.reply(IDP_TOKEN, Reply::ok(JAG));
    block_on(session.refresh()).unwrap();
    assert_eq!(world.form(IDP_TOKEN)["subject_token"], "idp-refresh");
    assert_eq!(pages.get(), 1);
}

#[test]
fn an_unreachable_provider_does_not_end_the_session() {
    let (world, pages) = (organisation(), Rc::default());
    let app = app(provider());
    world.reply(TOKEN, Reply::ok(r#"{"access_token": "first-access", "token_type": "Bearer", "expires_in": 600}"#));
    let session = attempt(&world, &app, SERVER, &mut jane(&world, GOOD, None, &pages)).unwrap();
    world.reply(IDP_TOKEN, Reply::Fails(Code::Network));
    assert_eq!(block_on(session.refresh()).unwrap_err().code(), Code::Network);
    world.wait(60);
    world.reply(IDP_TOKEN, Reply::ok(JAG));
    world.reply(TOKEN, Reply::ok(tokens("second")));
    block_on(session.refresh()).unwrap();
    assert_eq!(block_on(session.access_token()).unwrap().expose(), "second-access");
}

#[test]
fn an_identity_is_kept_if_the_provider_cannot_be_reached_for_a_refresh() {
    let (world, pages) = (organisation(), Rc::default());
    let app = app(provider());
    let mut user = jane(&world, GOOD, Some("idp-refresh"), &pages);
    attempt(&world, &app, SERVER, &mut user).unwrap();
    world.wait(20_000);
    for fails in [Reply::Fails(Code::Network), Reply::Json(503, String::new())] {
        world.reply(IDP_TOKEN, fails);
        assert!(attempt(&world, &app, OTHER_SERVER, &mut user).err().unwrap().is_transient());
    }
    assert_eq!(block_on(identity_usable_until(&world, &app)).unwrap(), Some(UnixMillis(u64::MAX)));
    let renewed = id_token(&GOOD.replace(r#""nonce":"NONCE","#, ""), "", 50_000);
    world.replies(IDP_TOKEN, vec![issued(&renewed, None), Reply::ok(JAG)]);
    attempt(&world, &app, OTHER_SERVER, &mut user).unwrap();
    assert_eq!(pages.get(), 1);
}

#[test]
fn an_id_token_is_not_used_in_its_last_30_seconds() {
    let (world, pages) = (organisation(), Rc::default());
    let app = app(provider());
    let mut user = jane(&world, GOOD, None, &pages);
    attempt(&world, &app, SERVER, &mut user).unwrap();
    // It expires at 10,000 s.
    for (now, expected) in [(9_969, 1), (9_970, 2)] {
        world.set_clock(now * 1000);
        attempt(&world, &app, OTHER_SERVER, &mut user).unwrap();
        assert_eq!(pages.get(), expected, "at {now} s");
    }
}

#[test]
fn an_expired_id_token_is_refreshed() {
    let (world, pages) = (organisation(), Rc::default());
    let app = app(provider());
    let mut user = jane(&world, GOOD, Some("idp-refresh"), &pages);
    attempt(&world, &app, SERVER, &mut user).unwrap();
    world.wait(20_000);
    // OpenID Connect Core §12.2: it SHOULD NOT have a nonce.
    let without_nonce = GOOD.replace(r#""nonce":"NONCE","#, "");
    let renewed = id_token(&without_nonce.replace(r#""Jane""#, r#""Jane Doe""#), "", 50_000);
    world.replies(IDP_TOKEN, vec![issued(&renewed, Some("rotated")), Reply::ok(JAG)]);
    let session = attempt(&world, &app, OTHER_SERVER, &mut user).unwrap();
    assert_eq!(session.user().unwrap().name.as_deref(), Some("Jane Doe"));
    assert_eq!(world.form(IDP_TOKEN)["subject_token"], renewed);
    let refresh = world.posted(IDP_TOKEN).into_iter().rev().nth(1).unwrap();
    assert!(refresh.contains("refresh_token=idp-refresh"), "{refresh}");
    assert_eq!(pages.get(), 1);

    // The rotated refresh token is stored. §12.2: "its sub Claim Value MUST be the same": the ID token of another user is
    // not used, and the page opens.
    world.wait(100_000);
    let eves = id_token(&without_nonce.replace("jane", "eve"), "", 999_999_999_999);
    world.reply(IDP_TOKEN, issued(&eves, None));
    let error = attempt(&world, &app, SERVER, &mut User::answering(|_| Vec::new())).err().unwrap();
    assert_eq!(error.code().name(), "popup_closed");
    assert!(world.posted(IDP_TOKEN).last().unwrap().contains("refresh_token=rotated"));
    assert_eq!(block_on(identity_usable_until(&world, &app)).unwrap(), None);
}

#[test]
fn if_the_provider_refuses_the_stored_identity_the_user_signs_in_again_once() {
    let (world, pages) = (organisation(), Rc::default());
    let app = app(provider());
    let mut user = jane(&world, GOOD, None, &pages);
    attempt(&world, &app, SERVER, &mut user).unwrap();
    let refusal = || Reply::Json(400, r#"{"error": "invalid_grant"}"#.into());
    world.reply(IDP_TOKEN, refusal());
    attempt(&world, &app, SERVER, &mut user).unwrap();
    assert_eq!(pages.get(), 2);

    // If a policy refuses a user who has just signed in, that is reported, without another page.
    let answers = world.clone();
    let mut refused = User::answering(move |sent| {
        let token = id_token(GOOD, &sent["nonce"], 10_000);
        answers.replies(IDP_TOKEN, vec![issued(&token, None), refusal()]);
        vec![Ok(from_popup(&format!("?code=the-code&state={}&iss={IDP}", sent["state"])))]
    });
    block_on(sign_out_of_identity_provider(&world, &app)).unwrap();
    let error = attempt(&world, &app, SERVER, &mut refused).err().unwrap();
    assert_eq!((error.code(), error.server_error()), (Code::TokenFailed, Some("invalid_grant")));
}

#[test]
fn a_refusal_with_the_error_code_of_rfc_8693_leads_to_a_sign_in_too() {
    // RFC 8693 §2.2.2: if the subject token is "invalid for any reason", "the error parameter MUST be the
    // invalid_request error code". Draft §4.3.4 of the ID-JAG has invalid_grant.
    for error in ["invalid_request", "invalid_grant"] {
        let (world, pages) = (organisation(), Rc::default());
        let app = app(SignInProvider { subject_token: SubjectTokenType::RefreshToken, ..provider() });
        let mut user = jane(&world, GOOD, Some("idp-refresh"), &pages);
        attempt(&world, &app, SERVER, &mut user).unwrap();
        world.reply(IDP_TOKEN, Reply::Json(400, format!(r#"{{"error": "{error}"}}"#)));
        attempt(&world, &app, SERVER, &mut user).unwrap();
        assert_eq!(pages.get(), 2, "{error}");
        // The refused token is not used again, for a refresh.
        assert!(!world.posted(IDP_TOKEN).iter().any(|form| form.contains("grant_type=refresh_token")), "{error}");
    }
}

#[test]
fn a_refreshed_id_token_that_is_refused_leads_to_a_sign_in_too() {
    // For example, the user's sign-in is too long ago: OpenID Connect Core §12.2 requires the original `auth_time`.
    let (world, pages) = (organisation(), Rc::default());
    let app = app(provider());
    let mut user = jane(&world, GOOD, Some("idp-refresh"), &pages);
    attempt(&world, &app, SERVER, &mut user).unwrap();
    let refusal = || Reply::Json(400, r#"{"error": "invalid_grant"}"#.into());
    let renewed = issued(&id_token(&GOOD.replace(r#""nonce":"NONCE","#, ""), "", 20_000), None);
    world.replies(IDP_TOKEN, vec![refusal(), renewed, refusal()]);
    world.forget_requests();
    attempt(&world, &app, SERVER, &mut user).unwrap();
    assert_eq!(pages.get(), 2);
    // Five requests: the stored ID token, a refresh, the refreshed ID token, and after the page the code and its ID token.
    assert_eq!(world.posted(IDP_TOKEN).len(), 5);
}

#[test]
fn a_refusal_for_one_server_keeps_the_identity_for_others() {
    // The organisation no longer lets Jane use one of its servers.
    let (world, pages) = (organisation(), Rc::default());
    let app = app(provider());
    world.reply(TOKEN, Reply::ok(r#"{"access_token": "a", "token_type": "Bearer", "expires_in": 600}"#));
    let mut user = jane(&world, GOOD, None, &pages);
    let session = attempt(&world, &app, SERVER, &mut user).unwrap();
    world.wait(600);
    world.reply(IDP_TOKEN, Reply::Json(400, r#"{"error": "invalid_grant"}"#.into()));
    assert_eq!(block_on(session.access_token()).unwrap_err().code(), Code::SessionExpired);
    world.reply(IDP_TOKEN, Reply::ok(JAG));
    attempt(&world, &app, OTHER_SERVER, &mut user).unwrap();
    assert_eq!(pages.get(), 1);
}

#[test]
fn a_session_is_not_renewed_as_another_user() {
    let (world, pages) = (organisation(), Rc::default());
    let app = app(provider());
    world.reply(TOKEN, Reply::ok(r#"{"access_token": "janes", "token_type": "Bearer", "expires_in": 600}"#));
    let session = attempt(&world, &app, SERVER, &mut jane(&world, GOOD, None, &pages)).unwrap();
    // Eve takes over the computer: the provider's user changes, the sessions stay.
    block_on(sign_out_of_identity_provider(&world, &app)).unwrap();
    let eves: &'static str = GOOD.replace(r#""sub":"jane","name":"Jane""#, r#""sub":"eve","name":"Eve""#).leak();
    let mut eve = jane(&world, eves, None, &pages);
    attempt(&world, &app, OTHER_SERVER, &mut eve).unwrap();

    world.wait(600);
    world.forget_requests();
    world.reply(IDP_TOKEN, Reply::ok(JAG));
    assert_eq!(block_on(session.access_token()).unwrap_err().code(), Code::SessionExpired);
    assert!(world.posted(IDP_TOKEN).is_empty() && world.posted(TOKEN).is_empty());
    // Her identity is still valid, and opens the server for her.
    assert_eq!(attempt(&world, &app, SERVER, &mut eve).unwrap().user().unwrap().sub, "eve");
    assert_eq!(pages.get(), 2);
}

#[test]
fn a_session_is_not_stepped_up_as_another_user() {
    let (world, pages) = (organisation(), Rc::default());
    let app = app(provider());
    let session = attempt(&world, &app, SERVER, &mut jane(&world, GOOD, None, &pages)).unwrap();
    block_on(sign_out_of_identity_provider(&world, &app)).unwrap();
    let eves: &'static str = GOOD.replace(r#""sub":"jane","name":"Jane""#, r#""sub":"eve","name":"Eve""#).leak();
    let mut eve = jane(&world, eves, None, &pages);
    attempt(&world, &app, OTHER_SERVER, &mut eve).unwrap();

    world.forget_requests();
    world.reply(IDP_TOKEN, Reply::ok(JAG));
    let error = block_on(session.step_up(Some(&Scope::parse("write")), &mut eve)).unwrap_err();
    assert_eq!(error.code(), Code::SessionExpired);
    assert!(error.message().contains("Another user"), "{}", error.message());
    assert!(world.posted(IDP_TOKEN).is_empty() && world.posted(TOKEN).is_empty());
    assert_eq!(session.user().unwrap().sub, "jane");
}

#[test]
fn a_demand_for_a_new_sign_in_opens_the_providers_page() {
    // RFC 9470 §4: the client asks for another sign-in. The stored identity comes from an older one.
    let (world, pages) = (organisation(), Rc::new(Cell::new(0)));
    let app = app(provider());
    let mut user = jane(&world, GOOD, Some("idp-refresh"), &pages);
    let session = attempt(&world, &app, SERVER, &mut user).unwrap();
    let authentication = Some(UserAuthentication { acr_values: Scope::parse("mfa"), max_age: Some(60) });
    let demand = StepUpDemand { scopes: Scope::default(), authentication };
    // If the page is closed, the stored identity can still be used for other servers.
    let closed = block_on(session.step_up_for(Some(&demand), &mut User::answering(|_| Vec::new()))).unwrap_err();
    assert_eq!(closed.code().name(), "popup_closed");
    assert!(block_on(identity_usable_until(&world, &app)).unwrap().is_some());
    block_on(session.step_up_for(Some(&demand), &mut user)).unwrap();
    assert_eq!(pages.get(), 2);
    assert_eq!((&*user.sent()["acr_values"], &*user.sent()["max_age"]), ("mfa", "60"));

    // More scopes need no page, and neither does a `prompt` that is removed.
    world.reply(IDP_TOKEN, Reply::ok(JAG));
    block_on(session.step_up(Some(&Scope::parse("write")), &mut user)).unwrap();
    let account = ServerUrl::parse(OTHER_SERVER).unwrap().into();
    let prompt =
        |value: Option<&str>| AuthorizationParameters::new(vec![("prompt".into(), value.map(str::to_owned))]).unwrap();
    block_on(sign_in_with(&world, &app, &account, None, &prompt(None), &mut user)).unwrap();
    assert_eq!(pages.get(), 2);
    // OpenID Connect Core §3.1.2.1: the provider "SHOULD prompt the End-User to select a user account".
    block_on(sign_in_with(&world, &app, &account, None, &prompt(Some("select_account")), &mut user)).unwrap();
    assert_eq!(pages.get(), 3);
}

#[test]
fn a_rotated_refresh_token_is_stored_even_if_the_sign_in_is_aborted() {
    // RFC 9700 §4.14.2: a provider that sees a spent refresh token again revokes them all.
    let (world, pages) = (organisation(), Rc::default());
    let app = app(provider());
    attempt(&world, &app, SERVER, &mut jane(&world, GOOD, Some("idp-refresh"), &pages)).unwrap();
    world.wait(20_000);
    let renewed = id_token(&GOOD.replace(r#""nonce":"NONCE","#, ""), "", 50_000);
    world.replies(IDP_TOKEN, vec![issued(&renewed, Some("rotated")), Reply::ok(JAG)]);
    world.takes(IDP_TOKEN, 5);
    world.forget_requests();
    {
        let account = ServerUrl::parse(OTHER_SERVER).unwrap().into();
        let mut nobody = User::answering(|_| Vec::new());
        let mut given_up = Box::pin(sign_in(&world, &app, &account, None, &mut nobody));
        let mut context = Context::from_waker(Waker::noop());
        while world.posted(IDP_TOKEN).is_empty() {
            assert!(given_up.as_mut().poll(&mut context).is_pending());
        }
    }
    block_on(world.finish_detached());
    world.takes(IDP_TOKEN, 1);
    attempt(&world, &app, OTHER_SERVER, &mut User::answering(|_| Vec::new())).unwrap();
    let sent = world.posted(IDP_TOKEN);
    assert_eq!(sent.iter().filter(|form| form.contains("refresh_token=idp-refresh")).count(), 1);
    assert!(world.stored().iter().any(|(key, text)| key.starts_with("identity ") && text.contains("rotated")));
    assert_eq!(pages.get(), 1);
}

#[test]
fn an_invalid_id_token_is_refused_and_nothing_is_stored() {
    const WRONG: [(&str, &str); 6] = [
        ("https://idp.example", "https://evil.example"),
        ("app-at-idp", "another-app"),
        ("NONCE", "another"),
        ("EXP", "1"),
        ("EXP", "1000"), // now
        (r#""sub":"jane","#, ""),
    ];
    for (good, wrong) in WRONG {
        let (world, pages) = (organisation(), Rc::new(Cell::new(0)));
        let app = app(provider());
        let claims: &'static str = GOOD.replace(good, wrong).leak();
        let error = attempt(&world, &app, SERVER, &mut jane(&world, claims, None, &pages)).err();
        let error = error.unwrap();
        assert_eq!(error.code(), Code::InvalidResponse, "{wrong}");
        // A wrong clock is more likely than a provider that issues expired tokens.
        assert_eq!(error.message().contains("the clock of this device"), good == "EXP", "{}", error.message());
        assert!(world.posted(TOKEN).is_empty());
        assert_eq!(block_on(identity_usable_until(&world, &app)).unwrap(), None);
    }
    // A response from another issuer (RFC 9207).
    let world = organisation();
    let mut mixed_up =
        User::answering(|sent| vec![Ok(from_popup(&format!("?code=c&state={}&iss={ISSUER}", sent["state"])))]);
    let error = attempt(&world, &app(provider()), SERVER, &mut mixed_up).err().unwrap();
    assert_eq!(error.code(), Code::IssuerMismatch);
    assert!(world.posted(IDP_TOKEN).is_empty());
}

#[test]
fn a_response_without_iss_is_refused_if_the_provider_sends_it_or_the_app_requires_it() {
    // RFC 9207 §2.4: "If the value does not match the expected issuer identifier, clients MUST reject the authorization
    // response". A missing one does not match if the provider supports it.
    for (provider_sends_it, require_iss) in [(true, false), (false, true), (false, false)] {
        let world = organisation();
        let supported = r#", "authorization_response_iss_parameter_supported": true"#;
        let metadata = format!(
            r#"{{"issuer": "{IDP}", "authorization_endpoint": "{IDP}/authorize", "token_endpoint": "{IDP_TOKEN}"{}}}"#,
            if provider_sends_it { supported } else { "" }
        );
        world.reply(IDP_METADATA, Reply::ok(metadata));
        let issuing = world.clone();
        let mut without_iss = User::answering(move |sent| {
            let token = id_token(GOOD, &sent["nonce"], 10_000);
            issuing.replies(IDP_TOKEN, vec![issued(&token, None), Reply::ok(JAG)]);
            vec![Ok(from_popup(&format!("?code=c&state={}", sent["state"])))]
        });
        let app = Rc::new(Client { require_iss, ..Client::clone(&app(provider())) });
        let error = attempt(&world, &app, SERVER, &mut without_iss).err().map(|error| error.code());
        let expected = (provider_sends_it || require_iss).then_some(Code::IssuerMismatch);
        assert_eq!(error, expected, "{provider_sends_it} {require_iss}");
    }
}

#[test]
fn a_session_whose_identity_has_expired_ends() {
    let (world, pages) = (organisation(), Rc::default());
    let app = app(provider());
    world.reply(TOKEN, Reply::ok(r#"{"access_token": "a", "token_type": "Bearer", "expires_in": 600}"#));
    let session = attempt(&world, &app, SERVER, &mut jane(&world, GOOD, None, &pages)).unwrap();
    world.wait(20_000);
    // The ID token has expired, and no user is there to sign in.
    let error = block_on(session.access_token()).unwrap_err();
    assert_eq!(error.code(), Code::SessionExpired);
    let account = ServerUrl::parse(SERVER).unwrap().into();
    assert!(block_on(restore(&world, &app, &account)).unwrap().is_none());
    assert_eq!(world.events().iter().filter(|event| event.contains("SignedOut")).count(), 1);
    // An identity that can no longer be used is deleted.
    assert_eq!(block_on(identity_usable_until(&world, &app)).unwrap(), None);
}

#[test]
fn a_server_that_lists_only_other_profiles_is_refused_before_any_page() {
    // SEP-990 §6: the client can find out by `authorization_grant_profiles_supported`.
    let world = organisation();
    let other = r#", "authorization_grant_profiles_supported": ["urn:example:other"]"#;
    world.reply(METADATA, Reply::ok(metadata(ISSUER, other)));
    let mut nobody = User::answering(|_| Vec::new());
    let error = attempt(&world, &app(provider()), SERVER, &mut nobody).err().unwrap();
    assert_eq!(error.code(), Code::Unsupported);
    assert!(error.message().contains("id-jag") && nobody.opened.is_none());
    // A server that lists no profiles may support this one.
    world.reply(METADATA, Reply::ok(metadata(ISSUER, r#", "client_id_metadata_document_supported": true"#)));
    attempt(&world, &app(provider()), SERVER, &mut jane(&world, GOOD, None, &Rc::default())).unwrap();
}

#[test]
fn signing_out_of_the_provider_deletes_the_identity_and_revokes_its_token() {
    let (world, pages) = (organisation(), Rc::default());
    let app = app(provider());
    assert!(!block_on(sign_out_of_identity_provider(&world, &app)).unwrap());
    attempt(&world, &app, SERVER, &mut jane(&world, GOOD, Some("idp-refresh"), &pages)).unwrap();
    world.reply(IDP_REVOKE, Reply::ok("{}"));
    assert!(block_on(sign_out_of_identity_provider(&world, &app)).unwrap());
    let form = world.form(IDP_REVOKE);
    assert_eq!((&*form["token"], &*form["token_type_hint"]), ("idp-refresh", "refresh_token"));
    assert!(!world.stored().keys().any(|key| key.starts_with("identity ")));
}

#[test]
fn the_client_authenticates_with_its_key_at_the_provider() {
    let (world, pages) = (organisation(), Rc::default());
    world.has_client_key();
    let app = app(SignInProvider { method: Some(ClientAuthentication::PrivateKeyJwt), ..provider() });
    attempt(&world, &app, SERVER, &mut jane(&world, GOOD, None, &pages)).unwrap();
    let (_, claims) = decoded(&world.form(IDP_TOKEN)["client_assertion"]);
    // RFC 7523 §3: `aud` is the provider here, and the resource's authorization server there.
    assert_eq!((&claims["iss"], &claims["aud"]), (&"app-at-idp".into(), &IDP.into()));
    let (_, claims) = decoded(&world.form(TOKEN)["client_assertion"]);
    assert_eq!(claims["aud"], ISSUER);
}

#[test]
fn no_event_and_no_debug_output_contains_a_secret() {
    let (world, pages) = (organisation(), Rc::default());
    let texts = RefCell::new(Vec::new());
    let app = app(SignInProvider { secret: Some("hush".into()), ..provider() });
    let own = PreRegistered { client_id: "app".into(), secret: None, issuer: None };
    let app = Rc::new(Client { pre_registered: Some(own), ..Client::clone(&app) });
    attempt(&world, &app, SERVER, &mut jane(&world, GOOD, Some("idp-refresh"), &pages)).unwrap();
    texts.borrow_mut().extend(world.events());
    texts.borrow_mut().push(format!("{app:?}"));
    for secret in ["idp-refresh", "the-jag", "hush", "the-code"] {
        assert!(!texts.borrow().iter().any(|text| text.contains(secret)), "{secret}");
    }
}
