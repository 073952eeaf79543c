// How the page looks, light and dark, wide and narrow: pictures for people in out/screenshots, and what can be
// measured.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { looksRight } from "./appearance.mjs";
import {
  allowButton,
  callTool,
  consent,
  launchBrowser,
  logIn,
  loginField,
  openPage,
  popupOf,
  sendTool,
  startDemo,
} from "./browser.mjs";

const root = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const folder = root("out/screenshots/");

let browser, demo;
before(async () => {
  await mkdir(folder, { recursive: true });
  browser = await launchBrowser();
  demo = await startDemo();
});
after(async () => {
  await browser.close();
  await demo.close();
});

for (const colorScheme of ["light", "dark"]) {
  for (const [name, width, height] of [
    ["wider", 1440, 900],
    ["wide", 1280, 900],
    ["narrow", 360, 740],
  ]) {
    test(`${colorScheme}, ${name}`, async (t) => {
      const context = await browser.newContext({ colorScheme, reducedMotion: "reduce", viewport: { width, height } });
      t.after(() => context.close());
      const page = await openPage(context, demo);
      const look = async (state) => {
        await page.evaluate(() => scrollTo(0, 0));
        await page.screenshot({ path: `${folder}${state}-${colorScheme}-${name}.png`, fullPage: true });
        await looksRight(page, state);
      };

      await look("before");
      const [start, diagnose] = await Promise.all(
        ["Sign in", "Diagnose"].map((name) => page.getByRole("button", { name, exact: true }).boundingBox()),
      );
      assert.equal(diagnose.y, start.y, "both buttons are in one line");
      assert.deepEqual(await primary(page), ["Sign in"]);
      await page.getByText("Switches", { exact: true }).click();
      await look("signed-out");
      await page.getByText("Switches", { exact: true }).click();

      const popup = await popupOf(page);
      await logIn(popup, "alice");
      await allowButton(popup).waitFor();
      await look("signing-in");

      await consent(popup);
      await page.getByRole("heading", { name: "Tools" }).waitFor();
      assert.deepEqual(await primary(page), ["Call"]);
      await callTool(page, "add", { a: 2, b: 40 });
      const messages = await page.locator("#steps summary").all();
      for (const message of messages) await message.click();
      await look("signed-in");

      for (const message of messages) await message.click();
      await sendTool(page, "write_note", { note: "Water the plants" });
      await page.getByRole("button", { name: "Grant access" }).waitFor();
      await look("step-up");
    });
  }
}

/** The buttons that stand out. */
const primary = (page) => page.locator("button.primary:visible").allInnerTexts();

test("in forced colours the button to press next stands out, and the lifelines are there", async (t) => {
  const context = await browser.newContext({ forcedColors: "active", reducedMotion: "reduce" });
  t.after(() => context.close());
  const page = await openPage(context, demo);
  const borderOf = (name) =>
    page
      .getByRole("button", { name, exact: true })
      .evaluate((button) => Number.parseFloat(getComputedStyle(button).borderTopWidth));
  assert.ok((await borderOf("Sign in")) > (await borderOf("Diagnose")));
  const lines = await page.locator(".lifelines").evaluate((list) => getComputedStyle(list).backgroundImage);
  assert.match(lines, /linear-gradient/);
  const popup = await popupOf(page);
  await loginField(popup).waitFor();
  const [go, no] = await popup
    .locator("button")
    .evaluateAll((buttons) => buttons.map((it) => getComputedStyle(it).borderTopWidth));
  assert.notEqual(go, no);
});
