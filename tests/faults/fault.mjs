// Shared by the fault tests: the requests of each step of a sign-in, and what must not be left behind.

import assert from "node:assert/strict";
import { once } from "node:events";
import { allowButton, logIn, signIn, until } from "../sessions/world.mjs";

/**
 * The steps of a first sign-in: the step's name in errors, and a test for its requests.
 *
 * @returns {[string, (url: URL, method: string) => boolean][]}
 */
export const steps = ({ issuer, mcpUrl }) => {
  const { origin, pathname } = new URL(mcpUrl);
  return [
    ["challenge", (url, method) => url.href === mcpUrl && method === "POST"],
    [
      "resource_metadata",
      (url) => url.origin === origin && url.pathname.startsWith("/.well-known/") && url.pathname.endsWith(pathname),
    ],
    ["authorization_server_metadata", (url) => url.origin === issuer && url.pathname.startsWith("/.well-known/")],
    ["registration", (url, method) => url.href === `${issuer}/reg` && method === "POST"],
    ["authorization", (url, method) => url.href === `${issuer}/request` && method === "POST"],
    ["token", (url, method) => url.href === `${issuer}/token` && method === "POST"],
  ];
};

/** Has `work` handle the requests of a step, and lets all others through. */
export async function atStep(world, [, isStep], work) {
  const handler = (route) => work(route);
  const matches = { test: (url, method) => isStep(new URL(url), method) };
  await world.context.route("**/*", (route) => {
    const request = route.request();
    return matches.test(request.url(), request.method()) ? handler(route) : route.continue();
  });
}

/** Clicks, logs in and consents in the popup, as far as the fault lets it. */
export async function clickAndLogIn(world, tab) {
  const [popup] = await Promise.all([tab.waitForEvent("popup"), tab.locator("#sign-in").click()]);
  const typed = async () => {
    await logIn(popup);
    await allowButton(popup).click();
  };
  // The popup may close at any moment.
  typed().catch(() => {});
  return popup;
}

/** The failed attempt left no popup, lock or session behind. */
export async function nothingLeft(world, tab) {
  for (const popup of world.popups) if (!popup.isClosed()) await once(popup, "close");
  await until(tab, async () => {
    const { held, pending } = await navigator.locks.query();
    return held.length + pending.length === 0;
  });
  const records = await tab.evaluate(async () => {
    // `app.records` would create a missing database.
    const found = (await indexedDB.databases()).some(({ name }) => name === "mcp-authorize");
    return found ? app.records() : [];
  });
  assert.deepEqual(
    records.filter(({ text }) => /"(access_token|session)":/.test(text)),
    [],
  );
}

/** Signs in, and the session works. */
export async function worksAgain(tab) {
  await signIn(tab);
  assert.equal(await tab.evaluate(() => app.call()), "ok");
}
