// How the page looks in every state, colour scheme and width. Screenshots for people are in out/screenshots.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { LOOKS, lookAt } from "./appearance.mjs";
import {
  allowButton,
  callTool,
  consent,
  errorIn,
  launchBrowser,
  logIn,
  loginField,
  openPage,
  popupOf,
  sendTool,
  startDemo,
  textIn,
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

for (const { look, options } of LOOKS) {
  test(`${look}: the page passes all checks from the first visit to the sign-out`, async (t) => {
    const context = await browser.newContext(options);
    t.after(() => context.close());
    const page = await openPage(context, demo);

    await page.locator("#start:enabled").waitFor();
    await lookAt(page, "first-visit", look);
    const [start, diagnose] = await Promise.all(
      ["Sign in", "Diagnose"].map((name) => page.getByRole("button", { name, exact: true }).boundingBox()),
    );
    assert.equal(diagnose.y, start.y, "the buttons are not in one line");
    assert.deepEqual(await primary(page), ["Sign in"]);
    await page.getByText("Switches", { exact: true }).click();
    await lookAt(page, "switches", look);
    await page.getByText("Switches", { exact: true }).click();

    const popup = await popupOf(page);
    await logIn(popup, "alice");
    await allowButton(popup).waitFor();
    await lookAt(page, "signing-in", look);

    await consent(popup);
    await page.getByRole("heading", { name: "Tools" }).waitFor();
    assert.deepEqual(await primary(page), ["Call"]);
    await lookAt(page, "signed-in", look);
    await callTool(page, "add", { a: 2, b: 40 });
    const messages = await page.locator("#steps summary").all();
    for (const message of messages) await message.click();
    assert.deepEqual(await primary(page), ["Call"], "of several open tools, the last one");
    await lookAt(page, "tool-called", look);

    for (const message of messages) await message.click();
    await sendTool(page, "write_note", { note: "Water the plants" });
    await page.getByRole("button", { name: "Grant access" }).waitFor();
    assert.deepEqual(await primary(page), ["Grant access"]);
    await lookAt(page, "step-up", look);

    await page.getByRole("button", { name: "Sign out" }).click();
    await textIn(page, "#status", "Signed out.");
    await lookAt(page, "signed-out", look);
  });

  test(`${look}: an error passes all checks`, async (t) => {
    const context = await browser.newContext(options);
    t.after(() => context.close());
    const page = await openPage(context, demo);
    await page.getByLabel("MCP server URL").fill(`${demo.issuer}/no/mcp/server`);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    assert.ok((await errorIn(page)).code);
    await lookAt(page, "error", look);
  });

  test(`${look}: a sign-in by redirect passes all checks while waiting, abandoned and finished`, async (t) => {
    const context = await browser.newContext(options);
    t.after(() => context.close());
    const page = await openPage(context, demo);
    await page.getByText("Switches", { exact: true }).click();
    await page.getByLabel("Where the sign-in page opens").selectOption("redirect");
    const button = page.getByRole("button", { name: "Sign in", exact: true });

    // With a 204 response, the browser stays on the page.
    const isSignInPage = (url) => url.href.startsWith(`${demo.issuer}/auth?`);
    await page.route(isSignInPage, (route) => route.fulfill({ status: 204 }));
    await button.click();
    await textIn(page, "#steps", "waiting for you");
    await textIn(page, "#status", "Continue on the sign-in page.");
    await lookAt(page, "redirect-waiting", look);
    await page.unroute(isSignInPage);

    await page.reload();
    await textIn(page, "#status", "The sign-in was not finished.");
    await lookAt(page, "redirect-abandoned", look);

    await page.locator("#start:enabled").click();
    await logIn(page, "alice");
    await allowButton(page).click();
    await page.getByRole("heading", { name: "Tools" }).waitFor();
    await lookAt(page, "redirect-returned", look);
  });
}

/** The labels of the highlighted buttons. */
const primary = (page) => page.locator("button.primary:visible").allInnerTexts();

test("in forced colours, the next button to press stands out and the lifelines are visible", async (t) => {
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
