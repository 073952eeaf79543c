// Popup cases, each with its own servers and windows. `world` configures the servers (world.mjs). `run` acts as the
// user and checks the result. `tellFocus`: in engines where every window claims the focus, the test tells the app's
// page whether it has the focus.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

const COOP = "same-origin";

/** Opens the app and clicks "Sign in". */
async function start({ browser, world }) {
  await browser.open(world.appUrl);
  await world.next("ready");
  await browser.click("#sign-in");
}

/** Waits for the sign-in page, and continues there. */
async function proceed({ browser, world }, page = "sign-in") {
  assert.equal((await world.next("shown")).page, page);
  await (await browser.popup()).click("#go");
}

async function succeeds({ world }) {
  const { popupClosed } = await world.next("signed-in");
  assert.equal(popupClosed, true);
}

const signsIn = async (test) => {
  await start(test);
  await proceed(test);
  await succeeds(test);
};

/** All events of a type so far. */
const eventsOf = ({ world }, type) => world.log.filter((event) => event.type === type);

async function fails({ world }, code) {
  const failure = await world.next("failed");
  assert.equal(failure.code, code, failure.message);
  return failure;
}

/** "Where it is trustworthy (no COOP seen) closing the window rejects within a second with `popup_closed`." */
async function closes(test, { focus = !test.engine.focus } = {}) {
  await (await test.browser.popup()).close();
  if (focus) await test.browser.run("void ((window.hasFocus = true), dispatchEvent(new Event('focus')))");
  const { delay } = await fails(test, "popup_closed");
  assert.ok(delay < 1000, `it took ${delay} ms`);
}

/** Signs in through a page that cuts the popup off, and checks that "the app gets a 'still waiting' event". */
async function signsInCutOff(test) {
  await start(test);
  await test.world.next("waiting");
  await proceed(test);
  await succeeds(test);
}

/** The same, but the engine decides whether the policy cuts the popup off. */
async function signsInSomehow(test) {
  await start(test);
  await test.world.next("shown");
  await pause(1500); // Wait as if the user reads, long enough to mistake the popup for closed.
  await (await test.browser.popup()).click("#go");
  await succeeds(test);
  assert.ok(eventsOf(test, "waiting").length <= 1);
}

const REDIRECT = { config: { options: { display: "redirect" } } };

/** Waits for the app's page without a session. */
async function firstVisit({ world }) {
  assert.equal((await world.next("restored")).signedIn, false);
  await world.next("ready");
}

/** Opens the app, and clicks to go to the sign-in page. */
async function leave(test, query = "") {
  await test.browser.open(test.world.appUrl + query);
  await firstVisit(test);
  await test.browser.click("#sign-in");
  await test.world.next("shown");
}

/** Continues at the sign-in page, and checks that the user is signed in on the page they left. */
async function comesBack({ browser, world }) {
  await browser.click("#go");
  const restored = await world.next("restored");
  assert.equal(restored.signedIn, true, restored.message);
  assert.equal(restored.left, 1);
  return restored;
}

