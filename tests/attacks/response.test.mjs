// Attacks on the authorization response: a foreign code, state, issuer or sender.

import assert from "node:assert/strict";
import { test } from "node:test";
import { allowButton, consent, logIn } from "../e2e/browser.mjs";
import { redirect } from "../e2e/mock-server.mjs";
import { until } from "../sessions/world.mjs";
import { attackedBrowser, attacker, click, metadata, outcome, refused, refusedWith, victimTab } from "./attack.mjs";

const start = attackedBrowser();
const NAME = "mcp-authorize";
const callback = (world, query) => new URL(`/callback.html${query}`, world.pageUrl).href;
const html = (body) => () => ({ body: `<!doctype html><title>Attack</title>${body}` });

/** The URL of the next authorization response in this browser context. */
const responseIn = async (context) =>
  new URL((await context.waitForEvent("request", (request) => /\/callback\.html\?code=/.test(request.url()))).url());

/** The unused response of an attacker who signed in at the real server in their own browser. */
async function ownResponse(t, world, options) {
  const context = await world.context.browser().newContext();
  t.after(() => context.close());
  await context.route(`${world.issuer}/token`, (route) => route.abort());
  const tab = await context.newPage();
  await tab.goto(world.pageUrl);
  await tab.waitForFunction(() => globalThis.app !== undefined);
  await tab.evaluate((options) => app.start(options), options);
  const response = responseIn(context);
  const popup = await click(tab);
  await logIn(popup, "mallory");
  await allowButton(popup).click();
  return response;
}

test("mix-up: a hostile server sends the user to an honest one, and `iss` reveals it (RFC 9207 §2.4): issuer_mismatch", async (t) => {
  const world = await start(t);
  const honest = await attacker(t, {
    "/authorize": (url, origin) =>
      redirect(url, { code: "honest-code", state: url.searchParams.get("state"), iss: origin }),
  });
  const hostile = await attacker(
    t,
    metadata(() => ({ authorization_endpoint: `${honest.origin}/authorize` })),
  );
  const tab = await victimTab(world, hostile.mcpUrl);
  const error = await refused(world, tab, "issuer_mismatch");
  assert.ok(!hostile.requests.includes("POST /token"), "the honest server's code went to the hostile one");
  // The message names the expected and the actual issuer, and nothing else of the response.
  for (const origin of [hostile.origin, honest.origin]) assert.ok(error.message.includes(origin), error.message);
  assert.ok(!JSON.stringify(error).includes("honest-code"), "the error shows other parts of the response");
});

test("mix-up at a real server: its error response is not shown: issuer_mismatch", async (t) => {
  const world = await start(t);
  const registered = await fetch(`${world.issuer}/reg`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ redirect_uris: [callback(world, "")], application_type: "native" }),
  });
  const { client_id } = await registered.json();
  const hostile = await attacker(t, {
    ...metadata(() => ({ authorization_endpoint: `${world.issuer}/auth` })),
    "/register": () => ({ status: 201, body: { client_id, token_endpoint_auth_method: "none" } }),
  });
  const tab = await victimTab(world, hostile.mcpUrl);
  const error = await refused(world, tab, "issuer_mismatch");
  // RFC 8707: the token was requested for the attacker's resource, and the real server issues none for it.
  assert.ok(!error.message.includes("invalid_target") && error.serverError === undefined);
  assert.ok(!hostile.requests.includes("POST /token"));
});

test("mix-up at a server without `iss`: the token is requested for the attacker's own server (RFC 8707)", async (t) => {
  const world = await start(t);
  let requested;
  const honest = await attacker(t, {
    "/authorize": (url) => {
      requested = url.searchParams;
      return redirect(url, { error: "invalid_target", state: url.searchParams.get("state") });
    },
  });
  const hostile = await attacker(
    t,
    metadata(() => ({ authorization_endpoint: `${honest.origin}/authorize` })),
  );
  const tab = await victimTab(world, hostile.mcpUrl);
  await refused(world, tab, "authorization_failed");
  assert.equal(requested.get("resource"), hostile.mcpUrl);
});

