// One server's session in mcp-authorize/react (React 19 under StrictMode), mcp-authorize/vue and mcp-authorize/svelte.
// All of them use mcp-authorize/watch and behave alike.

import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import {
  agree,
  allowButton,
  consent,
  launchBrowser,
  logIn,
  loginField,
  openPage,
  popupOf,
  startWorld,
} from "./world.mjs";

let browser;
let world;

before(async () => {
  world = await startWorld({ "/react.js": "page/react.jsx", "/vue.js": "page/vue.js", "/svelte.js": "page/svelte.js" });
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await world?.close();
});

for (const framework of ["react", "vue", "svelte"]) suite(framework, () => tests(framework));

// The rest is decided by mcp-authorize/watch, which all frameworks share.
suite("the watch, in React", () => watchTests("react"));

/** Opens the page, and returns helpers for its two components. */
async function openFor(t, framework) {
  const { page, problems } = await openPage(t, browser, `${world.url}${framework}.html`);
  const account = (name) => {
    const section = page.getByRole("region", { name });
    return {
      shows: (status) =>
        section
          .getByRole("status")
          .filter({ hasText: new RegExp(`^${status}$`) })
          .waitFor(),
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

function tests(framework) {
  const open = (t) => openFor(t, framework);

  test("a click signs in with one authorizer and one popup, and all components show it", async (t) => {
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

  test("a session from an earlier visit is restored without a click", async (t) => {
    const { page, first, second } = await open(t);
    await signIn(page, first);
    await page.reload();
    await first.shows("signed-in");
    await second.shows("signed-in");
  });

  test("a sign-out or sign-in of one component shows in all components and tabs", async (t) => {
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

  test("an error is shown until the next attempt", async (t) => {
    const { page, problems, first } = await open(t);
    const popup = await popupOf(page, first.button("Sign in"));
    await logIn(popup);
    await allowButton(popup).waitFor();
    // Wait as if the user reads. A popup that closes right after its page loads could also have been cut off.
    await popup.evaluate(() => new Promise((done) => setTimeout(done, 1500)));
    await popup.close();
    await first.shows("signed-out");
    assert.equal(await first.text(".error"), "popup_closed");

    await signIn(page, first);
    assert.equal(await first.text(".error"), "");
    assert.deepEqual(problems, []); // no unhandled rejection
  });

  test("a popup that is cut off and then closed: signing in again opens another", async (t) => {
    await world.cutOff(t);
    const { page, problems, first } = await open(t);
    const lost = await popupOf(page, first.button("Sign in"));
    await first.has(".waiting", "true");
    await lost.close();
    await agree(await popupOf(page, first.button("Sign in")));
    await first.shows("signed-in");
    assert.deepEqual([await first.text(".waiting"), await first.text(".error")], ["false", ""]);
    assert.deepEqual(problems, []);
  });

  test("a cancelled sign-in ends without an error, even if its popup is cut off", async (t) => {
    const { page, problems, first } = await open(t);
    const popup = await popupOf(page, first.button("Sign in"));
    await loginField(popup).waitFor();
    const closed = popup.waitForEvent("close");
    await first.button("Cancel").click();
    await closed;
    await first.shows("signed-out");

    await world.cutOff(t);
    await popupOf(page, first.button("Sign in"));
    await first.has(".waiting", "true");
    await first.button("Cancel").click();
    await first.shows("signed-out");
    assert.deepEqual([await first.text(".waiting"), await first.text(".error")], ["false", ""]);
    assert.deepEqual(problems, []);
  });

  test("a component that unmounts ends its own sign-in, and no other component's", async (t) => {
    const { page, problems, first, second } = await open(t);
    const popup = await popupOf(page, first.button("Sign in"));
    await loginField(popup).waitFor();
    const closed = popup.waitForEvent("close");
    await page.getByRole("button", { name: "Leave" }).click();
    await closed;
    await second.shows("signed-out");
    await signIn(page, second);
    assert.deepEqual(problems, []);
  });

  test("after a change of server, the old server's session is not shown", async (t) => {
    const { page, first, second } = await open(t);
    await signIn(page, first);
    await second.shows("signed-in");
    await page.evaluate(() => (seen.first = []));
    await page.getByRole("button", { name: "Other server" }).click();
    await first.shows("signed-out");
    await second.shows("signed-in");
    assert.deepEqual(await page.evaluate(() => [...new Set(seen.first)]), ["loading", "signed-out"]);
  });

  test("after a change of account, the old account's session is not shown, and each account signs out separately", async (t) => {
    const { page, problems, first, second } = await open(t);
    await signIn(page, first);
    await second.shows("signed-in");
    await page.evaluate(() => (seen.first = []));
    const change = () => page.getByRole("button", { name: "Other account" }).click();
    await change();
    await first.shows("signed-out");
    assert.deepEqual(await page.evaluate(() => [...new Set(seen.first)]), ["loading", "signed-out"]);

    const abandoned = await popupOf(page, first.button("Sign in"));
    const closed = abandoned.waitForEvent("close");
    await change();
    await closed;
    await first.shows("signed-in");

    await change();
    await signIn(page, first);
    assert.equal(await first.text(".account"), "work");
    assert.equal(await second.text(".account"), "");
    await first.button("Sign out").click();
    await first.shows("signed-out");
    await second.shows("signed-in");
    assert.deepEqual(problems, []);
  });
}

function watchTests(framework) {
  const open = (t) => openFor(t, framework);

  test("a component that waits for a lost popup is signed in when another component signs in", async (t) => {
    await world.cutOff(t);
    const { page, problems, first, second } = await open(t);
    await popupOf(page, first.button("Sign in"));
    await first.has(".waiting", "true");
    await agree(await popupOf(page, second.button("Sign in")));
    await second.shows("signed-in");
    await first.shows("signed-in");
    assert.equal(await first.text(".error"), "");
    assert.deepEqual(problems, []);
  });

  test("a step-up adds scopes, keeps the old ones, and all components show them", async (t) => {
    const { page, first, second } = await open(t);
    await signIn(page, first);
    const before = (await first.text(".scopes")).split(" ");
    assert.ok(!before.includes("mcp:write"), before.join());
    await agree(await popupOf(page, first.button("Step up")));
    await first.has(".scopes", "mcp:write");
    assert.deepEqual((await first.text(".scopes")).split(" ").sort(), [...before, "mcp:write"].sort());
    await second.has(".scopes", "mcp:write");
  });

  test("a step-up whose popup is lost can be repeated", async (t) => {
    const { page, problems, first } = await open(t);
    await signIn(page, first);
    await world.cutOff(t);
    const lost = await popupOf(page, first.button("Step up"));
    await first.has(".waiting", "true");
    await lost.close();
    await agree(await popupOf(page, first.button("Step up")));
    await first.has(".scopes", "mcp:write");
    await first.shows("signed-in");
    assert.equal(await first.text(".error"), "");
    assert.deepEqual(problems, []);
  });

  test("a popup that is closed after a sign-in in another tab leaves the user signed in, without an error", async (t) => {
    const { page, problems, first } = await open(t);
    const popup = await popupOf(page, first.button("Sign in"));
    await logIn(popup);
    await allowButton(popup).waitFor();
    const tab = await page.context().newPage();
    await tab.goto(page.url());
    const there = tab.getByRole("region", { name: "first" });
    await agree(await popupOf(tab, there.getByRole("button", { name: "Sign in" })));
    await there.getByRole("status").filter({ hasText: "signed-in" }).waitFor();
    await first.shows("signing-in");
    await popup.close();
    await first.shows("signed-in");
    assert.equal(await first.text(".error"), "");
    assert.deepEqual(problems, []);
  });
}
