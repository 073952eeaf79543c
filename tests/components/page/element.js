import { McpAuthorizer } from "mcp-authorize";

const { mcpUrl } = await (await fetch("/config.json")).json();
/** @type {(id: string) => any} */
const byId = (id) => document.getElementById(id);

globalThis.changes = [];
document.addEventListener("mcp-session-change", (/** @type {any} */ { target, detail }) =>
  changes.push(`${target.id} ${detail.status}`),
);

// Set before the element is defined, as frameworks may do.
byId("own").authorizer = () =>
  McpAuthorizer.create({ clientName: "Own", redirectUri: "/callback.html", storage: "memory" });
byId("own").setAttribute("server", mcpUrl);

await import("/pkg/element.js");
for (const id of ["plain", "styled"]) byId(id).server = mcpUrl;
