// The browser and the demo that every test here starts from, and what a user does with them.

import { chromiumArguments, findChromium } from "../../scripts/toolchain/browser.mjs";
import { start } from "../../www/serve.mjs";
import { PATIENCE } from "../patience.mjs";

/**
 * Playwright lets every popup open; a user's browser blocks those that come without a click.
 *
 * @param {object} [options]
 * @param {boolean} [options.keepsPages] whether pages are kept for the back button (bfcache), as a user's browser does
 */
export async function launchBrowser({ keepsPages = false } = {}) {
  const { chromium } = await import("playwright-core"); // Not before it is needed: `--help` works without it.
  return chromium.launch({
    executablePath: findChromium(),
    args: chromiumArguments,
    ignoreDefaultArgs: ["--disable-popup-blocking", ...(keepsPages ? ["--disable-back-forward-cache"] : [])],
  });
}

// oidc-provider warns that this is a set-up for development, which a test is.
for (const level of ["info", "warn"]) {
  const print = console[level];
  console[level] = (text, ...more) => String(text).includes("oidc-provider ") || print(text, ...more);
}

export const startDemo = start;

/** A demo and a fresh browser profile, for one test. */
export async function freshDemo(t, browser, options) {
  const demo = await startDemo(options);
  const context = await browser.newContext();
  t.after(async () => {
    await context.close();
    await demo.close();
  });
  return { demo, context };
}

/** A page that is ready for a click. */
export async function openPage(context, demo) {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  await page.goto(demo.pageUrl);
  await page.locator("#start:enabled").waitFor();
  return page;
}

/** Waits until a test page's script has run: it leaves `app`. */
export const ready = (tab) => tab.waitForFunction(() => globalThis.app !== undefined);

/** Clicks and gets the popup that this opens. */
export async function popupOf(page, button = page.getByRole("button", { name: "Sign in", exact: true })) {
  const [popup] = await Promise.all([page.waitForEvent("popup"), button.click()]);
  return popup;
}

// The pages of the demo's authorization server (www/servers/sign-in-pages.mjs). What they say stands here alone.

export const loginField = (popup) => popup.getByLabel("User name");
export const allowButton = (popup) => popup.getByRole("button", { name: "Allow", exact: true });

/** Sends the login form. */
export async function logIn(popup, name = "alice") {
  await loginField(popup).fill(name);
  await popup.getByLabel("Password").fill("any");
  await popup.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Agrees in the consent form; the popup closes itself. */
export async function consent(popup) {
  const closed = popup.waitForEvent("close");
  await allowButton(popup).click();
  await closed;
}

/** Cancels in the login or the consent form. */
export const decline = (popup) => popup.getByRole("button", { name: "Cancel", exact: true }).click();

/** Login, consent, and the tools are there. */
export async function signIn(page, name) {
  const popup = await popupOf(page);
  await logIn(popup, name);
  await consent(popup);
  await page.getByRole("heading", { name: "Tools" }).waitFor();
}

/** Opens a tool's form, fills it in and sends it. */
export async function sendTool(page, tool, input = {}) {
  const details = page.locator("#tool-list details").filter({ has: page.getByText(tool, { exact: true }) });
  if (!(await details.evaluate((element) => element.open))) await details.locator("summary").click();
  for (const [name, value] of Object.entries(input)) await page.locator(`#input-${tool}-${name}`).fill(String(value));
  await details.getByRole("button", { name: "Call" }).click();
}

/** Calls a tool and reads the answer. */
export async function callTool(page, tool, input) {
  await sendTool(page, tool, input);
  return page.locator(`#answer-${tool} pre`).innerText();
}

/**
 * What the error box says: `{ message, code, step, … }`.
 *
 * @returns {Promise<Record<string, string>>}
 */
export async function errorIn(page) {
  const box = page.getByRole("alert");
  const message = await box.locator(".message").innerText();
  const rows = box.locator("dl > div");
  const facts = await rows.evaluateAll((all) => all.map(({ children }) => [...children].map((it) => it.textContent)));
  return { message, text: await box.innerText(), ...Object.fromEntries(facts) };
}

/** Waits until an element has a text. */
export const textIn = (page, selector, text) => page.locator(selector).filter({ hasText: text }).waitFor();

/** Another authorizer in the page, with options of its own; `finish` tells what became of its sign-in. */
export async function ownAuthorizer(page, options, server) {
  await page.evaluate(async (options) => {
    const { McpAuthorizer } = await import("mcp-authorize");
    globalThis.own = await McpAuthorizer.create({ clientName: "test", redirectUri: "/callback.html", ...options });
  }, options);
  const popup = page.waitForEvent("popup");
  await page.evaluate((server) => {
    globalThis.signingIn = own.signIn(server).then(
      (session) => (globalThis.session = session),
      ({ code, step }) => ({ code, step }),
    );
  }, server);
  return {
    popup: await popup,
    finish: () => page.evaluate(async () => (({ code, step }) => ({ code, step }))(await signingIn)),
  };
}
