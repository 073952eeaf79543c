// A list of servers and accounts in each framework: four servers, two accounts at one of them, two tabs.

import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { agree, launchBrowser, loginField, openPage, popupOf, startWorld } from "./world.mjs";
import { PATIENCE } from "../patience.mjs";

const FRAMEWORKS = { react: "servers-react.jsx", vue: "servers-vue.js", svelte: "servers-svelte.js" };
let browser;
let world;

before(async () => {
  const scripts = Object.entries(FRAMEWORKS).map(([framework, file]) => [`/${framework}.js`, `page/${file}`]);
  world = await startWorld(Object.fromEntries(scripts), 4);
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await world?.close();
});

for (const framework of Object.keys(FRAMEWORKS)) suite(framework, () => tests(`${framework}.html`));

// The rest is decided by mcp-authorize/watch, which all frameworks share.
suite("the watch, in React", () => watchTests("react.html"));

/** A server's row, named by the server's number and the account. */
const row = (page, name) => page.getByRole("region", { name, exact: true });
const press = (page, name, label) => row(page, name).getByRole("button", { name: label, exact: true });

async function add(page, server, account = "") {
  await page.getByLabel("URL").fill(server);
  await page.getByLabel("Account").fill(account);
  await page.getByRole("button", { name: "Add" }).click();
}

async function signIn(page, name, user) {
  await agree(await popupOf(page, press(page, name, "Sign in")), user);
}

/** The rows that a page shows: `{ name: "status user" }`. */
const shown = (page) =>
  page.evaluate(() => {
    const rows = Array.from(document.querySelectorAll("section"), (row) => [
      row.getAttribute("aria-label"),
      row.querySelector("[role=status]").textContent,
    ]);
    return Object.fromEntries(rows);
  });

/** Waits until the page shows these rows. */
async function shows(page, expected) {
  for (const end = performance.now() + PATIENCE; performance.now() < end;) {
    if (isDeepStrictEqual(await shown(page), expected)) return;
    await new Promise((done) => setTimeout(done, 20));
  }
  assert.deepEqual(await shown(page), expected);
}

function tests(path) {
  const open = (t) => openPage(t, browser, world.url + path);

  test("shows who is signed in where, with four servers, two accounts at one of them, two tabs, a reload and a sign-out", async (t) => {
    const { page: one, problems } = await open(t);
    const two = await one.context().newPage();
    await two.goto(one.url());
    // The app's default list.
    const rows = new Map([one, two].map((page) => [page, { 0: "signed-out", 1: "signed-out" }]));
    const bothShow = async (more = {}) => {
      for (const [page, expected] of rows) await shows(page, Object.assign(expected, more));
    };
    await bothShow();

    // A server that the user adds is only on this page's list until they sign in.
    for (const server of world.mcpUrls.slice(2)) await add(one, server);
    await add(one, world.mcpUrls[0], "work");
    Object.assign(rows.get(one), { 2: "signed-out", 3: "signed-out", "0 work": "signed-out" });
    await bothShow();

    const users = { 0: "alice", 1: "bob", 2: "carol", 3: "dave", "0 work": "erin" };
    for (const [name, user] of Object.entries(users)) {
      await signIn(name === "1" ? two : one, name, user);
      await bothShow({ [name]: `signed-in ${user}` });
    }

    await one.reload();
    await bothShow();
    // This tab has no stored list, so it shows the stored sessions.
    const three = await one.context().newPage();
    await three.goto(one.url());
    await shows(three, rows.get(one));
    await three.close();

    await press(two, "0 work", "Sign out").click();
    await bothShow({ "0 work": "signed-out" });
    await one.reload();
    await bothShow();
    assert.deepEqual(problems, []);
  });

  test("a removed server is signed out in all tabs, and stays removed after a reload", async (t) => {
    const { page, problems } = await open(t);
    await add(page, world.mcpUrls[2], "work");
    await signIn(page, "2 work", "alice");
    const rest = { 0: "signed-out", 1: "signed-out" };
    await shows(page, { ...rest, "2 work": "signed-in alice" });
    const other = await page.context().newPage();
    await other.goto(page.url());
    await shows(other, { ...rest, "2 work": "signed-in alice" });

    await press(page, "2 work", "Remove").click();
    await shows(page, rest);
    await shows(other, { ...rest, "2 work": "signed-out" });
    await page.reload();
    await shows(page, rest);
    // A server that was never signed in can be removed, too.
    await press(page, "1", "Remove").click();
    await shows(page, { 0: "signed-out" });
    assert.deepEqual(problems, []);
  });

  test("each row has its own state while two sign-ins run and one popup is lost", async (t) => {
    await world.cutOff(t);
    const { page, problems } = await open(t);
    await popupOf(page, press(page, "0", "Sign in"));
    await shows(page, { 0: "signing-in waiting", 1: "signed-out" });
    await signIn(page, "1", "alice");
    await shows(page, { 0: "signing-in waiting", 1: "signed-in alice" });
    await press(page, "0", "Cancel").click();
    await shows(page, { 0: "signed-out", 1: "signed-in alice" });
    assert.deepEqual(problems, []);
  });
}

