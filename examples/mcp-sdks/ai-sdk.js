import { createMCPClient } from "@ai-sdk/mcp";

export async function listTools(session) {
  const client = await createMCPClient({ transport: { type: "http", url: session.server, fetch: session.fetch } });
  const tools = await client.tools(); // for generateText and streamText of the AI SDK
  await client.close();
  return Object.keys(tools);
}
