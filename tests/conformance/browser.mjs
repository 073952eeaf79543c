// The client under test in Chromium: a page that signs in by popup. client-browser.mjs starts it with a POST.

import { once } from "node:events";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { staticServer } from "../../www/servers/static.mjs";
import { launchBrowser } from "../e2e/browser.mjs";
import { portOf } from "../../www/servers/port.mjs";

const EXPOSED = ["WWW-Authenticate", "Mcp-Session-Id", "DPoP-Nonce", "Retry-After"];

/** @returns {Promise<{ url: string, close(): Promise<void> }>} `url` is where to POST `{ server, credentials }` */
export async function startBrowser({ hideWwwAuthenticate = false } = {}) {
  const exposed = EXPOSED.filter((name) => !hideWwwAuthenticate || name !== "WWW-Authenticate").join(", ");
  const files = staticServer({
    folders: { "/": folder("page/"), "/pkg/": folder("../../pkg/") },
    made: { "/main.js": await bundle(folder("page/main.js")) },
  });
  const browser = await launchBrowser();
  const server = createServer(async (request, response) => {
    if (request.method !== "POST") return files(request, response);
    try {
      const task = await json(request);
      // A new context for each scenario, so that nothing is stored from another.
      const context = await browser.newContext();
      // Also if the suite ends the client because it takes too long.
      response.on("close", () => context.close().catch(() => {}));
      response.end(await use(context, url, task, exposed));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${portOf(server)}/`;

  const close = async () => {
    await browser.close();
    server.closeAllConnections();
    server.close();
  };
  return { url, close };
}

/** Clicks the page's button whenever it is enabled. @returns {Promise<string>} the page's final output */
async function use(context, url, task, exposed) {
  const page = await context.newPage();
  await allowOrigin(await context.newCDPSession(page), exposed);
  await page.goto(`${url}#${encodeURIComponent(JSON.stringify(task))}`);
  for (;;) {
    await page.locator("button:enabled, output:not(:empty)").first().waitFor({ state: "attached" });
    const said = await page.locator("output").innerText();
    if (said) return said;
    await page.locator("button").click();
  }
}

/**
 * Adds the CORS headers that the suite's servers don't send. Uses the DevTools protocol, because Playwright's `route`
 * would hold back an event stream until it ends.
 */
async function allowOrigin(session, exposed) {
  session.on("Fetch.requestPaused", ({ requestId, request, responseStatusCode, responseHeaders }) => {
    answer(requestId, request, responseStatusCode, responseHeaders).catch(() => {}); // The page is gone.
  });
  await session.send("Fetch.enable", {
    patterns: ["Request", "Response"].map((requestStage) => ({ urlPattern: "http://localhost:*", requestStage })),
  });

  function answer(requestId, { method, headers }, status, given) {
    const origin = { name: "Access-Control-Allow-Origin", value: "*" };
    if (status !== undefined) {
      const responseHeaders = [...given, origin, { name: "Access-Control-Expose-Headers", value: exposed }];
      return session.send("Fetch.continueResponse", { requestId, responseCode: status, responseHeaders });
    }
    if (method !== "OPTIONS") return session.send("Fetch.continueRequest", { requestId });
    const wanted = headers["Access-Control-Request-Headers"] ?? "";
    return session.send("Fetch.fulfillRequest", {
      requestId,
      responseCode: 204,
      responseHeaders: [
        origin,
        { name: "Access-Control-Allow-Methods", value: "GET, POST, DELETE" },
        { name: "Access-Control-Allow-Headers", value: wanted },
      ],
    });
  }
}

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The page's script, bundled with the official SDK. The page loads the package itself unbundled, as published. */
async function bundle(entry) {
  /** @type {import("esbuild").BuildOptions} */
  const options = { bundle: true, format: "esm", platform: "browser", target: "es2022", write: false };
  const { outputFiles } = await build({ entryPoints: [entry], external: ["mcp-authorize"], ...options });
  return outputFiles[0].text;
}
