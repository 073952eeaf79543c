//! A field for the server, a button, and what came of it.

use std::pin::pin;
use std::rc::Rc;

use js_sys::JSON;
use mcp_authorize::browser::{AppRequest, Browser, BrowserOptions, Popup};
use mcp_authorize::flow::{self, Client, Dpop};
use mcp_authorize::protocol::{ServerUrl, Url};
use mcp_authorize::{Code, Error, Result, Step};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{HtmlInputElement, Response};
use yew::prelude::*;

use crate::user::User;

const REQUEST_TIMEOUT_MS: u32 = 30_000;
const LIST_TOOLS: &str = r#"{
    "method": "POST",
    "headers": { "Content-Type": "application/json", "Accept": "application/json, text/event-stream" },
    "body": "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/list\", \"params\": {}}"
}"#;

#[component]
pub fn App() -> Html {
    let server = use_node_ref();
    let status = use_state(String::new);

    let sign_in = {
        let (server, status) = (server.clone(), status.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            let url = server.cast::<HtmlInputElement>().map(|input| input.value()).unwrap_or_default();
            // Here, in the click: browsers open a popup at no other time.
            let opened = open(&url);
            let status = status.clone();
            spawn_local(async move {
                let shown = match opened {
                    Ok((server, popup)) => list_tools(server, popup).await,
                    Err(error) => Err(error),
                };
                status.set(shown.unwrap_or_else(|error| [error.message(), " ", error.remedy()].concat()));
            });
        }
    };

    html! {
        <main>
            <form onsubmit={sign_in}>
                <label>{ "MCP server " }<input ref={server} size="40" /></label>
                <button>{ "Sign in" }</button>
            </form>
            <p role="status">{ (*status).clone() }</p>
        </main>
    }
}

fn open(url: &str) -> Result<(ServerUrl, Popup)> {
    let server = ServerUrl::parse(url)
        .map_err(|_| Error::new(Code::InvalidUrl, Step::Setup, "This is no URL of an MCP server."))?;
    let popup = Popup::open(server.url().host(), JsValue::UNDEFINED, Box::new(|| {}))?;
    Ok((server, popup))
}

async fn list_tools(server: ServerUrl, popup: Popup) -> Result<String> {
    let browser = Browser::new(BrowserOptions { request_timeout_ms: REQUEST_TIMEOUT_MS, ..BrowserOptions::default() });
    let client = client()?;
    let connecting = popup.connecting();
    let mut user = User(popup);
    let work = pin!(flow::sign_in(&browser, &client, &server, None, &mut user));
    let session = connecting.unless_closed(work).await?;

    let init = JSON::parse(LIST_TOOLS).unwrap_or_default();
    let answer = flow::call(&session, AppRequest::new(&browser, server.as_str().into(), init)).await?;
    Ok(["Signed in: ", &text(JsValue::from(answer).unchecked_into()).await.unwrap_or_default()].concat())
}

async fn text(response: Response) -> std::result::Result<String, JsValue> {
    Ok(JsFuture::from(response.text()?).await?.as_string().unwrap_or_default())
}

fn client() -> Result<Rc<Client>> {
    let origin = web_sys::window().and_then(|window| window.location().origin().ok()).unwrap_or_default();
    let redirect_uri = Url::parse(&[&origin, "/callback.html"].concat())
        .map_err(|_| Error::new(Code::InvalidUrl, Step::Setup, "The page has no origin."))?;
    Ok(Rc::new(Client {
        name: "Yew example".into(),
        uri: None,
        redirect_uri: Some(redirect_uri),
        pre_registered: None,
        client_id_metadata_url: None,
        key_id: None,
        trust_pkce: Vec::new(),
        omit_resource: Vec::new(),
        prefetch: true,
        scopes: None,
        dpop: Dpop::Auto,
        grant: None,
    }))
}
