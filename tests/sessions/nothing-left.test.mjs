// "AbortSignal everywhere; default limits for each request and for the whole sign-in; nothing keeps running after
// an abort (no timers, listeners, channels, popups, locks: a test counts them)."

import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { fileURLToPath } from "node:url";
import { allowButton, consent, loginField } from "../e2e/browser.mjs";
import { gate, launchBrowser, logIn, popupOf, queueOf, signIn, startWorld, test, until } from "./world.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

async function counting(t) {
  const world = await startWorld(t, browser);
  await world.context.addInitScript({ path: fileURLToPath(new URL("./page/count.js", import.meta.url)) });
  return world;
}

const running = (tab) => tab.evaluate(() => running());

/** Waits until only the same things run as before. Otherwise the assertion shows the difference. */
async function nothingMore(tab, before) {
  const same = async (before) => JSON.stringify(await running()) === before;
  await until(tab, same, JSON.stringify(before), { timeout: 15_000 }).catch(() => {});
  assert.deepEqual(await running(tab), before);
}

test("the counter counts timers, listeners, channels, popups, requests and locks", async (t) => {
  const world = await counting(t);
  world.paths["/mcp/never"] = () => {};
  const tab = await world.tab();
  const before = await running(tab);
  await tab.evaluate(() => {
    setTimeout(() => {}, 1e6);
    addEventListener("message", () => {});
    new BroadcastChannel("another");
    open("about:blank", "_blank", "popup");
    void fetch(`${app.mcpUrl}/never`);
    void navigator.locks.request("another", () => new Promise(() => {}));
  });
  await until(tab, async () => (await running()).locks.length > 0);
  const now = await running(tab);
  assert.equal(now.timers, before.timers + 1);
  assert.equal(now.listeners.length, before.listeners.length + 1);
  assert.deepEqual(now.channels, [...before.channels, "another"]);
  assert.equal(now.popups, before.popups + 1);
  assert.equal(now.requests, before.requests + 1);
  assert.deepEqual(now.locks, ["another"]);
});

describe("signIn", () => {
  /** Starts a sign-in, waits for `until`, aborts, and checks that nothing is left. */
  async function abortedSignIn(world, until) {
    const tab = await world.tab();
    const before = await running(tab);
    await tab.evaluate(() => {
      app.controller = new AbortController();
      app.signal = app.controller.signal;
    });
    const popup = await popupOf(tab, tab.locator("#sign-in"));
    const closed = popup.waitForEvent("close");
    await until(popup);
    const during = await running(tab);
    assert.ok(during.timers > before.timers);
    assert.ok(during.channels.length > before.channels.length);
    await tab.evaluate(() => app.controller.abort("enough"));
    const { error } = await tab.evaluate(() => app.outcome(app.signingIn));
    assert.equal(error.code, "aborted");
    await closed;
    await nothingMore(tab, before);
    return tab;
  }

  test("aborted during the request to the MCP server", async (t) => {
    const world = await counting(t);
    const way = gate();
    world.beforeCall = way.pass;
    await abortedSignIn(world, () => way.arrived);
  });

  test("aborted while the user logs in", async (t) => {
    const world = await counting(t);
    await abortedSignIn(world, (popup) => loginField(popup).waitFor());
  });

  // Chromium ignores `close` while it replaces a page with one from another site. Each machine needs another delay to hit
  // that moment, so the test tries many.
  test("aborted at any moment while the sign-in page replaces the popup's first page: the popup closes", async (t) => {
    for (let delay = 20; delay < 80; delay += 2) {
      // In a new profile, the sign-in page needs a new process. Starting it makes that moment longer.
      const world = await startWorld(t, browser);
      assert.notEqual(new URL(world.mcpUrl).hostname, new URL(world.pageUrl).hostname);
      const tab = await world.tab();
      await tab.evaluate((delay) => {
        const controller = new AbortController();
        app.signal = controller.signal;
        app.authorizer.addEventListener("authorizing", () => setTimeout(() => controller.abort(), delay));
      }, delay);
      const popup = await popupOf(tab, tab.locator("#sign-in"));
      if (!popup.isClosed()) await popup.waitForEvent("close");
      assert.equal((await tab.evaluate(() => app.outcome(app.signingIn))).error.code, "aborted");
    }
  });

  test("aborted while the code is exchanged", async (t) => {
    const world = await counting(t);
    const way = gate();
    world.answerToken = way.pass;
    const tab = await abortedSignIn(world, async (popup) => {
      await logIn(popup);
      await allowButton(popup).click();
      await way.arrived;
    });
    assert.equal(await tab.evaluate(() => app.authorizer.restore(app.mcpUrl)), null);
  });

  test("timed out after signInTimeout", async (t) => {
    const world = await counting(t);
    const tab = await world.tab(() => app.start({ signInTimeout: 1500 }));
    const before = await running(tab);
    const popup = await popupOf(tab, tab.locator("#sign-in"));
    if (!popup.isClosed()) await popup.waitForEvent("close");
    assert.equal((await tab.evaluate(() => app.outcome(app.signingIn))).error.code, "timeout");
    await nothingMore(tab, before);
  });

  test("a successful sign-in leaves nothing running", async (t) => {
    const world = await counting(t);
    const tab = await world.tab();
    const before = await running(tab);
    await signIn(tab);
    await nothingMore(tab, before);
  });
});

