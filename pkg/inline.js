// The module is in the script, as base64, for bundlers that do not copy the file.
import { loadBy } from "./face.js";
import initialize, { Authorizer } from "./wasm/mcp_authorize.js";
import base64 from "./wasm/mcp_authorize_inline.js";

loadBy(
  async () => {
    await initialize({ module_or_path: Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)) });
    return Authorizer;
  },
  () => import("./diagnose-inline.js"),
  () => import("./open-url-inline.js"),
);

export { McpAuthorizeError, McpAuthorizer, McpAuthorizerEvent, McpSession, preload } from "./face.js";
