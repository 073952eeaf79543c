// mcp-authorize/element: <mcp-sign-in> on a page with the demo's Content-Security-Policy, without a bundler.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { agree, allowButton, launchBrowser, logIn, loginField, openPage, popupOf, startWorld } from "./world.mjs";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let browser;
let world;

before(async () => {
  world = await startWorld();
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await world?.close();
});

async function open(t) {
  const { page, problems } = await openPage(t, browser, `${world.url}element.html`);
  const is = (id, status) => page.locator(`#${id}[status="${status}"]`).waitFor();
  for (const id of ["plain", "styled", "broken", "own"]) await is(id, "signed-out");
  const button = (id) => page.locator(`#${id}`).getByRole("button");
  const message = (id) => page.locator(`#${id}`).getByRole("status");
  return { page, problems, is, button, message };
}

/** Violations of WCAG 2.2 A and AA and of axe-core's best practices, also in shadow trees. */
async function violations(page) {
  // The debugger may run scripts that the Content-Security-Policy forbids.
  await page.evaluate(source);
  const { violations } = await page.evaluate(() => axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

test("by keyboard: signs in, cancels, signs in again and out, and the button keeps the focus", async (t) => {
  const { page, problems, is, button, message } = await open(t);
  await page.locator("#before").focus();
  await page.keyboard.press("Tab");
  const focused = () => page.evaluate(() => document.activeElement.id);
  assert.equal(await focused(), "plain");
  assert.equal(await button("plain").innerText(), "Sign in");
  const press = { click: () => page.keyboard.press("Enter") };

  const cancelled = await popupOf(page, press);
  await is("plain", "signing-in");
  assert.equal(await button("plain").innerText(), "Cancel");
  assert.match(await message("plain").innerText(), /window that opened/);
  assert.deepEqual(await violations(page), []);
  await loginField(cancelled).waitFor();
  await page.bringToFront();
  const closed = cancelled.waitForEvent("close");
  await press.click();
  await closed;
  await is("plain", "signed-out");
  assert.equal(await message("plain").innerText(), ""); // the user cancelled

  await agree(await popupOf(page, { click: () => page.keyboard.press("Space") }));
  await is("plain", "signed-in");
  assert.equal(await button("plain").innerText(), "Sign out");
  await is("styled", "signed-in"); // the same server
  assert.equal(await page.locator("#plain").evaluate((/** @type {any} */ { session }) => session.server), world.mcpUrl);
  assert.deepEqual(await violations(page), []);

  await page.bringToFront();
  assert.equal(await focused(), "plain");
  await press.click();
  await is("plain", "signed-out");
  await is("styled", "signed-out");
  assert.deepEqual(problems, []);
});

test("a popup that the user closes shows no error", async (t) => {
  const { page, problems, is, button, message } = await open(t);
  const popup = await popupOf(page, button("plain"));
  await logIn(popup);
  await allowButton(popup).waitFor();
  // The user reads: a popup that closes as soon as its page is there may have been cut off.
  await popup.evaluate(() => new Promise((done) => setTimeout(done, 1500)));
  await popup.close();
  await is("plain", "signed-out");
  assert.equal(await page.locator("#plain").evaluate((/** @type {any} */ { error }) => error.code), "popup_closed");
  assert.equal(await message("plain").innerText(), "");
  assert.deepEqual(problems, []);
});

test("slots replace its texts; custom properties and parts change its style", async (t) => {
  const { page, button } = await open(t);
  const { background, color, transform } = await button("styled").evaluate((element) => {
    const { backgroundColor, color, textTransform } = getComputedStyle(element);
    return { background: backgroundColor, color, transform: textTransform };
  });
  assert.deepEqual([background, color, transform], ["rgb(0, 60, 120)", "rgb(255, 255, 255)", "uppercase"]);
  assert.equal(await page.getByRole("button", { name: "Connect Notes" }).count(), 1);
});

test("every text has a slot, on the buttons and beside them", async (t) => {
  await world.cutOff(t);
  const { page, problems, is, button, message } = await open(t);
  await page.locator("#plain").evaluate((element) => {
    const onButtons = ["sign-in", "cancel", "sign-out", "again"];
    const beside = ["loading", "signed-out", "signing-in", "waiting", "signed-in", "error"];
    const span = (slot) => Object.assign(document.createElement("span"), { slot, textContent: `own ${slot}` });
    element.append(...[...onButtons, ...beside].map(span));
  });
  const plain = page.locator("#plain");
  const shown = () => plain.locator("span:visible").allInnerTexts();
  assert.deepEqual((await shown()).sort(), ["own sign-in", "own signed-out"]);
  await popupOf(page, button("plain"));
  assert.ok((await shown()).includes("own cancel"));
  await page.locator("#plain[waiting]").waitFor();
  assert.deepEqual((await shown()).sort(), ["own again", "own cancel", "own waiting"]);
  assert.match(await message("plain").ariaSnapshot(), /own waiting/);
  await agree(await popupOf(page, button("plain").last()));
  await is("plain", "signed-in");
  assert.deepEqual((await shown()).sort(), ["own sign-out", "own signed-in"]);
  await plain.evaluate((/** @type {any} */ element) => (element.server = "ftp://nowhere.example/"));
  await plain.getByText("own error").waitFor();
  assert.deepEqual((await shown()).sort(), ["own error", "own sign-in"]);
  assert.deepEqual(problems, []);
});

test("a popup that is cut off and then closed can be reopened or cancelled by keyboard", async (t) => {
  await world.cutOff(t);
  const { page, problems, is, button, message } = await open(t);
  const lost = await popupOf(page, button("plain"));
  await page.locator("#plain[waiting]").waitFor();
  assert.match(await message("plain").innerText(), /Did you close it\?/);
  assert.deepEqual(await button("plain").allInnerTexts(), ["Cancel", "Open it again"]);
  assert.deepEqual(await violations(page), []);
  await lost.close();
  await page.bringToFront();
  await button("plain").first().focus();
  await page.keyboard.press("Tab");
  const again = await popupOf(page, { click: () => page.keyboard.press("Enter") });
  await page.locator("#plain:not([waiting])").waitFor();
  // The focused button is gone, so the remaining one has the focus.
  const focused = await page.locator("#plain").evaluate((it) => it.shadowRoot.activeElement?.getAttribute("part"));
  assert.equal(focused, "button");
  await page.locator("#plain[waiting]").waitFor();
  await agree(again);
  await is("plain", "signed-in");
  await button("plain").click();
  await is("plain", "signed-out");

  await popupOf(page, button("plain"));
  await page.locator("#plain[waiting]").waitFor();
  await button("plain").first().click();
  await is("plain", "signed-out");
  assert.deepEqual([await message("plain").innerText(), await button("plain").count()], ["", 1]);
  assert.deepEqual(problems, []);
});

test("axe-core finds no violations in dark and light mode", async (t) => {
  const { page } = await open(t);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await violations(page), []);
  }
});

