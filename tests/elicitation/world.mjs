// The setting of every test here: a page of the app, MCP servers of both SDK versions that elicit by URL, the page that
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

/** With a time limit, so that a hanging test fails instead of blocking all. */
export const test = (name, work) => runner.test(name, { timeout: 5 * PATIENCE }, work);

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));

const SDKS = {
  "/sdk-1.js":
    'export { Client } from "@modelcontextprotocol/sdk/client/index.js";' +
    'export { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";' +
    'export { ElicitRequestSchema, ElicitationCompleteNotificationSchema } from "@modelcontextprotocol/sdk/types.js";',
  "/sdk-2.js": 'export { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";',
};

/** Bundles the SDKs' clients for the page. */
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
 * A browser and the SDKs' clients, shared by the tests of a file. Set before the first test runs.
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
 * The servers and a browser profile for one test, closed when it ends.
 *
 * @param {Pick<import("node:test").TestContext, "after">} t
 * @param {import("playwright-core").Browser} browser
 * @param {Record<string, string>} [made] files that the page's server serves, by path
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
  /** The requests to the page `/connect`, in order: `GET ?id=1`. */
  visits = [];
  /** The IDs whose user has connected. */
  connected = new Set();
  /** The servers' callbacks for that, by ID. */
  onConnected = new Map();
  /** The users' decisions that the servers received, in order. */
  answers = [];
  /** The declared capabilities of each connection (MCP 2025) or each request (since). */
  declared = [];
  /** The URL that the servers' tools ask the user to open, if not their own. */
  url;
  message = "Please connect your account.";

  /**
   * @param {import("playwright-core").BrowserContext} context
   * @param {string} origin the servers' origin
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

  /** Clicks the button that opens the page. */
  openPage() {
    return popupOf(this.tab, this.button("Open the page"));
  }

  /** Closes the window after its page has been seen. */
  async closes(popup) {
    await popup.waitForLoadState();
    // The library must see the page a few times to distinguish a closed window from one that was cut off.
    await popup.waitForTimeout(600);
    await popup.close();
  }

  /** The outcome of the call that `app.open` started. */
  ended() {
    return this.tab.evaluate(() => app.ended);
  }
}

/** The page that users are sent to, such as the end of a sign-in at a third party. */
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
