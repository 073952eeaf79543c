// The switches of the demo: each changes what the diagram draws, against the real servers.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  allowButton,
  callTool,
  errorIn,
  freshDemo,
  launchBrowser,
  logIn,
  openPage,
  signIn,
  textIn,
} from "./browser.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

/** A demo and a fresh browser profile, with the switches open. */
async function fresh(t, options) {
  const { demo, context } = await freshDemo(t, browser, options);
  const page = await openPage(context, demo);
  await page.getByText("Switches", { exact: true }).click();
  return { demo, context, page };
}

/** Sets a switch of the servers, and waits until it is applied. */
async function setServers(page, label, set) {
  const done = page.waitForResponse(
    (response) => response.url().endsWith("/switches") && response.request().method() === "PUT",
  );
  await set(page.getByLabel(label));
  assert.equal((await done).status(), 200);
}

/** The parameters of a message, open or closed: names and values. */
const parametersOf = (page, title) =>
  page
    .locator("#steps > li", { hasText: title })
    .locator(".parameters dl > div")
    .evaluateAll((all) => all.map(({ children }) => [...children].map((it) => it.textContent)));

const titles = (page) => page.locator("#steps .message .title").allInnerTexts();
const clientOf = (page) => page.locator("#client").innerText();

test("identity: the client registers itself, or uses its metadata document or its given client ID", async (t) => {
  const { page } = await fresh(t);
  await signIn(page);
  assert.ok((await titles(page)).includes("Register this app"));
  const registered = await clientOf(page);

  const again = async (choice) => {
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Session" }).waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByLabel("How it identifies itself").selectOption({ label: choice });
    const [popup] = await Promise.all([
      page.waitForEvent("popup"),
      page.getByRole("button", { name: "Sign in", exact: true }).click(),
    ]);
    const closed = popup.waitForEvent("close");
    await allowButton(popup).click(); // still logged in
    await closed;
    await page.getByRole("heading", { name: "Tools" }).waitFor();
    assert.ok(!(await titles(page)).includes("Register this app"), choice);
    return clientOf(page);
  };
  assert.equal(await again("client ID metadata document (CIMD)"), "https://demo.example/client.json");
  assert.equal(await again("registered by hand"), "mcp-authorize-demo");
  assert.equal(await again("registers itself (DCR)"), registered);
});

test("DPoP: tokens are bound to a key if required, and not if off", async (t) => {
  const { page } = await fresh(t);
  const tokenType = async () => Object.fromEntries(await parametersOf(page, "Exchange the code")).token_type;
  await page.getByLabel(/DPoP/).selectOption("off");
  await signIn(page);
  assert.equal(await tokenType(), "Bearer");
  await page.getByRole("button", { name: "Clear" }).click();
  await page.getByLabel(/DPoP/).selectOption("require");
  const [popup] = await Promise.all([
    page.waitForEvent("popup"),
    page.getByRole("button", { name: "Sign in", exact: true }).click(),
  ]);
  const closed = popup.waitForEvent("close");
  await allowButton(popup).click();
  await closed;
  await textIn(page, "#steps .note", "Signed in");
  assert.equal(await tokenType(), "DPoP");
});

for (const [choice, pushed] of [
  ["offered", true],
  ["required", true],
  ["off", false],
]) {
  test(`PAR ${choice}: the request is ${pushed ? "" : "not "}pushed (RFC 9126)`, async (t) => {
    const { demo, context, page } = await fresh(t);
    if (choice !== "offered") await setServers(page, /PAR/, (select) => select.selectOption(choice));
    const authorizing = context.waitForEvent("request", (request) => request.url().startsWith(`${demo.issuer}/auth?`));
    await signIn(page);
    assert.equal((await titles(page)).includes("Push the request"), pushed);
    const { searchParams } = new URL((await authorizing).url());
    assert.equal(searchParams.has("request_uri"), pushed);
    // The diagram shows the parameters of the popup's URL.
    const shown = (await parametersOf(page, "Ask the user")).filter(([name]) => !name.startsWith("("));
    assert.ok(shown.length >= 2);
    for (const [name, value] of shown) {
      assert.ok(searchParams.has(name), name);
      if (value !== "[redacted]") assert.equal(value, searchParams.get(name), name);
    }
  });
}

