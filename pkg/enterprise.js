// For pages of an organisation (SEP-990): the module of this entry can also sign users in at an identity provider. It replaces
// that of the main entry.
import { loadBy, loadInsteadBy, preload } from "./face.js";
import initialize, { Authorizer } from "./wasm/enterprise.js";

const load = async () => {
  await initialize({ module_or_path: new URL("./wasm/enterprise_bg.wasm", import.meta.url) });
  return Authorizer;
};
loadBy(
  load,
  () => import("./diagnose.js"),
  () => import("./open-url.js"),
);
loadInsteadBy(load);

// Like in index.js.
if (globalThis.document) preload().catch(() => {});

export { McpAuthorizeError, McpAuthorizer, McpAuthorizerEvent, McpSession, preload } from "./face.js";
