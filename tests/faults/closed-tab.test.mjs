// "tab closed at each step": nothing stays locked or half-written, and another tab signs in. What happens to refreshes
// is in tests/sessions/killed-tab.test.mjs.

import { after, before } from "node:test";
import { gate, launchBrowser, startWorld, test } from "../sessions/world.mjs";
import { atStep, clickAndLogIn, nothingLeft, steps, worksAgain } from "./fault.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

const NAMES = steps({ issuer: "http://localhost", mcpUrl: "http://localhost/mcp" }).map(([name]) => name);

for (const [index, name] of NAMES.entries()) {
  test(`closed at the step ${name}: another tab signs in`, async (t) => {
    const world = await startWorld(t, browser);
    const [tab, other] = [await world.tab(), await world.tab()];
    const way = gate();
    await atStep(world, steps(world)[index], async (route) => {
      await way.pass();
      await route.continue().catch(() => {}); // Whoever asked is gone.
    });
    const popup = await clickAndLogIn(world, tab);
    await way.arrived;
    await tab.close();
    way.open();
    await world.context.unrouteAll({ behavior: "ignoreErrors" });
    // It stays with the user, who closes it: nobody else may.
    await popup.close();
    await nothingLeft(world, other);
    await worksAgain(other);
  });
}
