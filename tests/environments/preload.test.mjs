// The WebAssembly module is loaded by the import in a window, and on demand elsewhere.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launchBrowser, startWorld, test } from "../sessions/world.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

test("a window downloads the module once, when it imports the package", async (t) => {
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

test("a worker downloads the module on demand", async (t) => {
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

test("if the module can't be loaded, create rejects and the import does not", async (t) => {
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