describe("stepUp", () => {
  /** Starts a step-up, waits for `until`, aborts, and checks that nothing is left. */
  async function abortedStepUp(
    t,
    /** @type {{ start?: () => unknown, until: Function, answer?: any }} */ { start = () => {}, until, answer },
  ) {
    const world = await counting(t);
    const tab = await world.signedInTab(() => app.start({ onStepUp: (details) => app.onStepUp(details) }));
    const before = await running(tab);
    await tab.evaluate(() => {
      app.controller = new AbortController();
      app.signal = app.controller.signal;
    });
    await tab.evaluate(start);
    world.answerToken = answer ?? world.answerToken;
    const popup = await popupOf(tab, tab.locator("#step-up"));
    const closed = popup.waitForEvent("close");
    await until(popup);
    assert.notDeepEqual(await running(tab), before);
    await tab.evaluate(() => app.controller.abort("enough"));
    assert.equal((await tab.evaluate(() => app.outcome(app.steppingUp))).error.code, "aborted");
    await closed;
    await nothingMore(tab, before);
    return tab;
  }
  const consenting = (popup) => allowButton(popup).waitFor();

  test("aborted at the consent page", (t) => abortedStepUp(t, { until: consenting }));

  test("aborted while a request waits for it", async (t) => {
    const start = () => {
      const { onStepUp } = app;
      app.writing = app.write().catch(({ code }) => code);
      return new Promise((waits) => (app.onStepUp = (details) => (waits(details), onStepUp(details))));
    };
    const tab = await abortedStepUp(t, { start, until: consenting });
    assert.equal(await tab.evaluate(() => app.writing), "insufficient_scope");
  });

  test("aborted while the code is exchanged: the session stays as it was", async (t) => {
    const way = gate();
    const tab = await abortedStepUp(t, {
      answer: way.pass,
      async until(popup) {
        await allowButton(popup).click();
        await way.arrived;
      },
    });
    assert.deepEqual(await tab.evaluate(() => app.session.scopes), ["mcp:read"]);
    assert.equal(await tab.evaluate(() => app.call()), "ok");
  });

  test("a successful step-up leaves nothing running", async (t) => {
    const world = await counting(t);
    const tab = await world.signedInTab();
    const before = await running(tab);
    const popup = await popupOf(tab, tab.locator("#step-up"));
    await consent(popup);
    await tab.evaluate(() => app.steppingUp);
    await nothingMore(tab, before);
  });
});

