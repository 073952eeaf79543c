// For Node.js, whose fetch takes no file: URL.
import { readFile } from "node:fs/promises";
import { loadBy } from "./face.js";
import { Authorizer, initSync } from "./wasm/mcp_authorize.js";

loadBy(
  async () => {
    initSync({ module: await readFile(new URL("./wasm/mcp_authorize_bg.wasm", import.meta.url)) });
    return Authorizer;
  },
  () => import("./diagnose-node.js"),
  () => import("./open-url.js"),
);

export { McpAuthorizeError, McpAuthorizer, McpAuthorizerEvent, McpSession, preload } from "./face.js";
