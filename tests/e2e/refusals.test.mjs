// Sign-ins that the user, the browser or the app ends without a session.

import assert from "node:assert/strict";
import { after, before, beforeEach, afterEach, test } from "node:test";
import {
  allowButton,
  consent,
  decline,
  errorIn,
  launchBrowser,
  logIn,
  loginField,
  openPage,
  popupOf,
  signIn,
  startDemo,
} from "./browser.mjs";

let browser, demo, context, page;
before(async () => {
  browser = await launchBrowser();
  demo = await startDemo();
});
after(async () => {
  await browser.close();
  await demo.close();
});
beforeEach(async () => {
  context = await browser.newContext();
  page = await openPage(context, demo);
});
afterEach(() => context.close());

/** After a refusal, the same click signs in. */
async function worksAgain({ loggedIn = false } = {}) {
  const popup = await popupOf(page);
  if (!loggedIn) await logIn(popup);
  await consent(popup);
  await page.getByRole("heading", { name: "Tools" }).waitFor();
}

test("the user declines at the consent form: access_denied (RFC 6749 §4.1.2.1)", async () => {
  const popup = await popupOf(page);
  await logIn(popup);
  const closed = popup.waitForEvent("close");
  await decline(popup);
  await closed;
  const error = await errorIn(page);
  assert.equal(error.code, "access_denied");
  assert.equal(error.step, "authorization");
  assert.equal(error["server’s error"], "access_denied");
  // `userMessage` comes first: the rest is for developers.
  assert.equal(error.message, "Access was not allowed.");
  await worksAgain({ loggedIn: true });
});

test("the user closes the popup: popup_closed", async () => {
  const popup = await popupOf(page);
  await loginField(popup).waitFor();
  // Wait as if the user reads. A popup that is cut off from its opener (Cross-Origin-Opener-Policy) looks open for an
  // instant and then closed, so only later does `closed` mean that it was closed.
  await popup.evaluate(() => new Promise((done) => setTimeout(done, 1500)));
  await popup.close();
  await page.bringToFront();
  assert.equal((await errorIn(page)).code, "popup_closed");
  await worksAgain();
});

test("the app cancels: aborted, and the popup closes", async () => {
  const popup = await popupOf(page);
  await loginField(popup).waitFor();
  const closed = popup.waitForEvent("close");
  await page.getByRole("button", { name: "Cancel" }).click();
  await closed;
  assert.equal((await errorIn(page)).code, "aborted");
  await worksAgain();
});

test("the browser blocks a popup that opens without a click: popup_blocked", async () => {
  const requests = [];
  page.on("request", (request) => requests.push(request.url()));
  // A script submits the form without a user. It also logs when the page is done, because Playwright's own queries
  // count as user activation.
  const done = page.waitForEvent("console", (message) => message.text() === "done");
  await page.addInitScript(() => {
    let sent = false;
    const observer = new MutationObserver(() => {
      const form = /** @type {any} */ (document.getElementById("sign-in"));
      if (!sent && form?.elements.start.disabled === false) {
        sent = true;
        form.requestSubmit();
      } else if (sent && (document.querySelector("#error > *") || document.querySelector("#session:not([hidden])"))) {
        observer.disconnect();
        console.log("done");
      }
    });
    observer.observe(document, { subtree: true, childList: true, attributes: true });
  });
  await page.reload();
  await done;
  const error = await errorIn(page);
  assert.equal(error.code, "popup_blocked");
  assert.ok(!requests.some((url) => url.startsWith(demo.issuer)), "the authorization server got requests");
});

test("by redirect: the user declines, then signs in, and is back on the same page", async () => {
  await page.locator("summary", { hasText: "Switches" }).click();
  await page.getByLabel("Where the sign-in page opens").selectOption("redirect");
  const button = page.getByRole("button", { name: "Sign in", exact: true });
  await button.click();
  await logIn(page);
  await decline(page);
  assert.equal((await errorIn(page)).code, "access_denied");
  await page.locator("#start:enabled").click();
  await allowButton(page).click();
  await page.getByRole("heading", { name: "Tools" }).waitFor();
  assert.equal(page.url(), demo.pageUrl);
  assert.equal(context.pages().length, 1);
  assert.equal(
    await page.locator("#steps .note", { hasText: "The session is back" }).count(),
    1,
    "not restored exactly once",
  );
});

for (const keepsPages of [false, true]) {
  test(`by redirect: after the back button the page, ${keepsPages ? "kept by bfcache" : "loaded again"}, can sign in again`, async (t) => {
    const own = await launchBrowser({ keepsPages });
    t.after(() => own.close());
    const tab = await openPage(await own.newContext(), demo);
    await tab.locator("summary", { hasText: "Switches" }).click();
    await tab.getByLabel("Where the sign-in page opens").selectOption("redirect");
    await tab.evaluate(() => void (globalThis.isKept = true));
    await tab.getByRole("button", { name: "Sign in", exact: true }).click();
    await loginField(tab).waitFor();
    // Later, so that the page can still tell that this has run.
    await tab.evaluate(() => void setTimeout(() => history.back()));
    await tab.waitForURL(demo.pageUrl, { waitUntil: "commit" }); // A page from bfcache fires no load event.
    await tab.locator("#start:enabled").waitFor();
    assert.equal(await tab.evaluate(() => globalThis.isKept), keepsPages || undefined);
    if (keepsPages) assert.equal((await errorIn(tab)).code, "redirect_abandoned");
    else assert.equal(await tab.getByRole("status").innerText(), "The sign-in was not finished.");
    assert.doesNotMatch(await tab.locator("#steps").innerText(), /waiting for you/);
    assert.match(await tab.locator("#steps").innerText(), /no response/);
    assert.ok(await tab.getByRole("button", { name: "Cancel" }).isHidden());

    await tab.getByRole("button", { name: "Sign in", exact: true }).click();
    await logIn(tab);
    await allowButton(tab).click();
    await tab.getByRole("heading", { name: "Tools" }).waitFor();
  });
}

test("a session survives a failed sign-in to the same server", async () => {
  await signIn(page);
  await page.route(`${demo.issuer}/token`, (route) =>
    route.fulfill({ status: 500, headers: { "Access-Control-Allow-Origin": "*" }, body: "<h1>Oops</h1>" }),
  );
  const popup = await popupOf(page);
  await allowButton(popup).click();
  assert.equal((await errorIn(page)).code, "http_status");
  await page.unroute(`${demo.issuer}/token`);
  await page.reload();
  await page.getByRole("heading", { name: "Tools" }).waitFor();
});

test("a response with another state in another tab is ignored (RFC 6749 §10.12)", async () => {
  const popup = await popupOf(page);
  await logIn(popup);
  await allowButton(popup).waitFor();
  const forged = await context.newPage();
  await forged.goto(new URL("/callback.html?code=forged&state=forged", demo.pageUrl).href);
  await forged.close();
  await consent(popup);
  await page.getByRole("heading", { name: "Tools" }).waitFor();
});

test("the callback page explains itself when opened directly", async () => {
  for (const query of ["", "?code=abc&state=unknown", "?error=access_denied&state=unknown"]) {
    const callback = await context.newPage();
    const errors = [];
    callback.on("pageerror", (error) => errors.push(error));
    await callback.goto(new URL(`/callback.html${query}`, demo.pageUrl).href);
    if (query === "") {
      await callback
        .locator("body")
        .filter({ hasText: /\w+ \w+/ })
        .waitFor();
      assert.match(await callback.locator("body").innerText(), /sign/i);
    }
    assert.deepEqual(errors, []);
    await callback.close();
  }
});