test("code injection: an attacker's code does not match the victim's verifier (RFC 7636): token_failed", async (t) => {
  const world = await start(t);
  const tab = await world.signedInTab();
  const clientId = await tab.evaluate(() => app.session.clientId);
  await tab.evaluate(() => app.session.signOut());
  const own = await ownResponse(t, world, { clientId });

  // The victim's response is stopped before it reaches the app, and continues with another code.
  await world.context.route("**/pkg/callback.js", (route) => route.abort());
  const stopped = world.context.waitForEvent("requestfailed", (request) => request.url().endsWith("/pkg/callback.js"));
  const responding = responseIn(world.context);
  const popup = await click(tab);
  await allowButton(popup).click();
  const response = await responding;
  // Otherwise the script might still load once the route is removed.
  await stopped;
  response.searchParams.set("code", own.searchParams.get("code"));
  await world.context.unroute("**/pkg/callback.js");
  await popup.evaluate((url) => location.replace(url), response.href);
  await refusedWith(world, tab, "token_failed");
  const { form, answer } = world.tokenRequests.at(-1);
  assert.equal(form.code, own.searchParams.get("code"), "the attacker's code was not tried");
  assert.equal(answer.body.error, "invalid_grant");
});

test("replay: a used response has no effect, alone or while another sign-in waits", async (t) => {
  const world = await start(t);
  const captured = responseIn(world.context);
  const tab = await world.signedInTab();
  const used = await captured;
  const count = world.tokenRequests.length;

  const replayed = await world.context.newPage();
  await replayed.goto(used.href);
  await replayed.locator("html[data-mcp-authorize=no_opener]").waitFor();
  assert.equal(world.tokenRequests.length, count, "a code was exchanged twice");

  await tab.evaluate(() => app.session.signOut());
  const popup = await click(tab);
  await allowButton(popup).waitFor();
  await replayed.goto(used.href);
  await replayed.locator("html[data-mcp-authorize=no_opener]").waitFor();
  await consent(popup);
  assert.equal((await outcome(tab)).error, undefined);
  assert.notEqual(world.tokenRequests.at(-1).form.code, used.searchParams.get("code"));
});

test("login CSRF: an attacker's response that is opened in the victim's browser signs nobody in", async (t) => {
  const world = await start(t);
  const own = await ownResponse(t, world);
  const attack = await attacker(t, {
    "/attack": html(`<iframe src="${own.href}"></iframe><a href="${own.href}" target="_blank">Win</a>`),
  });
  const tab = await world.tab();
  const lure = await world.context.newPage();
  await lure.goto(`${attack.origin}/attack`);
  const [opened] = await Promise.all([world.context.waitForEvent("page"), lure.getByText("Win").click()]);
  await opened.locator("html[data-mcp-authorize=no_opener]").waitFor();
  assert.equal(world.tokenRequests.length, 0);
  assert.equal(await tab.evaluate(async () => (await app.authorizer.restore(app.mcpUrl)) === null), true);
});

test("CSRF on the callback: while the victim signs in, an attacker's response is ignored and the victim's is used", async (t) => {
  const world = await start(t);
  const own = await ownResponse(t, world);
  const attack = await attacker(t, { "/attack": html(`<a href="${own.href}" target="_blank">Win</a>`) });
  const tab = await world.tab();
  const popup = await click(tab);
  await logIn(popup, "alice");
  await allowButton(popup).waitFor();
  const lure = await world.context.newPage();
  await lure.goto(`${attack.origin}/attack`);
  const [opened] = await Promise.all([world.context.waitForEvent("page"), lure.getByText("Win").click()]);
  await opened.locator("html[data-mcp-authorize=no_opener]").waitFor();
  assert.equal(world.tokenRequests.length, 0);
  await consent(popup);
  assert.equal((await outcome(tab)).error, undefined);
  const [, claims] = world.tokens.access_token.split(".");
  assert.equal(JSON.parse(Buffer.from(claims, "base64url").toString()).sub, "alice");
});

test("state fixation: a state that the attacker chose is rejected: state_mismatch", async (t) => {
  const world = await start(t);
  const states = [];
  const hostile = await attacker(t, {
    "/authorize": (url) => {
      states.push(url.searchParams.getAll("state"));
      return redirect(url, { code: "code", state: "fixed" });
    },
  });
  const tab = await victimTab(world, hostile.mcpUrl);
  await refused(world, tab, "state_mismatch");
  await refused(world, tab, "state_mismatch");
  assert.ok(!hostile.requests.includes("POST /token"));
  const [[first], [second]] = states;
  assert.match(first, /^[\w-]{43}$/);
  assert.notEqual(first, second, "a state is used twice");
});

