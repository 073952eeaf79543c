// For Cloudflare Workers: they can't compile bytes, but an imported module is already compiled.
import { loadBy } from "./face.js";
import { Authorizer, initSync } from "./wasm/mcp_authorize.js";
import module from "./wasm/mcp_authorize_bg.wasm";

loadBy(
  async () => {
    initSync({ module });
    return Authorizer;
  },
  () => import("./diagnose-workerd.js"),
  () => import("./open-url.js"),
);

export { McpAuthorizeError, McpAuthorizer, McpAuthorizerEvent, McpSession, preload } from "./face.js";
