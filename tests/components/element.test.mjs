// mcp-authorize/element: <mcp-sign-in> in a page with the demo's Content-Security-Policy, without a bundler.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { agree, launchBrowser, openPage, popupOf, startWorld } from "./world.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
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
  await page.evaluate(axe);
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
  await cancelled.getByPlaceholder("Enter any login").waitFor();
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
  assert.equal(await page.evaluate(() => document.querySelector("#plain").session.server), world.mcpUrl);
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

test("in dark and in light, axe-core finds nothing", async (t) => {
  const { page } = await open(t);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await violations(page), []);
  }
});

test("what goes wrong is said beside the button, and a server's URL that came later is taken", async (t) => {
  const { page, is, button, message } = await open(t);
  assert.match(await message("broken").innerText(), /./);
  assert.equal(await page.evaluate(() => document.querySelector("#broken").error.code), "insecure_url");
  await page.evaluate((url) => (document.querySelector("#broken").server = url), world.mcpUrl);
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

test("taken out of the page it ends its sign-in, and put back it starts again", async (t) => {
  const { page, is, button } = await open(t);
  const popup = await popupOf(page, button("plain"));
  await popup.getByPlaceholder("Enter any login").waitFor();
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
