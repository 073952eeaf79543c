// The whole demo by keyboard only.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PATIENCE } from "../patience.mjs";
import { freshDemo, launchBrowser, openPage } from "./browser.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

/** The text or label of the focused element. */
const focused = (page) =>
  page.evaluate(() => {
    const element = /** @type {any} */ (document.activeElement);
    return (element.labels?.[0] ?? element).textContent.replace(/\s+/g, " ").trim().slice(0, 60);
  });

/** Presses Tab until an element has the focus. Returns all elements that had it. */
async function tabTo(page, name) {
  const passed = [];
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press("Tab");
    passed.push(await focused(page));
    if (passed.at(-1) === name) return passed;
  }
  assert.fail(`Tab never reaches ${name}, only ${passed.join(", ")}`);
}

/** Presses Enter, and returns the popup once its page is ready. */
async function popupByEnter(page, ready) {
  const [popup] = await Promise.all([page.waitForEvent("popup"), page.keyboard.press("Enter")]);
  popup.setDefaultTimeout(PATIENCE);
  await popup.getByRole("heading", { name: ready }).waitFor();
  return popup;
}

async function allow(popup) {
  const closed = popup.waitForEvent("close");
  await popup.getByRole("heading", { name: "Allow access?" }).waitFor();
  assert.deepEqual(await tabTo(popup, "Allow"), ["Allow"]);
  await popup.keyboard.press("Enter").catch(() => {}); // This closes the popup.
  await closed;
}

test("signs in, calls a tool, grants a scope and signs out", async (t) => {
  const { demo, context } = await freshDemo(t, browser);
  const page = await openPage(context, demo);

  assert.deepEqual(await tabTo(page, "Switches"), ["MCP server URL", "Sign in", "Diagnose", "Switches"]);
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  const popup = await popupByEnter(page, "Sign in");
  assert.equal(await focused(page), "Cancel", "the button's replacement has no focus");
  assert.equal(await focused(popup), "User name");
  await popup.keyboard.type("alice");
  assert.deepEqual(await tabTo(popup, "Password"), ["Password"]);
  await popup.keyboard.type("any");
  await popup.keyboard.press("Enter");
  await allow(popup);

  await page.getByRole("heading", { name: "Tools" }).waitFor();
  await page.bringToFront();
  assert.equal(await focused(page), "Sign in");
  const passed = await tabTo(page, "Call");
  assert.ok(passed.includes("Refresh now") && passed.includes("Sign out"), passed.join(", "));
  await page.keyboard.press("Enter");
  await page.locator("#answer-whoami pre").waitFor();
  assert.equal(await focused(page), "Call", "the focus moved");

  await tabTo(page, "Write a note write_note");
  await page.keyboard.press("Enter");
  await tabTo(page, "note What to remember");
  await page.keyboard.type("Water the plants");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Grant access" }).waitFor();
  assert.deepEqual(await tabTo(page, "Grant access"), ["Call", "Grant access"]);
  await allow(await popupByEnter(page, "Allow access?"));
  await page.locator("#answer-write_note pre").waitFor();
  await page.bringToFront();
  await page.waitForFunction(() => document.activeElement.id === "call-write_note");

  for (let presses = 0; (await focused(page)) !== "Sign out"; presses += 1) {
    assert.ok(presses < 40, "Shift+Tab never reaches Sign out");
    await page.keyboard.press("Shift+Tab");
  }
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Session" }).waitFor({ state: "hidden" });
  assert.equal(await focused(page), "Sign in", "the focus did not move to the next action");
});
