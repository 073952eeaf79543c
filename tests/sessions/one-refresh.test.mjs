// "Any number of concurrent requests, in any number of tabs and workers of the origin, with an expired or
// rejected token lead to exactly one refresh POST."

import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { allOk, gate, launchBrowser, queueOf, startWorld, test } from "./world.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

/** The number of connections that a browser opens to one host (HTTP/1.1). */
const CONNECTIONS = 6;

const expire = (world, tabs) => Promise.all(tabs.map((tab) => tab.evaluate(() => app.expire())));
const reject = async (world) => void world.rejected.add(world.tokens.access_token);

/** Holds the response to a refresh, so that all tabs and workers need one. */
function holdRefresh(world) {
  const { pass, open } = gate();
  world.answerToken = async (form, server) => (await pass(), server(form));
  return open;
}

for (const { how, spoil } of [
  { how: "has expired", spoil: expire },
  { how: "gets a 401", spoil: reject },
]) {
  describe(`a token that ${how}`, () => {
    test("10 concurrent requests in one tab: 1 refresh, 10 OK", async (t) => {
      const world = await startWorld(t, browser);
      const tab = await world.signedInTab();
      assert.deepEqual(await tab.evaluate(() => app.calls(10)), allOk(10));
      assert.equal(world.refreshes.length, 0);

      await spoil(world, [tab]);
      assert.deepEqual(await tab.evaluate(() => app.calls(10)), allOk(10));
      assert.equal(world.refreshes.length, 1);
      assert.deepEqual(await tab.evaluate(() => app.calls(10)), allOk(10));
      assert.equal(world.refreshes.length, 1);
      assert.equal(world.popups.length, 1, "a popup opened after the sign-in");
    });

    test("5 tabs × 10: 1 refresh, 50 OK", async (t) => {
      const world = await startWorld(t, browser);
      const tabs = [await world.signedInTab()];
      while (tabs.length < 5) tabs.push(await world.tab());

      const release = holdRefresh(world);
      await spoil(world, tabs);
      const results = Promise.all(tabs.map((tab) => tab.evaluate(() => app.calls(10))));
      await queueOf(tabs[0], 4);
      release();
      assert.deepEqual(await results, Array(5).fill(allOk(10)));
      assert.equal(world.refreshes.length, 1);
      assert.equal(world.popups.length, 1, "a popup opened after the sign-in");
    });

    test("a tab and a worker × 10: 1 refresh, 20 OK", async (t) => {
      const world = await startWorld(t, browser);
      const tab = await world.signedInTab();
      await tab.evaluate(async () => {
        await app.startWorker();
        await app.worker("start");
      });
      assert.deepEqual(await tab.evaluate(() => app.worker("calls", 10)), allOk(10));

      await spoil(world, [tab]);
      const release = holdRefresh(world);
      if (spoil === expire) await tab.evaluate(() => app.worker("expire"));
      const results = tab.evaluate(() => Promise.all([app.calls(10), app.worker("calls", 10)]));
      await queueOf(tab, 1);
      release();
      assert.deepEqual(await results, [allOk(10), allOk(10)]);
      assert.equal(world.refreshes.length, 1);
    });
  });
}

test("a token that expires by real time: 1 refresh, 10 OK, and no 401", async (t) => {
  const world = await startWorld(t, browser, { accessTokenSeconds: 4 });
  const tab = await world.signedInTab();
  await tab.waitForFunction(() => app.session.expiresAt.getTime() < Date.now());
  world.calls.length = 0;
  assert.deepEqual(await tab.evaluate(() => app.calls(10)), allOk(10));
  assert.equal(world.refreshes.length, 1);
  // "Refresh starts before expiry, so that a request normally never sees a 401."
  assert.deepEqual(
    world.calls.map(({ status }) => status),
    Array(10).fill(200),
  );
});

test("10 staggered 401s: 1 refresh", async (t) => {
  // "A request that was sent with an older token is retried with the newer one, without a refresh."
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab();
  const old = world.tokens.access_token;
  world.rejected.add(old);

  world.calls.length = 0;
  // The first 401 is sent when all connections of the browser are in use, the second after the refresh, and each other
  // one after the previous.
  const gates = [];
  let opened = 0;
  const openNext = () => gates[opened]?.open(opened++);
  world.beforeCall = ({ token }) => {
    if (token !== old) return openNext();
    gates.push(gate());
    if (gates.length === CONNECTIONS) openNext();
    else if (gates.length > CONNECTIONS && world.refreshes.length > 0) openNext();
    return gates.at(-1).pass();
  };
  const results = tab.evaluate(() => app.calls(10));
  await tab.evaluate(() => app.event("refreshed"));
  openNext();
  assert.deepEqual(await results, allOk(10));
  assert.equal(gates.length, 10);
  assert.equal(world.refreshes.length, 1);
  assert.equal(world.calls.length, 20, "expected each request twice");
});

test("401s in one tab after another: 1 refresh", async (t) => {
  const world = await startWorld(t, browser);
  const first = await world.signedInTab();
  const second = await world.tab();
  const old = world.tokens.access_token;
  world.rejected.add(old);

  // The second tab's request is in flight while the first tab refreshes, and is rejected afterwards.
  const late = gate();
  world.beforeCall = ({ token }) => token === old && late.pass();
  const slow = second.evaluate(() => app.call());
  await late.arrived;
  world.beforeCall = async () => {};
  assert.equal(await first.evaluate(() => app.call()), "ok");
  late.open();
  assert.equal(await slow, "ok");
  assert.equal(world.refreshes.length, 1);
});

test("a request that is rejected with a fresh token, too, causes one refresh and no loop", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab();
  world.rejected.has = () => true;
  assert.equal(await tab.evaluate(() => app.call()), "status 401");
  assert.equal(world.refreshes.length, 1);
});

test("session.refresh() ten times at once: 1 refresh", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab();
  await tab.evaluate(() => Promise.all(Array.from({ length: 10 }, () => app.session.refresh())));
  assert.equal(world.refreshes.length, 1);
  assert.equal(await tab.evaluate(() => app.call()), "ok");
});
