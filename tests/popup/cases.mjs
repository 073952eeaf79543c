// What happens to popups, each on its own servers and in windows of its own. `world` says how the servers are
// (world.mjs), `run` does what a user does and holds what has to follow. `tellFocus`: where every window says
// that it has the focus, the test tells the app's page whether it has.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

const COOP = "same-origin";

/** Opens the app and clicks. */
async function start({ browser, world }) {
  await browser.open(world.appUrl);
  await world.next("ready");
  await browser.click("#sign-in");
}

/** The sign-in page is there: the user goes on. */
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

/** What was told of a type up to now. */
const told = ({ world }, type) => world.log.filter((event) => event.type === type);

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

/** Signs in through a page that cuts the popup off, which has to be noticed: "the app gets a 'still waiting' event". */
async function signsInCutOff(test) {
  await start(test);
  await test.world.next("waiting");
  await proceed(test);
  await succeeds(test);
}

/** The same where the engine decides whether that policy cuts off. */
async function signsInSomehow(test) {
  await start(test);
  await test.world.next("shown");
  await pause(1500); // The user reads: time for the popup to be taken for closed.
  await (await test.browser.popup()).click("#go");
  await succeeds(test);
  assert.ok(told(test, "waiting").length <= 1);
}

export const CASES = [
  {
    name: "sign-in page without a policy",
    run: async (test) => {
      await signsIn(test);
      assert.deepEqual(told(test, "waiting"), []);
    },
  },
  {
    name: "first page: says where it connects to, in the user's colours",
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
    name: "closed while it connects",
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
    name: "closed as soon as the sign-in page is there",
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
      await pause(1500); // The user reads.
      await closes(test);
    },
  },
  {
    name: "closed after it was cut off: the app is asked to cancel",
    world: { signInCoop: COOP },
    run: async (test) => {
      await start(test);
      await test.world.next("waiting");
      await (await test.browser.popup()).close();
      await pause(1500); // It would have been noticed within a second.
      assert.deepEqual(told(test, "failed"), []);
      await test.browser.click("#cancel");
      await fails(test, "aborted");
    },
  },
  {
    name: "closed after it was cut off: another one may be opened",
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
    name: "a second sign-in while one is open: popup_open",
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
    name: "the app was reloaded: the popup that it left behind is used again",
    run: async (test) => {
      await start(test);
      await test.world.next("shown");
      await start(test);
      await proceed(test);
      await succeeds(test);
      assert.equal(await test.browser.windows(), 1);
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
    name: "stuck by CSP form-action: time limit",
    world: { signInPolicy: "form-action 'none'", config: { options: { signInTimeout: 4000 } } },
    run: async (test) => {
      await start(test);
      await proceed(test);
      const { message, popupClosed } = await fails(test, "timeout");
      assert.match(message, /Nothing came back from the sign-in page.*form-action/);
      assert.equal(popupClosed, true);
    },
  },
  {
    name: "stuck by an error page: abort",
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
    name: "by a storage event alone",
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
    name: "by postMessage: the app in a frame of another site",
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
    name: "in a frame of another site, cut off: says why not",
    world: { signInCoop: COOP },
    run: async (test) => {
      await test.browser.open(test.world.frameUrl);
      await test.world.next("ready");
      await test.browser.frame();
      await test.browser.click("#sign-in");
      const { message } = await fails(test, "unsupported");
      assert.match(message, /frame of another site.*open the app in a tab of its own/);
    },
  },
  {
    name: "a foreign response changes nothing, nor does a replayed one",
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
      assert.deepEqual(told(test, "failed"), []);
    },
  },

  // "The callback page … removes code and state from the address bar and history … and says something sensible"
  {
    name: "callback page, opened directly",
    run: async ({ browser, world }) => {
      await browser.open(`${world.appUrl}callback.html`);
      const { state, text } = await world.next("callback");
      assert.equal(state, "callback_without_response");
      assert.match(text, /Go back to the app and start there/);
    },
  },
  {
    name: "callback page, whose opener is gone",
    run: async ({ browser, world }) => {
      await browser.open(`${world.appUrl}callback.html?code=1&state=2`);
      const { state, text, address } = await world.next("callback");
      assert.equal(state, "no_opener");
      assert.match(text, /can’t be reached.*sign in again/);
      assert.equal(address, `${world.appUrl}callback.html`);
    },
  },
];
