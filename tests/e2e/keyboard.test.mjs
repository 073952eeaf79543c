// The whole way through the demo with the keyboard alone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PATIENCE } from "../patience.mjs";
import { freshDemo, launchBrowser, openPage } from "./browser.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

/** What has the focus, as its text or its label. */
const focused = (page) =>
  page.evaluate(() => {
    const element = /** @type {any} */ (document.activeElement);
    return (element.labels?.[0] ?? element).textContent.replace(/\s+/g, " ").trim().slice(0, 60);
  });

/** Tab until something has the focus; all that had it in between. */
async function tabTo(page, name) {
  const passed = [];
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press("Tab");
    passed.push(await focused(page));
    if (passed.at(-1) === name) return passed;
  }
  assert.fail(`Tab never comes to ${name}, but to ${passed.join(", ")}`);
}

/** Enter, and the popup that it opens, when it can be typed into. */
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
  await popup.keyboard.press("Enter").catch(() => {}); // It closes by that.
  await closed;
}

test("signs in, calls a tool, grants a scope and signs out", async (t) => {
  const { demo, context } = await freshDemo(t, browser);
  const page = await openPage(context, demo);

  assert.deepEqual(await tabTo(page, "Switches"), ["MCP server URL", "Sign in", "Diagnose", "Switches"]);
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  const popup = await popupByEnter(page, "Sign in");
  assert.equal(await focused(page), "Cancel", "what takes the button's place has its focus");
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
  assert.equal(await focused(page), "Call", "the focus stays");

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
    assert.ok(presses < 40, "Shift+Tab never comes to Sign out");
    await page.keyboard.press("Shift+Tab");
  }
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Session" }).waitFor({ state: "hidden" });
  assert.equal(await focused(page), "Sign in", "what was focused is gone, and the next thing to do is this");
});
