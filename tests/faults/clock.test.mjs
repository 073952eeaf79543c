// "clock ten minutes off in either way, laptop sleep across expiry". Tokens' lives are told in seconds from when they
// came (RFC 6749 §5.1, `expires_in`), and proofs have the time of their server (RFC 9449 §11.1).

import assert from "node:assert/strict";
import { after, before } from "node:test";
import {
  allOk,
  invalidGrant,
  launchBrowser,
  loginField,
  popupOf,
  signIn,
  startWorld,
  test,
} from "../sessions/world.mjs";
import { worksAgain } from "./fault.mjs";

const MINUTE = 60_000;

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

for (const [way, ahead] of [
  ["ahead", 10 * MINUTE],
  ["behind", -10 * MINUTE],
]) {
  for (const dpop of [false, true]) {
    test(`the clock is ten minutes ${way}${dpop ? ", tokens are bound to a key" : ""}: signs in, calls, refreshes when it is time`, async (t) => {
      const world = await startWorld(t, browser, { dpop });
      const tab = await world.tab(() => {});
      await tab.evaluate(
        ([ahead, dpop]) => {
          app.setClock(ahead);
          return app.start({ dpop: dpop ? "require" : "off" });
        },
        [ahead, dpop],
      );
      await worksAgain(tab);
      const left = await tab.evaluate(() => app.session.expiresAt.getTime() - Date.now());
      assert.ok(left > 280_000 && left <= 300_000, `${left} ms`);
      assert.equal(world.refreshes.length, 0);
      // How far the clock is from the server's is known by the server's word, and has not changed since.
      if (dpop) await tab.evaluate(() => app.session.refresh());
      else await tab.evaluate(() => app.expire());
      assert.deepEqual(await tab.evaluate(() => app.calls(3)), allOk(3));
      assert.equal(world.refreshes.length, 1);
    });
  }
}

/** The page stands still, and when it goes on the time is another one. */
async function sleep(world, tab, wake) {
  const protocol = await world.context.newCDPSession(tab);
  await protocol.send("Page.setWebLifecycleState", { state: "frozen" });
  await protocol.send("Page.setWebLifecycleState", { state: "active" });
  await tab.evaluate(wake);
}

test("asleep until the token has run out: one refresh for all that wake", async (t) => {
  const world = await startWorld(t, browser);
  const tabs = [await world.signedInTab(), await world.tab()];
  for (const tab of tabs) await sleep(world, tab, () => app.expire(60 * 60_000));
  const results = await Promise.all(tabs.map((tab) => tab.evaluate(() => app.calls(5))));
  assert.deepEqual(results, [allOk(5), allOk(5)]);
  assert.equal(world.refreshes.length, 1);
});

test("asleep until the refresh token has run out as well: session_expired, and a new sign-in works", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab();
  const { answerToken } = world;
  world.answerToken = (form, server) => (form.grant_type === "refresh_token" ? invalidGrant() : server(form));
  await sleep(world, tab, () => app.expire(30 * 24 * 60 * 60_000));
  assert.equal(await tab.evaluate(() => app.call()), "session_expired");
  assert.equal(world.popups.length, 1, "no popup comes up without a click");
  world.answerToken = answerToken;
  await worksAgain(tab);
});

test("asleep while the popup is open, for longer than signInTimeout: timeout, no popup is left, and the next one works", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.tab(() => {});
  await tab.clock.install();
  await tab.evaluate(() => app.start());
  const popup = await popupOf(tab, tab.locator("#sign-in"));
  // Time stands still but for what is let go by: the popup's watch and the first requests need some.
  await loginField(popup).waitFor();
  const closed = popup.waitForEvent("close");
  await tab.clock.fastForward(11 * MINUTE);
  const { error } = await tab.evaluate(() => app.outcome(app.signingIn));
  assert.equal(error.code, "timeout");
  await closed;
  await signIn(tab);
  assert.equal(await tab.evaluate(() => app.call()), "ok");
});