test("shows an error beside the button, and accepts a server URL that is set later", async (t) => {
  const { page, is, button, message } = await open(t);
  const { code, userMessage } = await page
    .locator("#broken")
    .evaluate((/** @type {any} */ { error }) => ({ ...error }));
  assert.equal(code, "insecure_url");
  // `userMessage` is shown; `message` and `remedy` are for developers.
  assert.equal(await message("broken").innerText(), userMessage);
  await page.locator("#broken").evaluate((/** @type {any} */ element, url) => (element.server = url), world.mcpUrl);
  await agree(await popupOf(page, button("broken")));
  await is("broken", "signed-in");
  assert.equal(await message("broken").innerText(), "");
});

test("uses the app's own authorizer, even if it was set before the element was defined", async (t) => {
  const { page, is, button } = await open(t);
  await agree(await popupOf(page, button("own")));
  await is("own", "signed-in");
  await is("plain", "signed-out"); // the app's own authorizer stores sessions in memory
  const last = await page.evaluate(() => changes.filter((change) => change.startsWith("own")).at(-1));
  assert.equal(last, "own signed-in");
});

test("a changed name or redirect URI creates a new authorizer, and several changes at once only one", async (t) => {
  const { page, problems, is, button, message } = await open(t);
  for (const attribute of ["client-name", "redirect-uri"]) {
    await page.evaluate(() => (changes.length = 0));
    await page.locator("#plain").evaluate((it, name) => it.setAttribute(name, "/other.html"), attribute);
    await page.waitForFunction(() => changes.length === 2);
    assert.deepEqual(await page.evaluate(() => changes), ["plain loading", "plain signed-out"], attribute);
  }

  await page.evaluate(() => (changes.length = 0));
  await page.locator("#plain").evaluate((/** @type {any} */ it) => {
    it.redirectUri = "not a page:";
    it.clientName = "Element test, renamed";
    it.redirectUri = "/callback.html?renamed";
    it.setAttribute("client-name", it.clientName);
  });
  await page.waitForFunction(() => changes.length === 2);
  assert.deepEqual(await page.evaluate(() => changes), ["plain loading", "plain signed-out"]);
  const registered = page
    .context()
    .waitForEvent("request", (request) => request.method() === "POST" && request.url().endsWith("/reg"));
  await agree(await popupOf(page, button("plain")));
  const { client_name, redirect_uris } = (await registered).postDataJSON();
  assert.deepEqual([client_name, redirect_uris], ["Element test, renamed", [`${world.url}callback.html?renamed`]]);
  await is("plain", "signed-in");

  await page.locator("#plain").evaluate((/** @type {any} */ it) => (it.redirectUri = null));
  await message("plain").filter({ hasText: /./ }).waitFor();
  const { code } = await page.locator("#plain").evaluate((/** @type {any} */ { error }) => ({ ...error }));
  assert.equal(code, "invalid_option");
  assert.deepEqual(problems, []);
});

