// An app with the library: signs in, uses the server, and steps up or signs in again if the server asks for it. Runs in
// Node.js and in the page.

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { McpAuthorizeError, McpAuthorizer } from "mcp-authorize";
import { credentialOptions } from "./credentials.mjs";

const SIGN_INS = 3;

/**
 * @param {string} server
 * @param {Record<string, string>} credentials the user's credentials for this server; see credentials.mjs
 * @param {Record<string, any> & { click?: () => Promise<void> }} environment the options that differ between Node.js and a
 *   page, and `click`, which waits for the user
 */
export async function run(server, credentials, { click = async () => {}, ...environment }) {
  const options = await credentialOptions(credentials);
  // In practice, whoever issues credentials knows the issuer. The suite does not name it for machine clients.
  if (options.grant) options.issuer ??= await issuerOf(server);
  /** @type {any} */
  const all = {
    clientName: "mcp-authorize",
    clientIdMetadataUrl: "https://conformance-test.local/client-metadata.json",
    ...options,
    ...environment,
  };
  const authorizer = await McpAuthorizer.create(all);

  await click();
  let session = await authorizer.signIn(server);
  for (let count = 1; ; count += 1) {
    try {
      return await use(session);
    } catch (thrown) {
      // While connecting, the SDK wraps errors from `fetch`.
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

async function issuerOf(server) {
  const { origin, pathname } = new URL(server);
  const response = await fetch(`${origin}/.well-known/oauth-protected-resource${pathname}`);
  return (await response.json()).authorization_servers[0];
}

async function use(session) {
  const client = new Client({ name: "mcp-authorize", version: "0.1.0" }, { versionNegotiation: { mode: "auto" } });
  await client.connect(new StreamableHTTPClientTransport(new URL(session.server), { fetch: session.fetch }));
  const { tools } = await client.listTools();
  for (const { name } of tools) await client.callTool({ name, arguments: {} });
  await client.close();
}
