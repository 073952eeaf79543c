/** Every rejection of this library. The fields are described in index.d.ts. */
export class McpAuthorizeError extends Error {
  /** @param {any} fields */
  constructor({ message, cause, ...fields }) {
    super(message, cause === undefined ? undefined : { cause });
    Object.assign(this, fields);
  }
}
McpAuthorizeError.prototype.name = "McpAuthorizeError";

/**
 * Rust throws the fields of an error, and callers get a real Error. Any other value is the caller's own, such as the reason of
 * a signal.
 *
 * @param {any} thrown
 * @returns {never}
 */
export function fail(thrown) {
  throw typeof thrown?.remedy === "string" && !(thrown instanceof McpAuthorizeError)
    ? new McpAuthorizeError(thrown)
    : thrown;
}

/** @param {unknown} cause */
export const unloadable = (cause) =>
  new McpAuthorizeError({
    code: "unsupported",
    step: "setup",
    message: "The WebAssembly module of mcp-authorize could not be loaded.",
    userMessage: "This does not work here.",
    remedy:
      "Serve the package's .wasm files beside the script or import mcp-authorize/inline, and allow 'wasm-unsafe-eval' in " +
      'the Content-Security-Policy. With Vite 5 to 7, add optimizeDeps: { exclude: ["mcp-authorize"] } to its configuration.',
    cause,
  });
