// What the tests of faults have in common: the steps of a sign-in as a browser's requests, and what must not be left.

import assert from "node:assert/strict";
import { once } from "node:events";
import { allowButton, logIn, signIn, until } from "../sessions/world.mjs";

/**
 * The steps of a first sign-in: the name that errors have for each, and its request. Which step a fault hits is said
 * by the address that it hits.
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

/** Has `work` do with the first request of a step, and lets all others be. What it answers ends the rest of the step too. */
export async function atStep(world, [, isStep], work) {
  const handler = (route) => work(route);
  const matches = { test: (url, method) => isStep(new URL(url), method) };
  await world.context.route("**/*", (route) => {
    const request = route.request();
    return matches.test(request.url(), request.method()) ? handler(route) : route.continue();
  });
}

/** Clicks, and does in the popup what a user does there, as far as it comes to that. */
export async function clickAndLogIn(world, tab) {
  const [popup] = await Promise.all([tab.waitForEvent("popup"), tab.locator("#sign-in").click()]);
  const typed = async () => {
    await logIn(popup);
    await allowButton(popup).click();
  };
  // The popup may go at any moment.
  typed().catch(() => {});
  return popup;
}

/** No popup, no lock, no session is left of what failed. */
export async function nothingLeft(world, tab) {
  for (const popup of world.popups) if (!popup.isClosed()) await once(popup, "close");
  await until(tab, async () => {
    const { held, pending } = await navigator.locks.query();
    return held.length + pending.length === 0;
  });
  const records = await tab.evaluate(async () => {
    // Where there is no database, there is nothing in it.
    const found = (await indexedDB.databases()).some(({ name }) => name === "mcp-authorize");
    return found ? app.records() : [];
  });
  assert.deepEqual(
    records.filter(({ text }) => /"(access_token|session)":/.test(text)),
    [],
  );
}

/** A session, and it works. */
export async function worksAgain(tab) {
  await signIn(tab);
  assert.equal(await tab.evaluate(() => app.call()), "ok");
}
