// How this page signs its user in. To do the same in your page, copy this folder: it uses nothing else of the demo.

import { McpAuthorizer } from "mcp-authorize";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

const clientName = "mcp-authorize demo";
export let authorizer = /** @type {McpAuthorizer | null} */ (null);
export let session = /** @type {import("mcp-authorize").McpSession | null} */ (null);
export let client = /** @type {Client | null} */ (null);

/** Call this when the page loads. A session also ends when it expires, or when the user signs out in another tab. */
export async function start(options, onSignedOut) {
  authorizer = await McpAuthorizer.create({ clientName, redirectUri: "callback.html", ...options });
  authorizer.addEventListener("signed-out", ({ detail: { server, reason } }) => {
    if (server !== session?.server) return;
    session = client = null;
    onSignedOut(reason);
  });
}

/** Continues a session of an earlier visit, if there is one. It needs neither the user nor the network. */
export const restore = async (url) => void (session = (await authorizer.restore(url)) ?? session);

/** Opens a popup. Call this in a click handler, before its first `await`: browsers block popups at other times. */
export const signIn = async (url, options) => void (session = await authorizer.signIn(url, options));

/** Connects the official MCP client, which calls the server's tools: `client.callTool(…)`. */
export async function connect() {
  client = new Client({ name: clientName, version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(session.server), { fetch: session.fetch }));
}

export async function signOut() {
  const connected = client;
  await session.signOut();
  await connected?.close();
}
