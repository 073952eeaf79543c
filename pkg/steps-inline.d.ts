/**
 * The same as `mcp-authorize/steps`, with the WebAssembly module in the script. For bundlers that do not process
 * `new URL("….wasm", import.meta.url)`, such as esbuild and Rollup.
 *
 * @packageDocumentation
 */
export * from "./steps.js";
