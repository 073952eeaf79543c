// The pages of the demo's authorization server: their texts, their look, and that input is not parsed as HTML.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PATIENCE } from "../patience.mjs";
import { LOOKS, lookAt } from "./appearance.mjs";
import {
  allowButton,
  decline,
  errorIn,
  launchBrowser,
  logIn,
  loginField,
  openPage,
  popupOf,
  startDemo,
} from "./browser.mjs";

let browser, demo;
before(async () => {
  browser = await launchBrowser();
  demo = await startDemo();
});
after(async () => {
  await browser.close();
  await demo.close();
});

async function fresh(t, options) {
  const context = await browser.newContext(options);
  t.after(() => context.close());
  return { context, page: await openPage(context, demo) };
}

/** A device code for an app with this name. */
async function codeForDevice(clientName) {
  const post = async (path, type, body) => {
    const answer = await fetch(demo.issuer + path, { method: "POST", headers: { "Content-Type": type }, body });
    return answer.json();
  };
  const grant_types = ["urn:ietf:params:oauth:grant-type:device_code"];
  const metadata = { client_name: clientName, grant_types, response_types: [], redirect_uris: [] };
  const { client_id } = await post("/reg", "application/json", JSON.stringify(metadata));
  const form = new URLSearchParams({ client_id, scope: "mcp:read", resource: demo.mcpUrl });
  const { user_code, verification_uri } = await post("/device/auth", "application/x-www-form-urlencoded", form);
  return { code: user_code, uri: verification_uri };
}

for (const { look, options } of LOOKS) {
  test(`${look}: each page passes all checks`, async (t) => {
    const { context, page } = await fresh(t, options);
    const popup = await popupOf(page);
    popup.setDefaultTimeout(PATIENCE);
    await popup.setViewportSize(options.viewport);
    await loginField(popup).waitFor();
    await lookAt(popup, "page-login", look);
    await logIn(popup, " ");
    await popup.getByRole("alert").filter({ hasText: "Type a user name." }).waitFor();
    await lookAt(popup, "page-login-problem", look);
    await logIn(popup, "alice");
    await allowButton(popup).waitFor();
    await lookAt(popup, "page-consent", look);

    const phone = await context.newPage();
    const { code, uri } = await codeForDevice("Television");
    await phone.goto(uri);
    await lookAt(phone, "page-code", look);
    const next = phone.getByRole("button", { name: "Continue" });
    await phone.getByLabel("Code that the device shows").fill("BCDF-BCDF");
    await next.click();
    await phone.getByRole("alert").waitFor();
    await lookAt(phone, "page-code-problem", look);
    await phone.getByLabel("Code that the device shows").fill(code);
    await next.click();
    await phone.getByText("Is this your device?").waitFor();
    await lookAt(phone, "page-code-confirmation", look);
    await next.click();
    await allowButton(phone).click();
    await phone.getByRole("heading", { name: "Your device is signed in" }).waitFor();
    await lookAt(phone, "page-code-success", look);

    await phone.goto(`${demo.issuer}/interaction/over`);
    await phone.getByRole("heading", { name: "This did not work" }).waitFor();
    await lookAt(phone, "page-error", look);
  });
}

test("the pages have a policy without inline scripts and styles, do not violate it, and load nothing from elsewhere", async (t) => {
  const { context, page } = await fresh(t);
  const messages = [];
  const requests = [];
  context.on("console", (message) => message.page()?.url().startsWith(demo.issuer) && messages.push(message.text()));
  context.on("request", (request) => requests.push(new URL(request.url()).hostname));
  const shown = context.waitForEvent("response", (response) => response.url().includes("/interaction/"));
  const popup = await popupOf(page);
  const policy = (await (await shown).headerValue("content-security-policy")).split("; ");
  assert.deepEqual(policy, ["default-src 'none'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]);
  await logIn(popup);
  await allowButton(popup).waitFor();
  assert.equal(await popup.locator("script, style, [style]").count(), 0);
  assert.deepEqual(messages, []);
  assert.deepEqual(
    requests.filter((host) => !["localhost", "127.0.0.1"].includes(host)),
    [],
  );
});

test("the consent page names the app and its origin, the user, and the scopes in words", async (t) => {
  const { page } = await fresh(t);
  const popup = await popupOf(page);
  await logIn(popup, "alice");
  await allowButton(popup).waitFor();
  const text = (await popup.locator("main").innerText()).replace(/\s+/g, " ");
  assert.ok(text.includes(`mcp-authorize demo at ${new URL(demo.pageUrl).origin} asks for access`), text);
  assert.ok(text.includes("on behalf of alice"), text);
  assert.ok(text.includes(`At ${demo.mcpUrl}, it will be able to: read your notes mcp:read`), text);
  assert.ok(!text.includes("write notes"), text);
});

test("cancelling at the login is access_denied (RFC 6749 §4.1.2.1)", async (t) => {
  const { page } = await fresh(t);
  const popup = await popupOf(page);
  const closed = popup.waitForEvent("close");
  await decline(popup);
  await closed;
  assert.equal((await errorIn(page)).code, "access_denied");
});

test("the app's name and the user's input are shown as text, not HTML", async (t) => {
  const { context } = await fresh(t);
  const phone = await context.newPage();
  const name = `<img src=x onerror="document.title='run'">&amp;`;
  const { code, uri } = await codeForDevice(name);
  await phone.goto(uri);
  await phone.getByLabel("Code that the device shows").fill(code);
  await phone.getByRole("button", { name: "Continue" }).click();
  await phone.getByRole("heading", { name: "Is this your device?" }).waitFor();
  assert.ok((await phone.locator("main").innerText()).includes(name));
  await phone.getByRole("button", { name: "Continue" }).click();
  const long = `"><b>${"x".repeat(100)}`;
  await logIn(phone, long);
  await phone.getByRole("alert").waitFor();
  assert.equal(await loginField(phone).inputValue(), long);
  await logIn(phone, '"><b>bob');
  await allowButton(phone).waitFor();
  assert.ok((await phone.locator("main").innerText()).includes('"><b>bob'));
  assert.equal(await phone.locator("img, b").count(), 0);
});

test("the page of another browser's sign-in, and an unknown client, show an error", async (t) => {
  const { context, page } = await fresh(t);
  const popup = await popupOf(page);
  await loginField(popup).waitFor();
  const address = popup.url();
  const other = await browser.newContext();
  t.after(() => other.close());
  const stranger = await other.newPage();
  const answer = await stranger.goto(address);
  assert.equal(answer.status(), 400);
  await stranger.getByRole("heading", { name: "This did not work" }).waitFor();
  const unknownClient = await context.request.get(`${demo.issuer}/auth?client_id=unknown`);
  assert.equal(unknownClient.status(), 400);
});
