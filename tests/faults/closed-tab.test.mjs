// "tab closed at each step": nothing stays locked or half-written, and another tab signs in.
// tests/sessions/killed-tab.test.mjs does the same for refreshes.

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
      await route.continue().catch(() => {}); // The tab that sent it is gone.
    });
    const popup = await clickAndLogIn(world, tab);
    await way.arrived;
    await tab.close();
    way.open();
    await world.context.unrouteAll({ behavior: "ignoreErrors" });
    // The popup stays open until the user closes it.
    await popup.close();
    await nothingLeft(world, other);
    await worksAgain(other);
  });
}
