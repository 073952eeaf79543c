// "The tab that holds the lock may be closed at any moment: the next takes over."

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { allOk, gate, launchBrowser, queueOf, startWorld, test, withGrace } from "./world.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

/** Three tabs with an expired token. */
async function threeTabs(t) {
  const world = await startWorld(t, browser);
  const tabs = [await world.signedInTab(), await world.tab(), await world.tab()];
  for (const tab of tabs) await tab.evaluate(() => app.expire());
  return { world, killed: tabs[0], others: tabs.slice(1) };
}

/** Stops a tab just before it stores the response: it never finishes encrypting. */
const stopBeforeStore = (tab) =>
  tab.evaluate(() => {
    const { promise, resolve } = Promise.withResolvers();
    app.stopped = promise;
    crypto.subtle.encrypt = () => (resolve(undefined), new Promise(() => {}));
  });

/** Closes a tab once the others wait for it. Returns the results of their calls. */
async function kill(tab, others) {
  const results = others.map((other) => other.evaluate(() => app.calls(10)));
  await queueOf(others[0], others.length);
  await tab.close();
  return Promise.all(results);
}

test("killed before the request is sent: the others refresh without asking the user", async (t) => {
  const { world, killed, others } = await threeTabs(t);
  await killed.evaluate((issuer) => {
    const { fetch } = globalThis;
    const { promise, resolve } = Promise.withResolvers();
    app.stopped = promise;
    globalThis.fetch = (/** @type {any} */ input, init) => {
      if ((input.url ?? input) !== `${issuer}/token`) return fetch(input, init);
      resolve(undefined);
      return new Promise(() => {});
    };
  }, world.issuer);
  killed.evaluate(() => app.call()).catch(() => {});
  await killed.evaluate(() => app.stopped);

  assert.deepEqual(await kill(killed, others), [allOk(10), allOk(10)]);
  assert.equal(world.refreshes.length, 1);
  assert.equal(world.popups.length, 1, "a popup opened after the sign-in");
});

test("killed while the server answers: the others refresh if the server accepts one reuse", async (t) => {
  const { world, killed, others } = await threeTabs(t);
  const answer = withGrace();
  const way = gate();
  world.answerToken = async (form, server) => {
    world.answerToken = answer;
    const first = await answer(form, server);
    await way.pass();
    return first;
  };
  killed.evaluate(() => app.call()).catch(() => {});
  await way.arrived;

  assert.deepEqual(await kill(killed, others), [allOk(10), allOk(10)]);
  way.open();
  assert.equal(world.refreshes.length, 2);
  assert.equal(world.popups.length, 1, "a popup opened after the sign-in");
});

test("killed between response and store: the others refresh if the server accepts one reuse", async (t) => {
  const { world, killed, others } = await threeTabs(t);
  world.answerToken = withGrace();
  await stopBeforeStore(killed);
  killed.evaluate(() => app.call()).catch(() => {});
  await killed.evaluate(() => app.stopped);
  assert.equal(world.refreshes.length, 1);
  assert.equal(world.refreshes[0].answer.status, 200);

  assert.deepEqual(await kill(killed, others), [allOk(10), allOk(10)]);
  assert.equal(world.refreshes.length, 2);
  assert.equal(world.popups.length, 1, "a popup opened after the sign-in");
});

test("killed between response and store: the session ends once in all tabs if reuse revokes it", async (t) => {
  // "… with its event, no loop and no popup."
  const { world, killed, others } = await threeTabs(t);
  const idle = await world.tab();
  await stopBeforeStore(killed);
  killed.evaluate(() => app.call()).catch(() => {});
  await killed.evaluate(() => app.stopped);

  const results = await kill(killed, others);
  assert.equal(world.refreshes.length, 2);
  assert.deepEqual(world.refreshes[1].answer.body.error, "invalid_grant");
  for (const result of results.flat()) assert.match(result, /^(session_expired|signed_out)$/);
  for (const tab of [...others, idle]) {
    const ended = await tab.evaluate(() => app.event("signed-out"));
    assert.deepEqual(ended, [{ type: "signed-out", server: world.mcpUrl, reason: "expired" }]);
    assert.match(await tab.evaluate(() => app.call()), /^(session_expired|signed_out)$/);
    assert.equal(await tab.evaluate(() => app.authorizer.restore(app.mcpUrl)), null);
    assert.equal((await tab.evaluate(() => app.event("signed-out"))).length, 1, "expected one event");
  }
  assert.equal(world.refreshes.length, 2);
  assert.equal(world.popups.length, 1, "a popup opened after the sign-in");
});

test("a tab that is killed while it waits for the lock does not block the others", async (t) => {
  const {
    world,
    killed: holder,
    others: [killed, other],
  } = await threeTabs(t);
  const way = gate();
  world.answerToken = async (form, server) => (await way.pass(), server(form));
  const first = holder.evaluate(() => app.calls(10));
  await way.arrived;
  killed.evaluate(() => app.calls(10)).catch(() => {});
  const last = other.evaluate(() => app.calls(10));
  await queueOf(other, 2);
  await killed.close();
  way.open();
  assert.deepEqual(await Promise.all([first, last]), [allOk(10), allOk(10)]);
  assert.equal(world.refreshes.length, 1);
});