describe("a session", () => {
  /** Starts a call with a signal in a tab. */
  const start = (tab, work) =>
    tab.evaluate((work) => {
      app.controller = new AbortController();
      app.aborted = eval(work)(app.controller.signal).then(
        () => "done",
        (error) => error.code ?? error,
      );
    }, `(${work})`);
  const abort = (tab) =>
    tab.evaluate(() => {
      app.controller.abort("enough");
      return app.aborted;
    });

  const KINDS = [
    ["fetch", "enough", (signal) => app.session.fetch(app.mcpUrl, { signal })],
    ["accessToken", "aborted", (signal) => app.session.accessToken({ signal })],
    ["refresh", "aborted", (signal) => app.session.refresh({ signal })],
  ];

  test("fetch aborted during a slow response", async (t) => {
    const world = await counting(t);
    const tab = await world.signedInTab();
    const before = await running(tab);
    const way = gate();
    world.paths["/mcp/slow"] = way.pass;
    await start(tab, (signal) => app.session.fetch(`${app.mcpUrl}/slow`, { signal }));
    await way.arrived;
    assert.notDeepEqual(await running(tab), before);
    assert.equal(await abort(tab), "enough");
    await nothingMore(tab, before);
  });

  for (const [name, code, work] of KINDS) {
    test(`${name} aborted during a refresh: the refresh completes, and then nothing is left`, async (t) => {
      const world = await counting(t);
      const tab = await world.signedInTab();
      await tab.evaluate(() => app.expire());
      const before = await running(tab);
      const way = gate();
      world.answerToken = async (form, server) => (await way.pass(), server(form));
      await start(tab, work);
      await way.arrived;
      assert.equal(await abort(tab), code);
      way.open();
      await tab.evaluate(() => app.event("refreshed"));
      await nothingMore(tab, before);
      assert.equal(world.refreshes.length, 1);
    });

    test(`${name} aborted while it waits to retry a refresh`, async (t) => {
      const world = await counting(t);
      const tab = await world.signedInTab();
      await tab.evaluate(() => app.expire());
      const before = await running(tab);
      const headers = { "Retry-After": "3", "Access-Control-Expose-Headers": "Retry-After" };
      world.answerToken = () => ({ status: 503, headers });
      await start(tab, work);
      await tab.waitForFunction(() => app.exchanges.some(({ step, status }) => step === "refresh" && status === 503));
      await abort(tab);
      await nothingMore(tab, before);
    });

    test(`${name} aborted while another tab refreshes: it leaves the queue`, async (t) => {
      const world = await counting(t);
      const holder = await world.signedInTab();
      const tab = await world.tab();
      await tab.evaluate(() => app.expire());
      const way = gate();
      world.answerToken = async (form, server) => (await way.pass(), server(form));
      const refreshed = holder.evaluate(() => app.session.refresh());
      await way.arrived;
      const before = await running(tab);
      assert.equal(before.locks.length, 1, "expected only the other tab's lock");
      await start(tab, work);
      await queueOf(tab, 1);
      assert.equal(await abort(tab), code);
      await nothingMore(tab, before);
      way.open();
      await refreshed;
    });
  }

  test("a refresh that takes longer than requestTimeout: timeout, the tokens are kept, nothing is left", async (t) => {
    const world = await counting(t);
    const tab = await world.signedInTab(() => app.start({ requestTimeout: 5000 }));
    await tab.evaluate(() => app.expire());
    const before = await running(tab);
    const way = gate();
    world.answerToken = way.pass;
    const outcome = tab.evaluate(() => app.outcome(app.session.refresh()));
    await way.arrived;
    assert.equal((await outcome).error.code, "timeout");
    await nothingMore(tab, before);
    assert.equal(await tab.evaluate(async () => (await app.authorizer.restore(app.mcpUrl)) !== null), true);
  });

  test("successful calls, refreshes and a sign-out leave nothing running", async (t) => {
    const world = await counting(t);
    const tab = await world.signedInTab();
    const before = await running(tab);
    for (let round = 0; round < 3; round += 1) {
      await tab.evaluate(() => app.calls(5));
      await tab.evaluate(() => app.expire());
    }
    await nothingMore(tab, before);
    await tab.evaluate(() => app.session.signOut());
    await nothingMore(tab, before);
  });
});
