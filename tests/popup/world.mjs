// The servers of one case: the app, and on another site the MCP server with its authorization server and sign-in page.
// Reports of the pages and requests for the sign-in page become events.

import { EventEmitter, on, once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { staticServer } from "../../www/servers/static.mjs";
import { redirect, startMock } from "../e2e/mock-server.mjs";
import { portOf } from "../../www/servers/port.mjs";
import { PATIENCE } from "../patience.mjs";

// The policy that the documentation recommends to apps.
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self'; connect-src 'self' http://localhost:*; base-uri 'none'; form-action 'none'";

/**
 * @param {object} options
 * @param {string} [options.appCoop] the app's Cross-Origin-Opener-Policy
 * @param {string} [options.signInCoop] the first sign-in page's
 * @param {string} [options.laterCoop] that of the second sign-in page; without it, there is only one page
 * @param {string} [options.signInPolicy] the sign-in page's Content-Security-Policy
 * @param {boolean} [options.declines] the user declines
 * @param {boolean} [options.fails] the sign-in page shows an error and never redirects back
 * @param {"mcp" | "page"} [options.hold] never answer requests to the MCP server, or for the sign-in page
 * @param {object} [options.config] the configuration for page/app.js
 */
export async function startWorld({
  appCoop,
  signInCoop,
  laterCoop,
  signInPolicy,
  declines,
  fails,
  hold,
  config = {},
} = {}) {
  const events = new EventEmitter();
  const log = [];
  const tell = (event) => {
    log.push(event);
    events.emit("event", event);
  };

  /** The next event of one of these types that was not returned before. */
  async function next(...types) {
    const find = () => {
      const index = log.findIndex((event) => types.includes(event.type) && !event.taken);
      return index < 0 ? undefined : Object.assign(log[index], { taken: true });
    };
    const found = find();
    if (found) return found;
    const signal = AbortSignal.timeout(PATIENCE);
    try {
      for await (const _ of on(events, "event", { signal })) {
        const now = find();
        if (now) return now;
      }
    } catch {
      throw new Error(`no event "${types.join(", ")}" within ${PATIENCE / 1000} s, but: ${JSON.stringify(log)}`);
    }
  }

  const never = new Promise(() => {});
  const answers = []; // the authorization responses
  const page = (title, body, coop) => ({
    headers: {
      ...(coop && { "Cross-Origin-Opener-Policy": coop }),
      ...(signInPolicy && { "Content-Security-Policy": signInPolicy }),
    },
    // The image's request tells that the page has loaded.
    body: `<!doctype html><title>${title}</title>${body}<img src="/shown?${title}" alt="">`,
  });
  const proceed = (path, answer) =>
    fails
      ? "<h1>Something went wrong</h1>"
      : `<form action="${path}"><button id="go" name="answer" value="${answer}">Go on</button></form>`;
  const mock = await startMock({
    "/mcp": (url, origin, good) => (hold === "mcp" ? (tell({ type: "held" }), never) : good),
    "/authorize": (url, origin, good) => {
      const answer = declines ? redirect(url, { error: "access_denied", state: url.searchParams.get("state") }) : good;
      if (hold === "page") {
        tell({ type: "held" });
        return { body: (response) => response.once("close", () => tell({ type: "dropped" })) };
      }
      const index = answers.push(answer) - 1;
      return page("sign-in", proceed(laterCoop ? "/later" : "/done", index), signInCoop);
    },
    "/later": (url) => page("later", proceed("/done", url.searchParams.get("answer")), laterCoop),
    "/done": (url) => answers[url.searchParams.get("answer")],
    "/token": (url, origin, good) => (tell({ type: "exchanged" }), good),
    "/shown": (url) => (tell({ type: "shown", page: url.search.slice(1) }), { status: 204 }),
  });

  const app = createServer();
  app.listen(0, "127.0.0.1");
  await once(app, "listening");
  const port = portOf(app);
  const appUrl = `http://127.0.0.1:${port}/`;
  const files = staticServer({
    folders: { "/": folder("./page/"), "/pkg/": folder("../../pkg/") },
    made: { "/config.json": JSON.stringify({ mcpUrl: mock.mcpUrl, ...config }) },
  });
  app.on("request", async (request, response) => {
    if (request.url === "/frame.html") {
      return response.setHeader("Content-Type", "text/html").end(`<!doctype html><iframe src="${appUrl}"></iframe>`);
    }
    if (request.url === "/report") {
      tell(JSON.parse(await text(request)));
      return response.end();
    }
    if (request.headers.referer?.includes("state=")) tell({ type: "leak", url: request.url });
    const writeHead = response.writeHead;
    response.writeHead = (status, headers) =>
      writeHead.call(response, status, {
        ...headers,
        ...(headers["Content-Security-Policy"] && { "Content-Security-Policy": POLICY }),
        ...(appCoop && { "Cross-Origin-Opener-Policy": appCoop }),
      });
    files(request, response);
  });

  return {
    appUrl,
    mcpHost: new URL(mock.mcpUrl).host,
    log,
    /** A page of another site with the app in a frame. */
    frameUrl: `http://localhost:${port}/frame.html`,
    next,
    async close() {
      await mock.close();
      app.closeAllConnections();
      await new Promise((done) => app.close(done));
    },
  };
}

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));
