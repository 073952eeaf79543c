/**
 * The same as `mcp-authorize`, with the WebAssembly module in the script. For bundlers that do not process
 * `new URL("….wasm", import.meta.url)`, such as esbuild and Rollup. It is a third larger before compression.
 *
 * @packageDocumentation
 */
export * from "./index.js";
