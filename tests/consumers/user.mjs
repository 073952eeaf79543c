// The user of a consumer's page.

import { consent, logIn, popupOf } from "../e2e/browser.mjs";
import { PATIENCE } from "../patience.mjs";

const ANSWER = "40 + 2 = 42";

/**
 * Signs in by popup, checks the MCP server's answer, and checks that the session survives a reload.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {string} url of the page
 * @param {string} [answer] what the page shows after the sign-in
 */
export async function useInBrowser(browser, url, answer = ANSWER) {
  const context = await browser.newContext();
  const problems = [];
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    page.on("pageerror", ({ message }) => problems.push(message));
    page.on("console", (message) => {
      if (message.type() === "error" && !isExpected(message)) problems.push(message.text());
    });
    await page.goto(url);
    try {
      const popup = await popupOf(page);
      await logIn(popup);
      await consent(popup);
      await says(page, `Signed in: ${answer}`);
      await page.reload();
      await says(page, `Restored: ${answer}`);
    } catch (error) {
      throw new Error([error.message, await page.locator("body").innerText(), ...problems].join("\n"), {
        cause: error,
      });
    }
    if (problems.length > 0) throw new Error(problems.join("\n"));
    // After the check for problems, because the browser logs the requests of a diagnosis that servers reject.
    const findings = await page.evaluate(() => globalThis.diagnose?.().then(({ findings }) => findings.length));
    if (findings === 0) throw new Error("The diagnosis has no findings.");
    await declinesUrl(page);
  } finally {
    await context.close();
  }
}

/** If the app can ask the user to open a URL, declines it. */
async function declinesUrl(page) {
  if (!(await page.evaluate(() => Boolean(globalThis.openUrl)))) return;
  await page.evaluate(() => void (globalThis.declined = globalThis.openUrl()));
  await page.getByRole("dialog").getByRole("button", { name: "Decline" }).click();
  const outcome = await page.evaluate(() => globalThis.declined);
  if (outcome !== "declined") throw new Error(`Declining a URL returned ${outcome}.`);
}

/**
 * Opens a page that must fail, and checks the error that it shows.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {string} url of the page
 * @param {string} refusal the error
 */
export async function isRefusedInBrowser(browser, url, refusal) {
  const page = await browser.newPage();
  try {
    await page.goto(url);
    await says(page, refusal);
  } finally {
    await page.close();
  }
}

/**
 * The browser logs a missing icon and each 401 and 405. They are expected: the challenge, and no event stream to GET.
 */
const isExpected = (message) => /favicon/.test(message.location().url) || /status of 40[15]/.test(message.text());

const says = (page, text) => page.getByRole("status").filter({ hasText: text }).waitFor();

/** Whether a program's output is complete. */
export const isAnswer = (output) => /Signed in: 40 \+ 2 = 42, [1-9]\d* findings, [1-9]\d* scopes by steps/.test(output);
