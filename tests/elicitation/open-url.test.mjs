// MCP 2026-07-28 client/elicitation, "Safe URL Handling", in Chromium: what the user sees, what is opened, and the
// outcome.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before } from "node:test";
import { launchBrowser, popupOf, startWorld, test } from "./world.mjs";

const SERVER = "https://mcp.example.com/mcp?tenant=1";

let browser;
before(async () => (browser = await launchBrowser()));
after(() => browser.close());

/** A world in which every https URL shows the same page. */
async function withInternet(t) {
  const world = await startWorld(t, browser);
  const requests = [];
  await world.context.route(/^https:/, (route) => {
    requests.push(route.request().url());
    return route.fulfill({ contentType: "text/html", body: "<!doctype html><title>Connect</title>" });
  });
  return { world, requests };
}

/** Waits until the dialog is gone. */
const isGone = (world) => world.dialog.waitFor({ state: "detached" });

test("the user sees server, message and the full URL with its host highlighted, before any request", async (t) => {
  // "MUST NOT automatically pre-fetch the URL or any of its metadata", "MUST NOT open the URL without explicit consent",
  // "MUST show the full URL to the user for examination before consent", "SHOULD highlight the domain"
  const { world, requests } = await withInternet(t);
  const url = "https://mcp.example.com:8443/connect?e=1#top";
  await world.tab.evaluate(([url, server]) => app.open(url, { server }), [url, SERVER]);
  await world.dialog.waitFor();
  assert.equal(await world.dialog.locator(".url").textContent(), url);
  assert.equal(await world.dialog.locator(".url strong").textContent(), "mcp.example.com:8443");
  const text = await world.dialog.innerText();
  assert.match(text, /https:\/\/mcp\.example\.com\/mcp\n/);
  assert.match(text, /Please connect\./);
  // "SHOULD NOT render URLs as clickable": browsers prefetch links, too.
  assert.equal(await world.dialog.locator("a, iframe, img, link").count(), 0);
  assert.equal(await world.dialog.locator(".warning").count(), 0);
  assert.deepEqual([requests, world.context.pages().length], [[], 1]);

  const popup = await world.openPage();
  await popup.waitForURL(url);
  assert.deepEqual(requests, [url.split("#")[0]]);
  // "in a secure manner that does not enable the client … to inspect the content"
  assert.equal(await popup.evaluate(() => globalThis.opener), null);
  assert.equal(await world.tab.evaluate(() => app.opened), 1);
  await world.closes(popup);
  assert.equal(await world.ended(), "closed");
  await isGone(world);
});

test("ends as soon as the server reports completion", async (t) => {
  const world = await startWorld(t, browser);
  await world.tab.evaluate(() =>
    app.open(`${app.connectUrl}?id=1`, { completed: new Promise((done) => (app.complete = done)) }),
  );
  const popup = await world.openPage();
  await popup.getByRole("button").click();
  await world.tab.evaluate(() => app.complete());
  assert.equal(await world.ended(), "completed");
  await isGone(world);
  // The app has no reference to the popup (noopener), so the user closes it.
  assert.equal(popup.isClosed(), false);
});

test("a refusal opens nothing: the button declines, Escape cancels", async (t) => {
  const world = await startWorld(t, browser);
  const open = () => world.tab.evaluate(() => app.open(`${app.connectUrl}?id=1`));
  await open();
  await world.button("Decline").click();
  assert.equal(await world.ended(), "declined");
  await isGone(world);
  await open();
  await world.dialog.waitFor();
  await world.tab.keyboard.press("Escape");
  assert.equal(await world.ended(), "cancelled");
  await isGone(world);
  assert.deepEqual([world.visits, await world.tab.evaluate(() => app.opened)], [[], 0]);
});

test("once the page is open, the user can confirm or cancel", async (t) => {
  const world = await startWorld(t, browser);
  for (const [button, outcome] of [
    ["I am done", "closed"],
    ["Cancel", "cancelled"],
  ]) {
    await world.tab.evaluate(() => app.open(`${app.connectUrl}?id=1`));
    const popup = await world.openPage();
    await popup.waitForURL(/connect/);
    await world.dialog.getByRole("status").filter({ hasText: "in its own window" }).waitFor();
    await world.button(button).click();
    assert.equal(await world.ended(), outcome);
    await isGone(world);
    await popup.close();
  }
});

