// The servers and the browser of tests/sessions, for benches, with pages for the peers.

import { launchBrowser, signIn, startWorld } from "../tests/sessions/world.mjs";
import { SCOPES } from "../www/servers/mcp-server.mjs";
import { bundle } from "./peers.mjs";

/** The clients that run in a page, and the paths of their pages. */
export const OURS = { name: "mcp-authorize", path: "" };
export const V2 = { name: "official client 2.4.0", path: "v2.html" };
export const V1 = { name: "official SDK 1.32.2", path: "v1.html" };

/** Runs Chromium for a whole bench. */
export async function withBrowser(work) {
  const browser = await launchBrowser();
  try {
    return await work(browser);
  } finally {
    await browser.close();
  }
}

let pages;

/** Files that the page's server has in addition to the tests' page. */
export const peerPages = () => (pages ??= makePages());

async function makePages() {
  const page = (script) =>
    `<!doctype html><title>Bench</title><button id="sign-in">Sign in</button><script type="module" src="/${script}"></script>`;
  const made = {};
  const scripts = { "/peer-callback.js": "callback.js" };
  for (const name of ["v1", "v2", "v2-dpop"]) scripts[`/${name}.js`] = `${name}.js`;
  for (const path of Object.keys(scripts)) made[path.replace(/js$/, "html")] = page(path.slice(1));
  for (const [path, entry] of Object.entries(scripts)) made[path] = Buffer.from(await bundle({ entry }));
  return made;
}

/** Runs `work` in a new world with new servers and a new browser profile. */
export async function inWorld(browser, options, work) {
  const made = await peerPages();
  // The official client registers with scopes.
  const issuing = { ownScopes: SCOPES, ...options.issuing };
  const endings = [];
  try {
    return await work(await startWorld({ after: (end) => endings.push(end) }, browser, { ...options, issuing, made }));
  } finally {
    for (const end of endings) await end();
  }
}

/** A tab of a client with a signed-in user. */
export async function signedInTab(world, client) {
  const tab = await openTab(world, client);
  await signIn(tab);
  return tab;
}

/** A tab of a client. */
export const openTab = (world, client) => world.tab(() => app.start?.(), client.path);
