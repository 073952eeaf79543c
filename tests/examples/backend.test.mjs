// examples/backend: two instances store the tokens in a shared store, and the page gets none. Against the demo's
// servers.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request as ask } from "node:http";
import { after, before, test } from "node:test";
import { refresh } from "mcp-authorize/steps";
import { createBackend } from "../../examples/backend/backend.js";
import { portOf } from "../../www/servers/port.mjs";
import { allowButton, launchBrowser, logIn, startDemo } from "../e2e/browser.mjs";

/** A store shared by two instances. Like Redis, it stores JSON. */
class SharedStore {
  #texts = new Map();
  #turns = new Map();

  get(key) {
    const text = this.#texts.get(key);
    return text && JSON.parse(text);
  }

  set(key, value) {
    this.#texts.set(key, JSON.stringify(value));
  }

  take(key) {
    const value = this.get(key);
    this.#texts.delete(key);
    return value;
  }

  async lock(key, work) {
    const turn = Promise.resolve(this.#turns.get(key)).then(work);
    this.#turns.set(
      key,
      turn.catch(() => {}),
    );
    return turn;
  }

  /** The names of all stored values. */
  get keys() {
    return [...this.#texts.keys()];
  }
}

let browser, demo;
before(async () => {
  browser = await launchBrowser();
  demo = await startDemo();
});
after(async () => {
  await browser.close();
  await demo.close();
});

/** Two instances behind one URL, which take turns. */
async function start(t) {
  const store = new SharedStore();
  const front = createServer();
  front.listen(0, "127.0.0.1");
  await once(front, "listening");
  const origin = `http://127.0.0.1:${portOf(front)}`;
  const instances = [0, 1].map(() => createBackend({ origin, mcpUrl: demo.mcpUrl, store }));
  let turn = 0;
  front.on("request", (request, response) => {
    if (request.url === "/") return response.writeHead(200, { "Content-Type": "text/html" }).end("<title>App</title>");
    instances[turn++ % 2].emit("request", request, response);
  });
  const context = await browser.newContext();
  t.after(async () => {
    await context.close();
    front.closeAllConnections();
    await new Promise((done) => front.close(done));
  });
  return { store, origin, page: await context.newPage(), context };
}

const list = (page) =>
  page.evaluate(async () => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
    const response = await fetch("/mcp", { method: "POST", body });
    return { status: response.status, text: await response.text() };
  });

/** Goes to the consent page. Returns a function that consents. */
async function begin({ page, origin }) {
  await page.goto(`${origin}/login`);
  await logIn(page);
  return () => allowButton(page).click();
}

test("two instances share a sign-in, and the page gets no token", async (t) => {
  const world = await start(t);
  const { page, origin, store, context } = world;
  const seen = [];
  page.on("response", async (response) => seen.push(response.url(), await response.text().catch(() => "")));
  await page.goto(origin);
  assert.equal((await list(page)).status, 401);
  const consent = await begin(world);
  await consent();
  await page.waitForURL(`${origin}/`);
  for (let n = 0; n < 2; n++) assert.match((await list(page)).text, /whoami/);
  const [key] = store.keys.filter((key) => key.startsWith("tokens "));
  const { access_token, refresh_token } = store.get(key);
  assert.ok(access_token);
  const cookies = await context.cookies(origin);
  assert.ok(cookies.every(({ httpOnly }) => httpOnly));
  const all = [...seen, JSON.stringify(cookies), await page.evaluate(() => JSON.stringify(localStorage))].join("\n");
  for (const secret of [access_token, refresh_token].filter(Boolean)) assert.ok(!all.includes(secret));
  // Nothing of the sign-in remains that could be replayed.
  assert.deepEqual(
    store.keys.filter((key) => key.startsWith("pending ")),
    [],
  );
});

test("a forged callback does not end the user's sign-in", async (t) => {
  const world = await start(t);
  const { page, origin, store } = world;
  const consent = await begin(world);
  const state = store.keys.find((key) => key.startsWith("pending ")).split(" ")[2];
  const forged = [`code=stolen&state=${state}`, "code=stolen&state=x", "error=access_denied", `state=${state}`];
  // Somebody else, without the user's cookie.
  for (const query of forged) {
    const { status } = await fetch(`${origin}/callback?${query}`, { redirect: "manual" });
    assert.equal(status, 400, query);
  }
  // Another site's page that sends the user's browser there, without knowing the state.
  const other = await page.context().newPage();
  await other.goto(`${origin}/callback?code=stolen&state=guessed`);
  await other.getByText("not known here").waitFor();
  await consent();
  await page.waitForURL(`${origin}/`);
  assert.equal((await list(page)).status, 200);
});

test("an expired token is refreshed by whichever instance gets the request", async (t) => {
  const world = await start(t);
  const { page, origin, store } = world;
  await (
    await begin(world)
  )();
  await page.waitForURL(`${origin}/`);
  const key = store.keys.find((key) => key.startsWith("tokens "));
  const before = store.get(key);
  store.set(key, { ...before, refresh_at: Date.now() - 1 });
  const answers = await page.evaluate(async () => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
    const all = Array.from({ length: 6 }, () => fetch("/mcp", { method: "POST", body }));
    return (await Promise.all(all)).map(({ status }) => status);
  });
  assert.deepEqual(answers, Array(6).fill(200));
  const renewed = store.get(key);
  assert.notEqual(renewed.access_token, before.access_token);
  assert.ok(renewed.refresh_at > Date.now());
});

test("another site's form is rejected, and a sign-out revokes the tokens", async (t) => {
  const world = await start(t);
  const { page, origin, store } = world;
  await (
    await begin(world)
  )();
  await page.waitForURL(`${origin}/`);
  const [cookie] = await page.context().cookies(origin);
  const headers = { cookie: `${cookie.name}=${cookie.value}`, origin: "https://evil.example" };
  const status = await new Promise((resolve) =>
    ask(`${origin}/logout`, { method: "POST", headers }, (response) => resolve(response.statusCode)).end(),
  );
  assert.equal(status, 403);
  assert.equal((await list(page)).status, 200);
  const tokens = store.get(store.keys.find((key) => key.startsWith("tokens ")));
  assert.equal(await page.evaluate(async () => (await fetch("/logout", { method: "POST" })).status), 204);
  assert.equal((await list(page)).status, 401);
  // RFC 7009: a copy of the tokens can't be refreshed.
  await assert.rejects(refresh(tokens), { code: "session_expired" });
});
