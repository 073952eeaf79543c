// "storage full": the sign-in works in memory, and an event reports it. docs/options.md, storage: "there is no
// persistent storage (`unavailable`)". tests/sessions/refresh-failures.test.mjs tests a store that fails later.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launchBrowser, startWorld, test } from "../sessions/world.mjs";
import { worksAgain } from "./fault.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

test("no room for a single record: signs in in memory, and reports it once", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.tab();
  const crashes = [];
  tab.on("pageerror", (error) => crashes.push(error));
  const protocol = await world.context.newCDPSession(tab);
  await protocol.send("Storage.overrideQuotaForOrigin", { origin: new URL(world.pageUrl).origin, quotaSize: 1 });
  await worksAgain(tab);
  assert.deepEqual(await tab.evaluate(() => app.events.filter(({ type }) => type === "storage")), [
    { type: "storage", reason: "unavailable" },
  ]);
  // The session lasts as long as the page.
  await tab.evaluate(() => app.expire());
  assert.equal(await tab.evaluate(() => app.call()), "ok");
  assert.equal(world.refreshes.length, 1);
  const next = await world.tab();
  assert.equal(await next.evaluate(() => app.session), null);
  assert.deepEqual(crashes, []);
});
