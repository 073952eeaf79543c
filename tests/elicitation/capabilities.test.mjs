// "Extensions are declared in the client's capabilities": the capabilities that clients of both SDK versions declare
// for an authorizer.

import assert from "node:assert/strict";
import { startWorld, test, withBrowser } from "./world.mjs";

const CLIENT_CREDENTIALS = "io.modelcontextprotocol/oauth-client-credentials";
const ENTERPRISE_MANAGED = "io.modelcontextprotocol/enterprise-managed-authorization";

const issuer = "https://as.example";
const named = { clientName: "Test", redirectUri: "/callback.html" };
/**
 * An authorizer's options, and the capabilities that follow from them.
 *
 * @type {[who: string, options: any, capabilities: object][]}
 */
const AUTHORIZERS = [
  ["a user who signs in here", named, {}],
  ["a user who signs in on another device", { clientName: "Test", grant: { type: "device_code" } }, {}],
  [
    "the client's own credentials",
    { grant: { type: "client_credentials" }, clientId: "a", clientSecret: "b", issuer },
    { extensions: { [CLIENT_CREDENTIALS]: {} } },
  ],
  [
    "an organisation's user",
    {
      grant: { type: "id_jag", idToken: "t", tokenEndpoint: "https://idp.example/token", clientId: "a" },
      clientId: "b",
      issuer,
    },
    { extensions: { [ENTERPRISE_MANAGED]: {} } },
  ],
  // SEP-1933 has no identifier yet.
  ["a workload", { grant: { type: "jwt_bearer", assertion: "t" }, clientId: "a", issuer }, {}],
];

const shared = withBrowser();

for (const [who, options, capabilities] of AUTHORIZERS) {
  test(`${who}: declares exactly its extensions to servers of MCP 2025-11-25 and 2026-07-28`, async (t) => {
    const world = await startWorld(t, shared.browser, shared.made);
    for (const [client, server, mode] of [
      [1, 1, "legacy"],
      [2, 1, "legacy"],
      [2, 2, { pin: "2026-07-28" }],
    ]) {
      await world.tab.evaluate(
        async ({ options, client, url, mode }) => {
          const { McpAuthorizer } = await import("mcp-authorize");
          const { Client, StreamableHTTPClientTransport } = await import(`/sdk-${client}.js`);
          const { capabilities } = await McpAuthorizer.create(options);
          const sdk = new Client({ name: "tests", version: "1.0.0" }, { capabilities, versionNegotiation: { mode } });
          await sdk.connect(new StreamableHTTPClientTransport(new URL(url)));
          await sdk.callTool({ name: "ask", arguments: {} }).catch(() => {});
        },
        { options, client, url: `${world.origin}/${server}`, mode },
      );
      assert.deepEqual(world.declared.splice(0)[0], capabilities, `client ${client}, server ${server}`);
    }
  });
}
