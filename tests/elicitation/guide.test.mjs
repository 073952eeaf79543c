// Runs the examples of docs/guide.md unchanged.

import assert from "node:assert/strict";
import { asModule, example } from "../docs/markdown.mjs";
import { popupOf, startWorld, test, withBrowser } from "./world.mjs";

const shared = withBrowser();

/**
 * A world whose page has the guide's assumed names, and runs an example as a module that stores some of its names in
 * `app`.
 */
async function withExample(t, code, names) {
  const module = asModule(code, ["authorizer", "session", "url", "show", "button", "clientSecret"], names);
  const world = await startWorld(t, shared.browser, {
    ...shared.made,
    "/example.js": module.replaceAll("@modelcontextprotocol/client", "/sdk-2.js"),
  });
  await world.tab.evaluate(() => {
    app.shown = [];
    app.given = {
      authorizer: app.authorizer,
      session: { server: app.mcpUrl, fetch: fetch.bind(globalThis) },
      url: `${app.connectUrl}?id=1`,
      show: (...texts) => app.shown.push(texts),
      button: document.getElementById("act"),
      clientSecret: "secret",
    };
  });
  await world.tab.addScriptTag({ type: "module", url: "/example.js" });
  return world;
}

const finished = (world) => world.tab.evaluate(() => app.running);

test("the example with handleUrlElicitation retries a call after the user has visited the server's page", async (t) => {
  const code = example("sends the user to a page", "handleUrlElicitation").replace("import_files", "need");
  const world = await withExample(t, code, ["content"]);
  const popup = await world.openPage();
  await popup.getByRole("button").click();
  await finished(world);
  assert.equal(await world.tab.evaluate(() => app.content[0].text), "connected");
});

test("the example of openUrl without an SDK opens the page and returns the outcome", async (t) => {
  const world = await withExample(t, example("sends the user to a page", "const outcome"), ["outcome"]);
  await world.closes(await world.openPage());
  await finished(world);
  assert.deepEqual(await world.tab.evaluate(() => [app.outcome, app.shown]), ["closed", [["Trying again…"]]]);
});

test("the example of an app's own dialog shows server, message and URL, and opens the page", async (t) => {
  const world = await withExample(t, example("sends the user to a page", "show: "), []);
  await world.tab.waitForFunction(() => app.shown.length);
  const [asks, scheme, host, rest] = await world.tab.evaluate(() => app.shown[0]);
  assert.equal(asks, `${world.origin}/1 asks: Connect your files.`);
  assert.equal(scheme + host + rest, `${world.origin}/connect?id=1`);
  await popupOf(world.tab, world.tab.locator("#act"));
  await world.tab.keyboard.press("Escape");
  await finished(world);
});

test("the example of declared extensions declares them to the server", async (t) => {
  const world = await withExample(t, example("Extensions that a client declares", "batch"), ["client"]);
  await finished(world);
  await world.tab.evaluate(async () => {
    const { StreamableHTTPClientTransport } = await import("/sdk-2.js");
    await app.client.connect(new StreamableHTTPClientTransport(new URL(app.mcpUrl)));
  });
  assert.deepEqual(world.declared, [{ extensions: { "io.modelcontextprotocol/oauth-client-credentials": {} } }]);
});
