// mcp-authorize/react with React 19 under StrictMode, and through it mcp-authorize/watch.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { agree, consent, launchBrowser, logIn, openPage, popupOf, startWorld } from "./world.mjs";

let browser;
let world;

before(async () => {
  world = await startWorld({ "/react.js": "react.jsx" });
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await world?.close();
});

/** The page, and a component's parts by its name. */
async function open(t) {
  const { page, problems } = await openPage(t, browser, `${world.url}react.html`);
  const account = (name) => {
    const section = page.getByRole("region", { name });
    return {
      shows: (status) => section.getByRole("status").filter({ hasText: new RegExp(`^${status}$`) }).waitFor(),
      text: (selector) => section.locator(selector).innerText(),
      button: (label) => section.getByRole("button", { name: label }),
      has: (selector, text) => section.locator(selector).filter({ hasText: text }).waitFor(),
    };
  };
  const [first, second] = [account("first"), account("second")];
  await first.shows("signed-out");
  await second.shows("signed-out");
  return { page, problems, first, second };
}

async function signIn(page, component) {
  await agree(await popupOf(page, component.button("Sign in")));
  await component.shows("signed-in");
}

test("a click signs in: one authorizer, one popup, and all components show it", async (t) => {
  const { page, problems, first, second } = await open(t);
  const popups = [];
  page.context().on("page", (popup) => popups.push(popup));

  const popup = await popupOf(page, first.button("Sign in"));
  await first.shows("signing-in");
  await logIn(popup);
  await consent(popup);
  await first.shows("signed-in");
  await second.shows("signed-in");
  assert.deepEqual([await page.evaluate("created"), popups.length], [1, 1]);

  await first.button("Call").click();
  await first.has(".answer", "40 + 2 = 42");
  const seen = await page.evaluate(() => seen.first.filter((status, at, all) => status !== all[at - 1]));
  assert.deepEqual(seen, ["loading", "signed-out", "signing-in", "signed-in"]);
  assert.deepEqual(problems, []);
});

test("a session from an earlier visit comes back without a click", async (t) => {
  const { page, first, second } = await open(t);
  await signIn(page, first);
  await page.reload();
  await first.shows("signed-in");
  await second.shows("signed-in");
});

test("one component signs out, and in another tab everybody knows", async (t) => {
  const { page, first, second } = await open(t);
  await signIn(page, second);
  await first.shows("signed-in");
  const other = await page.context().newPage();
  await other.goto(page.url());
  const there = other.getByRole("region", { name: "first" });
  await there.getByRole("status").filter({ hasText: "signed-in" }).waitFor();

  await first.button("Sign out").click();
  for (const component of [first, second]) await component.shows("signed-out");
  await there.getByRole("status").filter({ hasText: "signed-out" }).waitFor();

  await signIn(page, first);
  await there.getByRole("status").filter({ hasText: "signed-in" }).waitFor();
});

test("what goes wrong is an error to show, until the next attempt", async (t) => {
  const { page, problems, first } = await open(t);
  const popup = await popupOf(page, first.button("Sign in"));
  await logIn(popup);
  await popup.getByRole("button", { name: "Continue" }).waitFor();
  // The user reads: a popup that is gone as soon as its page is there may as well have been cut off.
  await popup.evaluate(() => new Promise((done) => setTimeout(done, 1500)));
  await popup.close();
  await first.shows("signed-out");
  assert.equal(await first.text(".error"), "popup_closed");

  await signIn(page, first);
  assert.equal(await first.text(".error"), "");
  assert.deepEqual(problems, []); // no rejection that nobody handles
});

test("stepping up asks for more, keeps what there is, and all components show it", async (t) => {
  const { page, first, second } = await open(t);
  await signIn(page, first);
  const before = (await first.text(".scopes")).split(" ");
  assert.ok(!before.includes("mcp:write"), before.join());
  await agree(await popupOf(page, first.button("Step up")));
  await first.has(".scopes", "mcp:write");
  assert.deepEqual((await first.text(".scopes")).split(" ").sort(), [...before, "mcp:write"].sort());
  await second.has(".scopes", "mcp:write");
});

test("a component that goes takes its sign-in along, and leaves the others' alone", async (t) => {
  const { page, problems, first, second } = await open(t);
  const popup = await popupOf(page, first.button("Sign in"));
  await popup.getByPlaceholder("Enter any login").waitFor();
  const closed = popup.waitForEvent("close");
  await page.getByRole("button", { name: "Leave" }).click();
  await closed;
  await second.shows("signed-out");
  await signIn(page, second);
  assert.deepEqual(problems, []);
});

test("with another server's URL the last one's session is not shown", async (t) => {
  const { page, first, second } = await open(t);
  await signIn(page, first);
  await second.shows("signed-in");
  await page.evaluate(() => (seen.first = []));
  await page.getByRole("button", { name: "Other server" }).click();
  await first.shows("signed-out");
  await second.shows("signed-in");
  assert.deepEqual(await page.evaluate(() => [...new Set(seen.first)]), ["loading", "signed-out"]);
});