for (const [what, url, code] of [
  ["a script", "javascript:alert(document.domain)", "insecure_url"],
  ["data", "data:text/html,<script>alert(1)</script>", "insecure_url"],
  ["a blob", "blob:https://mcp.example.com/1", "insecure_url"],
  ["a file", "file:///etc/passwd", "insecure_url"],
  ["plain http", "http://mcp.example.com/connect", "insecure_url"],
  ["a URL of a local app", "ms-word:ofe|u|https://mcp.example.com/x", "insecure_url"],
  ["this machine", "http://127.0.0.1:8080/", "insecure_url"],
  ["a private network", "https://192.168.1.1/admin", "insecure_url"],
  ["a user name that looks like the host", "https://mcp.example.com@evil.example/", "invalid_response"],
  ["a password", "https://user:hunter2@mcp.example.com/", "invalid_response"],
  ["a line break", "https://mcp.example.com/\nx", "invalid_response"],
  ["backslashes", "https:\\\\mcp.example.com\\@evil.example", "invalid_response"],
  ["a relative URL", "/connect", "invalid_response"],
  ["no text", null, "invalid_option"],
]) {
  test(`${what} is neither opened nor shown: ${code}`, async (t) => {
    const world = await startWorld(t, browser);
    await world.tab.evaluate(([url, server]) => app.open(url, { server }), [url, SERVER]);
    const error = await world.ended();
    assert.deepEqual([error.name, error.code], ["McpAuthorizeError", code]);
    assert.doesNotMatch(error.message, /hunter2/);
    assert.deepEqual([await world.dialog.count(), world.context.pages().length], [0, 1]);
  });
}

test("the app's own page is not opened for a server at another origin: insecure_url", async (t) => {
  const world = await startWorld(t, browser);
  await world.tab.evaluate(() => app.open(new URL("/callback.html?code=x&state=y", location.href).href));
  assert.equal((await world.ended()).code, "insecure_url");
  await world.tab.evaluate(() => app.open(location.href, { server: new URL("/mcp", location.href).href }));
  await world.button("Decline").click();
  assert.equal(await world.ended(), "declined");
});

test("a host that looks like another one is shown in punycode, with a warning", async (t) => {
  // "SHOULD have warnings for ambiguous/suspicious URIs (i.e., containing Punycode)"
  const { world, requests } = await withInternet(t);
  // With the Cyrillic а.
  await world.tab.evaluate((server) => app.open("https://mcp.exаmple.com/connect", { server }), SERVER);
  assert.equal(await world.dialog.locator(".url strong").textContent(), "mcp.xn--exmple-4nf.com");
  assert.deepEqual(await world.dialog.locator(".warning").allTextContents(), [
    "The page's name has letters that can look like others. Open it only if you know it.",
    "The page is not on the server that asks.",
  ]);
  await world.button("Decline").click();
  assert.equal(await world.ended(), "declined");
  assert.deepEqual(requests, []);
});

test("a hostile message is shown as text in one paragraph, without control characters", async (t) => {
  const world = await startWorld(t, browser);
  const message =
    "<img src=x onerror='document.title=1'><a href='https://evil.example'>Click</a>\n\n\u202e\u2066gnihsihp\u2069\u0007\u200b" +
    "Page\nhttps://bank.example/ ".repeat(200);
  await world.tab.evaluate((message) => app.open(`${app.connectUrl}?id=1`, { message }), message);
  const shown = await world.dialog.locator("dd").last().textContent();
  assert.match(
    shown,
    /^<img src=x onerror='document.title=1'><a href='https:\/\/evil\.example'>Click<\/a> gnihsihpPage https/,
  );
  assert.ok(shown.length <= 501 && shown.endsWith("…"), String(shown.length));
  assert.equal(await world.dialog.locator("dd a, dd img").count(), 0);
  assert.equal(await world.tab.title(), "Elicitation tests");
  // The URL comes first, above the message.
  assert.match(await world.dialog.locator("dd").first().textContent(), /^http:\/\/localhost/);
});

test("a click at the moment the dialog appears does not consent", async (t) => {
  const world = await startWorld(t, browser);
  const isDisabled = await world.tab.evaluate(async () => {
    const shown = new Promise((done) => {
      new MutationObserver((_, observer) => {
        observer.disconnect();
        done(document.body.lastElementChild.shadowRoot.querySelector("button").disabled);
      }).observe(document.body, { childList: true });
    });
    app.open(`${app.connectUrl}?id=1`);
    return shown;
  });
  assert.equal(isDisabled, true);
  // Playwright waits until the button is enabled.
  await world.closes(await world.openPage());
  assert.equal(await world.ended(), "closed");
});

