import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

export async function listTools(session) {
  const client = new Client({ name: "sdk-example", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(session.server), { fetch: session.fetch }));
  const { tools } = await client.listTools();
  await client.close();
  return tools.map(({ name }) => name);
}
