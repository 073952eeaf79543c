// From the request for the script to a `signIn` that can be called, in a browser that has nothing of it.

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
const MODULE = "/wasm/mcp_authorize_bg.wasm";

const NETWORKS = [
  { name: "loopback", emulated: undefined },
  // A script and then a module: two round trips, unless the page says before that it will need the module. What Chromium's developer tools call "Fast 4G", in their numbers.
  { name: "9 Mbit/s, 60 ms", emulated: { latency: 60, downloadThroughput: 9e6 / 8, uploadThroughput: 1.5e6 / 8 } },
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
export const about = `Medians of ${RUNS} runs. The clients take turns, and each run has a new profile with an empty cache. The app is bundled by esbuild, and
responses are compressed with brotli. "Preloaded" means that the page preloads the module with \`<link rel="preload" as="fetch" crossorigin>\`.`;
export const goal = "at most the time of the official client 2.4.0; over a network, with the module preloaded";
export const columns = ["network", "client", "milliseconds", "to the official client 2.4.0"];

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
  try {
    await withBrowser(async (browser) => {
      for (const network of NETWORKS) {
        progress(`${network.name}: ${RUNS} runs of ${CLIENTS.length} clients`);
        // The first run of each is not counted: the browser itself is new then.
        for (let run = 0; run <= RUNS; run += 1) {
          for (const client of CLIENTS) {
            const time = await startOnce(browser, `${origin}/${CLIENTS.indexOf(client)}.html`, network);
            const key = `${network.name} ${client.name}`;
            if (run > 0) times.set(key, [...(times.get(key) ?? []), time]);
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
    }));
  });
}

export const row = ({ network, client, ms, ratio }) => [network, client, ms.toFixed(1), `× ${ratio.toFixed(2)}`];
export const met = (rows) =>
  rows.every(
    ({ client, network, ratio }) =>
      ratio <= 1 || !client.startsWith(OURS.name) || (client === OURS.name && network !== NETWORKS[0].name),
  );

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

async function startOnce(browser, url, { emulated }) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    if (emulated) {
      const session = await context.newCDPSession(page);
      await session.send("Network.enable");
      await session.send("Network.emulateNetworkConditions", { offline: false, ...emulated });
    }
    await page.goto(url);
    await page.waitForFunction(() => globalThis.ready !== undefined);
    return await page.evaluate(() => {
      const script = performance.getEntriesByType("resource").find(({ name }) => name.endsWith(".js"));
      return globalThis.ready - script.startTime;
    });
  } finally {
    await context.close();
  }
}

export function summary(rows) {
  const times = (clients) =>
    NETWORKS.map(({ name }, index) => rows.find((row) => row.network === name && row.client === clients[index]).ms)
      .map((ms) => `${ms.toFixed(0)} ms`)
      .join(", ");
  return [
    [
      `cold start with an empty cache: loopback; ${NETWORKS[1].name} latency, module preloaded`,
      "at most the official client's",
      times([OURS.name, `${OURS.name}, preloaded`]),
      times([V2.name, V2.name]),
    ],
  ];
}