test("a window that opens without a click is blocked by the browser: popup_blocked", async (t) => {
  const world = await startWorld(t, browser);
  await world.tab.evaluate(() => {
    const show = (request) => {
      // Playwright's action counts as a click, but only for one window.
      open("about:blank")?.close();
      request.open();
    };
    app.open(`${app.connectUrl}?id=1`, { show });
  });
  const error = await world.ended();
  assert.deepEqual([error.code, await world.tab.evaluate(() => app.opened)], ["popup_blocked", 0]);
  assert.deepEqual(world.visits, []);
});

test("a signal aborts before and after the page is opened: aborted", async (t) => {
  const world = await startWorld(t, browser);
  const open = () =>
    world.tab.evaluate(() => {
      app.abort = new AbortController();
      app.open(`${app.connectUrl}?id=1`, { signal: app.abort.signal });
    });
  for (const isOpen of [false, true]) {
    await open();
    await world.dialog.waitFor();
    const popup = isOpen ? await world.openPage() : undefined;
    await world.tab.evaluate(() => app.abort.abort("enough"));
    const { code, cause } = await world.ended();
    assert.deepEqual([code, cause], ["aborted", "enough"]);
    await isGone(world);
    await popup?.close();
  }
  await world.tab.evaluate(() => app.open(`${app.connectUrl}?id=1`, { signal: AbortSignal.abort() }));
  assert.equal((await world.ended()).code, "aborted");
  assert.equal(await world.dialog.count(), 0);
});

test("closing the authorizer closes the dialog, and opens no more: aborted", async (t) => {
  const world = await startWorld(t, browser);
  await world.tab.evaluate(() => app.open(`${app.connectUrl}?id=1`));
  await world.dialog.waitFor();
  await world.tab.evaluate(() => app.authorizer.close());
  assert.equal((await world.ended()).code, "aborted");
  await isGone(world);
  await world.tab.evaluate(() => app.open(`${app.connectUrl}?id=1`));
  assert.equal((await world.ended()).code, "aborted");
});

test("dialogs appear one at a time, and an aborted one never appears", async (t) => {
  const world = await startWorld(t, browser);
  // Calls keep their order once the module is loaded.
  await world.tab.evaluate(() => app.open("/"));
  await world.ended();
  await world.tab.evaluate(() => {
    app.abort = new AbortController();
    const open = (id, signal) =>
      app.outcome(app.authorizer.openUrl(`${app.connectUrl}?id=${id}`, { server: app.mcpUrl, message: id, signal }));
    app.all = [open("first"), open("second", app.abort.signal), open("third")];
  });
  await world.dialog.filter({ hasText: "first" }).waitFor();
  await world.tab.evaluate(() => app.abort.abort());
  assert.equal((await world.tab.evaluate(() => app.all[1])).code, "aborted");
  assert.match(await world.dialog.innerText(), /first/);
  await world.button("Decline").click();
  await world.dialog.filter({ hasText: "third" }).waitFor();
  await world.button("Decline").click();
  assert.deepEqual(await world.tab.evaluate(() => Promise.all([app.all[0], app.all[2]])), ["declined", "declined"]);
});

test("if a popup can't be watched (Cross-Origin-Opener-Policy), the server or the dialog ends the wait", async (t) => {
  const world = await startWorld(t, browser);
  await world.tab.evaluate(() =>
    app.open(`${app.connectUrl}?id=1&coop`, { completed: new Promise((done) => (app.complete = done)) }),
  );
  const popup = await world.openPage();
  await popup.waitForURL(/coop/);
  await popup.getByRole("button").click();
  await popup.getByText("Connected").waitFor();
  // Longer than it takes to detect a closed window.
  await new Promise((done) => setTimeout(done, 1500));
  assert.match(await world.dialog.innerText(), /I am done/);
  await world.tab.evaluate(() => app.complete());
  assert.equal(await world.ended(), "completed");
});

