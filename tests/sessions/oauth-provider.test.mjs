// toOAuthClientProvider, with the transports of both SDK versions.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before } from "node:test";
import { build } from "esbuild";
import { invalidGrant, launchBrowser, startWorld, test } from "./world.mjs";

const VERSIONS = {
  1: 'export { Client } from "@modelcontextprotocol/sdk/client/index.js"; export { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"',
  2: 'export { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client"',
};

let browser;
const made = {};
before(async () => {
  browser = await launchBrowser();
  for (const [version, contents] of Object.entries(VERSIONS)) {
    const entry = { contents, resolveDir: import.meta.dirname };
    /** @type {import("esbuild").BuildOptions} */
    const options = { bundle: true, format: "esm", platform: "browser", target: "es2022", write: false };
    made[`/sdk-${version}.js`] = (await build({ stdin: entry, ...options })).outputFiles[0].text;
  }
});
after(() => browser.close());

/**
 * Waits for the response to the event stream. Both SDKs request it after connecting without waiting, so it could get a
 * 401 that a test meant for another request.
 */
async function streamAnswered(world) {
  const isStream = ({ method }) => method === "GET";
  while (!world.calls.some(isStream)) await once(world, "call");
  await world.calls.find(isStream).closed;
}

/** A tab with the SDK's client, connected only through the provider. */
async function connected(t, version) {
  const world = await startWorld(t, browser, { made });
  const tab = await world.signedInTab();
  world.calls.length = 0;
  await tab.evaluate(async (version) => {
    const { Client, StreamableHTTPClientTransport } = await import(`/sdk-${version}.js`);
    const { toOAuthClientProvider } = await import("/pkg/oauth-provider.js");
    app.client = new Client({ name: "tests", version: "1.0.0" });
    const authProvider = toOAuthClientProvider(app.session);
    await app.client.connect(new StreamableHTTPClientTransport(new URL(app.mcpUrl), { authProvider }));
    app.use = async (name, input) => {
      try {
        return (await app.client.callTool({ name, arguments: input })).content[0].text;
      } catch (error) {
        app.thrown = error;
        return error.code ?? error.constructor.name;
      }
    };
  }, version);
  await streamAnswered(world);
  return { world, tab, add: () => tab.evaluate(() => app.use("add", { a: 1, b: 1 })) };
}

for (const version of Object.keys(VERSIONS)) {
  const named = (name) => `SDK ${version}: ${name}`;

  test(named("calls use the session's token, without other requests"), async (t) => {
    const { world, add } = await connected(t, version);
    const before = world.tokenRequests.length;
    assert.equal(await add(), "1 + 1 = 2");
    for (const { token } of world.calls) assert.equal(token, world.tokens.access_token);
    assert.equal(world.tokenRequests.length, before);
  });

  test(named("an expired token is refreshed once before ten calls are sent"), async (t) => {
    const { world, tab } = await connected(t, version);
    await tab.evaluate(() => app.expire());
    const sums = () => Promise.all(Array.from({ length: 10 }, () => app.use("add", { a: 1, b: 1 })));
    assert.deepEqual(await tab.evaluate(sums), Array(10).fill("1 + 1 = 2"));
    assert.equal(world.refreshes.length, 1);
  });

  test(named("after a 401 the session is refreshed, and the next call succeeds"), async (t) => {
    const { world, tab, add } = await connected(t, version);
    world.rejected.add(world.tokens.access_token);
    await tab.evaluate(() => app.setClock(60_000));
    assert.match(await add(), /Unauthorized|UNAUTHORIZED/);
    assert.equal(await add(), "1 + 1 = 2");
    assert.equal(world.refreshes.length, 1);
    assert.equal(world.popups.length, 1, "a popup opened after the sign-in");
    assert.equal(world.registrations, 1);
  });

  test(named("calls of an ended session reject with its error code"), async (t) => {
    const { world, tab, add } = await connected(t, version);
    world.answerToken = invalidGrant;
    world.rejected.add(world.tokens.access_token);
    await tab.evaluate(() => app.setClock(60_000));
    assert.equal(await add(), "session_expired");
    assert.equal(await add(), "signed_out");
    assert.equal(world.popups.length, 1);
  });

  test(named("the error for missing scopes has stepUp and the scopes"), async (t) => {
    const { tab } = await connected(t, version);
    const write = () => app.use("write_note", { note: "Water the plants" });
    assert.equal(await tab.evaluate(write), "insufficient_scope");
    const { scopes, missingScopes, hasStepUp } = await tab.evaluate(() => ({
      scopes: app.thrown.scopes,
      missingScopes: app.thrown.missingScopes,
      hasStepUp: typeof app.thrown.stepUp,
    }));
    assert.deepEqual(scopes, ["mcp:read", "mcp:write"]);
    assert.deepEqual(missingScopes, ["mcp:write"]);
    assert.equal(hasStepUp, "function");
  });
}