function watchTests(path) {
  const open = (t, query = "") => openPage(t, browser, world.url + path + query);

  test("a second sign-in to the same account replaces the first, but one to another account does not", async (t) => {
    const { page, problems } = await open(t);
    const first = await popupOf(page, press(page, "0", "Sign in"));
    await loginField(first).waitFor();
    const closed = first.waitForEvent("close");
    const second = await popupOf(page, press(page, "0", "Sign in"));
    await closed;
    await loginField(second).waitFor();
    await press(page, "1", "Sign in").click();
    await row(page, "1").locator(".error").filter({ hasText: "popup_open" }).waitFor();
    await agree(second, "alice");
    await shows(page, { 0: "signed-in alice", 1: "signed-out" });
    assert.equal(await row(page, "0").locator(".error").innerText(), "");
    assert.deepEqual(problems, []);
  });

  test("if the authorizer can't be created, the list shows the error until the user tries again", async (t) => {
    const { page, problems } = await open(t);
    await signIn(page, "0", "alice");
    await shows(page, { 0: "signed-in alice", 1: "signed-out" });
    const again = await page.context().newPage();
    await again.goto(`${page.url()}?fails-once`);
    const error = again.locator(".list-error");
    await error.filter({ hasText: "not yet" }).waitFor();
    await shows(again, { 0: "signed-out", 1: "signed-out" });
    await add(again, world.mcpUrls[2]);
    await signIn(again, "2", "bob");
    await shows(again, { 0: "signed-in alice", 1: "signed-out", 2: "signed-in bob" });
    assert.equal(await error.innerText(), "");
    assert.deepEqual(problems, []);
  });

  test("a session that can't be deleted stays on the list with an error, and works", async (t) => {
    const { page, problems } = await open(t, "?keeps-all");
    await signIn(page, "0", "alice");
    await shows(page, { 0: "signed-in alice", 1: "signed-out" });
    await press(page, "0", "Remove").click();
    await row(page, "0").locator(".error").filter({ hasText: "storage_failed" }).waitFor();
    await press(page, "0", "Ask again").click();
    await shows(page, { 0: "signed-in alice", 1: "signed-out" });
    assert.deepEqual(problems, []);
  });

  test("an invalid URL shows an error in its row, and its HTML is shown as text", async (t) => {
    const { page, problems } = await open(t);
    await add(page, "<img src=x onerror=alert(1)>");
    await page.locator("section .error").filter({ hasText: "invalid_url" }).waitFor();
    assert.equal(await page.locator("img").count(), 0);
    await press(page, "-1", "Remove").click();
    await shows(page, { 0: "signed-out", 1: "signed-out" });
    assert.equal(await page.locator(".list-error").innerText(), "");
    assert.deepEqual(problems, []);
  });
}
