//! A field for the server, a button, and what came of it.

use gloo_net::http::{Request, Response};
use mcp_authorize::browser::Browser;
use mcp_authorize::flow::Session;
use mcp_authorize::{Authorizer, Result};
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

const LIST_TOOLS: &str = r#"{"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}"#;

#[component]
pub fn App() -> Html {
    let server = use_node_ref();
    let status = use_state(String::new);
    let authorizer = use_memo((), |()| authorizer());

    let sign_in = {
        let (server, status) = (server.clone(), status.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            let url = server.cast::<HtmlInputElement>().map(|input| input.value()).unwrap_or_default();
            let Ok(authorizer) = &*authorizer else { return };
            // Here, in the click: browsers open a popup at no other time.
            let signing_in = authorizer.sign_in_by_popup(&url);
            let status = status.clone();
            spawn_local(async move {
                let shown = match signing_in.await {
                    Ok(session) => list_tools(&session).await,
                    Err(error) => Err(error),
                };
                status.set(shown.unwrap_or_else(|error| format!("{} {}", error.message(), error.remedy())));
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

fn authorizer() -> Result<Authorizer<Browser>> {
    let origin = web_sys::window().and_then(|window| window.location().origin().ok()).unwrap_or_default();
    let redirect_uri = format!("{origin}/callback.html");
    Ok(Authorizer::builder(Browser::default(), "Yew example", &redirect_uri)?.build())
}

async fn list_tools(session: &Session<Browser>) -> Result<String> {
    let request = Request::post(session.server().as_str())
        .header("Content-Type", "application/json")
        .header("Accept", "application/json, text/event-stream")
        .body(LIST_TOOLS);
    let Ok(request) = request else { return Ok("The request could not be made.".into()) };
    let answer = session.call(session.ports().request(request.into())).await?;
    let answer = Response::from(web_sys::Response::from(answer));
    Ok(format!("Signed in: {}", answer.text().await.unwrap_or_default()))
}
