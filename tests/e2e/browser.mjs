// The browser, the demo, and the user's actions, shared by all tests here.

import { chromiumArguments, findChromium } from "../../scripts/toolchain/browser.mjs";
import { start } from "../../www/serve.mjs";
import { PATIENCE } from "../patience.mjs";

/**
 * Blocks popups that open without a click, like a user's browser. Playwright would allow them.
 *
 * @param {object} [options]
 * @param {boolean} [options.keepsPages] whether to keep pages for the back button (bfcache), like a user's browser
 */
export async function launchBrowser({ keepsPages = false } = {}) {
  const { chromium } = await import("playwright-core"); // Imported only when needed, because `--help` must work without it.
  return chromium.launch({
    executablePath: findChromium(),
    args: chromiumArguments,
    ignoreDefaultArgs: ["--disable-popup-blocking", ...(keepsPages ? ["--disable-back-forward-cache"] : [])],
  });
}

// Hides oidc-provider's warning that this set-up is for development only.
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

/** Waits until a test page's script has run and set `app`. */
export const ready = (tab) => tab.waitForFunction(() => globalThis.app !== undefined);

/** Clicks, and returns the popup that opens. */
export async function popupOf(page, button = page.getByRole("button", { name: "Sign in", exact: true })) {
  const [popup] = await Promise.all([page.waitForEvent("popup"), button.click()]);
  return popup;
}

// The pages of the demo's authorization server (www/servers/sign-in-pages.mjs). Only this file knows their texts.

export const loginField = (popup) => popup.getByLabel("User name");
export const allowButton = (popup) => popup.getByRole("button", { name: "Allow", exact: true });

/** Fills in and submits the login form. */
export async function logIn(popup, name = "alice") {
  await loginField(popup).fill(name);
  await popup.getByLabel("Password").fill("any");
  await popup.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Allows access in the consent form, and waits until the popup has closed itself. */
export async function consent(popup) {
  const closed = popup.waitForEvent("close");
  await allowButton(popup).click();
  await closed;
}

/** Cancels in the login or the consent form. */
export const decline = (popup) => popup.getByRole("button", { name: "Cancel", exact: true }).click();

/** Logs in, consents, and waits for the tools. */
export async function signIn(page, name) {
  const popup = await popupOf(page);
  await logIn(popup, name);
  await consent(popup);
  await page.getByRole("heading", { name: "Tools" }).waitFor();
}

/** Opens a tool's form, fills it in and submits it. */
export async function sendTool(page, tool, input = {}) {
  const details = page.locator("#tool-list details").filter({ has: page.getByText(tool, { exact: true }) });
  if (!(await details.evaluate((element) => element.open))) await details.locator("summary").click();
  for (const [name, value] of Object.entries(input)) await page.locator(`#input-${tool}-${name}`).fill(String(value));
  await details.getByRole("button", { name: "Call" }).click();
}

/** Calls a tool and reads the result. */
export async function callTool(page, tool, input) {
  await sendTool(page, tool, input);
  return page.locator(`#answer-${tool} pre`).innerText();
}

/**
 * The contents of the error box: `{ message, code, step, … }`.
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

/** Starts a sign-in with another authorizer in the page. `finish` waits for its result. */
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