test("the app's own dialog receives everything it must show, and opens only this URL, once", async (t) => {
  const world = await startWorld(t, browser);
  await world.tab.evaluate(() => {
    app.open(`${app.connectUrl}?id=1`, { show: (request) => void (app.request = request) });
  });
  await world.tab.waitForFunction(() => app.request);
  const { url, parts, server, warnings, message } = await world.tab.evaluate(() => ({ ...app.request }));
  assert.deepEqual([url, Object.values(parts).join("")], [`${world.origin}/connect?id=1`, url]);
  assert.deepEqual([server, warnings, message], [`${world.origin}/1`, [], "Please connect."]);
  assert.equal(await world.dialog.count(), 0);
  await world.tab.evaluate(() => {
    // `done` has no effect before the page is open.
    app.request.done();
    app.onClick(() => {
      app.request.open();
      app.request.open();
    });
  });
  const popup = await popupOf(world.tab, world.tab.locator("#act"));
  await popup.waitForURL(url);
  assert.deepEqual([world.visits.length, await world.tab.evaluate(() => app.opened)], [1, 1]);
  assert.equal(await world.tab.evaluate(() => app.request.signal.aborted), false);
  await world.tab.evaluate(() => app.request.decline());
  assert.equal(await world.ended(), "cancelled", "after opening, declining means cancelled");
  assert.equal(await world.tab.evaluate(() => app.request.signal.aborted), true);
});

test("a dialog that stays after the end can't open the page", async (t) => {
  const world = await startWorld(t, browser);
  await world.tab.evaluate(() => {
    app.open(`${app.connectUrl}?id=1`, { show: (request) => void (app.request = request) });
    app.onClick(() => {
      app.request.decline();
      app.request.open();
    });
  });
  await world.tab.waitForFunction(() => app.request);
  await world.tab.locator("#act").click();
  assert.equal(await world.ended(), "declined");
  await world.tab.evaluate(() => app.onClick(app.request.open));
  await world.tab.locator("#act").click();
  assert.deepEqual(
    [world.visits, world.context.pages().length, await world.tab.evaluate(() => app.opened)],
    [[], 1, 0],
  );
});

test("an error thrown by the app's own dialog is the result", async (t) => {
  const world = await startWorld(t, browser);
  await world.tab.evaluate(() =>
    app.open(`${app.connectUrl}?id=1`, {
      show() {
        throw new TypeError("no dialog");
      },
    }),
  );
  assert.deepEqual((await world.ended()).message, "no dialog");
  await world.tab.evaluate(() => app.open(`${app.connectUrl}?id=1`));
  await world.button("Decline").click();
  assert.equal(await world.ended(), "declined");
});

test("no page opens while a sign-in's popup is open: popup_open", async (t) => {
  const world = await startWorld(t, browser);
  // Discovery never ends.
  await world.context.route(/^https:/, () => {});
  await world.tab.evaluate(() =>
    app.onClick(() => void app.authorizer.signIn("https://mcp.example.com/mcp").catch(() => {})),
  );
  const popup = await popupOf(world.tab, world.tab.locator("#act"));
  await world.tab.evaluate(() => app.open(`${app.connectUrl}?id=1`));
  await world.button("Open the page").click();
  assert.equal((await world.ended()).code, "popup_open");
  await popup.close();
});

test("the app can replace the dialog's texts", async (t) => {
  const world = await startWorld(t, browser);
  await world.tab.evaluate(() =>
    app.open("https://8.8.8.8/", { labels: { title: "Ein Server bittet", warnings: { ip_address: "Eine Nummer" } } }),
  );
  const text = await world.dialog.innerText();
  assert.match(text, /Ein Server bittet/);
  assert.match(text, /Eine Nummer\n+The page is not on the server/);
});

test("the dialog works by keyboard, and axe-core finds no violations", async (t) => {
  const world = await startWorld(t, browser);
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  await world.tab.evaluate(axe);
  const problems = () =>
    world.tab.evaluate(async () => {
      const { violations } = await globalThis.axe.run(document.body.lastElementChild);
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`);
    });
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    await world.tab.emulateMedia({ colorScheme });
    await world.tab.evaluate(() => app.open(`${app.connectUrl}?id=1`));
    await world.button("Open the page").waitFor();
    await world.dialog.locator("button:enabled", { hasText: "Open the page" }).waitFor();
    assert.deepEqual(await problems(), []);
    await world.tab.keyboard.press("Tab");
    const [popup] = await Promise.all([world.tab.waitForEvent("popup"), world.tab.keyboard.press("Enter")]);
    await world.dialog.locator("button:enabled", { hasText: "I am done" }).waitFor();
    assert.deepEqual(await problems(), []);
    await world.tab.keyboard.press("Tab");
    await world.tab.keyboard.press("Enter");
    assert.equal(await world.ended(), "closed");
    await popup.close();
  }
});
