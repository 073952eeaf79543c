// For Node.js, whose fetch takes no file: URL.
import { readFile } from "node:fs/promises";
import { loadBy, loadInsteadBy } from "./face.js";
import { Authorizer, initSync } from "./wasm/enterprise.js";

const load = async () => {
  initSync({ module: await readFile(new URL("./wasm/enterprise_bg.wasm", import.meta.url)) });
  return Authorizer;
};
loadBy(
  load,
  () => import("./diagnose-node.js"),
  () => import("./open-url.js"),
);
loadInsteadBy(load);

export { McpAuthorizeError, McpAuthorizer, McpAuthorizerEvent, McpSession, preload } from "./face.js";
