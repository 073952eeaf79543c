// Several servers and accounts in two tabs: which account is signed in where after each step.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { allOk, launchBrowser, ready, signIn, startWorld, test } from "./world.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

/** The result of `sessions()` in a tab, each as `server account`. */
const sessions = (tab) =>
  tab.evaluate(async () =>
    (await app.authorizer.sessions()).map(({ server, account = "" }) => `${server} ${account}`.trim()),
  );

/** Restores the session of each account and makes a call. Returns the statuses, or null without a session. */
const works = (tab, accounts) =>
  tab.evaluate(async (accounts) => {
    const all = [];
    for (const [server, account] of accounts) {
      const session = await app.authorizer.restore(server, { account });
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
      const headers = { "Content-Type": "application/json", Accept: "application/json, text/event-stream" };
      all.push(session ? (await session.fetch(server, { method: "POST", headers, body })).status : null);
    }
    return all;
  }, accounts);

async function signInAs(tab, server, account) {
  await tab.evaluate((own) => Object.assign(app, own), { server, account });
  await signIn(tab);
  return tab.evaluate(() => app.session.account);
}

test("each tab knows which accounts are signed in, with four servers, two accounts at one of them, a reload and a sign-out", async (t) => {
  const worlds = [];
  for (let n = 0; n < 4; n++) worlds.push(await startWorld(t, browser));
  const [first, ...others] = worlds;
  const urls = worlds.map(({ mcpUrl }) => mcpUrl);
  const tab = await first.tab();
  const other = await first.tab();
  assert.deepEqual(await sessions(tab), []);

  assert.equal(await signInAs(tab, urls[0]), undefined);
  for (const { mcpUrl } of others) await signInAs(tab, mcpUrl);
  assert.equal(await signInAs(other, urls[0], "work"), "work");
  const all = [...urls, `${urls[0]} work`];
  for (const page of [tab, other]) assert.deepEqual(await sessions(page), all);
  const accounts = [...urls.map((url) => [url]), [urls[0], "work"]];
  for (const page of [tab, other]) assert.deepEqual(await works(page, accounts), Array(5).fill(200));
  // Two sessions at one server have different tokens, but share one registration.
  const tokens = await tab.evaluate(async (url) => {
    const both = [await app.authorizer.restore(url), await app.authorizer.restore(url, { account: "work" })];
    return Promise.all(both.map((session) => session.accessToken()));
  }, urls[0]);
  assert.equal(new Set(tokens).size, 2);
  assert.equal(first.registrations, 1);

  await tab.reload();
  await ready(tab);
  await tab.evaluate(() => app.start());
  assert.deepEqual(await sessions(tab), all);
  assert.deepEqual(await tab.evaluate(() => app.calls(3)), allOk(3));

  // The sign-out of one account does not affect the other, in any tab.
  await other.evaluate(() => (app.events.length = 0));
  await tab.evaluate(async (url) => {
    const work = await app.authorizer.restore(url, { account: "work" });
    await work.signOut();
  }, urls[0]);
  const ended = await other.evaluate(() => app.event("signed-out"));
  assert.deepEqual(ended, [{ type: "signed-out", server: urls[0], account: "work", reason: "sign-out" }]);
  for (const page of [tab, other]) {
    assert.deepEqual(await sessions(page), urls);
    assert.deepEqual(await works(page, accounts), [200, 200, 200, 200, null]);
  }

  // A forgotten session is gone in both tabs, and nothing is sent to the server.
  const before = others[0].revocations;
  await other.evaluate((url) => app.authorizer.forget(url), urls[1]);
  await tab.evaluate(() => app.event("signed-out"));
  for (const page of [tab, other]) assert.deepEqual(await works(page, accounts), [200, null, 200, 200, null]);
  assert.equal(others[0].revocations, before);
  await signInAs(tab, urls[1]);
  assert.equal(others[0].registrations, 2, "the registration was not forgotten");
  assert.deepEqual(await works(other, accounts), [200, 200, 200, 200, null]);
});

test("an account's name must be a well-formed, non-empty string", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.tab();
  for (const account of ["", 5, null, {}]) {
    for (const method of ["signIn", "restore", "forget"]) {
      const call = (options) => app.outcome(app.authorizer[options.method](app.mcpUrl, options));
      const { error } = await tab.evaluate(call, { account, method });
      assert.equal(error?.code, "invalid_option", `${method} ${JSON.stringify(account)}`);
      assert.match(error.message, /account/);
    }
  }
  // In UTF-8, all lone surrogates look alike, so such names would be the same account.
  for (const method of ["signIn", "restore", "forget"]) {
    const call = (method) => app.outcome(app.authorizer[method](app.mcpUrl, { account: String.fromCharCode(0xd800) }));
    assert.equal((await tab.evaluate(call, method)).error?.code, "invalid_option", method);
  }
});

test("a sign-in may add authorization parameters, except those of the protocol", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.tab();
  const sent = (authorizationParameters) => {
    app.authorize = new Promise((opened) => (app.opened = opened));
    const call = app.authorizer.signIn(app.mcpUrl, { authorizationParameters });
    return app.outcome(Promise.race([call, app.authorize]));
  };
  await tab.evaluate(() => app.start({ authorize: (url) => (app.opened(url), new Promise(() => {})) }));
  // The request is pushed, so the server reports the invalid parameter.
  const { value } = await tab.evaluate(sent, { prompt: "login", login_hint: "alice" });
  assert.match(value, /request_uri=/);
  const { error } = await tab.evaluate(sent, { prompt: "select_account" });
  assert.match(error.message, /unsupported prompt value/);
  for (const wrong of [{ client_id: "x" }, { state: null }, { prompt: 5 }, "prompt=login", []]) {
    const { error } = await tab.evaluate(sent, wrong);
    assert.equal(error?.code, "invalid_option", JSON.stringify(wrong));
  }
});
