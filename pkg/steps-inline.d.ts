/**
 * The same as `mcp-authorize/steps`, with the WebAssembly module in the script: for bundlers that leave
 * `new URL("….wasm", import.meta.url)` alone, as esbuild and Rollup do.
 *
 * @packageDocumentation
 */
export * from "./steps.js";
