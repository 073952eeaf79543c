/**
 * The same as `mcp-authorize`, with the WebAssembly module in the script: for bundlers that leave
 * `new URL("….wasm", import.meta.url)` alone, as esbuild and Rollup do. A third larger before compression.
 *
 * @packageDocumentation
 */
export * from "./index.js";
