// For browsers and workers: the module is a file beside this one, compiled while it comes in.
import { loadBy } from "./face.js";
import initialize from "./wasm/mcp_authorize.js";

loadBy(() => initialize({ module_or_path: new URL("./wasm/mcp_authorize_bg.wasm", import.meta.url) }), () => import("./diagnose.js"));

export { McpAuthorizeError, McpAuthorizer, McpAuthorizerEvent, McpSession } from "./face.js";
