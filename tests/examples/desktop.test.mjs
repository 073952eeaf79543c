// examples/desktop: a Node.js program whose user signs in with their own browser, against the demo's servers.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createDesktopAuthorizer } from "../../examples/desktop/scheme.js";
import { signInByLoopback } from "../../examples/desktop/loopback.js";
import { allowButton, launchBrowser, logIn, startDemo } from "../e2e/browser.mjs";

let browser, demo;
before(async () => {
  browser = await launchBrowser();
  demo = await startDemo();
});
after(async () => {
  await browser.close();
  await demo.close();
});

/** Logs in and consents in the user's browser. */
async function userConsents(url) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url);
  await logIn(page);
  await allowButton(page).click();
  return page;
}

async function tools(session) {
  const response = await session.fetch(session.server, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json, text/event-stream" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
  });
  return response.text();
}

test("signs in with a loopback redirect (RFC 8252 §7.3)", async () => {
  let page;
  const session = await signInByLoopback(demo.mcpUrl, {
    open: async (url) => void (page = await userConsents(url)),
  });
  await page.getByText("go back to the app").waitFor();
  assert.match(await tools(session), /whoami/);
});

test("signs in with a private-use URI scheme (RFC 8252 §7.1)", async () => {
  /** The operating system's part: passes a URL with the app's scheme to the app. */
  let openApp;
  const authorizer = await createDesktopAuthorizer({
    onOpened: (listener) => (openApp = listener),
    open: async (url) => {
      const page = await browser.newPage();
      page.on("response", (response) => {
        const { location } = response.headers();
        if (location?.startsWith("com.example.desktop:")) {
          openApp("com.example.desktop:/somewhere-else");
          openApp(location);
        }
      });
      await page.goto(url);
      await logIn(page);
      await allowButton(page).click();
    },
  });
  const session = await authorizer.signIn(demo.mcpUrl);
  assert.match(await tools(session), /whoami/);
});

test("the response of another sign-in is rejected: state_mismatch", async () => {
  let openApp;
  const authorizer = await createDesktopAuthorizer({
    onOpened: (listener) => (openApp = listener),
    open: async () => setImmediate(() => openApp("com.example.desktop:/callback?code=stolen&state=forged")),
  });
  await assert.rejects(authorizer.signIn(demo.mcpUrl), { code: "state_mismatch" });
});

test("a private-use scheme needs the option authorize, and a name based on a domain", async () => {
  const { McpAuthorizer } = await import("mcp-authorize");
  const create = (options) =>
    McpAuthorizer.create({ clientName: "x", redirectUri: "com.example.desktop:/cb", ...options });
  const authorize = async () => "";
  await assert.rejects(create({}), { code: "invalid_option", message: /authorize/ });
  await assert.rejects(create({ display: "popup" }), { code: "invalid_option" });
  await assert.rejects(create({ display: "redirect", authorize }), { code: "invalid_option" });
  for (const redirectUri of ["myapp://callback", "javascript:/alert(1)", "com.example.desktop:callback"])
    await assert.rejects(create({ redirectUri, authorize }), { code: "insecure_url" }, redirectUri);
  await create({ authorize });
});