test("COOP: the popup is cut off, and its response still arrives", async (t) => {
  const { page } = await fresh(t);
  await setServers(page, /COOP/, (box) => box.check());
  const [popup] = await Promise.all([
    page.waitForEvent("popup"),
    page.getByRole("button", { name: "Sign in", exact: true }).click(),
  ]);
  await textIn(page, "#steps .note", "The popup is out of sight");
  await logIn(popup);
  await allowButton(popup).click();
  await page.getByRole("heading", { name: "Tools" }).waitFor();
});

test("hidden challenge: the metadata is found at its well-known URL", async (t) => {
  const { page } = await fresh(t);
  await setServers(page, /WWW-Authenticate/, (box) => box.check());
  await signIn(page);
  const challenged = page.locator("#steps > li", { hasText: "Call without a token" });
  await challenged.locator("summary").click();
  await challenged.getByText("not readable").waitFor();
  // All scopes of the metadata are requested, because the challenge can't be read.
  assert.deepEqual((await page.locator("#scopes").innerText()).trim().split(/\s+/).sort(), ["mcp:read", "mcp:write"]);
});

test("short tokens expire in seconds, and one tab refreshes for both", async (t) => {
  const { context, page } = await fresh(t);
  await setServers(page, /10 seconds/, (box) => box.check());
  await signIn(page);
  assert.match(await page.locator("#expiry").innerText(), /^Good for \d+ s, then refreshed/);
  const [second] = await Promise.all([
    context.waitForEvent("page"),
    page.getByRole("link", { name: "Open a second tab" }).click(),
  ]);
  await second.getByRole("heading", { name: "Tools" }).waitFor();
  await page.getByRole("button", { name: "Refresh now" }).click();
  await textIn(page, "#steps .note", "One refresh for all tabs");
  await textIn(second, "#steps .note", "Another tab has refreshed");
  assert.ok((await callTool(second, "whoami")).includes("alice"));
});

test("switches survive a reload, and unknown or invalid values are rejected", async (t) => {
  const { demo, page } = await fresh(t);
  await page.getByLabel(/DPoP/).selectOption("off");
  await setServers(page, /10 seconds/, (box) => box.check());
  await page.reload();
  await page.locator("#start:enabled").waitFor();
  await page.getByText("Switches", { exact: true }).click();
  assert.equal(await page.getByLabel(/DPoP/).inputValue(), "off");
  assert.ok(await page.getByLabel(/10 seconds/).isChecked());
  const url = new URL("switches", demo.pageUrl);
  for (const body of ['{"unknown":true}', '{"shortTokens":"yes"}', '{"__proto__":1}', "[]x", "null"]) {
    assert.equal((await fetch(url, { method: "PUT", body })).status, 400, body);
  }
});

/** "servers without CORS can be reached through the app's own backend: an option maps chosen requests (never silently)" */
test("no CORS: the error names the missing header, and the sign-in works through the page's own backend", async (t) => {
  const { demo, page } = await fresh(t);
  await setServers(page, /no CORS/, (box) => box.check());
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await textIn(page, "#error", "Access-Control-Allow-Origin");
  assert.equal((await errorIn(page)).code, "cors_blocked");

  await page.getByRole("button", { name: "Clear" }).click();
  await page.getByLabel(/proxy/).check();
  const direct = [];
  const servers = [demo.issuer, new URL(demo.mcpUrl).origin];
  page.on("request", (request) => servers.includes(new URL(request.url()).origin) && direct.push(request.url()));
  await signIn(page);
  assert.equal(await callTool(page, "add", { a: 2, b: 3 }), "2 + 3 = 5");
  // The diagram names the backend and the actual server of each exchange.
  const challenged = page.locator("#steps > li", { hasText: "Call without a token" });
  await challenged.locator("summary").click();
  await challenged.getByText("this page’s own backend").waitFor();
  await challenged.getByText(demo.mcpUrl).first().waitFor();
  assert.deepEqual(direct, []);

  // The backend forwards only to the demo's servers, and rejects other sites' requests.
  const ask = (url, headers) => fetch(new URL(`forward?url=${encodeURIComponent(url)}`, demo.pageUrl), { headers });
  assert.equal((await ask(demo.pageUrl)).status, 403);
  assert.equal((await ask("https://example.com/")).status, 403);
  assert.equal((await ask(demo.mcpUrl, { "sec-fetch-site": "cross-site" })).status, 403);
  assert.equal((await ask(demo.mcpUrl)).status, 401);
});
