//! Signs in to an MCP server from a terminal and lists its tools: the crate natively, with its own ports
//! (the feature `reqwest`). `cargo run -- https://mcp.example.com/mcp`

use std::error::Error;

use mcp_authorize::Authorizer;
use mcp_authorize::native::{Loopback, MemoryStore, Native, NativeOptions};
use mcp_authorize::ports::Event;

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
    let server = std::env::args().nth(1).ok_or("Usage: mcp-authorize-terminal <URL of an MCP server>")?;

    // In memory: what a program keeps on disk belongs into the system's keychain.
    let options = NativeOptions { on_event: Some(Box::new(say)), ..NativeOptions::default() };
    let ports = Native::with_options(MemoryStore::default(), options)?;
    let mut browser = Loopback::listen(|url| println!("Open this page in a browser:\n{}", url.as_str())).await?;
    let authorizer = Authorizer::builder(ports.clone(), "Terminal example", &browser.redirect_uri())?.build();
    let session = authorizer.sign_in(&server, &mut browser).await?;
    println!("Signed in at {} for {}", session.issuer().as_str(), session.scope().tokens().join(" "));

    let message = ports
        .http()
        .post(&server)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .body(LIST_TOOLS)
        .build()?;
    let answer = session.call(ports.request(message)).await?;
    println!("{}", answer.0.text().await?);
    session.sign_out().await?;
    Ok(())
}

/// Says what is asked of whom.
fn say(event: &Event<'_>) {
    if let Event::Exchange { method, url, status, duration, .. } = event {
        let status = status.map_or("no answer".to_owned(), |status| status.to_string());
        eprintln!("{method} {url}: {status} ({duration} ms)");
    }
}
