// For browsers and workers: the module is a file beside this one, compiled while it is downloaded.
import { loadBy, preload } from "./face.js";
import initialize, { Authorizer } from "./wasm/mcp_authorize.js";

loadBy(
  async () => {
    await initialize({ module_or_path: new URL("./wasm/mcp_authorize_bg.wasm", import.meta.url) });
    return Authorizer;
  },
  () => import("./diagnose.js"),
  () => import("./open-url.js"),
);

// In a window, the module loads beside the rest of the app's script; servers and workers load it when they need it. If this
// fails, `create` tries again and reports the error.
if (globalThis.document) preload().catch(() => {});

export { McpAuthorizeError, McpAuthorizer, McpAuthorizerEvent, McpSession, preload } from "./face.js";
