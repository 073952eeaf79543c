// Measures what session.fetch adds to a request, compared with plain fetch with a token in a header, and with DPoP
// compared with the official client.

import { median } from "./statistics.mjs";
import { inWorld, OURS, signedInTab, V2, withBrowser } from "./world.mjs";

const REQUESTS = 1000;
/** The number of requests that are timed together, because a browser's clock is coarse. */
const BLOCK = 10;

export const title = "Per request: what a session adds to fetch";
export const about = `Medians over ${REQUESTS} requests, one after another, to a server on the same machine that responds at once. The kinds take turns in
blocks of ${BLOCK}, and the ratios of the blocks are compared. Plain fetch sends a token in a header.`;
export const goal = "at most 1.05 times plain fetch; with DPoP at most the official client's time";
export const columns = ["request", "microseconds", "to plain fetch", "to the official client"];

export async function bench(progress) {
  return withBrowser(async (browser) => {
    progress(`${REQUESTS} requests of each with a Bearer token`);
    const bearer = await inWorld(browser, { dpop: false }, async (world) => {
      const url = answering(world);
      const tab = await signedInTab(world, OURS);
      const token = world.tokens.access_token;
      const official = await signedInTab(world, V2);
      return compare({
        plain: (requests) => tab.evaluate(plainFetch, { url, token, requests }),
        ours: (requests) => tab.evaluate(sessionFetch, { url, requests }),
        official: (requests) => official.evaluate(peerFetch, { url, requests }),
      });
    });
    progress(`${REQUESTS} requests of each with DPoP`);
    const dpop = await inWorld(browser, { dpop: true }, async (world) => {
      const url = answering(world);
      const tab = await signedInTab(world, OURS);
      const official = await signedInTab(world, { ...V2, path: "v2-dpop.html" });
      return compare({
        plain: (requests) => tab.evaluate(plainFetch, { url, token: "none", requests }),
        ours: (requests) => tab.evaluate(sessionFetch, { url, requests }),
        official: (requests) => official.evaluate(peerFetch, { url, requests }),
      });
    });
    return [
      { request: "plain fetch", us: median(bearer.plain) },
      {
        request: `${OURS.name}: session.fetch`,
        us: median(bearer.ours),
        toPlain: paired(bearer.ours, bearer.plain),
        toOfficial: paired(bearer.ours, bearer.official),
        goal: "toPlain",
        most: 1.05,
      },
      { request: `${V2.name}: withOAuth`, us: median(bearer.official), toPlain: paired(bearer.official, bearer.plain) },
      {
        request: `${OURS.name}: session.fetch with DPoP`,
        us: median(dpop.ours),
        toPlain: paired(dpop.ours, dpop.plain),
        toOfficial: paired(dpop.ours, dpop.official),
        goal: "toOfficial",
        most: 1,
      },
      {
        request: `${V2.name}: withOAuth with DPoP`,
        us: median(dpop.official),
        toPlain: paired(dpop.official, dpop.plain),
      },
    ];
  });
}

/** The median ratio of times in the same turn, so that other load of the machine affects both. */
const paired = (times, others) => median(times.map((time, turn) => time / others[turn]));

const ratio = (value) => (value === undefined ? "–" : `× ${value.toFixed(2)}`);
export const row = ({ request, us, toPlain, toOfficial }) => [
  request,
  us.toFixed(0),
  ratio(toPlain),
  ratio(toOfficial),
];
export const met = (rows) => rows.every(({ goal, most, ...row }) => !goal || row[goal] <= most);

/** Adds a path to the MCP server that answers at once, below the token's resource. */
function answering(world) {
  world.paths["/mcp/bench"] = (request, response) => response.end("ok");
  return `${world.mcpUrl}/bench`;
}

/** The microseconds per request, for each turn. */
async function compare(ways) {
  const times = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  // The first block of each warms up.
  for (let block = 0; block <= REQUESTS / BLOCK; block += 1) {
    for (const [name, way] of Object.entries(ways)) {
      const time = await way(BLOCK);
      if (block > 0) times[name].push((time / BLOCK) * 1000);
    }
  }
  return times;
}

// These three run in the page.

async function plainFetch({ url, token, requests }) {
  const started = performance.now();
  for (let n = 0; n < requests; n += 1)
    await (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).text();
  return performance.now() - started;
}

async function sessionFetch({ url, requests }) {
  const started = performance.now();
  for (let n = 0; n < requests; n += 1) await (await app.session.fetch(url)).text();
  return performance.now() - started;
}

async function peerFetch({ url, requests }) {
  const started = performance.now();
  for (let n = 0; n < requests; n += 1) await (await app.fetch(url)).text();
  return performance.now() - started;
}

export function summary([, ours, official, oursWithDpop, officialWithDpop]) {
  const both = (a, b) => [a, b].map(({ toPlain }) => toPlain.toFixed(2)).join(", ");
  return [
    [
      "time of a request, relative to plain fetch: Bearer, DPoP",
      "at most 1.05; with DPoP the official client's",
      both(ours, oursWithDpop),
      both(official, officialWithDpop),
    ],
  ];
}
