// What an app does with the library: sign in, use the server, step up or sign in again where the server asks for it.
// The Node host and the page both run it.

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { McpAuthorizeError, McpAuthorizer } from "mcp-authorize";
import { credentialOptions } from "./credentials.mjs";

const SIGN_INS = 3;

/**
 * @param {string} server
 * @param {Record<string, string>} credentials what the user was given for this server; see credentials.mjs
 * @param {object} environment the options that differ between Node.js and a page, and `click`, which waits for the user
 */
export async function run(server, credentials, { click = async () => {}, ...environment }) {
  const authorizer = await McpAuthorizer.create({
    clientName: "mcp-authorize",
    clientIdMetadataUrl: "https://conformance-test.local/client-metadata.json",
    ...(await credentialOptions(credentials)),
    ...environment,
  });

  await click();
  let session = await authorizer.signIn(server);
  for (let count = 1; ; count += 1) {
    try {
      return await use(session);
    } catch (thrown) {
      // While it connects, the SDK wraps what `fetch` threw.
      const error = thrown.cause instanceof McpAuthorizeError ? thrown.cause : thrown;
      if (error.stepUp) {
        await click();
        await error.stepUp();
      } else if (error.code === "session_expired" && count < SIGN_INS) {
        await click();
        session = await authorizer.signIn(server);
      } else {
        throw error;
      }
    }
  }
}

async function use(session) {
  const client = new Client({ name: "mcp-authorize", version: "0.1.0" }, { versionNegotiation: { mode: "auto" } });
  await client.connect(new StreamableHTTPClientTransport(new URL(session.server), { fetch: session.fetch }));
  const { tools } = await client.listTools();
  for (const { name } of tools) await client.callTool({ name, arguments: {} });
  await client.close();
}
