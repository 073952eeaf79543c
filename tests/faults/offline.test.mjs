// "offline at each step": `network` with the step, nothing half-written, and the next attempt works. docs/errors.md:
// "A request got no answer: the server is down, or the network is".

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launchBrowser, popupOf, startWorld, test } from "../sessions/world.mjs";
import { atStep, clickAndLogIn, nothingLeft, steps, worksAgain } from "./fault.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

/** Closes the popup on the browser's own error page. */
async function closedByUser(popup) {
  // Playwright tells of such a page as of a navigation that failed.
  await popup.waitForURL(/chrome-error/).catch(() => {});
  // So many looks at a page that the popup is known not to be cut off, 100 ms apart; nothing tells of them.
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
      // A server that can't be pushed a request may still take it by the browser (RFC 9126 §1), and then the popup is
      // where the browser says that it is offline.
      await closedByUser(popup);
    }
    const { error } = await tab.evaluate(() => app.outcome(app.signingIn));
    assert.equal(error.code, name === "authorization" ? "popup_closed" : "network");
    // The challenge and the metadata are asked for side by side, and either may be the first to fail.
    const together = ["challenge", "resource_metadata"];
    assert.ok((together.includes(name) ? together : [name]).includes(error.step), error.step);
    await world.context.unrouteAll({ behavior: "ignoreErrors" });
    await nothingLeft(world, tab);

    await world.context.setOffline(false);
    await worksAgain(tab);
    assert.equal(world.registrations, 1, "no registration is made twice");
  });
}

test("offline while the popup is sent to its page: closing it is popup_closed", async (t) => {
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

test("offline while tokens are refreshed: network, and the session goes on when the network is back", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab();
  await tab.evaluate(() => app.expire());
  await world.context.setOffline(true);
  assert.equal(await tab.evaluate(() => app.call()), "network");
  assert.deepEqual(await tab.evaluate(() => app.events.filter(({ type }) => type === "signed-out")), []);
  await world.context.setOffline(false);
  // A pause after failures may be under way: the call waits for it.
  await assert.doesNotReject(tab.waitForFunction(async () => (await app.call()) === "ok"));
  assert.equal(world.refreshes.length, 1);
});

test("offline while a call is made with a good token: network, and the token stays", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab();
  await world.context.setOffline(true);
  assert.equal(await tab.evaluate(() => app.call()), "network");
  await world.context.setOffline(false);
  assert.equal(await tab.evaluate(() => app.call()), "ok");
  assert.equal(world.refreshes.length, 0);
});
