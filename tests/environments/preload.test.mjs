// When the WebAssembly module is loaded: in a window as soon as the entry is evaluated, elsewhere when it is asked for.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launchBrowser, startWorld, test } from "../sessions/world.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

test("a window that imports the package downloads the module, once", async (t) => {
  const world = await startWorld(t, browser);
  const requested = world.context.waitForEvent("request", (request) => request.url().endsWith("_bg.wasm"));
  const tab = await world.tab(() => {});
  await (await requested).response();
  await tab.evaluate(async () => {
    const { preload } = await import("/pkg/index.js");
    await Promise.all([preload(), preload()]);
    await app.start();
  });
  assert.equal(await tab.evaluate(loadedModules), 1);
});

test("a worker downloads it when it asks", async (t) => {
  const script = `
    import { preload } from "/pkg/index.js";
    ${loadedModules}
    await fetch("/config.json");
    const before = loadedModules();
    await preload();
    postMessage([before, loadedModules()]);`;
  const world = await startWorld(t, browser, { made: { "/preload-worker.js": script } });
  const tab = await world.tab(() => {});
  const counts = await tab.evaluate(async () => {
    const worker = new Worker("/preload-worker.js", { type: "module" });
    const { data } = await new Promise((done, fail) => {
      worker.onmessage = done;
      worker.onerror = ({ message }) => fail(new Error(message));
    });
    return data;
  });
  assert.deepEqual(counts, [0, 1]);
});

test("a module that can't be loaded is told by create, and not by the import", async (t) => {
  const world = await startWorld(t, browser);
  await world.context.route("**/*_bg.wasm", (route) => route.abort());
  const failures = [];
  world.context.on("page", (page) => page.on("pageerror", (error) => failures.push(error.message)));
  const tab = await world.tab(() => {});
  const { error } = await tab.evaluate(() => app.outcome(app.start()));
  assert.equal(error.code, "unsupported");
  assert.deepEqual(failures, []);
  await world.context.unroute("**/*_bg.wasm");
  assert.equal((await tab.evaluate(() => app.outcome(app.start()))).error, undefined);
});

/** How many WebAssembly modules this page or worker has downloaded. */
function loadedModules() {
  return performance.getEntriesByType("resource").filter(({ name }) => name.endsWith("_bg.wasm")).length;
}
