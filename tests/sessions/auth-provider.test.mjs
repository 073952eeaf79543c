// "authProvider for SDK v2 (token, onUnauthorized) beside fetch": the official client with its own transport.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { build } from "esbuild";
import { allOk, invalidGrant, launchBrowser, startWorld, test } from "./world.mjs";

let browser;
let sdk;
before(async () => {
  browser = await launchBrowser();
  const entry = { contents: 'export * from "@modelcontextprotocol/client"', resolveDir: import.meta.dirname };
  /** @type {import("esbuild").BuildOptions} */
  const options = { bundle: true, format: "esm", platform: "browser", target: "es2022", write: false };
  sdk = (await build({ stdin: entry, ...options })).outputFiles[0].text;
});
after(() => browser.close());

/** A tab with the SDK's client, connected through the session's authProvider. */
async function connected(t) {
  const world = await startWorld(t, browser, { made: { "/sdk.js": sdk } });
  const tab = await world.signedInTab();
  world.calls.length = 0;
  await tab.evaluate(async () => {
    const { Client, StreamableHTTPClientTransport } = await import("/sdk.js");
    app.client = new Client({ name: "tests", version: "1.0.0" });
    const { authProvider } = app.session;
    await app.client.connect(new StreamableHTTPClientTransport(new URL(app.mcpUrl), { authProvider }));
    const ok = ({ content }, n) => (content[0].text === `${n} + 1 = ${n + 1}` ? "ok" : content[0].text);
    app.callTool = async (n) => ok(await app.client.callTool({ name: "add", arguments: { a: n, b: 1 } }), n);
    app.callTools = (count) => Promise.all(Array.from({ length: count }, (_, n) => app.callTool(n)));
  });
  return { world, tab };
}

test("the SDK's transport calls with the session's token", async (t) => {
  const { world, tab } = await connected(t);
  assert.deepEqual(await tab.evaluate(() => app.callTools(3)), allOk(3));
  assert.ok(world.calls.length >= 4);
  for (const { token } of world.calls) assert.equal(token, world.tokens.access_token);
  assert.equal(world.refreshes.length, 0);
});

for (const [how, spoil] of /** @type {[string, Function][]} */ ([
  ["has expired", (world, tab) => tab.evaluate(() => app.expire())],
  // The token is not brand new, so it is refreshed.
  [
    "gets a 401",
    async (world, tab) => {
      world.rejected.add(world.tokens.access_token);
      await tab.evaluate(() => app.setClock(60_000));
    },
  ],
])) {
  test(`10 calls at once with a token that ${how}: 1 refresh, 10 OK`, async (t) => {
    const { world, tab } = await connected(t);
    await spoil(world, tab);
    assert.deepEqual(await tab.evaluate(() => app.callTools(10)), allOk(10));
    assert.equal(world.refreshes.length, 1);
    assert.equal(world.popups.length, 1, "a popup opened after the sign-in");
  });
}

test("staggered 401s of requests with the old token: 1 refresh", async (t) => {
  const { world, tab } = await connected(t);
  await tab.evaluate(() => app.setClock(60_000));
  const refused = world.tokens.access_token;
  world.rejected.add(refused);
  // The nth request with the old token is answered after the nth successful call with the new one.
  let waiting = 0;
  world.beforeCall = async ({ token, method }) => {
    if (token !== refused || method !== "POST") return;
    const turn = waiting++;
    while (turn > 0 && world.calls.filter(({ status, token }) => status === 200 && token !== refused).length < turn) {
      await new Promise((done) => setImmediate(done));
    }
  };
  assert.deepEqual(await tab.evaluate(() => app.callTools(5)), allOk(5));
  assert.equal(waiting, 5);
  assert.equal(world.refreshes.length, 1);
});

test("a session that can't be refreshed ends once, and the calls reject", async (t) => {
  const { world, tab } = await connected(t);
  world.answerToken = invalidGrant;
  await tab.evaluate(() => app.expire());
  const outcomes = await tab.evaluate(() =>
    Promise.allSettled([app.callTool(1), app.callTool(2)]).then((all) =>
      all.map((outcome) => outcome.status === "rejected" && outcome.reason.code),
    ),
  );
  for (const code of outcomes) assert.match(code, /^(session_expired|signed_out)$/);
  assert.equal((await tab.evaluate(() => app.event("signed-out"))).length, 1);
  assert.equal(world.refreshes.length, 1);
  assert.equal(world.popups.length, 1, "a popup opened after the sign-in");
});

test("a token that is bound to a key can't be used as a Bearer token: unsupported", async (t) => {
  const world = await startWorld(t, browser, { dpop: true });
  const tab = await world.signedInTab();
  assert.equal(world.tokens.token_type, "DPoP");
  const { error } = await tab.evaluate(() => app.outcome(app.session.authProvider.token()));
  assert.equal(error.code, "unsupported");
});
