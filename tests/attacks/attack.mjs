// The setting of every attack: the page of an app whose user is the victim, real servers, and an attacker's server in
// their place.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { startMock } from "../e2e/mock-server.mjs";
import { launchBrowser, startWorld } from "../sessions/world.mjs";

export const PRM = "/.well-known/oauth-protected-resource/mcp";
export const AS = "/.well-known/oauth-authorization-server";

/** Metadata of the authorization server with changed members. */
export const metadata = (change) => ({ [AS]: (url, origin, good) => ({ body: { ...good.body, ...change(origin) } }) });

/** One browser for all attacks of a file. */
export function attackedBrowser() {
  const holder = {};
  before(async () => void (holder.browser = await launchBrowser()));
  after(() => holder.browser.close());
  return (t, options) => startWorld(t, holder.browser, options);
}

/** An attacker's server, closed after the test. */
export async function attacker(t, bad) {
  const server = await startMock(bad);
  t.after(() => server.close());
  return server;
}

/** The victim's tab, with an app that signs in at `server`. */
export async function victimTab(world, server, options = {}) {
  const tab = await world.tab(() => {});
  tab.on("dialog", (dialog) => {
    world.dialogs = [...(world.dialogs ?? []), dialog.message()];
    dialog.dismiss();
  });
  await tab.evaluate((options) => app.start(options), options);
  await pointTo(tab, server);
  return tab;
}

export const pointTo = (tab, server) => tab.evaluate((server) => void (app.mcpUrl = server), server);

/** Clicks as the victim, and returns the popup. */
export async function click(tab) {
  const [popup] = await Promise.all([tab.waitForEvent("popup"), tab.locator("#sign-in").click()]);
  return popup;
}

/** The result of the sign-in: `{ value }` or `{ error }`. */
export const outcome = (tab) => tab.evaluate(() => app.outcome(app.signingIn));

/** Clicks, and expects this error code. None of the attacker's scripts ran, and nothing is stored. */
export async function refused(world, tab, code) {
  await click(tab);
  return refusedWith(world, tab, code);
}

export async function refusedWith(world, tab, code) {
  const { error } = await outcome(tab);
  assert.equal(error?.code, code, error?.message ?? "the sign-in succeeded");
  assert.deepEqual(world.dialogs ?? [], [], "the attacker's script ran");
  assert.equal(
    await tab.evaluate(async () => (await app.authorizer.restore(app.mcpUrl)) === null),
    true,
    "a session is stored",
  );
  return error;
}
