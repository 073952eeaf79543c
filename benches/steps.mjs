// Counts requests in sequence until the sign-in page, and until the server's first response.

import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { startMock } from "../tests/e2e/mock-server.mjs";
import { ready } from "../tests/sessions/world.mjs";
import { staticServer } from "../www/servers/static.mjs";
import { OURS, peerPages, V1, V2, withBrowser } from "./world.mjs";
import { portOf } from "../www/servers/port.mjs";

const LATENCY_MS = 100;
const DOCUMENT = "https://app.example/client.json";
const PATH_METADATA = "/.well-known/oauth-protected-resource/mcp";
const ROOT_METADATA = "/.well-known/oauth-protected-resource";
const NOTHING = { status: 404, body: "Not found" };

/** Changes to the mock server's responses, by path. */
const SERVERS = {
  plain: {},
  // The challenge does not name the metadata. It is at the root, and the authorization server's is at the last of three
  // well-known URLs.
  worst: {
    "/mcp": (url, origin, good) =>
      good.status === 401 ? { status: 401, headers: { "WWW-Authenticate": "Bearer" } } : good,
    [PATH_METADATA]: () => NOTHING,
    [ROOT_METADATA]: (url, origin) => ({
      body: { resource: `${origin}/mcp`, authorization_servers: [`${origin}/tenant`] },
    }),
    "/tenant/.well-known/openid-configuration": (url, origin) => ({ body: metadata(origin, `${origin}/tenant`) }),
  },
  document: {
    "/.well-known/oauth-authorization-server": (url, origin) => ({
      body: { ...metadata(origin, origin), client_id_metadata_document_supported: true },
    }),
  },
};

const metadata = (origin, issuer) => ({
  issuer,
  authorization_endpoint: `${origin}/authorize`,
  token_endpoint: `${origin}/token`,
  registration_endpoint: `${origin}/register`,
  response_types_supported: ["code"],
  subject_types_supported: ["public"],
  jwks_uri: `${origin}/jwks`,
  id_token_signing_alg_values_supported: ["ES256"],
  code_challenge_methods_supported: ["S256"],
  token_endpoint_auth_methods_supported: ["none"],
});

/**
 * @typedef {object} Visit
 * @property {string} name
 * @property {string} server a name in SERVERS
 * @property {{ page?: number, answer?: number }} [goal] the maximum numbers of steps
 * @property {string} [clientIdMetadataUrl]
 * @property {object} [options] more options of this package
 * @property {object} [only] the only client to measure
 * @property {boolean} [second] in a browser that has signed in before
 * @property {boolean} [expired] with an expired token
 */

/** @type {Visit[]} */
const VISITS = [
  { name: "first visit", server: "plain", goal: { page: 3 } },
  {
    name: "first visit, client ID metadata document",
    server: "document",
    clientIdMetadataUrl: DOCUMENT,
    goal: { page: 2 },
  },
  // Three for discovery, and one to register.
  { name: "worst discovery", server: "worst", goal: { page: 4 } },
  { name: "first visit, prefetch: false", server: "plain", options: { prefetch: false }, only: OURS },
  { name: "second visit", server: "plain", second: true, goal: { page: 0 } },
  { name: "expired token", server: "plain", expired: true, goal: { answer: 2 } },
];

export const title = "Steps: requests in sequence";
export const about = `Each response takes ${LATENCY_MS} ms, and requests that run at the same time are one step; preflights and the sign-in page's own requests are
not counted. "To page" ends when the sign-in page is requested, "to answer" with the server's first response to a request with a token,
and a "second visit" is in a browser that has signed in before. If the authorization server supports pushed authorization requests
(RFC 9126), this package sends one before the page opens; the others send none.`;
export const goal =
  "steps to the page: 3 on the first visit (2 with a document), 3 for discovery in the worst case, 0 on the second visit; 1 refresh and 1 request if the token has expired";
export const columns = [
  "visit",
  "client",
  "steps to page",
  "requests to page",
  "steps to answer",
  "requests to answer",
];

export async function bench(progress) {
  const rows = [];
  await withBrowser(async (browser) => {
    for (const visit of VISITS) {
      for (const client of [OURS, V2, V1].filter((client) => !visit.only || visit.only === client)) {
        progress(`${visit.name}: ${client.name}`);
        rows.push({
          visit: visit.name,
          client: client.name,
          goal: visit.goal,
          ...(await measure(browser, visit, client)),
        });
      }
    }
  });
  return rows;
}

