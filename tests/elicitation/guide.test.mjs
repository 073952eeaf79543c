// The examples of docs/guide.md, run as they stand there.

import assert from "node:assert/strict";
import { asModule, example } from "../docs/markdown.mjs";
import { popupOf, startWorld, test, withBrowser } from "./world.mjs";

const shared = withBrowser();

/** A world whose page has what the guide takes for granted, and an example as a module that leaves some of its names in `app`. */
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

test("a client whose server refuses a call until the user has been at a page", async (t) => {
  const code = example("sends the user to a page", "handleUrlElicitation").replace("import_files", "need");
  const world = await withExample(t, code, ["content"]);
  const popup = await world.openPage();
  await popup.getByRole("button").click();
  await finished(world);
  assert.equal(await world.tab.evaluate(() => app.content[0].text), "connected");
});

test("openUrl without an SDK", async (t) => {
  const world = await withExample(t, example("sends the user to a page", "const outcome"), ["outcome"]);
  await world.closes(await world.openPage());
  await finished(world);
  assert.deepEqual(await world.tab.evaluate(() => [app.outcome, app.shown]), ["closed", [["Trying again…"]]]);
});

test("a dialog of the app's own", async (t) => {
  const world = await withExample(t, example("sends the user to a page", "show: "), []);
  await world.tab.waitForFunction(() => app.shown.length);
  const [asks, scheme, host, rest] = await world.tab.evaluate(() => app.shown[0]);
  assert.equal(asks, `${world.origin}/1 asks: Connect your files.`);
  assert.equal(scheme + host + rest, `${world.origin}/connect?id=1`);
  await popupOf(world.tab, world.tab.locator("#act"));
  await world.tab.keyboard.press("Escape");
  await finished(world);
});

test("the extensions that a client declares", async (t) => {
  const world = await withExample(t, example("Extensions that a client declares", "batch"), ["client"]);
  await finished(world);
  await world.tab.evaluate(async () => {
    const { StreamableHTTPClientTransport } = await import("/sdk-2.js");
    await app.client.connect(new StreamableHTTPClientTransport(new URL(app.mcpUrl)));
  });
  assert.deepEqual(world.declared, [{ extensions: { "io.modelcontextprotocol/oauth-client-credentials": {} } }]);
});
