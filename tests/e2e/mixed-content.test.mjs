// docs/errors.md, mixed_content: "The page is https and the URL is http on a host that is not loopback: browsers block
// such requests" (Mixed Content §4.4). For Chromium, the page has a real https origin; Playwright answers its requests.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launchBrowser } from "./browser.mjs";

const ORIGIN = "https://app.example";
const file = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

/** A page at an https origin that has the package, and its requests to other origins. */
async function securePage(t) {
  const context = await browser.newContext();
  t.after(() => context.close());
  const requested = [];
  await context.route("**/*", async (route) => {
    const url = new URL(route.request().url());
    if (url.origin !== ORIGIN) {
      requested.push(url.href);
      return route.abort();
    }
    const path = file(url.pathname.slice(1));
    if (url.pathname.startsWith("/pkg/") && existsSync(path)) return route.fulfill({ path });
    await route.fulfill({
      contentType: "text/html",
      body: "<!doctype html><title>App</title><button>Sign in</button>",
    });
  });
  const page = await context.newPage();
  await page.goto(`${ORIGIN}/`);
  await page.evaluate(async () => {
    const { McpAuthorizer } = await import("/pkg/index.js");
    globalThis.app = await McpAuthorizer.create({
      clientName: "App",
      redirectUri: "/callback.html",
      storage: "memory",
    });
  });
  return { page, requested };
}

test("a server at plain http: mixed_content, and nothing is sent", async (t) => {
  const { page, requested } = await securePage(t);
  assert.equal(await page.evaluate(() => isSecureContext && location.protocol), "https:");
  const error = await page.evaluate(() =>
    app
      .signIn("http://mcp.example.com/mcp")
      .catch(({ name, code, step, remedy, message }) => ({ name, code, step, remedy, message })),
  );
  assert.equal(error.name, "McpAuthorizeError");
  assert.deepEqual([error.code, error.step], ["mixed_content", "setup"]);
  assert.match(error.remedy, /https/);
  assert.deepEqual(requested, []);
});

test("http on loopback is not mixed content, and an unsupported scheme is insecure_url", async (t) => {
  const { page } = await securePage(t);
  // Loopback is potentially trustworthy (Mixed Content §3.1, Secure Contexts §3.1), so nothing rejects it.
  const error = await page.evaluate(() =>
    app.restore("http://localhost:1/mcp").then(
      (session) => session,
      ({ code }) => code,
    ),
  );
  assert.equal(error, null);
  const other = await page.evaluate(() =>
    app.restore("ftp://mcp.example.com/").then(
      (session) => session,
      ({ code }) => code,
    ),
  );
  assert.equal(other, "insecure_url");
});
