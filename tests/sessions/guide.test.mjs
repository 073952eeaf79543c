// Runs examples of docs/guide.md unchanged.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { asModule, example } from "../docs/markdown.mjs";
import { consent, popupOf } from "../e2e/browser.mjs";
import { launchBrowser, signIn, startWorld, test } from "./world.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

const GIVEN = ["authorizer", "session", "url", "link", "button", "askUser", "show"];

/** A world with a tab in which an example can run. The example's `authorizer` is the tab's. */
async function withExample(t, code, names, { signedIn = true } = {}) {
  const module = asModule(code, GIVEN, names).replace('"mcp-authorize"', '"/pkg/index.js"');
  const world = await startWorld(t, browser, { made: { "/example.js": module } });
  const tab = signedIn ? await world.signedInTab() : await world.tab();
  return {
    world,
    tab,
    async run() {
      await tab.evaluate(() => {
        app.questions = [];
        const askUser = async (question) => (app.questions.push(question), "typed-in");
        const link = document.body.appendChild(document.createElement("a"));
        link.textContent = "Sign in there";
        const { authorizer, session, mcpUrl: url } = app;
        const button = document.getElementById("step-up");
        app.shown = [];
        const show = (...texts) => app.shown.push(texts);
        app.given = { authorizer, session, url, link, button, askUser, show };
      });
      await tab.addScriptTag({ type: "module", url: "/example.js" });
    },
    finished: () => tab.evaluate(() => app.running),
  };
}

test("the example of a link signs in when the popup is blocked", async (t) => {
  const { world, tab, run, finished } = await withExample(t, example("Without a popup", "popup-or-link"), [
    "authorizer",
  ]);
  await run();
  await finished();
  await tab.evaluate(async () => {
    window.open = () => null;
    app.given.link.target = "_blank";
    const authorizing = new Promise((done) => app.authorizer.addEventListener("authorizing", done, { once: true }));
    app.signingIn = app.authorizer.signIn(app.mcpUrl);
    await authorizing;
  });
  const [page] = await Promise.all([world.context.waitForEvent("page"), tab.getByText("Sign in there").click()]);
  const closed = page.waitForEvent("close");
  // The user is still logged in from the first sign-in.
  await consent(page);
  await closed;
  assert.equal(await tab.evaluate(async () => (await app.signingIn).server), world.mcpUrl);
});

const identity = () => example("Identifying your app", "canRegister");

test("the example of `client` does not ask the user if the app can register", async (t) => {
  const { world, tab, run, finished } = await withExample(t, identity(), ["authorizer"], { signedIn: false });
  await run();
  await finished();
  await signIn(tab);
  assert.deepEqual(await tab.evaluate(() => app.questions), []);
  assert.equal(world.registrations, 1);
});

test("the example of `client` asks the user for a client ID if the app can't register", async (t) => {
  const { world, tab, run, finished } = await withExample(t, identity(), ["authorizer"], { signedIn: false });
  const requests = [];
  world.context.on("request", (request) => {
    if (request.url() === `${world.issuer}/request`) requests.push(new URLSearchParams(request.postData()));
  });
  await world.context.route("**/.well-known/oauth-authorization-server", async (route) => {
    const response = await route.fetch();
    const { registration_endpoint: _, ...metadata } = await response.json();
    await route.fulfill({ response, json: metadata });
  });
  await run();
  await finished();
  // The real server does not know the client ID that the user entered.
  const { error } = await tab.evaluate(() => app.outcome(app.authorizer.signIn(app.mcpUrl)));
  assert.equal(error.serverError, "invalid_client");
  assert.deepEqual(
    requests.map((request) => request.get("client_id")),
    ["typed-in"],
  );
  const [question] = await tab.evaluate(() => app.questions);
  assert.ok(question.includes(world.issuer) && question.includes(world.mcpUrl), question);
});

test("the examples of an account's label and of preload run", async (t) => {
  const labelled = await withExample(t, example("several accounts", "const label"), ["label"]);
  await labelled.run();
  await labelled.finished();
  assert.equal(await labelled.tab.evaluate(() => app.label), "signed in");
  const early = await withExample(t, example("quicker first load", "import { preload }"), []);
  await early.run();
  await early.finished();
});

/** The server rejects the first token that it sees with insufficient_scope, and accepts all others. */
function refuseFirst(world) {
  let refused;
  world.paths["/mcp"] = (request, response) => {
    const { authorization } = request.headers;
    refused ??= authorization;
    if (authorization !== refused) return response.end("done");
    response.writeHead(403, { "WWW-Authenticate": 'Bearer error="insufficient_scope", scope="mcp:write"' }).end();
  };
}

test("the example of a button for more scopes grants them", async (t) => {
  const { world, tab, run, finished } = await withExample(t, example("needs more scopes", "Allow writing"), []);
  refuseFirst(world);
  await run();
  await finished();
  await consent(await popupOf(tab, tab.getByRole("button", { name: "Allow writing" })));
  await tab.evaluate(() => app.event("step-up"));
  assert.deepEqual(await tab.evaluate(() => app.session.scopes), ["mcp:read", "mcp:write"]);
});

test("the example of onStepUp lets the call wait for the scopes", async (t) => {
  const code = example("needs more scopes", "onStepUp");
  const { world, tab, run, finished } = await withExample(t, code, ["authorizer"]);
  refuseFirst(world);
  // The example's `session` is that of the authorizer it creates.
  await tab.evaluate(() => (app.session = { stepUp: (options) => app.waiting.stepUp(options) }));
  await run();
  await finished();
  await tab.evaluate(async () => {
    app.waiting = await app.authorizer.restore(app.mcpUrl);
    app.called = app.waiting.fetch(app.mcpUrl, { method: "POST" }).then((response) => response.text());
  });
  await consent(await popupOf(tab, tab.getByRole("button", { name: /^Allow .*mcp:write/ })));
  assert.equal(await tab.evaluate(() => app.called), "done");
});

test("the example of two accounts signs in both and restores one", async (t) => {
  const code = example("several accounts", "const work = await");
  const { world, tab, run, finished } = await withExample(t, code, ["work", "own", "later"]);
  for (const account of ["work", "private"]) {
    const opened = world.context.waitForEvent("page");
    if (account === "work") await run();
    await consent(await opened);
  }
  await finished();
  const names = () => [app.work, app.own, app.later].map(({ account }) => account);
  assert.deepEqual(await tab.evaluate(names), ["work", "private", "work"]);
});

test("the example of a list shows the stored sessions", async (t) => {
  const { world, tab, run, finished } = await withExample(t, example("several accounts", "const list"), ["list"]);
  await run();
  await finished();
  await tab.evaluate(() => app.list());
  const shown = await tab.evaluate(() => app.shown.at(-1));
  assert.deepEqual(shown, [world.mcpUrl, undefined, "mcp:read", "signed in"]);
});
