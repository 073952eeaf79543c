// The entry for organisations has a separate module, so that other pages do not download it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { McpAuthorizer } from "../../pkg/node.js";

const create = () =>
  McpAuthorizer.create({
    redirectUri: "http://127.0.0.1:8976/callback",
    clientIdMetadataUrl: "https://app.example/client.json",
    grant: { type: "id_jag", identityProvider: { issuer: new URL("https://idp.example"), clientId: "app" } },
    authorize: async () => assert.fail("nobody signs in"),
    storage: "memory",
  });

test("the main entry's error names the entry for identity providers, and works once that entry is imported", async () => {
  await assert.rejects(create(), ({ code, message }) => {
    assert.equal(code, "invalid_option");
    assert.match(message, /identityProvider.*mcp-authorize\/enterprise/);
    return true;
  });
  const plain = await McpAuthorizer.create({ clientName: "App", redirectUri: "http://127.0.0.1:8976/callback" });
  assert.equal(await plain.signOutOfIdentityProvider(), false);

  const enterprise = await import("../../pkg/enterprise-node.js");
  assert.equal(enterprise.McpAuthorizer, McpAuthorizer);
  const authorizer = await create();
  assert.deepEqual(authorizer.capabilities, {
    extensions: { "io.modelcontextprotocol/enterprise-managed-authorization": {} },
  });
  assert.equal(await authorizer.signOutOfIdentityProvider(), false);
  // An authorizer that existed before still works.
  assert.deepEqual(await plain.sessions(), []);
});
