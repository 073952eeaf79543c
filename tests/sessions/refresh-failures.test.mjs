// "invalid_grant ends the session in all tabs, with an event and without a popup out of nowhere; network errors
// and 5xx keep the tokens and retry with back-off, honouring Retry-After; a rotated refresh token is never lost
// (stored before it is used), a response without a new refresh token keeps the old one."

import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { allOk, CUT, gate, launchBrowser, present, ready, startWorld, test, withoutRotation } from "./world.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

test("invalid_grant ends the session in all tabs, once, with an event and without a popup", async (t) => {
  const world = await startWorld(t, browser);
  const tabs = [await world.signedInTab(), await world.tab(), await world.tab()];
  await tabs[0].evaluate(() => app.startWorker().then(() => app.worker("start")));
  // Somebody uses the refresh token twice, so the server revokes the token family (RFC 9700 §4.14.2).
  const { refresh_token } = world.tokens;
  assert.ok((await present(world, refresh_token)).access_token);
  assert.equal((await present(world, refresh_token)).error, "invalid_grant");

  for (const tab of tabs) await tab.evaluate(() => app.expire());
  const results = await Promise.all(tabs.map((tab) => tab.evaluate(() => app.calls(10))));
  for (const result of results.flat()) assert.match(result, /^(session_expired|signed_out)$/);
  const ended = [{ type: "signed-out", server: world.mcpUrl, reason: "expired" }];
  assert.deepEqual(await tabs[0].evaluate(() => app.worker("event", "signed-out")), ended);
  for (const tab of tabs) {
    assert.deepEqual(await tab.evaluate(() => app.event("signed-out")), ended);
    // The session stays ended, and no further request is sent.
    assert.match(await tab.evaluate(() => app.call()), /^(session_expired|signed_out)$/);
    assert.equal(await tab.evaluate(() => app.authorizer.restore(app.mcpUrl)), null);
    assert.equal((await tab.evaluate(() => app.event("signed-out"))).length, 1);
  }
  assert.equal(world.refreshes.length, 1);
  assert.equal(world.popups.length, 1, "a popup opened after the sign-in");
});

const FAILURES = [
  ["a broken connection", "network", CUT],
  ["500", "http_status", { status: 500, body: "<h1>Internal Server Error</h1>" }],
  ["503", "http_status", { status: 503 }],
  ["429", "http_status", { status: 429 }],
  ["temporarily_unavailable", "token_failed", { status: 400, body: { error: "temporarily_unavailable" } }],
];
describe("temporary failures keep the tokens", () => {
  for (const [name, code, answer] of FAILURES) {
    test(name, async (t) => {
      const world = await startWorld(t, browser);
      const tab = await world.signedInTab();
      const other = await world.tab();
      const { refresh_token } = world.tokens;
      await tab.evaluate(() => app.expire());

      world.answerToken = (form, server) => (world.refreshes.length > 1 ? server(form) : answer);
      // The call either retries itself, or rejects and the app's next call works.
      const first = await tab.evaluate(() => app.call());
      assert.ok(["ok", code].includes(first), first);
      assert.equal(await eventually(tab), "ok");
      assert.equal(world.refreshes.length, 2);
      assert.equal(world.refreshes.at(-1).form.refresh_token, refresh_token);
      for (const each of [tab, other]) {
        assert.deepEqual(await each.evaluate(() => app.events.filter(({ type }) => type === "signed-out")), []);
      }
      assert.equal(world.popups.length, 1, "a popup opened after the sign-in");
    });
  }

  test("if an early refresh fails, the still valid token is used", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    // A token of 300 s is due for refresh after 270 s. At 290 s it is due and still valid.
    await tab.evaluate(() => app.expire(-10_000));
    world.answerToken = () => ({ status: 503 });
    assert.deepEqual(await tab.evaluate(() => app.calls(5)), allOk(5));
    assert.equal(world.refreshes.length, 1, "expected one refresh, and then a pause");
  });
});

/** Calls until it works or a minute is over. Returns the result of the last call. */
const eventually = (tab) =>
  tab.evaluate(async () => {
    for (const end = performance.now() + 60_000; ;) {
      const result = await app.call();
      if (result === "ok" || performance.now() > end) return result;
      await new Promise((done) => setTimeout(done, 50));
    }
  });

/** The times between the refresh requests, in milliseconds. */
const pauses = ({ refreshes }) => refreshes.slice(1).map(({ at }, index) => at - refreshes[index].at);

