// What every attack starts from: the page of an app whose user is the victim, real servers behind it, and
// an attacker's server that is asked in their place.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { startMock } from "../e2e/mock-server.mjs";
import { launchBrowser, startWorld } from "../sessions/world.mjs";

export const PRM = "/.well-known/oauth-protected-resource/mcp";
export const AS = "/.well-known/oauth-authorization-server";

/** One member of the authorization server's metadata changed. */
export const metadata = (change) => ({ [AS]: (url, origin, good) => ({ body: { ...good.body, ...change(origin) } }) });

/** The browser of a file of attacks. */
export function attackedBrowser() {
  const holder = {};
  before(async () => void (holder.browser = await launchBrowser()));
  after(() => holder.browser.close());
  return (t, options) => startWorld(t, holder.browser, options);
}

/** An attacker's server, for the length of a test. */
export async function attacker(t, bad) {
  const server = await startMock(bad);
  t.after(() => server.close());
  return server;
}

/** The victim's tab. The app will sign in at `server`. */
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

/** The victim clicks: the popup. */
export async function click(tab) {
  const [popup] = await Promise.all([tab.waitForEvent("popup"), tab.locator("#sign-in").click()]);
  return popup;
}

/** What the sign-in that was clicked for came to: `{ value }` or `{ error }`. */
export const outcome = (tab) => tab.evaluate(() => app.outcome(app.signingIn));

/** The victim clicks, and the attack is refused with this code; nothing of the attacker's ran or is stored. */
export async function refused(world, tab, code) {
  await click(tab);
  return refusedWith(world, tab, code);
}

export async function refusedWith(world, tab, code) {
  const { error } = await outcome(tab);
  assert.equal(error?.code, code, error?.message ?? "the sign-in went well");
  assert.deepEqual(world.dialogs ?? [], [], "a script of the attacker's ran");
  assert.equal(
    await tab.evaluate(async () => (await app.authorizer.restore(app.mcpUrl)) === null),
    true,
    "a session is there",
  );
  return error;
}
