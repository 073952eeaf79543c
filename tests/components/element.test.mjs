// mcp-authorize/element: <mcp-sign-in> in a page with the demo's Content-Security-Policy, without a bundler.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { agree, launchBrowser, loginField, openPage, popupOf, startWorld } from "./world.mjs";

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

/** What axe-core finds against WCAG 2.2 A and AA and its own best practices, in the shadow trees as well. */
async function violations(page) {
  // By the debugger, which no Content-Security-Policy stops.
  await page.evaluate(source);
  const { violations } = await page.evaluate(() => axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

test("by keyboard: in, cancelled, in again and out, with the focus on the one button", async (t) => {
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
  assert.equal(await message("plain").innerText(), ""); // they wanted it so

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

test("its words come by slots, its looks by custom properties and parts", async (t) => {
  const { page, button } = await open(t);
  const { background, color, transform } = await button("styled").evaluate((element) => {
    const { backgroundColor, color, textTransform } = getComputedStyle(element);
    return { background: backgroundColor, color, transform: textTransform };
  });
  assert.deepEqual([background, color, transform], ["rgb(0, 60, 120)", "rgb(255, 255, 255)", "uppercase"]);
  assert.equal(await page.getByRole("button", { name: "Connect Notes" }).count(), 1);
});

test("each of its texts has a slot, on the buttons and beside them", async (t) => {
  await world.cutOff(t);
  const { page, problems, is, button, message } = await open(t);
  await page.locator("#plain").evaluate((element) => {
    const all = ["sign-in", "cancel", "sign-out", "again"];
    const beside = ["loading", "signed-out", "signing-in", "waiting", "signed-in", "error"];
    const span = (slot) => Object.assign(document.createElement("span"), { slot, textContent: `own ${slot}` });
    element.append(...[...all, ...beside].map(span));
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

test("a popup that its page has cut off, and that was closed then: by keyboard opened again, or cancelled", async (t) => {
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
  // The button that had the focus is gone; the one that is left has it.
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

test("in dark and in light, axe-core finds nothing", async (t) => {
  const { page } = await open(t);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await violations(page), []);
  }
});

test("what goes wrong is said beside the button, and a server's URL that came later is taken", async (t) => {
  const { page, is, button, message } = await open(t);
  const { code, userMessage } = await page
    .locator("#broken")
    .evaluate((/** @type {any} */ { error }) => ({ ...error }));
  assert.equal(code, "insecure_url");
  // In the user's own words: `message` and `remedy` are for developers.
  assert.equal(await message("broken").innerText(), userMessage);
  await page.locator("#broken").evaluate((/** @type {any} */ element, url) => (element.server = url), world.mcpUrl);
  await agree(await popupOf(page, button("broken")));
  await is("broken", "signed-in");
  assert.equal(await message("broken").innerText(), "");
});

test("an authorizer of the app's own is used, though it was set before the element was known", async (t) => {
  const { page, is, button } = await open(t);
  await agree(await popupOf(page, button("own")));
  await is("own", "signed-in");
  await is("plain", "signed-out"); // the own one keeps its sessions in memory
  const last = await page.evaluate(() => changes.filter((change) => change.startsWith("own")).at(-1));
  assert.equal(last, "own signed-in");
});

test("each attribute may change: the name and the redirect URI make another authorizer, several at once one", async (t) => {
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

test("moved within the page it goes on", async (t) => {
  const { page, is, button } = await open(t);
  const popup = await popupOf(page, button("plain"));
  await loginField(popup).waitFor();
  await page.evaluate(() => document.querySelector("main").append(document.querySelector("#plain")));
  await agree(popup);
  await is("plain", "signed-in");
});

test("taken out of the page it ends its sign-in, and put back it starts again", async (t) => {
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

test("with another account it is another session, and what goes on at the one before ends", async (t) => {
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
  const asked = await popupOf(page, button("plain"));
  // The same name once more, as frameworks set it, changes nothing.
  await become("work");
  await agree(asked);
  await is("plain", "signed-in");
  assert.equal(await account(), "work");
  await button("plain").click();
  await is("plain", "signed-out");
  await is("styled", "signed-in"); // the account without a name
  await become(null);
  await is("plain", "signed-in");
  assert.equal(await account(), undefined);
  assert.deepEqual(problems, []);
});
