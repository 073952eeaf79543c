// handleUrlElicitation with clients of both SDK versions and real servers: MCP 2025-11-25 (client/elicitation, "URL
// Mode Flow" and "URL Mode With Elicitation Required Error Flow") and 2026-07-28 (basic/patterns/mrtr).

import assert from "node:assert/strict";
import { popupOf, startWorld, test, withBrowser } from "./world.mjs";

const shared = withBrowser();

/** The SDK versions of client and server. */
const PAIRS = [
  { client: 1, server: 1, revision: "2025-11-25" },
  { client: 2, server: 1, revision: "2025-11-25" },
  { client: 2, server: 2, revision: "2026-07-28" },
];
const OLD = PAIRS.filter(({ server }) => server === 1);
const each = (pairs, name, work) => {
  for (const pair of pairs) {
    test(`client ${pair.client} at server ${pair.server}, MCP ${pair.revision}: ${name}`, (t) => work(t, pair));
  }
};

/** A tab with a connected client. `prepare` runs in the tab first, and may return options. */
async function connected(t, { client, server, revision }, prepare = () => ({})) {
  const world = await startWorld(t, shared.browser, shared.made);
  await world.tab.evaluate(`app.prepare = ${prepare}`);
  await world.tab.evaluate(
    async ({ client, revision, url }) => {
      const sdk = await import(`/sdk-${client}.js`);
      const { handleUrlElicitation } = await import("mcp-authorize/elicitation");
      const versionNegotiation = { mode: revision === "2026-07-28" ? { pin: revision } : "legacy" };
      app.client = new sdk.Client({ name: "tests", version: "1.0.0" }, { versionNegotiation });
      app.errors = [];
      const { ElicitRequestSchema, ElicitationCompleteNotificationSchema } = sdk;
      app.elicitation = handleUrlElicitation(app.client, app.authorizer, {
        server: url,
        onError: ({ code }) => app.errors.push(code),
        schemas: client === 1 ? { ElicitRequestSchema, ElicitationCompleteNotificationSchema } : undefined,
        ...app.prepare(),
      });
      await app.client.connect(new sdk.StreamableHTTPClientTransport(new URL(url)));
      app.call = (name) => {
        const call = () => app.client.callTool({ name, arguments: {} });
        const answer = name === "need" ? app.elicitation.retry(call) : call();
        app.answer = answer.then(
          ({ content }) => content[0].text,
          (error) => ({ code: error.code, message: error.message }),
        );
      };
    },
    { client, revision, url: `${world.origin}/${server}` },
  );
  return world;
}

const call = (world, name) => world.tab.evaluate((name) => app.call(name), name);
const answer = (world) => world.tab.evaluate(() => app.answer);
const isGone = (world) => world.dialog.waitFor({ state: "detached" });

async function connect(popup) {
  await popup.getByRole("button").click();
  await popup.getByText("Connected").waitFor();
}

each(PAIRS, "declares URL mode, and not form mode", async (t, pair) => {
  const world = await connected(t, pair);
  await call(world, "ask");
  await world.button("Decline").click();
  await answer(world);
  const [{ elicitation }] = world.declared;
  assert.deepEqual(elicitation, { url: {} });
});

each(OLD, "the server learns that the user agreed, and reports completion", async (t, pair) => {
  // "The response with action: "accept" indicates that the user has consented to the interaction. It does not mean that the
  // interaction is complete."
  const world = await connected(t, pair);
  await call(world, "ask");
  assert.match(await world.dialog.innerText(), /Please connect your account\./);
  assert.deepEqual([world.answers, world.visits], [[], []]);
  const popup = await world.openPage();
  assert.equal(await answer(world), "accept");
  assert.match(await world.dialog.innerText(), /I am done/);
  // "MUST ignore notifications referencing unknown or already-completed IDs"
  await call(world, "complete_others");
  assert.equal(await answer(world), "told");
  assert.match(await world.dialog.innerText(), /I am done/);
  await connect(popup);
  await isGone(world);
});

each(PAIRS, "the user declines or dismisses the dialog", async (t, pair) => {
  const world = await connected(t, pair);
  await call(world, "ask");
  await world.button("Decline").click();
  assert.equal(await answer(world), "decline");
  await call(world, "ask");
  await world.dialog.waitFor();
  await world.tab.keyboard.press("Escape");
  assert.equal(await answer(world), "cancel");
  assert.deepEqual([world.answers, world.visits], [["decline", "cancel"], []]);
});

test("client 2 at server 2: when the user closes the window, the call is retried, and the server asks again until they are done", async (t) => {
  // "When the client retries the original request, the server determines … whether the out-of-band interaction has completed,
  // and either returns the final result or responds with another InputRequiredResult."
  const world = await connected(t, PAIRS[2]);
  await call(world, "ask");
  await world.closes(await world.openPage());
  const popup = await world.openPage();
  await connect(popup);
  assert.deepEqual(world.answers, ["accept"]);
  await world.closes(popup);
  assert.equal(await answer(world), "connected");
  assert.deepEqual(world.answers, ["accept", "accept"]);
  await isGone(world);
});

test("client 2 at server 2: the user cancels the call", async (t) => {
  const world = await connected(t, PAIRS[2]);
  await call(world, "ask");
  await world.openPage();
  await world.button("Cancel").click();
  assert.equal(await answer(world), "cancel");
});

