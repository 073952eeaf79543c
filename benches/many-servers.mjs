// Many servers in one page: restores all sessions, and then all tokens expire at once.

import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { staticServer } from "../www/servers/static.mjs";
import { portOf } from "../www/servers/port.mjs";
import { fileURLToPath } from "node:url";
import { withBrowser } from "./world.mjs";

const COUNTS = [1, 5, 20, 50];
/** A task of the main thread that is longer than this delays the user's input (W3C Long Tasks). */
const LONG_TASK_MS = 50;

export const title = "Many servers: restore, and a storm over all of them";
export const about = `A page has a session with each of so many servers: "restore" is the time until all are back from IndexedDB after a reload. Then all tokens
expire, and "storm" is the time until one request to each server, all sent at once, has its response. "Opened" counts how often the page
opens its database, and "longest task" is the longest one of the main thread, if it exceeds ${LONG_TASK_MS} ms.`;
export const goal = `the database is opened no more often than for 1 server, 1 refresh per server, no task over ${LONG_TASK_MS} ms, no more than proportional growth from 5 to 50 servers`;
export const columns = [
  "servers",
  "restore, ms",
  "storm, ms",
  "refreshes",
  "OK",
  "opened",
  "longest task, ms",
  "wasm, bytes",
];

export async function bench(progress) {
  const rows = [];
  await withBrowser(async (browser) => {
    for (const count of COUNTS) {
      progress(`${count} server${count === 1 ? "" : "s"}`);
      const world = await startServers(count);
      try {
        rows.push({ count, ...(await measure(browser, world)) });
      } finally {
        world.close();
      }
    }
  });
  return rows;
}

async function measure(browser, { pageUrl, servers, records, refreshes }) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(pageUrl);
    await page.evaluate(async (records) => {
      const { McpAuthorizer } = await import("/pkg/index.js");
      const authorizer = await McpAuthorizer.create({ clientName: "Bench", redirectUri: "/callback.html" });
      for (const record of records) await authorizer.adopt(record);
    }, records);

    await page.addInitScript(() => {
      const own = { opened: 0, longest: 0 };
      const open = IDBFactory.prototype.open;
      IDBFactory.prototype.open = function (...args) {
        own.opened += 1;
        return open.apply(this, args);
      };
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) own.longest = Math.max(own.longest, duration);
      }).observe({ type: "longtask", buffered: true });
      Object.assign(globalThis, { longTasks: own });
    });
    await page.reload();
    const result = await page.evaluate(async (servers) => {
      const { McpAuthorizer } = await import("/pkg/index.js");
      const authorizer = await McpAuthorizer.create({ clientName: "Bench", redirectUri: "/callback.html" });
      let started = performance.now();
      const sessions = await Promise.all(servers.map((server) => authorizer.restore(server)));
      const restore = performance.now() - started;
      started = performance.now();
      const answers = await Promise.all(sessions.map((session) => session.fetch(session.server)));
      const storm = performance.now() - started;
      const { default: initialize } = await import("/pkg/wasm/mcp_authorize.js");
      const { memory } = await initialize(undefined);
      const ok = answers.filter(({ status }) => status === 200).length;
      // The observer is notified after the task.
      await new Promise((done) => setTimeout(done, 100));
      return { restore, storm, ok, ...globalThis.longTasks, bytes: memory.buffer.byteLength };
    }, servers);
    return { ...result, refreshes: refreshes() };
  } finally {
    await context.close();
  }
}

export const row = ({ count, restore, storm, refreshes, ok, opened, longest, bytes }) => [
  count,
  restore.toFixed(0),
  storm.toFixed(0),
  refreshes,
  `${ok} of ${count}`,
  opened,
  longest > LONG_TASK_MS ? longest.toFixed(0) : "–",
  bytes.toLocaleString("en-US"),
];

export const met = (rows) => {
  const [few, many] = [5, 50].map((wanted) => rows.find(({ count }) => count === wanted));
  const grows = (name) => many[name] / few[name] / (many.count / few.count);
  return (
    rows.every(
      (row) =>
        row.opened <= rows[0].opened &&
        row.refreshes === row.count &&
        row.ok === row.count &&
        row.longest <= LONG_TASK_MS,
    ) && Math.max(grows("restore"), grows("storm")) <= 1
  );
};

export function summary(rows) {
  const { count, restore, storm, refreshes, ok } = rows.at(-1);
  const found = `restore ${restore.toFixed(0)} ms, storm ${storm.toFixed(0)} ms, ${refreshes} refreshes, ${ok} OK`;
  return [[`${count} servers, all tokens expired`, "1 refresh per server, all OK", found, "–"]];
}

/**
 * Starts `count` MCP servers and their authorization server on one origin, and a page. `records` are the tokens of each
 * session.
 */
async function startServers(count) {
  const page = createServer();
  const mcp = createServer();
  for (const server of [page, mcp]) await once(server.listen(0, "127.0.0.1"), "listening");
  const pageUrl = `http://127.0.0.1:${portOf(page)}/`;
  const issuer = `http://localhost:${portOf(mcp)}`;
  const servers = Array.from({ length: count }, (_, n) => `${issuer}/mcp/${n}`);
  let refreshes = 0;
  page.on(
    "request",
    staticServer({
      folders: { "/pkg/": fileURLToPath(new URL("../pkg/", import.meta.url)) },
      made: { "/index.html": "<!doctype html><title>Bench</title>" },
    }),
  );
  mcp.on("request", async (request, response) => {
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.setHeader("Access-Control-Allow-Headers", "*, Authorization");
    if (request.method === "OPTIONS") return response.writeHead(204).end();
    if (request.url === "/token") {
      const form = new URLSearchParams(await text(request));
      refreshes += 1;
      const tokens = {
        access_token: `new ${form.get("refresh_token")}`.replaceAll(" ", "-"),
        token_type: "Bearer",
        expires_in: 3600,
      };
      return response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(tokens));
    }
    const isNew = request.headers.authorization?.startsWith("Bearer new-");
    response.writeHead(isNew ? 200 : 401, { "WWW-Authenticate": "Bearer" }).end();
  });
  const now = Date.now();
  const records = servers.map((server, n) => ({
    v: 1,
    server,
    resource: server,
    issuer,
    client_id: "bench",
    token_endpoint_auth_method: "none",
    token_endpoint: `${issuer}/token`,
    access_token: `old-${n}`,
    token_type: "Bearer",
    refresh_token: `refresh-${n}`,
    granted: ["read"],
    requested: ["read"],
    issued_at: now - 7200_000,
    expires_at: now - 3600_000,
    refresh_at: now - 3660_000,
  }));
  return {
    pageUrl,
    servers,
    records,
    refreshes: () => refreshes,
    close() {
      for (const server of [page, mcp]) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}
