// "offline at each step": `network` with the step, nothing half-written, and the next attempt works. docs/errors.md: "A
// request got no answer: the server or the network is down, …".

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launchBrowser, popupOf, startWorld, test } from "../sessions/world.mjs";
import { atStep, clickAndLogIn, nothingLeft, steps, worksAgain } from "./fault.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

/** Closes the popup on the browser's own error page. */
async function closedByUser(popup) {
  // Playwright reports such a page as a failed navigation.
  await popup.waitForURL(/chrome-error/).catch(() => {});
  // The library checks the popup every 100 ms, and needs several checks to know that it is not cut off. No event
  // reports them.
  await popup.waitForTimeout(500);
  await popup.close();
}

const NAMES = steps({ issuer: "http://localhost", mcpUrl: "http://localhost/mcp" }).map(([name]) => name);

for (const [index, name] of NAMES.entries()) {
  test(`offline from the step ${name} on: network, and once online again the sign-in works`, async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.tab();
    await atStep(world, steps(world)[index], async (route) => {
      await world.context.setOffline(true);
      await route.abort("internetdisconnected");
    });
    const popup = await clickAndLogIn(world, tab);
    if (name === "authorization") {
      // If pushing fails, the request goes through the browser instead (RFC 9126 §1). Then the popup shows that the
      // browser is offline.
      await closedByUser(popup);
    }
    const { error } = await tab.evaluate(() => app.outcome(app.signingIn));
    assert.equal(error.code, name === "authorization" ? "popup_closed" : "network");
    // Challenge and metadata are requested in parallel, and either may fail first.
    const together = ["challenge", "resource_metadata"];
    assert.ok((together.includes(name) ? together : [name]).includes(error.step), error.step);
    await world.context.unrouteAll({ behavior: "ignoreErrors" });
    await nothingLeft(world, tab);

    await world.context.setOffline(false);
    await worksAgain(tab);
    assert.equal(world.registrations, 1, "the app registered more than once");
  });
}

test("offline while the popup loads the sign-in page: popup_closed when the user closes it", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.tab();
  await world.context.route(`${world.issuer}/auth?**`, (route) => route.abort("internetdisconnected"));
  const failed = world.context.waitForEvent("requestfailed", (request) =>
    request.url().startsWith(`${world.issuer}/auth?`),
  );
  const popup = await popupOf(tab, tab.locator("#sign-in"));
  await failed;
  await closedByUser(popup);
  const { error } = await tab.evaluate(() => app.outcome(app.signingIn));
  assert.equal(error.code, "popup_closed");
  await world.context.unrouteAll();
  await worksAgain(tab);
});

test("offline while tokens are refreshed: network, and the session works again when the network is back", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab();
  await tab.evaluate(() => app.expire());
  await world.context.setOffline(true);
  assert.equal(await tab.evaluate(() => app.call()), "network");
  assert.deepEqual(await tab.evaluate(() => app.events.filter(({ type }) => type === "signed-out")), []);
  await world.context.setOffline(false);
  // The call waits for the pause after failures.
  await assert.doesNotReject(tab.waitForFunction(async () => (await app.call()) === "ok"));
  assert.equal(world.refreshes.length, 1);
});

test("offline during a call with a valid token: network, and the token is kept", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab();
  await world.context.setOffline(true);
  assert.equal(await tab.evaluate(() => app.call()), "network");
  await world.context.setOffline(false);
  assert.equal(await tab.evaluate(() => app.call()), "ok");
  assert.equal(world.refreshes.length, 0);
});
