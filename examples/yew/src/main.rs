//! A page in Yew that signs in to an MCP server and lists its tools. The crate is used as it is, with
//! its ports for the browser; no JavaScript is between.

mod app;

fn main() {
    yew::Renderer::<app::App>::new().render();
}