test("a sign-in continues when the element is moved within the page", async (t) => {
  const { page, is, button } = await open(t);
  const popup = await popupOf(page, button("plain"));
  await loginField(popup).waitFor();
  await page.evaluate(() => document.querySelector("main").append(document.querySelector("#plain")));
  await agree(popup);
  await is("plain", "signed-in");
});

test("a sign-in ends when the element is removed from the page; put back, it starts again", async (t) => {
  const { page, is, button } = await open(t);
  const popup = await popupOf(page, button("plain"));
  await loginField(popup).waitFor();
  const closed = popup.waitForEvent("close");
  await page.evaluate(() => {
    globalThis.kept = document.querySelector("#plain");
    kept.remove();
  });
  await closed;
  await page.evaluate(() => document.querySelector("main").append(kept));
  await is("plain", "signed-out");
  await agree(await popupOf(page, button("plain")));
  await is("plain", "signed-in");
});

test("another account has another session, and a change of account ends the sign-in in progress", async (t) => {
  const { page, problems, is, button } = await open(t);
  const become = (name) => page.locator("#plain").evaluate((/** @type {any} */ it, name) => (it.account = name), name);
  const account = () => page.locator("#plain").evaluate((/** @type {any} */ { session }) => session?.account);
  await agree(await popupOf(page, button("plain")));
  await is("plain", "signed-in");
  await is("styled", "signed-in");

  await page.evaluate(() => (changes.length = 0));
  await become("work");
  await is("plain", "signed-out");
  assert.deepEqual(await page.evaluate(() => changes), ["plain loading", "plain signed-out"]);
  const popup = await popupOf(page, button("plain"));
  const closed = popup.waitForEvent("close");
  await become("private");
  await closed;
  await is("plain", "signed-out");

  await become("work");
  const reopened = await popupOf(page, button("plain"));
  // Setting the same name again, as frameworks do, changes nothing.
  await become("work");
  await agree(reopened);
  await is("plain", "signed-in");
  assert.equal(await account(), "work");
  await button("plain").click();
  await is("plain", "signed-out");
  await is("styled", "signed-in"); // the unnamed account
  await become(null);
  await is("plain", "signed-in");
  assert.equal(await account(), undefined);
  assert.deepEqual(problems, []);
});