test("an authorization endpoint whose URL has a state is not opened (RFC 6749 §3.1): invalid_response", async (t) => {
  const world = await start(t);
  const fixed = (origin) => ({ authorization_endpoint: `${origin}/authorize?state=fixed` });
  const hostile = await attacker(t, metadata(fixed));
  await refused(world, await victimTab(world, hostile.mcpUrl), "invalid_response");
  assert.ok(!hostile.requests.includes("GET /authorize"));
});

test("open redirect: the callback page redirects nowhere, whatever its URL contains", async (t) => {
  const world = await start(t);
  const attack = await attacker(t, {});
  const page = await world.context.newPage();
  for (const query of [
    `?code=c&state=s&redirect_uri=${attack.origin}&return_to=${attack.origin}&next=${attack.origin}#${attack.origin}`,
    `?error=e&error_uri=${attack.origin}&state=${attack.origin}`,
    `?url=${attack.origin}`,
    "?code=javascript:alert(1)&state=javascript:alert(1)",
  ]) {
    await page.goto(callback(world, query));
    await page.locator("html[data-mcp-authorize]").waitFor();
    const { pathname, origin } = new URL(page.url());
    assert.equal(origin + pathname, callback(world, ""));
    if (/code|error/.test(query)) assert.equal(page.url(), callback(world, ""), "the response stays in the URL");
    assert.equal(await page.locator("a, form, iframe, meta[http-equiv]").count(), 0);
  }
  assert.deepEqual(attack.requests, []);
});

test("message spoofing: messages from another origin's opener, frame or named window are ignored", async (t) => {
  const world = await start(t);
  const forged = JSON.stringify({ type: NAME, query: "?code=forged&state=forged", id: 1 });
  const attack = await attacker(t, {
    "/attack": html("<p>Attack</p>"),
    "/frame": html(`<script>
      for (const target of [parent, parent.victim]) for (let n = 0; n < 100; n += 1) target.postMessage(${forged}, "*");
      new BroadcastChannel("${NAME}").postMessage(${forged});
      localStorage.setItem("${NAME}", '${forged}');
      parent.postMessage("done", "*");
    </script>`),
  });
  const lure = await world.context.newPage();
  await lure.goto(`${attack.origin}/attack`);
  const opening = world.context.waitForEvent("page");
  await lure.evaluate((url) => void (globalThis.victim = window.open(url)), world.pageUrl);
  const tab = await opening;
  await tab.waitForFunction(() => globalThis.app !== undefined);
  await tab.evaluate(() => app.start());
  const popup = await click(tab);
  await logIn(popup, "alice");
  await allowButton(popup).waitFor();

  // The page that opened the app's window has a reference to it.
  await lure.evaluate((forged) => {
    for (let n = 0; n < 100; n += 1) victim.postMessage(forged, "*");
    victim.postMessage(JSON.stringify(forged), "*");
  }, JSON.parse(forged));
  // A frame of another origin with the same reference, and with the app's channel and storage names on its own origin.
  await lure.evaluate((url) => {
    const heard = new Promise((done) => addEventListener("message", ({ data }) => data === "done" && done(data)));
    document.body.append(Object.assign(document.createElement("iframe"), { src: url }));
    return heard;
  }, `${attack.origin}/frame`);
  assert.equal(world.tokenRequests.length, 0);
  await consent(popup);
  assert.equal((await outcome(tab)).error, undefined);
  assert.notEqual(world.tokenRequests[0].form.code, "forged");
});

test("a popup that an attacker navigates to the callback page with their own code is rejected: state_mismatch", async (t) => {
  const world = await start(t);
  const own = await ownResponse(t, world);
  const hostile = await attacker(t, { "/authorize": () => ({ status: 302, headers: { Location: own.href } }) });
  const tab = await victimTab(world, hostile.mcpUrl);
  await refused(world, tab, "state_mismatch");
  assert.ok(!hostile.requests.includes("POST /token"));
  assert.equal(world.tokenRequests.length, 0);
});