test("client 2 at server 2: aborting a call closes the dialog", async (t) => {
  const world = await connected(t, PAIRS[2]);
  await world.tab.evaluate(() => {
    app.abort = new AbortController();
    app.answer = app.client
      .callTool({ name: "ask", arguments: {} }, { signal: app.abort.signal })
      .catch(() => "aborted");
  });
  await world.dialog.waitFor();
  await world.tab.evaluate(() => app.abort.abort());
  assert.equal(await answer(world), "aborted");
  await isGone(world);
});

each(OLD, "a call that requires the user to connect is repeated once they have (-32042)", async (t, pair) => {
  // "MAY wait for this notification to automatically retry requests that received a URLElicitationRequiredError"
  const world = await connected(t, pair);
  await call(world, "need");
  await connect(await world.openPage());
  assert.equal(await answer(world), "connected");
  await isGone(world);
});

each(
  OLD,
  "a call with -32042 fails with the server's error if the user declines, and is tried at most three times",
  async (t, pair) => {
    const world = await connected(t, pair);
    await call(world, "need");
    await world.button("Decline").click();
    assert.equal((await answer(world)).code, -32042);
    await call(world, "need");
    // "SHOULD still provide manual controls that let the user retry or cancel the original request"
    for (let times = 0; times < 3; times += 1) {
      const popup = await world.openPage();
      await world.button("I am done").click();
      await popup.close();
    }
    assert.equal((await answer(world)).code, -32042);
    assert.equal(await world.dialog.count(), 0);
  },
);

each(PAIRS, "an unsafe URL is declined without asking the user", async (t, pair) => {
  for (const [url, code] of [
    ["javascript:alert(1)", "insecure_url"],
    ["https://user:hunter2@evil.example/", "invalid_response"],
    ["http://evil.example/", "insecure_url"],
  ]) {
    const world = await connected(t, pair);
    world.url = url;
    await call(world, "ask");
    assert.equal(await answer(world), "decline");
    assert.deepEqual(await world.tab.evaluate(() => app.errors), [code]);
    assert.deepEqual([await world.dialog.count(), world.context.pages().length], [0, 1]);
  }
});

each(PAIRS, "a blocked popup cancels the request", async (t, pair) => {
  const world = await connected(t, pair, () => ({
    show(request) {
      // What Playwright does counts as a click, for one window.
      open("about:blank")?.close();
      request.open();
    },
  }));
  await call(world, "ask");
  assert.equal(await answer(world), "cancel");
  assert.deepEqual(await world.tab.evaluate(() => app.errors), ["popup_blocked"]);
});

each(PAIRS, "the same URL is not asked again while it is open", async (t, pair) => {
  const world = await connected(t, pair);
  world.url = `${world.origin}/connect?id=1`;
  await world.tab.evaluate(() => {
    const ask = () => app.client.callTool({ name: "ask", arguments: {} }).then(({ content }) => content[0].text);
    app.asking = [ask(), ask()];
  });
  await connect(await world.openPage());
  // The server of 2025-11-25 reports completion itself.
  if (pair.server === 2) await world.button("I am done").click();
  const answers = await world.tab.evaluate(() => Promise.all(app.asking));
  assert.deepEqual(new Set(answers), new Set([pair.server === 1 ? "accept" : "connected"]));
  assert.equal(await world.dialog.count(), 0);
});

each(PAIRS, "a fourth URL at the same time is cancelled at once", async (t, pair) => {
  const world = await connected(t, pair);
  let last = 0;
  world.urlFor = () => `${world.origin}/connect?n=${(last += 1)}`;
  await world.tab.evaluate(() => {
    app.asking = Array.from({ length: 4 }, () => app.client.callTool({ name: "ask", arguments: {} }));
  });
  const first = await world.tab.evaluate(() => Promise.race(app.asking).then(({ content }) => content[0].text));
  assert.equal(first, "cancel");
  for (let times = 0; times < 3; times += 1) await world.button("Decline").click();
  const answers = await world.tab.evaluate(() =>
    Promise.all(app.asking).then((all) => all.map(({ content }) => content[0].text)),
  );
  assert.deepEqual(answers.sort(), ["cancel", "decline", "decline", "decline"]);
});

each(OLD, "a form is rejected, unless the app has its own handler", async (t, pair) => {
  // "Server sends an elicitation/create request with a mode not declared in client capabilities: -32602 (Invalid params)"
  const without = await connected(t, pair);
  await call(without, "form");
  assert.match(await answer(without), /-32602.*form-mode/);
  const own = await connected(t, pair, () => ({
    form: ({ message }) => ({ action: "accept", content: { name: `Ada, asked "${message}"` } }),
  }));
  await call(own, "form");
  assert.equal(await answer(own), JSON.stringify({ name: 'Ada, asked "Who are you?"' }));
});

each(PAIRS, "the app's own dialog opens the page", async (t, pair) => {
  const world = await connected(t, pair, () => ({ show: (request) => app.onClick(request.open) }));
  await call(world, "ask");
  const button = world.tab.locator("#act");
  await world.tab.waitForFunction(() => document.getElementById("act").onclick);
  const popup = await popupOf(world.tab, button);
  await connect(popup);
  await world.closes(popup);
  assert.equal(await answer(world), pair.server === 1 ? "accept" : "connected");
});
