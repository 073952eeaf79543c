// The client under test: the package, and the official SDK's transport on its fetch.

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { McpAuthorizer } from "mcp-authorize";

const server = process.argv.at(-1);
const { client_id: clientId, client_secret: clientSecret } = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? "{}");

const authorizer = await McpAuthorizer.create({
  clientName: "mcp-authorize",
  redirectUri: "http://localhost:3000/callback",
  clientIdMetadataUrl: "https://conformance-test.local/client-metadata.json",
  clientId,
  clientSecret,
  authorize: async (url) => (await fetch(url, { redirect: "manual" })).headers.get("location"),
});

async function use(session) {
  const client = new Client({ name: "mcp-authorize", version: "0.1.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(server), { fetch: session.fetch }));
  const { tools } = await client.listTools();
  for (const { name } of tools) await client.callTool({ name, arguments: {} });
  await client.close();
}

let session = await authorizer.signIn(server);
for (;;) {
  try {
    await use(session);
    break;
  } catch (error) {
    if (error.code !== "insufficient_scope") throw error;
    session = await authorizer.signIn(server, { scopes: error.scopes });
  }
}