test("a window that an attacker gave the popup's name gets no response", async (t) => {
  const world = await start(t);
  const attack = await attacker(t, { "/attack": html("<p>Attack</p>"), "/window": html("<p>Window</p>") });
  const lure = await world.context.newPage();
  await lure.goto(`${attack.origin}/attack`);
  await lure.evaluate(() => {
    globalThis.heard = [];
    addEventListener("message", ({ data }) => heard.push(data));
  });
  const naming = world.context.waitForEvent("page");
  await lure.evaluate((name) => void window.open("/window", name), `${NAME}0`);
  const named = await naming;
  const opening = world.context.waitForEvent("page");
  await lure.evaluate((url) => void (globalThis.victim = window.open(url)), world.pageUrl);
  const tab = await opening;
  await tab.waitForFunction(() => globalThis.app !== undefined);
  await tab.evaluate(() => app.start());
  const pages = world.context.pages().length;
  await tab.locator("#sign-in").click();
  await until(tab, () => app.events.some(({ type }) => type === "authorizing"));
  // Browsers may reuse the named window or open another. The user signs in there.
  const popup = world.context.pages().length > pages ? world.context.pages().at(-1) : named;
  await logIn(popup, "alice");
  await allowButton(popup).click();
  assert.equal((await outcome(tab)).error, undefined);
  assert.deepEqual(await lure.evaluate(() => heard), [], "the attacker's page received a message");
});

test("if the app's tab is navigated elsewhere while the popup is open, the page there gets no response", async (t) => {
  const world = await start(t);
  const listening = `<script>globalThis.heard = []; addEventListener("message", ({ data }) => heard.push(data));</script>`;
  const attack = await attacker(t, { "/attack": html(listening) });
  const tab = await world.tab();
  const popup = await click(tab);
  await logIn(popup, "alice");
  const consenting = allowButton(popup);
  await consenting.waitFor();
  await tab.evaluate((url) => void location.assign(url), `${attack.origin}/attack`);
  await tab.waitForURL(`${attack.origin}/attack`);
  await consenting.click();
  await popup.locator("html[data-mcp-authorize=no_opener]").waitFor();
  // The callback page still has that window as its opener. Its own messages were sent before this one.
  await popup.evaluate(() => opener.postMessage("last", "*"));
  await tab.waitForFunction(() => heard.includes("last"));
  assert.deepEqual(await tab.evaluate(() => heard), ["last"], "another page received the response");
  assert.equal(world.tokenRequests.length, 0);
});

test("messages from a sign-in page in the popup are ignored, because its origin is another", async (t) => {
  const world = await start(t);
  const hostile = await attacker(t, {
    "/authorize": (url, origin, good) =>
      url.searchParams.has("go")
        ? good
        : html(`<a href="${url.pathname}${url.search.replaceAll("&", "&amp;")}&amp;go">Continue</a><script>
            const forged = { type: "${NAME}", query: "?code=forged&state=forged", id: 1 };
            for (let n = 0; n < 100; n += 1) opener.postMessage(forged, "*");
          </script>`)(),
  });
  const tab = await victimTab(world, hostile.mcpUrl);
  await tab.evaluate(() => {
    app.received = 0;
    addEventListener("message", () => (app.received += 1));
  });
  const popup = await click(tab);
  await tab.waitForFunction(() => app.received === 100);
  await popup.getByText("Continue").click();
  assert.equal((await outcome(tab)).error, undefined);
});

test("reverse tabnabbing: with `noOpener`, a sign-in page can't navigate the app's window", async (t) => {
  const world = await start(t);
  const hostile = await attacker(t, {
    "/attack": html("<p>Sign in to your bank</p>"),
    "/authorize": (url, origin, good) =>
      url.searchParams.has("go")
        ? good
        : html(`<a href="${url.pathname}${url.search.replaceAll("&", "&amp;")}&amp;go">Continue</a><script>
            if (opener) opener.location = "${origin}/attack";
          </script>`)(),
  });
  const tab = await victimTab(world, hostile.mcpUrl, { noOpener: true });
  const popup = await click(tab);
  await popup.getByText("Continue").waitFor();
  assert.equal(await popup.evaluate(() => opener), null);
  const closed = popup.waitForEvent("close");
  await popup.getByText("Continue").click();
  assert.equal((await outcome(tab)).error, undefined);
  assert.equal(tab.url(), world.pageUrl);
  await closed; // The popup closes itself, because the app's page can't.
  assert.ok(!hostile.requests.includes("GET /attack"));

  // Without the option, the sign-in page has an opener and navigates it.
  const open = await victimTab(world, hostile.mcpUrl);
  await click(open);
  await open.waitForURL(`${hostile.origin}/attack`);
});
