//! Signs in to an MCP server from a terminal and lists its tools: the crate natively, with ports of
//! the program's own. `cargo run -- https://mcp.example.com/mcp`

mod call;
mod loopback;
mod ports;

use std::error::Error;
use std::rc::Rc;

use call::Post;
use loopback::Loopback;
use mcp_authorize::flow::{self, Client, Dpop};
use mcp_authorize::protocol::{ServerUrl, Url};
use ports::Terminal;

const LIST_TOOLS: &str = r#"{"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}"#;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if let Err(error) = run().await {
        eprintln!("{error}");
        // The library's errors know what to do about them.
        if let Some(error) = error.downcast_ref::<mcp_authorize::Error>() {
            eprintln!("{}", error.remedy());
        }
        std::process::exit(1);
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let argument = std::env::args().nth(1).ok_or("Usage: mcp-authorize-terminal <URL of an MCP server>")?;
    let server = ServerUrl::parse(&argument).map_err(|error| format!("{argument}: {error:?}"))?;
    rustls::crypto::ring::default_provider().install_default().map_err(|_| "There is a TLS provider already")?;

    let mut user_agent = Loopback::listen().await?;
    let redirect_uri = user_agent.redirect_uri();
    let client = Rc::new(Client {
        name: "Terminal example".into(),
        uri: None,
        redirect_uri: Some(Url::parse(&redirect_uri).map_err(|error| format!("{redirect_uri}: {error:?}"))?),
        pre_registered: None,
        client_id_metadata_url: None,
        key_id: None,
        trust_pkce: Vec::new(),
        omit_resource: Vec::new(),
        prefetch: true,
        scopes: None,
        dpop: Dpop::Off,
        grant: None,
    });

    let session = flow::sign_in(&Terminal::new()?, &client, &server, None, &mut user_agent).await?;
    println!("Signed in at {} for {}", session.issuer().as_str(), session.scope().tokens().join(" "));

    let answer = flow::call(&session, Post::new(&session, LIST_TOOLS)).await?;
    println!("{}", answer.text().await?);
    session.sign_out().await?;
    Ok(())
}
