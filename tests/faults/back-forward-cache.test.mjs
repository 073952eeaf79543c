// "back/forward cache": a page that the user leaves and returns to continues where it was.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { chromium } from "playwright-core";
import { chromiumArguments, findChromium } from "../../scripts/toolchain/browser.mjs";
import { allOk, startWorld, test } from "../sessions/world.mjs";
import { PATIENCE } from "../patience.mjs";

let browser;
before(async () => {
  // Playwright turns the cache off, but users have it on.
  const ignoreDefaultArgs = ["--disable-popup-blocking", "--disable-back-forward-cache"];
  browser = await chromium.launch({ executablePath: findChromium(), args: chromiumArguments, ignoreDefaultArgs });
});
after(() => browser.close());

/**
 * Controls the tab through the DevTools protocol: Playwright waits in vain for a page that comes out of the cache.
 *
 * @returns {Promise<{ protocol: import("playwright-core").CDPSession, run: (work: Function) => Promise<any> }>} `run`
 *   runs a function in the page that the tab shows
 */
async function pageOf(world, tab) {
  const protocol = await world.context.newCDPSession(tab);
  const run = async (work) => {
    const options = { expression: `(${work})()`, awaitPromise: true, returnByValue: true, userGesture: true };
    const { result, exceptionDetails } = await protocol.send("Runtime.evaluate", options);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  return { protocol, run };
}

/** Waits until the condition is true in the tab's page. During a navigation untilIn may be no page to ask. */
async function untilIn({ run }, condition) {
  for (const end = performance.now() + PATIENCE; !(await run(condition).catch(() => false));) {
    if (performance.now() > end) throw new Error(`Never true: ${condition}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Goes to another page, runs `meanwhile` and goes back. `kept` says whether the old page came back. */
async function leaveAndComeBack(world, page, meanwhile = async () => {}) {
  await page.run(() => {
    app.marked = true;
    addEventListener("pageshow", ({ persisted }) => (app.persisted = persisted));
  });
  await page.protocol.send("Page.navigate", { url: `${world.elsewhere}/page` });
  await untilIn(page, () => document.readyState === "complete" && document.body.textContent.includes("elsewhere"));
  await meanwhile();
  await page.run(() => void setTimeout(() => history.back()));
  await untilIn(page, () => globalThis.app !== undefined);
  const reasons = await page.run(
    () =>
      /** @type {any} */ (performance.getEntriesByType("navigation")[0])?.notRestoredReasons?.reasons?.map(
        ({ reason }) => reason,
      ) ?? [],
  );
  return { kept: await page.run(() => app.persisted === true && app.marked === true), reasons };
}

test("the page comes back from the cache with its session, and an expired token is refreshed once", async (t) => {
  const world = await startWorld(t, browser);
  const page = await pageOf(world, await world.signedInTab());
  const { kept, reasons } = await leaveAndComeBack(world, page);
  // The library leaves nothing open that would keep a page out of the cache.
  assert.ok(kept, `not kept: ${reasons.join(", ")}`);
  await page.run(() => app.expire());
  assert.deepEqual(await page.run(() => app.calls(5)), allOk(5));
  assert.equal(world.refreshes.length, 1);
  assert.equal(world.popups.length, 1);
});

test("the page that comes back uses the refresh of another tab and does not repeat it", async (t) => {
  const world = await startWorld(t, browser);
  const [tab, other] = [await world.signedInTab(), await world.tab()];
  const page = await pageOf(world, tab);
  await leaveAndComeBack(world, page, () => other.evaluate(() => app.session.refresh()));
  if (!(await page.run(() => app.marked === true))) await page.run(() => app.start());
  assert.equal(world.refreshes.length, 1);
  // The server rejects the token that the page had before.
  world.rejected.add(world.tokenRequests[0].answer.body.access_token);
  assert.deepEqual(await page.run(() => app.calls(5)), allOk(5));
  assert.equal(world.refreshes.length, 1);
});
