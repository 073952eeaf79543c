// "back/forward cache": a page that the user leaves and comes back to goes on where it was.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { chromium } from "playwright-core";
import { chromiumArguments, findChromium } from "../../scripts/toolchain/browser.mjs";
import { allOk, startWorld, test } from "../sessions/world.mjs";
import { PATIENCE } from "../patience.mjs";

let browser;
before(async () => {
  // Playwright turns the cache off; a user's browser has it on.
  const ignoreDefaultArgs = ["--disable-popup-blocking", "--disable-back-forward-cache"];
  browser = await chromium.launch({ executablePath: findChromium(), args: chromiumArguments, ignoreDefaultArgs });
});
after(() => browser.close());

/**
 * The tab by its protocol alone: Playwright waits in vain for a page that comes out of the cache.
 *
 * @returns {Promise<{ protocol: import("playwright-core").CDPSession, run: (work: Function) => Promise<any> }>} `run` has a
 *   function run in whatever page is there
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

/** Waits until what is there says yes; while one page goes and the other comes there may be none to ask. */
async function there({ run }, condition) {
  for (const end = performance.now() + PATIENCE; !(await run(condition).catch(() => false));) {
    if (performance.now() > end) throw new Error(`It never came to ${condition}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Leaves for another page, does `meanwhile`, and comes back: whether the page is the one that it was. */
async function leaveAndComeBack(world, page, meanwhile = async () => {}) {
  await page.run(() => {
    app.marked = true;
    addEventListener("pageshow", ({ persisted }) => (app.persisted = persisted));
  });
  await page.protocol.send("Page.navigate", { url: `${world.elsewhere}/page` });
  await there(page, () => document.readyState === "complete" && document.body.textContent.includes("elsewhere"));
  await meanwhile();
  await page.run(() => void setTimeout(() => history.back()));
  await there(page, () => globalThis.app !== undefined);
  const reasons = await page.run(
    () =>
      /** @type {any} */ (performance.getEntriesByType("navigation")[0])?.notRestoredReasons?.reasons?.map(
        ({ reason }) => reason,
      ) ?? [],
  );
  return { kept: await page.run(() => app.persisted === true && app.marked === true), reasons };
}

test("the page comes back as it was: with its session, whose token has run out meanwhile: one refresh", async (t) => {
  const world = await startWorld(t, browser);
  const page = await pageOf(world, await world.signedInTab());
  const { kept, reasons } = await leaveAndComeBack(world, page);
  // Nothing that the library leaves open keeps a page out of the cache.
  assert.ok(kept, `not kept: ${reasons.join(", ")}`);
  await page.run(() => app.expire());
  assert.deepEqual(await page.run(() => app.calls(5)), allOk(5));
  assert.equal(world.refreshes.length, 1);
  assert.equal(world.popups.length, 1);
});

test("what another tab did meanwhile counts: its refresh is not done again", async (t) => {
  const world = await startWorld(t, browser);
  const [tab, other] = [await world.signedInTab(), await world.tab()];
  const page = await pageOf(world, tab);
  await leaveAndComeBack(world, page, () => other.evaluate(() => app.session.refresh()));
  if (!(await page.run(() => app.marked === true))) await page.run(() => app.start());
  assert.equal(world.refreshes.length, 1);
  // The server has revoked the token that the page had when it was left.
  world.rejected.add(world.tokenRequests[0].answer.body.access_token);
  assert.deepEqual(await page.run(() => app.calls(5)), allOk(5));
  assert.equal(world.refreshes.length, 1);
});
