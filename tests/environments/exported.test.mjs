// A session's properties, and what `export` returns.

import assert from "node:assert/strict";
import { test } from "node:test";
import { McpAuthorizer } from "../../pkg/node.js";

const SERVER = "https://mcp.example/mcp";
const ISSUER = "https://as.example";
const json = (body, status = 200) => new Response(JSON.stringify(body), { status });
/** The servers' responses, by URL. */
const ANSWERS = {
  [SERVER]: () =>
    new Response(null, {
      status: 401,
      headers: { "WWW-Authenticate": 'Bearer resource_metadata="https://mcp.example/prm", scope="read write"' },
    }),
  "https://mcp.example/prm": () => json({ resource: SERVER, authorization_servers: [ISSUER] }),
  [`${ISSUER}/.well-known/oauth-authorization-server`]: () =>
    json({
      issuer: ISSUER,
      authorization_endpoint: `${ISSUER}/authorize`,
      token_endpoint: `${ISSUER}/token`,
      code_challenge_methods_supported: ["S256"],
    }),
  [`${ISSUER}/token`]: () => json({ access_token: "token", token_type: "Bearer", expires_in: 3600 }),
};

async function session() {
  const authorizer = await McpAuthorizer.create({
    clientId: "machine",
    clientSecret: "s3cret",
    issuer: ISSUER,
    grant: { type: "client_credentials" },
    storage: "memory",
    exportable: true,
    fetch: async (url) => ANSWERS[String(url)]?.() ?? new Response(null, { status: 404 }),
  });
  return authorizer.signIn(SERVER, { account: "work" });
}

test("a session's scopes are frozen, because changing them would not change the granted scopes", async () => {
  const { scopes } = await session();
  assert.deepEqual(scopes, ["read", "write"]);
  assert.throws(() => /** @type {string[]} */ (scopes).push("admin"), TypeError);
});

test("the export has none of the store's members, such as the account name, which only this app knows", async () => {
  const one = await session();
  assert.equal(one.account, "work");
  const tokens = await one.export();
  assert.equal(tokens.server, SERVER);
  for (const name of ["account", "failed_at", "retry_at"]) assert.ok(!(name in tokens), name);
});
