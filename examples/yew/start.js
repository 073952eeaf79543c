import start from "./mcp-authorize-yew.js"; // made by wasm-bindgen

await start();
