// Measures the time from requesting the script until `signIn` can be called, with an empty cache.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { root } from "../scripts/run.mjs";
import { bundle } from "./peers.mjs";
import { median } from "./statistics.mjs";
import { OURS, V1, V2, withBrowser } from "./world.mjs";
import { portOf } from "../www/servers/port.mjs";

const RUNS = 21;
/** A task of the main thread that is longer than this delays the user's input (W3C Long Tasks). */
const LONG_TASK_MS = 50;
const MODULE = "/wasm/mcp_authorize_bg.wasm";

const NETWORKS = [
  { name: "loopback", emulated: undefined },
  // Chromium's "Fast 4G". Loading the script and then the module takes two round trips, unless the page preloads the
  // module.
  { name: "9 Mbit/s, 60 ms", emulated: { latency: 60, downloadThroughput: 9e6 / 8, uploadThroughput: 1.5e6 / 8 } },
  // A phone on a slow network: Chromium's "Slow 4G", with its CPU slowdown for a mid-tier phone.
  {
    name: "1.6 Mbit/s, 150 ms, CPU ÷ 4",
    emulated: { latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 0.75e6 / 8 },
    slowdown: 4,
  },
];

const CLIENTS = [
  { name: OURS.name, script: "start-ours.js" },
  {
    name: `${OURS.name}, preloaded`,
    script: "start-ours.js",
    head: `<link rel="preload" as="fetch" crossorigin href="${MODULE}">`,
  },
  { name: V2.name, script: "start-v2.js" },
  { name: V1.name, script: "start-v1.js" },
];

export const title = "Cold start: from requesting the script until signIn can be called";
export const about = `Medians of ${RUNS} runs that take turns, each in a new profile with an empty cache, of an app that esbuild bundles and brotli compresses.
"Preloaded" means that the page preloads the module with \`<link rel="preload" as="fetch" crossorigin>\`. "Longest task" is the longest one of the
main thread in all runs, if it exceeds ${LONG_TASK_MS} ms.`;
export const goal = `at most the time of the official client 2.4.0, and no task over ${LONG_TASK_MS} ms`;
export const columns = ["network", "client", "milliseconds", "to the official client 2.4.0", "longest task, ms"];

export async function bench(progress) {
  const files = await makeFiles();
  const server = createServer((request, response) => {
    const file = files.get(request.url);
    if (!file) return response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": file.type, "Content-Encoding": "br" }).end(file.body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${portOf(server)}`;

  const times = new Map();
  const tasks = new Map();
  try {
    await withBrowser(async (browser) => {
      for (const network of NETWORKS) {
        progress(`${network.name}: ${RUNS} runs of ${CLIENTS.length} clients`);
        // The first run of each is not counted, because the browser has just started.
        for (let run = 0; run <= RUNS; run += 1) {
          for (const client of CLIENTS) {
            const { time, longest } = await startOnce(browser, `${origin}/${CLIENTS.indexOf(client)}.html`, network);
            const key = `${network.name} ${client.name}`;
            if (run === 0) continue;
            times.set(key, [...(times.get(key) ?? []), time]);
            tasks.set(key, Math.max(tasks.get(key) ?? 0, longest));
          }
        }
      }
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
  return NETWORKS.flatMap((network) => {
    const of = (client) => median(times.get(`${network.name} ${client.name}`));
    const official = of(CLIENTS.find(({ name }) => name === V2.name));
    return CLIENTS.map((client) => ({
      network: network.name,
      client: client.name,
      ms: of(client),
      ratio: of(client) / official,
      longest: tasks.get(`${network.name} ${client.name}`),
    }));
  });
}

export const row = ({ network, client, ms, ratio, longest }) => [
  network,
  client,
  ms.toFixed(1),
  `× ${ratio.toFixed(2)}`,
  longest > LONG_TASK_MS ? longest.toFixed(0) : "–",
];
export const met = (rows) =>
  rows.every(({ client, ratio, longest }) => !client.startsWith(OURS.name) || (ratio <= 1 && longest <= LONG_TASK_MS));

async function makeFiles() {
  const files = new Map();
  const add = (path, type, body) => files.set(path, { type, body: brotliCompressSync(body) });
  for (const [index, { script, head = "" }] of CLIENTS.entries()) {
    add(
      `/${index}.html`,
      "text/html",
      Buffer.from(`<!doctype html><title>Bench</title>${head}<script type="module" src="/${script}"></script>`),
    );
    if (!files.has(`/${script}`)) add(`/${script}`, "text/javascript", await bundle({ entry: script }));
  }
  add(MODULE, "application/wasm", readFileSync(join(root, "pkg", MODULE)));
  return files;
}

async function startOnce(browser, url, { emulated, slowdown = 1 }) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    if (emulated) {
      const session = await context.newCDPSession(page);
      await session.send("Network.enable");
      await session.send("Network.emulateNetworkConditions", { offline: false, ...emulated });
      await session.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
    }
    await page.addInitScript(() => {
      const own = { longest: 0 };
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) own.longest = Math.max(own.longest, duration);
      }).observe({ type: "longtask", buffered: true });
      Object.assign(globalThis, { longTasks: own });
    });
    await page.goto(url);
    await page.waitForFunction(() => globalThis.ready !== undefined);
    return await page.evaluate(async () => {
      const script = performance.getEntriesByType("resource").find(({ name }) => name.endsWith(".js"));
      // The observer is notified after the task.
      await new Promise((done) => setTimeout(done, 100));
      return { time: globalThis.ready - script.startTime, longest: /** @type {any} */ (globalThis).longTasks.longest };
    });
  } finally {
    await context.close();
  }
}

export function summary(rows) {
  return NETWORKS.map(({ name }) => {
    const ms = (client) => rows.find((row) => row.network === name && row.client === client).ms;
    const [ours, preloaded, official] = [OURS.name, `${OURS.name}, preloaded`, V2.name].map(ms);
    return [
      `cold start with an empty cache, ${name}`,
      "at most the official client's",
      `${ours.toFixed(0)} ms; preloaded ${preloaded.toFixed(0)} ms`,
      `${official.toFixed(0)} ms`,
      ours <= official,
    ];
  });
}
