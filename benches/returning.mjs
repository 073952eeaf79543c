// A returning user: the page is in the browser's cache, and the session in its storage.

import { inWorld, openTab, OURS, signedInTab, V1, V2, withBrowser } from "./world.mjs";
import { median } from "./statistics.mjs";

const RUNS = 15;

export const title = "A returning user: from opening the page until the first response";
export const about = `Medians of ${RUNS} tabs, opened one after another by a user who has signed in; the clients take turns. The time counts from the
navigation to the first response to a tool call; the script is in the browser's cache, and the access token is valid. "Requests" are
those that the client sends to the MCP server and the authorization server, without preflights.`;
export const goal = "at most the time of the official client 2.4.0, 1 request";
export const columns = ["client", "milliseconds", "to the official client 2.4.0", "requests"];

export async function bench(progress) {
  const clients = [OURS, V2, V1];
  return withBrowser((browser) =>
    inAll(browser, clients, async (worlds) => {
      const times = new Map();
      const requests = new Map();
      progress(`${RUNS} tabs of ${clients.length} clients`);
      // The first run of each is not counted, because the browser compiles its scripts.
      for (let run = 0; run <= RUNS; run += 1) {
        for (const client of clients) {
          const { ms, sent } = await comeBack(worlds.get(client), client);
          if (run > 0) times.set(client, [...(times.get(client) ?? []), ms]);
          requests.set(client, sent);
        }
      }
      const official = median(times.get(V2));
      return clients.map((client) => {
        const ms = median(times.get(client));
        return { client: client.name, ms, ratio: ms / official, requests: requests.get(client) };
      });
    }),
  );
}

/** A world for each client, with a user who has signed in. */
async function inAll(browser, clients, work, worlds = new Map()) {
  const [client, ...others] = clients;
  if (!client) return work(worlds);
  return inWorld(browser, {}, async (world) => {
    const tab = await signedInTab(world, client);
    await tab.close();
    worlds.set(client, world);
    return inAll(browser, others, work, worlds);
  });
}

async function comeBack(world, client) {
  const before = world.calls.length + world.tokenRequests.length;
  const tab = await openTab(world, client);
  const [outcome, ms] = await tab.evaluate(async () => [await app.call(), performance.now()]);
  if (outcome !== "ok") throw new Error(`${client.name}: ${outcome}`);
  await tab.close();
  return { ms, sent: world.calls.length + world.tokenRequests.length - before };
}

export const row = ({ client, ms, ratio, requests }) => [client, ms.toFixed(0), `× ${ratio.toFixed(2)}`, requests];
export const met = ([ours]) => ours.ratio <= 1 && ours.requests === 1;

export function summary([ours, official]) {
  const found = ({ ms, requests }) => `${ms.toFixed(0)} ms, ${requests} request${requests === 1 ? "" : "s"}`;
  return [["returning user, until the first response", "at most the official client's", found(ours), found(official)]];
}
