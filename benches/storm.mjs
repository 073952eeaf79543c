// Many requests with an access token that the server no longer accepts.

import { invalidGrant } from "../tests/sessions/world.mjs";
import { inWorld, openTab, OURS, signedInTab, V1, V2, withBrowser } from "./world.mjs";

/** The delay of each response. Requests overlap in flight, as on a network. */
const LATENCY_MS = 15;
/** The time between staggered 401s, longer than a refresh takes. */
const STAGGER_MS = 150;

const LOADS = [
  { name: "10 requests at once", tabs: 1, staggered: false },
  { name: "5 tabs × 10 requests at once", tabs: 5, staggered: false },
  { name: "10 requests, their 401s one by one", tabs: 1, staggered: true },
];

/** What happens if a refresh token is used twice. */
const SERVERS = [
  { name: "refused", answerToken: refuseReuse },
  { name: "ends the session", answerToken: () => (form, server) => server(form) },
];

export const title = "Storm: many requests with an expired token";
export const about = `The access token has expired when a page sends many requests: ${LOADS.map(({ name }) => name).join("; ")}.
The authorization server is oidc-provider with refresh tokens that can be used once: a second use ends the whole session ("ends the
session") or is refused ("refused"), and each response takes ${LATENCY_MS} ms. "Session after" says whether a further refresh succeeds without the user.`;
export const goal = "1 refresh, every request OK, no unexpected sign-in";

export const columns = [
  "load",
  "used refresh token",
  "client",
  "refreshes",
  "OK",
  "unexpected sign-ins",
  "session after",
];

export async function bench(progress) {
  const rows = [];
  await withBrowser(async (browser) => {
    for (const load of LOADS) {
      for (const server of SERVERS) {
        for (const client of [OURS, V2, V1]) {
          progress(`${load.name}, ${server.name}: ${client.name}`);
          const result = await inWorld(browser, {}, (world) => storm(world, client, load, server));
          rows.push({ load: load.name, server: server.name, client: client.name, ...result });
        }
      }
    }
  });
  return rows;
}

export const row = ({ load, server, client, refreshes, ok, of, surprises, alive }) => [
  load,
  server,
  client,
  refreshes,
  `${ok} of ${of}`,
  surprises,
  alive ? "alive" : "lost",
];

export const met = (rows) =>
  rows.every(
    (row) => row.client !== OURS.name || (row.refreshes === 1 && row.ok === row.of && !row.surprises && row.alive),
  );

async function storm(world, client, { tabs: count, staggered }, server) {
  const tabs = [await signedInTab(world, client)];
  while (tabs.length < count) tabs.push(await openTab(world, client));
  const popups = world.popups.length;

  const answer = server.answerToken();
  world.answerToken = async (form, server) => (await wait(LATENCY_MS), answer(form, server));
  const refused = expire(world);
  let last = performance.now();
  world.beforeCall = async ({ token }) => {
    if (!staggered || token !== refused) return wait(LATENCY_MS);
    last = Math.max(last + STAGGER_MS, performance.now());
    await wait(last - performance.now());
  };

  const results = (await Promise.all(tabs.map((tab) => tab.evaluate(() => app.calls(10))))).flat();
  const refreshes = world.refreshes.length;
  const surprises = await Promise.all(tabs.map((tab) => tab.evaluate(() => app.surprises ?? 0)));
  const unexpected = surprises.reduce((sum, n) => sum + n, world.popups.length - popups);

  world.answerToken = (form, server) => server(form);
  world.beforeCall = async () => {};
  expire(world);
  const alive = (await tabs[0].evaluate(() => app.call())) === "ok";
  return {
    refreshes,
    ok: results.filter((result) => result === "ok").length,
    of: results.length,
    surprises: unexpected,
    alive,
  };
}

/** The server no longer accepts the last access token, as if it had expired. */
function expire(world) {
  const { access_token } = world.tokens;
  world.rejected.add(access_token);
  return access_token;
}

function refuseReuse() {
  const used = new Set();
  return (form, server) => {
    if (form.grant_type === "refresh_token" && used.has(form.refresh_token)) return invalidGrant();
    used.add(form.refresh_token);
    return server(form);
  };
}

const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Uses the results with the server that ends a session if a refresh token is used twice. */
export function summary(rows) {
  const strict = SERVERS.at(-1).name;
  const outcome = (load, client) => {
    const { refreshes, ok, of, alive } = rows.find(
      (row) => row.load === load && row.server === strict && row.client === client.name,
    );
    return `${ok} OK of ${of}, ${refreshes} refresh${refreshes === 1 ? "" : "es"}, session ${alive ? "alive" : "lost"}`;
  };
  return LOADS.map(({ name }) => [
    `expired token, ${name}`,
    "1 refresh, all OK",
    outcome(name, OURS),
    outcome(name, V2),
  ]);
}
