// "clock ten minutes off in either way, laptop sleep across expiry". `expires_in` counts seconds from the response (RFC
// 6749 §5.1), and a proof needs the server's time (RFC 9449 §11.1).

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
    test(`the clock is ten minutes ${way}${dpop ? ", tokens are bound to a key" : ""}: signs in, calls and refreshes at the right time`, async (t) => {
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
      // The offset is known from the server's `Date` header and has not changed.
      if (dpop) await tab.evaluate(() => app.session.refresh());
      else await tab.evaluate(() => app.expire());
      assert.deepEqual(await tab.evaluate(() => app.calls(3)), allOk(3));
      assert.equal(world.refreshes.length, 1);
    });
  }
}

/** Freezes the page. When it continues, the time has changed. */
async function sleep(world, tab, wake) {
  const protocol = await world.context.newCDPSession(tab);
  await protocol.send("Page.setWebLifecycleState", { state: "frozen" });
  await protocol.send("Page.setWebLifecycleState", { state: "active" });
  await tab.evaluate(wake);
}

test("asleep until the token has expired: one refresh for all tabs that wake", async (t) => {
  const world = await startWorld(t, browser);
  const tabs = [await world.signedInTab(), await world.tab()];
  for (const tab of tabs) await sleep(world, tab, () => app.expire(60 * 60_000));
  const results = await Promise.all(tabs.map((tab) => tab.evaluate(() => app.calls(5))));
  assert.deepEqual(results, [allOk(5), allOk(5)]);
  assert.equal(world.refreshes.length, 1);
});

test("asleep until the refresh token has expired, too: session_expired, and a new sign-in works", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab();
  const { answerToken } = world;
  world.answerToken = (form, server) => (form.grant_type === "refresh_token" ? invalidGrant() : server(form));
  await sleep(world, tab, () => app.expire(30 * 24 * 60 * 60_000));
  assert.equal(await tab.evaluate(() => app.call()), "session_expired");
  assert.equal(world.popups.length, 1, "a popup opened without a click");
  world.answerToken = answerToken;
  await worksAgain(tab);
});

test("asleep longer than signInTimeout while the popup is open: timeout, the popup closes, and the next sign-in works", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.tab(() => {});
  await tab.clock.install();
  await tab.evaluate(() => app.start());
  const popup = await popupOf(tab, tab.locator("#sign-in"));
  // The test controls the clock. The popup's watch and the first requests need some time to pass.
  await loginField(popup).waitFor();
  const closed = popup.waitForEvent("close");
  await tab.clock.fastForward(11 * MINUTE);
  const { error } = await tab.evaluate(() => app.outcome(app.signingIn));
  assert.equal(error.code, "timeout");
  await closed;
  await signIn(tab);
  assert.equal(await tab.evaluate(() => app.call()), "ok");
});
