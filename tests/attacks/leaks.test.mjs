// Places where a secret could leak: URLs, Referer, history, the console, errors, events, storage.

import assert from "node:assert/strict";
import { test } from "node:test";
import { redirect } from "../e2e/mock-server.mjs";
import { signIn } from "../sessions/world.mjs";
import { attackedBrowser, attacker, click, outcome, refused, victimTab } from "./attack.mjs";

const start = attackedBrowser();

/** Records everything except the requests and responses that must carry a secret. */
function watch(world) {
  const seen = [];
  world.context.on("request", async (request) => {
    // The authorization response has the code in its URL while the callback page loads.
    const own = request.isNavigationRequest() && request.url().startsWith(world.pageUrl);
    if (!own) seen.push(["URL", request.url()]);
    const { referer } = await request.allHeaders().catch(() => ({}));
    if (referer) seen.push(["Referer", referer]);
  });
  world.context.on("console", (message) => seen.push(["console", message.text()]));
  world.context.on("weberror", (error) => seen.push(["error", String(error.error().stack)]));
  return seen;
}

const noneIn = (secrets, seen) => {
  assert.ok(secrets.length > 0);
  for (const [where, text] of seen) {
    for (const secret of secrets) assert.ok(!text.includes(secret), `a secret is in ${where}: ${text}`);
  }
};

test("sign-in, call, refresh and sign-out leak no token, code or verifier", async (t) => {
  const world = await start(t);
  const seen = watch(world);
  const tab = await world.signedInTab();
  assert.equal(await tab.evaluate(() => app.call()), "ok");
  await tab.evaluate(() => app.session.refresh());
  assert.equal(await tab.evaluate(() => app.call()), "ok");
  seen.push(["events", JSON.stringify(await tab.evaluate(() => [app.events, app.exchanges]))]);
  seen.push(["the session", await tab.evaluate(() => JSON.stringify(app.session) + String(app.session))]);
  await tab.evaluate(() => app.session.signOut());
  const kept = () =>
    JSON.stringify([
      { ...localStorage },
      { ...sessionStorage },
      document.cookie,
      location.href,
      history.state,
      window.name,
      performance.getEntries().map(({ name }) => name),
    ]);
  seen.push(["the page", await tab.evaluate(kept)]);
  // Code, verifier, two access tokens, two refresh tokens.
  assert.equal(world.secrets.length, 6);
  noneIn(world.secrets, seen);
});

test("the response does not stay in the history of the callback page", async (t) => {
  const world = await start(t);
  const page = await world.context.newPage();
  await page.goto(new URL("/callback.html?code=the-secret-code&state=the-state", world.pageUrl).href);
  await page.locator("html[data-mcp-authorize=no_opener]").waitFor();
  const devtools = await world.context.newCDPSession(page);
  const { entries } = await devtools.send("Page.getNavigationHistory");
  const kept = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.title, history.state]),
  );
  noneIn(
    ["the-secret-code", "the-state"],
    [
      ...entries.map(({ url }) => ["the history", url]),
      ["the page", kept],
      ["the page's text", await page.locator("body").innerText()],
    ],
  );
});

test("a code and verifier that the server repeats are not in the error, the events or the console: token_failed", async (t) => {
  const world = await start(t);
  const seen = watch(world);
  const secrets = [];
  const hostile = await attacker(t, {
    "/authorize": (url) => redirect(url, { code: "the-secret-code", state: url.searchParams.get("state") }),
    "/token": (url, origin, good, body) => {
      const form = new URLSearchParams(body);
      secrets.push(form.get("code"), form.get("code_verifier"));
      return {
        status: 400,
        body: { error: "invalid_grant", error_description: `${secrets}`, error_uri: `${secrets}` },
      };
    },
  });
  const tab = await victimTab(world, hostile.mcpUrl);
  const error = await refused(world, tab, "token_failed");
  seen.push(["the error", JSON.stringify(error)]);
  seen.push([
    "the error",
    await tab.evaluate(() =>
      app.signingIn.catch((error) => [error, error.stack, JSON.stringify(error), error.url, error.cause].join()),
    ),
  ]);
  seen.push(["events", JSON.stringify(await tab.evaluate(() => [app.events, app.exchanges]))]);
  noneIn(secrets, seen);
});

test("requests through a proxy carry no cookie of the app: `credentials` is `omit`", async (t) => {
  const world = await start(t);
  await world.context.addCookies([{ name: "of_the_app", value: "1", url: world.pageUrl }]);
  const cookies = [];
  // The app's own backend. With its cookie, a server's response could act for the user.
  await world.context.route("**/forward?*", async (route) => {
    const { cookie } = await route.request().allHeaders();
    const url = new URL(new URL(route.request().url()).searchParams.get("url") ?? "");
    cookies.push([url.pathname, cookie]);
    await route.fulfill({ response: await route.fetch({ url: url.href }) });
  });
  const tab = await world.tab(() => app.start({ proxy: (url) => `/forward?url=${encodeURIComponent(url)}` }));
  await tab.evaluate((url) => fetch(url), `/forward?url=${encodeURIComponent(`${world.issuer}/control`)}`);
  assert.deepEqual(cookies.splice(0), [["/control", "of_the_app=1"]], "a plain fetch did not send the cookie");

  await signIn(tab);
  await tab.evaluate(() => app.session.refresh());
  assert.equal(await tab.evaluate(() => app.call()), "ok");
  await tab.evaluate(() => app.session.signOut());
  const paths = cookies.map(([path]) => path);
  for (const path of ["/mcp", "/.well-known/oauth-protected-resource/mcp", "/reg", "/token", "/token/revocation"])
    assert.ok(paths.includes(path), path);
  assert.deepEqual(
    cookies.filter(([, cookie]) => cookie),
    [],
  );
});

test("the authorization server learns only the origin of the app's address", async (t) => {
  const world = await start(t);
  const referers = [];

  const hostile = await attacker(t, {});
  world.context.on("request", async (request) => {
    if (request.url().startsWith(hostile.origin)) referers.push((await request.allHeaders()).referer);
  });
  const tab = await victimTab(world, hostile.mcpUrl);
  await click(tab);
  assert.equal((await outcome(tab)).error, undefined);
  // At most the app's origin, without path or query.
  const origin = new URL(world.pageUrl).origin;
  assert.deepEqual(
    [...new Set(referers)].filter((it) => it && it !== `${origin}/`),
    [],
  );
});
