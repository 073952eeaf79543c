// What every test here starts from: a page of the app, MCP servers of both SDK generations that elicit by URL, the page that
// they send the user to, and a tab in Chromium.

import { once } from "node:events";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import * as runner from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { answerPreflight } from "../../www/servers/cors.mjs";
import { portOf } from "../../www/servers/port.mjs";
import { staticServer } from "../../www/servers/static.mjs";
import { launchBrowser, popupOf, ready } from "../e2e/browser.mjs";
import { serverOfSdk1, serverOfSdk2 } from "./servers.mjs";
import { PATIENCE } from "../patience.mjs";

export { launchBrowser, popupOf };

/** A test that waits for what never comes fails, rather than that all wait. */
export const test = (name, work) => runner.test(name, { timeout: 5 * PATIENCE }, work);

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));

const SDKS = {
  "/sdk-1.js":
    'export { Client } from "@modelcontextprotocol/sdk/client/index.js";' +
    'export { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";' +
    'export { ElicitRequestSchema, ElicitationCompleteNotificationSchema } from "@modelcontextprotocol/sdk/types.js";',
  "/sdk-2.js": 'export { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";',
};

/** The SDKs' clients, for the page. */
async function bundleSdks() {
  const made = {};
  for (const [path, contents] of Object.entries(SDKS)) {
    /** @type {import("esbuild").BuildOptions} */
    const options = { bundle: true, format: "esm", platform: "browser", target: "es2022", write: false };
    made[path] = (
      await build({ stdin: { contents, resolveDir: import.meta.dirname }, ...options })
    ).outputFiles[0].text;
  }
  return made;
}

/**
 * A browser and the SDKs' clients for the tests of a file, once they run.
 *
 * @returns {{ browser: import("playwright-core").Browser, made: Record<string, string> }}
 */
export function withBrowser() {
  const shared = /** @type {ReturnType<typeof withBrowser>} */ ({});
  runner.before(async () => {
    shared.browser = await launchBrowser();
    shared.made = await bundleSdks();
  });
  runner.after(() => shared.browser.close());
  return shared;
}

/**
 * The servers and a browser profile for one test; both go when it ends.
 *
 * @param {Pick<import("node:test").TestContext, "after">} t
 * @param {import("playwright-core").Browser} browser
 * @param {Record<string, string>} [made] texts that the page's server has
 */
export async function startWorld(t, browser, made = {}) {
  const servers = [createServer(), createServer()];
  for (const server of servers) await once(server.listen(0, "127.0.0.1"), "listening");
  const [page, mcp] = servers;
  const context = await browser.newContext();
  t.after(async () => {
    await context.close();
    for (const server of servers) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  });

  const origin = `http://localhost:${portOf(mcp)}`;
  const world = new World(context, origin);
  const config = JSON.stringify({ mcpUrl: `${origin}/1`, connectUrl: `${origin}/connect` });
  page.on(
    "request",
    staticServer({
      folders: { "/": folder("./page/"), "/pkg/": folder("../../pkg/") },
      made: { ...made, "/config.json": config },
    }),
  );
  const handlers = { "/1": serverOfSdk1(world), "/2": serverOfSdk2(world), "/connect": connectPage(world) };
  mcp.on("request", (request, response) => {
    const path = new URL(request.url, origin).pathname;
    const allowed = { methods: "GET, POST, DELETE", headers: "*, Authorization", expose: "Mcp-Session-Id" };
    if (answerPreflight(request, response, allowed)) return;
    if (handlers[path]) void handlers[path](request, response);
    else response.writeHead(404).end();
  });
  world.tab = await context.newPage();
  world.tab.setDefaultTimeout(PATIENCE);
  world.pageUrl = `http://127.0.0.1:${portOf(page)}/`;
  await world.tab.goto(world.pageUrl);
  await ready(world.tab);
  return world;
}

export class World {
  /** @type {import("playwright-core").Page} */
  tab;
  /** @type {string} */
  pageUrl;
  /** What the page at `/connect` is asked for, in order: `GET ?id=1`. */
  visits = [];
  /** What is connected, by ID. */
  connected = new Set();
  /** What servers do when one is: by ID. */
  onConnected = new Map();
  /** What the servers were answered, in order. */
  answers = [];
  /** What clients declared: of each connection in MCP 2025, of each request since. */
  declared = [];
  /** The URL that the servers' tools ask the user to open, if not their own. */
  url;
  message = "Please connect your account.";

  /**
   * @param {import("playwright-core").BrowserContext} context
   * @param {string} origin the servers'
   */
  constructor(context, origin) {
    this.context = context;
    this.origin = origin;
  }

  urlFor(id) {
    return this.url ?? `${this.origin}/connect?id=${id}`;
  }

  get dialog() {
    return this.tab.getByRole("dialog");
  }

  button(name) {
    return this.dialog.getByRole("button", { name });
  }

  /** The user agrees. */
  openPage() {
    return popupOf(this.tab, this.button("Open the page"));
  }

  /** The user closes the window after a look at its page. */
  async closes(popup) {
    await popup.waitForLoadState();
    // The page has to be seen a few times: only then a closed window is told from one that was cut off.
    await popup.waitForTimeout(600);
    await popup.close();
  }

  /** How the call that `app.open` began has ended. */
  ended() {
    return this.tab.evaluate(() => app.ended);
  }
}

/** The page that users are sent to, as it comes back from a sign-in at a third party, say. */
function connectPage(world) {
  return async (request, response) => {
    const { search, searchParams } = new URL(request.url, world.origin);
    world.visits.push(`${request.method} ${search}`);
    const policy = searchParams.has("coop") ? { "Cross-Origin-Opener-Policy": "same-origin" } : {};
    if (request.method === "POST") {
      const { id } = /** @type {any} */ (await json(request));
      world.connected.add(id);
      await world.onConnected.get(id)?.();
    }
    response.writeHead(200, { "Content-Type": "text/html", ...policy });
    response.end(`<!doctype html><title>Connect</title><button>Connect</button><p></p><script>
      const id = new URLSearchParams(location.search).get("id");
      document.querySelector("button").onclick = async () => {
        await fetch("/connect", { method: "POST", body: JSON.stringify({ id }) });
        document.querySelector("p").textContent = "Connected";
      };
    </script>`);
  };
}
