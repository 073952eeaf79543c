// The steps in headless Chromium, against the demo's real servers: another process finishes a page's sign-in, tokens
// are adopted and exported, and a page that only signs in does not download the steps.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { finishAuthorization, refresh } from "mcp-authorize/steps";
import { allowButton, launchBrowser, logIn, ready, startWorld, test } from "../sessions/world.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

/** The backend's page at the redirect URI. */
const made = { "/done.html": "<!doctype html><title>Done</title>" };

/** The page's steps. Their results pass through JSON, and the keys stay in the page. */
const begin = async ({ redirectUri, dpop }) => {
  const steps = await import(/** @type {any} */ ("/pkg/steps.js"));
  const discovered = await steps.discover(app.mcpUrl);
  const client = await steps.register(discovered.authorizationServer, {
    clientName: "Steps",
    redirectUri,
    scopes: discovered.scopes,
  });
  globalThis.dpopKey = dpop ? await steps.createDpopKey() : undefined;
  return steps.beginAuthorization({ discovered, client, redirectUri, dpopKey: globalThis.dpopKey, dpop });
};

/** Logs in and consents. Returns the URL of the redirect. */
async function comeBack(world, url, redirectUri) {
  const page = await world.context.newPage();
  await page.goto(url);
  await logIn(page);
  const back = page.waitForURL((url) => url.href.startsWith(redirectUri));
  await allowButton(page).click();
  await back;
  return page.url();
}

test("another process can finish a page's sign-in, and the page adopts the tokens as a session", async (t) => {
  const world = await startWorld(t, browser, { made });
  const requested = [];
  world.context.on("request", (request) => requested.push(new URL(request.url()).pathname));
  const tab = await world.tab(() => app.start({ exportable: true, dpop: "off" }));
  // A page that only signs in does not download the steps.
  assert.ok(requested.some((path) => path.endsWith("mcp_authorize_bg.wasm")));
  assert.deepEqual(
    requested.filter((path) => path.includes("step")),
    [],
  );

  const redirectUri = `${world.pageUrl}done.html`;
  const { url, pending } = await tab.evaluate(begin, { redirectUri, dpop: undefined });
  assert.ok(requested.some((path) => path.endsWith("steps_bg.wasm")));
  const callbackUrl = await comeBack(world, url, redirectUri);
  const tokens = await finishAuthorization(pending, callbackUrl);
  assert.equal(tokens.server, world.mcpUrl);

  const adopted = await tab.evaluate(async (tokens) => {
    app.session = await app.authorizer.adopt(tokens);
    return { called: await app.call(), clientId: app.session.clientId, canRefresh: app.session.canRefresh };
  }, tokens);
  assert.deepEqual(adopted, { called: "ok", clientId: tokens.client_id, canRefresh: true });
  // The session is stored like any other.
  await tab.reload();
  await ready(tab);
  await tab.evaluate(() => app.start({ exportable: true, dpop: "off" }));
  assert.equal(await tab.evaluate(() => app.call()), "ok");
  await tab.evaluate(() => app.session.refresh());
  const left = await tab.evaluate(() => app.session.export());
  assert.deepEqual(Object.keys(left).sort(), Object.keys(tokens).sort());
  assert.deepEqual([left.server, left.access_token], [world.mcpUrl, world.tokens.access_token]);
  assert.notEqual(left.refresh_token, tokens.refresh_token);
  assert.notEqual((await refresh(left)).access_token, left.access_token);

  // Export needs the app's option `exportable`.
  const refused = await tab.evaluate(async () => {
    await app.start({ dpop: "off" });
    return app.session.export().catch(({ name, code }) => ({ name, code }));
  });
  assert.deepEqual(refused, { name: "McpAuthorizeError", code: "unsupported" });
});

test("tokens can be bound to a key that stays in the page", async (t) => {
  const world = await startWorld(t, browser, { made, dpop: true });
  const tab = await world.tab(() => app.start());
  const redirectUri = `${world.pageUrl}done.html`;
  const { url, pending } = await tab.evaluate(begin, { redirectUri, dpop: "require" });
  const callbackUrl = await comeBack(world, url, redirectUri);
  // Without the key, the code is useless.
  await assert.rejects(finishAuthorization(pending, callbackUrl), ({ code }) => code === "invalid_option");
  const outcome = await tab.evaluate(
    async ({ pending, callbackUrl }) => {
      const steps = await import(/** @type {any} */ ("/pkg/steps.js"));
      const key = globalThis.dpopKey;
      const tokens = await steps.finishAuthorization(pending, callbackUrl, { dpopKey: key });
      const headers = { Accept: "application/json, text/event-stream", "Content-Type": "application/json" };
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
      const proof = { key, method: "POST", url: app.mcpUrl, accessToken: tokens.access_token };
      const call = async () => {
        const DPoP = await steps.dpopProof(proof);
        const Authorization = `DPoP ${tokens.access_token}`;
        const response = await fetch(app.mcpUrl, {
          method: "POST",
          headers: { ...headers, Authorization, DPoP },
          body,
        });
        return response.status;
      };
      const adopting = await app.authorizer.adopt(tokens).catch(({ code }) => code);
      const refreshed = await steps.refresh(tokens, { dpopKey: key });
      return { status: await call(), type: refreshed.token_type, extractable: key.privateKey.extractable, adopting };
    },
    { pending, callbackUrl },
  );
  assert.deepEqual(outcome, { status: 200, type: "DPoP", extractable: false, adopting: "unsupported" });
});

test("invalid tokens are not adopted", async (t) => {
  const world = await startWorld(t, browser, { made });
  const tab = await world.tab(() => app.start());
  const codes = await tab.evaluate(async () => {
    const tokens = { v: 1, server: app.mcpUrl, access_token: "t", token_type: "Bearer", client_id: "c" };
    const bad = [undefined, null, "text", {}, tokens, { ...tokens, server: "http://as.example" }];
    return Promise.all(bad.map((given) => app.authorizer.adopt(given).catch(({ code }) => code)));
  });
  assert.deepEqual(codes, [
    "invalid_url",
    "invalid_url",
    "invalid_url",
    "invalid_url",
    "invalid_option",
    "insecure_url",
  ]);
});
