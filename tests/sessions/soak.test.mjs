// "200 forced expiries in a row (soak): session alive, heap flat."

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launchBrowser, startWorld, test } from "./world.mjs";
import { PATIENCE } from "../patience.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

const WARM_UP = 20;
const ROUNDS = 200;

test(
  `${ROUNDS} forced expiries in a row: the session stays alive, and the heap does not grow`,
  async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    const devTools = await world.context.newCDPSession(tab);

    /** In each round, lets the token expire or the server reject it, and makes two calls. */
    async function expire(rounds) {
      for (let round = 0; round < rounds; round += 1) {
        const refused = round % 2 === 1;
        if (refused) world.rejected.add(world.tokens.access_token);
        const results = await tab.evaluate(async (refused) => {
          if (!refused) app.expire();
          const results = await app.calls(2);
          // These are the test's own records.
          app.events.length = app.exchanges.length = 0;
          return results;
        }, refused);
        assert.deepEqual(results, ["ok", "ok"]);
      }
    }

    async function memory() {
      await devTools.send("HeapProfiler.collectGarbage");
      const { usedSize } = await devTools.send("Runtime.getHeapUsage");
      const wasm = await tab.evaluate(async () => {
        const { default: initialize } = await import("/pkg/wasm/mcp_authorize.js");
        return (await initialize(undefined)).memory.buffer.byteLength;
      });
      const { nodes, jsEventListeners } = await devTools.send("Memory.getDOMCounters");
      return { heap: usedSize, wasm, nodes, jsEventListeners };
    }

    await expire(WARM_UP);
    const before = await memory();
    await expire(ROUNDS);
    const after = await memory();
    t.diagnostic(`heap ${before.heap} → ${after.heap} bytes, wasm ${before.wasm} → ${after.wasm} bytes`);

    assert.equal(world.refreshes.length, WARM_UP + ROUNDS, "expected one refresh per expiry");
    assert.equal(world.popups.length, 1, "a popup opened after the sign-in");
    assert.equal(new Set(world.refreshes.map(({ form }) => form.refresh_token)).size, WARM_UP + ROUNDS);
    assert.equal(after.wasm, before.wasm);
    assert.equal(after.jsEventListeners, before.jsEventListeners);
    // Less than one leaked request per round.
    assert.ok(after.heap - before.heap < ROUNDS * 500, `the heap grew by ${after.heap - before.heap} bytes`);
  },
  { timeout: 10 * PATIENCE },
);