const text = (counts, name) => counts?.[name] ?? "–";
export const row = ({ visit, client, page, answer }) => [
  visit,
  client,
  text(page, "steps"),
  text(page, "requests"),
  text(answer, "steps"),
  text(answer, "requests"),
];

export const met = (rows) =>
  rows.every(
    ({ client, goal, ...row }) =>
      client !== OURS.name || Object.entries(goal ?? {}).every(([until, most]) => row[until].steps <= most),
  );

async function measure(
  browser,
  /** @type {Visit} */ { server, second, expired, clientIdMetadataUrl, options },
  client,
) {
  const log = [];
  const tokens = { refused: false };
  const mock = await startMock(recording(log, SERVERS[server], tokens));
  const page = createServer(
    staticServer({
      folders: { "/": folder("../tests/sessions/page/"), "/pkg/": folder("../pkg/") },
      made: { ...(await peerPages()), "/config.json": JSON.stringify({ mcpUrl: mock.mcpUrl, clientIdMetadataUrl }) },
    }),
  );
  page.listen(0, "127.0.0.1");
  await once(page, "listening");
  const context = await browser.newContext();
  const open = async () => {
    const tab = await context.newPage();
    await tab.goto(`http://127.0.0.1:${portOf(page)}/${client.path}`);
    await ready(tab);
    await tab.evaluate((options) => app.start?.(options), { ...options, clientIdMetadataUrl });
    return tab;
  };
  const signIn = async (tab) => {
    await tab.locator("#sign-in").click();
    await tab.evaluate(() => app.signingIn);
  };
  try {
    let tab = await open();
    if (second || expired) await signIn(tab);
    if (second) {
      await tab.evaluate(() => (app.session ? app.session.signOut() : app.provider.invalidateCredentials("tokens")));
      tab = await open();
    }
    if (expired) {
      tokens.refused = true;
      await tab.evaluate(() => app.expire?.());
    }
    log.length = 0;
    if (!expired) await signIn(tab);
    const result = await tab.evaluate(() => app.call());
    if (result !== "ok") throw new Error(`${client.name} answered ${result}`);
    const at = log.findIndex(({ path }) => path === "/authorize");
    return {
      page: expired ? undefined : count(log.slice(0, at)),
      answer: count(log.filter(({ path }) => path !== "/authorize")),
    };
  } finally {
    await context.close();
    page.closeAllConnections();
    page.close();
    await mock.close();
  }
}

/** Delays each response, and logs its start and end. After a refresh, the token is accepted again. */
function recording(log, places, tokens) {
  const answer = (path, url, origin, good) => {
    if (path === "/mcp" && good.status === 503 && !tokens.refused) return { body: { result: "1 + 1 = 2" } };
    if (path === "/mcp" && good.status === 503) return { status: 401, headers: { "WWW-Authenticate": "Bearer" } };
    // RFC 7591 §3.2.1: the response has all registered metadata. The official client requires this member.
    if (path === "/register") return { ...good, body: { ...good.body, redirect_uris: [] } };
    if (path === "/token") tokens.refused = false;
    if (path === "/token") return { body: { ...good.body, refresh_token: "mock-refresh-token" } };
    return places[path]?.(url, origin, good) ?? good;
  };
  return new Proxy(
    {},
    {
      get: (_, path) => async (url, origin, good) => {
        const entry = { path, from: performance.now() };
        log.push(entry);
        await new Promise((done) => setTimeout(done, LATENCY_MS));
        entry.to = performance.now();
        return answer(path, url, origin, good);
      },
    },
  );
}

/** Counts the requests, and the longest chain of requests in which each began after the previous response. */
function count(log) {
  let [steps, end] = [0, -Infinity];
  for (const { from, to } of [...log].sort((a, b) => a.to - b.to)) {
    if (from < end) continue;
    steps += 1;
    end = to;
  }
  return { steps, requests: log.length };
}

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));

export function summary(rows) {
  const before = (client) => {
    const steps = ["first visit", "worst discovery", "second visit"].map(
      (visit) => rows.find((row) => row.visit === visit && row.client === client.name).page.steps,
    );
    return steps.join(", ");
  };
  return [
    [
      "requests in sequence before the sign-in page opens: first visit, first visit with the slowest discovery, second visit",
      "3, 4, 0",
      before(OURS),
      before(V2),
    ],
  ];
}