describe("back-off", () => {
  /**
   * The MCP server rejects the token, and the token endpoint fails for the first `times` requests.
   *
   * @param {import("./world.mjs").World} world
   * @param {{ times?: number, headers?: () => object }} options
   */
  function unavailable(world, { times = 1, headers } = {}) {
    world.rejected.add(world.tokens.access_token);
    world.answerToken = (form, server) => {
      if (world.refreshes.length > times) return server(form);
      const exposed = { "Access-Control-Expose-Headers": "Retry-After" };
      return { status: 503, headers: { ...exposed, ...headers?.() } };
    };
  }

  for (const [name, retryAfter] of /** @type {[string, () => string][]} */ ([
    ["seconds", () => "2"],
    // HTTP dates have whole seconds, so this is 2 to 3 seconds ahead.
    ["a date", () => new Date(Date.now() + 3000).toUTCString()],
  ])) {
    test(`Retry-After in ${name} (RFC 9110 §10.2.3): no refresh before`, async (t) => {
      const world = await startWorld(t, browser);
      const tab = await world.signedInTab();
      unavailable(world, { headers: () => ({ "Retry-After": retryAfter() }) });
      assert.equal(await eventually(tab), "ok");
      assert.equal(world.refreshes.length, 2);
      const [pause] = pauses(world);
      assert.ok(pause > 1900 && pause < 30_000, `it waited for ${pause} ms`);
    });
  }

  test("all tabs share the wait", async (t) => {
    const world = await startWorld(t, browser);
    const tabs = [await world.signedInTab(), await world.tab(), await world.tab()];
    unavailable(world, { headers: () => ({ "Retry-After": "2" }) });
    assert.deepEqual(await Promise.all(tabs.map(eventually)), ["ok", "ok", "ok"]);
    assert.equal(world.refreshes.length, 2);
    assert.ok(pauses(world)[0] > 1900);
  });

  test("10 concurrent requests share the retries, and all reject in the end", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    unavailable(world, { times: Infinity });
    await tab.evaluate(() => app.expire());
    assert.deepEqual(await tab.evaluate(() => app.calls(10)), Array(10).fill("http_status"));
    const tries = world.refreshes.length;
    // At 0, 1 and 3 s (tests/flow/session.rs checks the exact times). A slow response may leave no time for the third.
    assert.ok(tries === 2 || tries === 3, `${tries} tries`);
    assert.notEqual(await tab.evaluate(() => app.authorizer.restore(app.mcpUrl)), null);
    assert.deepEqual(await tab.evaluate(() => app.events.filter(({ type }) => type === "signed-out")), []);
  });

  test("without Retry-After, the pauses grow", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    unavailable(world, { times: 3 });
    assert.equal(await eventually(tab), "ok");
    const [first, second, third] = pauses(world);
    assert.ok(first >= 200 && second > first && third > second, `${first}, ${second}, ${third}`);
  });
});

describe("a rotated refresh token is never lost", () => {
  test("the new tokens are stored before they are used", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    await tab.evaluate(() => {
      app.expire();
      const encrypt = crypto.subtle.encrypt.bind(crypto.subtle);
      app.storing = new Promise((storing) => {
        crypto.subtle.encrypt = async (...args) => {
          // `encrypt` copies its input before it returns.
          const encrypted = encrypt(...args);
          storing(undefined);
          await new Promise((store) => (app.store = store));
          return encrypted;
        };
      });
    });
    world.calls.length = 0;
    const results = tab.evaluate(() => app.calls(5));
    await tab.evaluate(() => app.storing);
    // All calls wait for the store: after a round trip, none has arrived.
    await tab.evaluate(() => fetch("/config.json"));
    assert.deepEqual(world.calls, []);
    await tab.evaluate(() => app.store());
    assert.deepEqual(await results, allOk(5));
    assert.equal(world.refreshes.length, 1);
  });

  test("each refresh uses the previous one's refresh token, also after a reload", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    const given = [world.tokens.refresh_token];
    for (let round = 0; round < 3; round += 1) {
      await tab.evaluate(() => app.session.refresh());
      given.push(world.tokens.refresh_token);
      await tab.reload();
      await ready(tab);
      await tab.evaluate(() => app.start());
    }
    assert.equal(new Set(given).size, 4, "the server did not rotate the tokens");
    assert.deepEqual(
      world.refreshes.map(({ form }) => form.refresh_token),
      given.slice(0, 3),
    );
    assert.equal(await tab.evaluate(() => app.call()), "ok");
  });

  test("a response without a new refresh token keeps the old one (RFC 6749 §6)", async (t) => {
    const world = await startWorld(t, browser);
    world.answerToken = withoutRotation();
    const tab = await world.signedInTab();
    const { refresh_token } = world.tokens;
    for (let round = 0; round < 3; round += 1) {
      await tab.evaluate(() => app.expire());
      assert.deepEqual(await tab.evaluate(() => app.calls(3)), allOk(3));
      assert.equal(await tab.evaluate(() => app.session.canRefresh), true);
    }
    await tab.reload();
    await ready(tab);
    await tab.evaluate(() => app.start());
    await tab.evaluate(() => app.session.refresh());
    assert.deepEqual(
      world.refreshes.map(({ form }) => form.refresh_token),
      Array(4).fill(refresh_token),
    );
  });

  test("if storing fails, the session continues with the new refresh token", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    await tab.evaluate(() => {
      const { encrypt } = crypto.subtle;
      crypto.subtle.encrypt = () => {
        crypto.subtle.encrypt = encrypt;
        return Promise.reject(new DOMException("The disk is full.", "QuotaExceededError"));
      };
      app.expire();
    });
    await tab.evaluate(() => app.call());
    // The old refresh token is spent. Using it would revoke the token family.
    await tab.evaluate(() => app.outcome(app.session.refresh()));
    assert.equal(await tab.evaluate(() => app.call()), "ok");
    assert.equal(world.refreshes.at(-1).answer.status, 200);
  });

  test("an aborted refresh completes, because the token is spent once the request is sent", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    const way = gate();
    world.answerToken = async (form, server) => (await way.pass(), server(form));
    const aborted = tab.evaluate(() => {
      app.controller = new AbortController();
      return app.outcome(app.session.refresh({ signal: app.controller.signal }));
    });
    await way.arrived;
    await tab.evaluate(() => app.controller.abort());
    assert.equal((await aborted).error.code, "aborted");
    way.open();
    await tab.evaluate(() => app.event("refreshed"));
    await tab.evaluate(() => app.session.refresh());
    assert.equal(world.refreshes[1].form.refresh_token, world.refreshes[0].answer.body.refresh_token);
    assert.equal(await tab.evaluate(() => app.call()), "ok");
  });
});