export const CASES = [
  {
    name: "sign-in page without a policy",
    run: async (test) => {
      await signsIn(test);
      assert.deepEqual(eventsOf(test, "waiting"), []);
    },
  },
  {
    name: "the popup's first page names the server, in the user's colour scheme",
    world: { hold: "mcp" },
    run: async (test) => {
      await start(test);
      const { text, title, style } = await test.world.next("connecting");
      assert.equal(text, `Connecting to ${test.world.mcpHost}…`);
      assert.equal(title, text);
      assert.match(style, /color-scheme: light dark/);
    },
  },

  // "Works with Cross-Origin-Opener-Policy …"
  { name: "COOP same-origin on the sign-in page", world: { signInCoop: COOP }, run: signsInCutOff },
  { name: "COOP same-origin on the app", world: { appCoop: COOP }, run: signsInCutOff },
  { name: "COOP same-origin on both", world: { appCoop: COOP, signInCoop: COOP }, run: signsInCutOff },
  {
    name: "COOP same-origin on a later page",
    world: { laterCoop: COOP, config: { tellFocus: true } },
    run: async (test) => {
      await start(test);
      await proceed(test);
      await test.world.next("waiting");
      await proceed(test, "later");
      await succeeds(test);
    },
  },
  {
    name: "COOP same-origin-allow-popups on the sign-in page",
    world: { signInCoop: "same-origin-allow-popups" },
    run: signsInCutOff,
  },
  {
    name: "COOP same-origin-allow-popups on the app",
    world: { appCoop: "same-origin-allow-popups" },
    run: signsInSomehow,
  },
  {
    name: "COOP noopener-allow-popups on the sign-in page",
    world: { signInCoop: "noopener-allow-popups" },
    run: signsInSomehow,
  },
  {
    name: "COOP noopener-allow-popups on the app",
    world: { appCoop: "noopener-allow-popups" },
    run: signsInSomehow,
  },

  // "Closing the window rejects within a second"
  {
    name: "closed while connecting",
    world: { hold: "mcp" },
    run: async (test) => {
      await start(test);
      await test.world.next("held");
      await closes(test);
    },
  },
  {
    name: "closed while the sign-in page loads",
    world: { hold: "page", config: { tellFocus: true } },
    run: async (test) => {
      await start(test);
      await test.world.next("held");
      await closes(test, { focus: !test.engine.beforeUnload });
    },
  },
  {
    name: "closed as soon as the sign-in page has loaded",
    world: { config: { tellFocus: true } },
    run: async (test) => {
      await start(test);
      await test.world.next("shown");
      await closes(test);
    },
  },
  {
    name: "closed after a while",
    run: async (test) => {
      await start(test);
      await test.world.next("shown");
      await pause(1500); // Wait as if the user reads.
      await closes(test);
    },
  },
  {
    name: "closed after it was cut off: the sign-in waits until the app cancels",
    world: { signInCoop: COOP },
    run: async (test) => {
      await start(test);
      await test.world.next("waiting");
      await (await test.browser.popup()).close();
      await pause(1500); // A detected close would be reported within a second.
      assert.deepEqual(eventsOf(test, "failed"), []);
      await test.browser.click("#cancel");
      await fails(test, "aborted");
    },
  },
  {
    name: "closed after it was cut off: another popup can be opened",
    world: { signInCoop: COOP },
    run: async (test) => {
      await start(test);
      await test.world.next("shown");
      await test.world.next("waiting");
      await (await test.browser.popup()).close();
      await test.browser.click("#sign-in");
      await test.world.next("waiting");
      await proceed(test);
      await succeeds(test);
    },
  },

  // "Second sign-in while one is open: the same popup is focused, or a clear error."
  {
    name: "a second sign-in while a popup is open: popup_open",
    run: async (test) => {
      await start(test);
      await test.world.next("shown");
      await test.browser.click("#sign-in");
      await fails(test, "popup_open");
      assert.equal(await test.browser.windows(), 2);
      await (await test.browser.popup()).click("#go");
      await succeeds(test);
    },
  },
  {
    name: "a second sign-in right after the first was cancelled",
    run: async (test) => {
      await start(test);
      await test.world.next("shown");
      await test.browser.run("void (window.cancelFirst = true)");
      await test.browser.click("#sign-in");
      await fails(test, "aborted");
      await test.world.next("shown");
      await (await test.browser.popup()).click("#go");
      await succeeds(test);
    },
  },
  {
    name: "after a reload of the app, the old popup is reused",
    run: async (test) => {
      await start(test);
      await test.world.next("shown");
      await start(test);
      await proceed(test);
      await succeeds(test);
      assert.equal(await test.browser.windows(), 1);
    },
  },

  // "… or, as the option says, falls back to a full-page redirect: state is stored, the callback page returns to where
  // the user was, `restore()` finishes. Redirect is also a mode of its own"
  {
    name: "blocked: falls back to a redirect",
    world: { config: { withoutClick: true, options: { display: "popup-or-redirect" } } },
    run: async (test) => {
      await test.browser.open(test.world.appUrl);
      await firstVisit(test);
      await test.world.next("shown");
      await comesBack(test);
      assert.equal(await test.browser.windows(), 1);
    },
  },
  {
    name: "not blocked: does not redirect",
    world: { config: { options: { display: "popup-or-redirect" } } },
    run: signsIn,
  },
  {
    name: "redirect: returns to the page that the user left, without a trace of the response",
    world: REDIRECT,
    run: async (test) => {
      await leave(test, "?view=list#row-2");
      const { href, referrer } = await comesBack(test);
      assert.equal(href, `${test.world.appUrl}?view=list#row-2`);
      assert.doesNotMatch(referrer, /code=/);
      assert.deepEqual(eventsOf(test, "leak"), []);
      assert.equal(await test.browser.windows(), 1);
      // Neither in the history nor in the tab's storage. Only Chromium exposes the history's URLs.
      const seen = await test.browser.run(
        "JSON.stringify([Object.keys(sessionStorage), globalThis.navigation?.entries().map(({ url }) => url)])",
      );
      assert.doesNotMatch(seen, /code=/);
    },
  },
  {
    name: "redirect: a reload afterwards does not exchange the code again",
    world: REDIRECT,
    run: async (test) => {
      await leave(test);
      await comesBack(test);
      await test.browser.reload();
      const { signedIn, left } = await test.world.next("restored");
      assert.deepEqual({ signedIn, left }, { signedIn: true, left: 0 });
      assert.equal(eventsOf(test, "exchanged").length, 1);
    },
  },
  {
    name: "redirect with COOP same-origin on both",
    world: { ...REDIRECT, appCoop: COOP, signInCoop: COOP },
    run: async (test) => {
      await leave(test);
      await comesBack(test);
    },
  },
  {
    name: "redirect: the user declines: restore rejects once",
    world: { ...REDIRECT, declines: true },
    run: async (test) => {
      await leave(test);
      await test.browser.click("#go");
      assert.equal((await test.world.next("restored")).code, "access_denied");
      await test.browser.reload();
      const { signedIn, left } = await test.world.next("restored");
      assert.deepEqual({ signedIn, left }, { signedIn: false, left: 0 });
    },
  },
  {
    name: "redirect: the user comes back too late",
    world: { config: { options: { display: "redirect", signInTimeout: 10_000 } } },
    run: async (test) => {
      await leave(test);
      await pause(10_100);
      await test.browser.click("#go");
      assert.equal((await test.world.next("restored")).code, "timeout");
      assert.deepEqual(eventsOf(test, "exchanged"), []);
    },
  },
  {
    name: "redirect: a foreign response has no effect",
    world: REDIRECT,
    run: async (test) => {
      const { browser, world } = test;
      await leave(test);
      await browser.open(`${world.appUrl}callback.html?code=foreign&state=foreign`);
      assert.equal((await world.next("callback")).state, "no_opener");
      // A foreign response in the storage has no effect either.
      await browser.run(`void sessionStorage.setItem("mcp-authorize?code=foreign&state=foreign", "")`);
      await browser.open(world.appUrl);
      const { signedIn, left } = await world.next("restored");
      assert.deepEqual({ signedIn, left }, { signedIn: false, left: 1 });
      assert.deepEqual(eventsOf(test, "exchanged"), []);
      assert.doesNotMatch(await browser.run("Object.keys(sessionStorage).join()"), /foreign/);
    },
  },
  {
    name: "redirect: the callback page redirects only to the app's own origin",
    world: REDIRECT,
    run: async ({ browser, world }) => {
      for (const page of ["https://evil.example/", "javascript:alert(1)", "//evil.example", "rubbish"]) {
        await browser.open(`${world.appUrl}callback.html`);
        await world.next("callback");
        await browser.run(`void sessionStorage.setItem("mcp-authorize s", ${JSON.stringify(page)})`);
        await browser.open(`${world.appUrl}callback.html?code=c&state=s`);
        assert.equal((await world.next("callback")).state, "no_opener", page);
      }
    },
  },
  {
    name: "redirect: the user goes back from the sign-in page and signs in again",
    world: REDIRECT,
    run: async (test) => {
      const { browser, world } = test;
      await leave(test);
      await browser.back();
      // The page is loaded again, or comes from the back/forward cache.
      const back = await world.next("restored", "failed");
      assert.ok(back.signedIn === false || back.code === "redirect_abandoned", JSON.stringify(back));
      if (back.type === "restored") await world.next("ready");
      await browser.click("#sign-in");
      await world.next("shown");
      await comesBack(test);
    },
  },
  {
    name: "redirect: the user goes back after the sign-in: the old response can't be used again",
    world: REDIRECT,
    run: async (test) => {
      const { browser, world } = test;
      await leave(test);
      await comesBack(test);
      await browser.back();
      await browser.click("#go");
      const { signedIn, left } = await world.next("restored");
      assert.deepEqual({ signedIn, left }, { signedIn: true, left: 1 });
      assert.equal(eventsOf(test, "exchanged").length, 1);
    },
  },
  {
    name: "redirect: the user goes back to a page from the back/forward cache: redirect_abandoned",
    world: { hold: "page", config: { withoutClick: true, whenLeaving: "come back", options: { display: "redirect" } } },
    run: async ({ browser, world }) => {
      await browser.open(world.appUrl);
      await world.next("held");
      assert.equal((await world.next("failed")).code, "redirect_abandoned");
    },
  },
  {
    name: "redirect: aborted while the sign-in page loads: the page stays",
    world: { hold: "page", config: { withoutClick: true, whenLeaving: "cancel", options: { display: "redirect" } } },
    run: async ({ browser, world }) => {
      await browser.open(world.appUrl);
      await world.next("held");
      const { code, href } = await world.next("failed");
      assert.deepEqual({ code, href }, { code: "aborted", href: world.appUrl });
      await world.next("dropped");
    },
  },
  {
    name: "redirect: the sign-in page never loads: timeout",
    world: { hold: "page", config: { withoutClick: true, options: { display: "redirect", signInTimeout: 10_000 } } },
    run: async ({ browser, world }) => {
      await browser.open(world.appUrl);
      await world.next("held");
      assert.equal((await world.next("failed")).code, "timeout");
      await world.next("dropped");
    },
  },
  {
    name: "redirect: two tabs at once",
    world: REDIRECT,
    run: async (test) => {
      const { browser, world } = test;
      await browser.open(world.appUrl);
      await firstVisit(test);
      await browser.click("#another");
      await firstVisit(test);
      const other = await browser.popup();
      await other.click("#sign-in");
      await world.next("shown");
      await browser.click("#sign-in");
      await world.next("shown");
      await other.click("#go");
      assert.equal((await world.next("restored")).signedIn, true);
      await comesBack(test);
      assert.equal(eventsOf(test, "exchanged").length, 2);
    },
  },
  {
    name: "redirect in a frame of another site: works if the frame has storage, otherwise the error says why not",
    world: REDIRECT,
    run: async (test) => {
      const { browser, engine, world } = test;
      await browser.open(world.frameUrl);
      await firstVisit(test);
      await browser.frame();
      await browser.click("#sign-in");
      if (engine.frameStorage) {
        await world.next("shown");
        await comesBack(test);
      } else {
        assert.match((await fails(test, "unsupported")).message, /storage that outlasts the page/);
      }
    },
  },
  {
    name: "redirect without persistent storage: the error says why not",
    world: { config: { options: { display: "redirect", storage: "memory" } } },
    run: async (test) => {
      await test.browser.open(test.world.appUrl);
      await firstVisit(test);
      await test.browser.click("#sign-in");
      const { message, href } = await fails(test, "unsupported");
      assert.match(message, /storage that outlasts the page/);
      assert.equal(href, test.world.appUrl);
    },
  },
  {
    name: "blocked: popup_blocked",
    world: { config: { withoutClick: true } },
    run: async (test) => {
      await test.browser.open(test.world.appUrl);
      await fails(test, "popup_blocked");
    },
  },

  // "Stuck pages … : time limit, abort, and message."
  {
    name: "stuck by CSP form-action: timeout",
    world: { signInPolicy: "form-action 'none'", config: { options: { signInTimeout: 8000 } } },
    run: async (test) => {
      await start(test);
      await proceed(test);
      const { message, popupClosed } = await fails(test, "timeout");
      assert.match(message, /Nothing came back from the sign-in page.*form-action/);
      assert.equal(popupClosed, true);
    },
  },
  {
    name: "stuck at an error page: the app can abort",
    world: { fails: true },
    run: async (test) => {
      await start(test);
      await test.world.next("shown");
      await test.browser.click("#cancel");
      const { popupClosed } = await fails(test, "aborted");
      assert.equal(popupClosed, true);
    },
  },

  // "The response comes back through BroadcastChannel first, postMessage … and a storage event"
  {
    name: "the response arrives only by a storage event",
    world: {
      signInCoop: COOP,
      config: { withoutChannel: true, options: { redirectUri: "/callback-without-channel.html" } },
    },
    run: async (test) => {
      await start(test);
      await proceed(test);
      await test.world.next("signed-in");
      const { state } = await test.world.next("callback");
      assert.equal(state, "done");
      assert.equal(await test.browser.run("localStorage.getItem('mcp-authorize')"), null);
    },
  },
  {
    name: "the response arrives by postMessage if the app is in a frame of another site",
    run: async (test) => {
      await test.browser.open(test.world.frameUrl);
      await test.world.next("ready");
      await test.browser.frame();
      await test.browser.click("#sign-in");
      await proceed(test);
      await test.world.next("message");
      await succeeds(test);
    },
  },
  {
    name: "cut off in a frame of another site: the error says why not",
    world: { signInCoop: COOP },
    run: async (test) => {
      await test.browser.open(test.world.frameUrl);
      await test.world.next("ready");
      await test.browser.frame();
      await test.browser.click("#sign-in");
      const { message } = await fails(test, "unsupported");
      assert.match(message, /another site's frame.*open the app in its own tab/);
    },
  },
  {
    name: "a foreign or replayed response has no effect",
    run: async (test) => {
      const { browser, world } = test;
      await signsIn(test);
      await browser.click("#sign-in");
      await world.next("shown");
      const foreign = `{ type: "mcp-authorize", query: "?code=foreign&state=foreign", id: 1 }`;
      for (const message of [foreign, "responses[0]"]) {
        await browser.run(`void new BroadcastChannel("mcp-authorize").postMessage(${message})`);
        await browser.run(`void postMessage(${message}, origin)`);
      }
      await (await browser.popup()).click("#go");
      await succeeds(test);
      assert.deepEqual(eventsOf(test, "failed"), []);
    },
  },

  // "The callback page … removes code and state from the address bar and history … and says something sensible"
  {
    name: "the callback page explains itself when opened directly",
    run: async ({ browser, world }) => {
      await browser.open(`${world.appUrl}callback.html`);
      const { state, text } = await world.next("callback");
      assert.equal(state, "callback_without_response");
      assert.match(text, /Go back to the app and start there/);
    },
  },
  {
    name: "the callback page tells the user if the opener is gone",
    run: async ({ browser, world }) => {
      await browser.open(`${world.appUrl}callback.html?code=1&state=2`);
      const { state, text, address } = await world.next("callback");
      assert.equal(state, "no_opener");
      assert.match(text, /can’t be reached.*sign in again/);
      assert.equal(address, `${world.appUrl}callback.html`);
    },
  },
  {
    name: "the callback page ignores an answer to another callback page",
    run: async ({ browser, world }) => {
      await browser.open(`${world.appUrl}callback.html?code=1&state=2`);
      // Another tab's sign-in acknowledges its own response. This page must still tell its user.
      await browser.run(`void new BroadcastChannel("mcp-authorize").postMessage({ type: "mcp-authorize", ack: 2 })`);
      assert.equal((await world.next("callback")).state, "no_opener");
    },
  },
];
