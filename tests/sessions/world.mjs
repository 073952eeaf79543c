// The setting of every test here: a page, the demo's real authorization server and MCP server with a gate in front of
// each, and tabs in Chromium. The gates record all requests, and can hold a request or answer it instead of the server.

import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import * as runner from "node:test";
import { fileURLToPath } from "node:url";
import { authorizationServer } from "../../www/servers/authorization-server.mjs";
import { answerPreflight } from "../../www/servers/cors.mjs";
import { mcpServer, SCOPES } from "../../www/servers/mcp-server.mjs";
import { staticServer } from "../../www/servers/static.mjs";
import { allowButton, consent, launchBrowser, logIn, loginField, popupOf, ready } from "../e2e/browser.mjs";
import { portOf } from "../../www/servers/port.mjs";
import { PATIENCE } from "../patience.mjs";

export { allowButton, launchBrowser, logIn, loginField, popupOf, ready };

/** With a time limit, so that a hanging test fails instead of blocking all. Its world is closed as usual. */
export const test = (name, work, { timeout = 5 * PATIENCE } = {}) => runner.test(name, { timeout }, work);

/**
 * Servers and a browser profile for one test, closed when it ends. `made`: more files of the page's server. `issuing`:
 * more options of the authorization server. `dpop`: whether the MCP server accepts bound tokens. `issue`: creates the
 * authorization server. `entry`: the package's entry that the page imports.
 *
 * @param {Pick<import("node:test").TestContext, "after">} t
 * @param {import("playwright-core").Browser} browser
 */
export async function startWorld(
  t,
  browser,
  {
    accessTokenSeconds = 300,
    made = {},
    issuing = {},
    dpop = false,
    issue = authorizationServer,
    entry = "index",
  } = {},
) {
  const servers = [];
  async function listen() {
    const server = createServer();
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return server;
  }
  const [page, authorization, mcp, other] = [await listen(), await listen(), await listen(), await listen()];
  const at = (host, server) => `http://${host}:${portOf(server)}`;
  const pageUrl = `${at("127.0.0.1", page)}/`;
  const issuer = at("localhost", authorization);
  const mcpUrl = `${at("localhost", mcp)}/mcp`;
  const context = await browser.newContext();
  t.after(async () => {
    await context.close();
    for (const server of servers) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  });

  const world = new World({ context, pageUrl, issuer, mcpUrl, elsewhere: at("localhost", other) });
  page.on(
    "request",
    staticServer({
      folders: { "/": folder("./page/"), "/pkg/": folder("../../pkg/") },
      made: { ...made, "/config.json": JSON.stringify({ mcpUrl, entry }) },
    }),
  );
  const issued = { issuer, resource: mcpUrl, scopes: SCOPES, accessTokenSeconds, refreshTokens: true, ...issuing };
  world.restart = async (more) => void (world.authorizationServer = await issue({ ...issued, ...more }));
  await world.restart();
  authorization.on(
    "request",
    tokenGate(world, (...exchange) => world.authorizationServer(...exchange)),
  );
  mcp.on("request", mcpGate(world, mcpServer({ url: mcpUrl, issuer, dpop })));
  other.on("request", (request, response) => {
    const { method, url, headers } = request;
    if (answerPreflight(request, response, ANYTHING)) return;
    world.elsewhereRequests.push({ method, url, headers });
    response.end("elsewhere");
  });
  return world;
}

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));
const ANYTHING = {
  methods: "GET, HEAD, POST, PUT, PATCH, DELETE",
  headers: "*, Authorization",
  expose: "WWW-Authenticate, Retry-After, Date",
};

export class World extends EventEmitter {
  /** @type {import("playwright-core").BrowserContext} */
  context;
  /** @type {string} the page's URL */
  pageUrl;
  /** @type {string} */
  mcpUrl;
  /** @type {string} the authorization server */
  issuer;
  /** @type {string} another origin, unrelated to the session */
  elsewhere;
  /** @type {(more?: object) => Promise<void>} */
  restart;
  /** Requests to the token endpoint, in the order of arrival: `{ form, at, answer }`. */
  tokenRequests = [];
  /** The numbers of requests to the revocation and the registration endpoint. */
  revocations = 0;
  registrations = 0;
  /** The authorization server's handler. `restart` replaces it by a new one, with `more` options. */
  authorizationServer;
  /** Requests to the MCP server except preflights: `{ method, path, token, status, aborted }`. */
  calls = [];
  /** Requests to the origin `elsewhere`. */
  elsewhereRequests = [];
  /** Access tokens that the MCP server answers with 401, like revoked ones. */
  rejected = new Set();
  /** The token endpoint's answer. Gets the form and the real server, a function of a form. */
  answerToken = (form, server) => server(form);
  /**
   * Runs before the MCP server handles a request.
   *
   * @type {(call: { method: string, path: string, token: string }) => unknown}
   */
  beforeCall = async () => {};
  /** Handlers for paths that a test adds to the MCP server. */
  paths = {};
  /** All popups that were opened. */
  popups = [];

  constructor(fields) {
    super();
    Object.assign(this, fields);
    this.context.on("page", async (page) => {
      if (await page.opener()) this.popups.push(page);
    });
  }

  /** Refresh requests that reached the authorization server. */
  get refreshes() {
    return this.tokenRequests.filter(({ form }) => form.grant_type === "refresh_token");
  }

  /** The most recently issued tokens. */
  get tokens() {
    return this.tokenRequests.findLast(({ answer }) => answer?.body?.access_token).answer.body;
  }

  /** All tokens, codes and verifiers so far. */
  get secrets() {
    const all = this.tokenRequests.flatMap(({ form, answer }) => [
      form.code,
      form.code_verifier,
      form.refresh_token,
      answer?.body?.access_token,
      answer?.body?.refresh_token,
    ]);
    return [...new Set(all.filter(Boolean))];
  }

  /** Waits for the nth refresh request from now on. */
  async refreshArrives(nth = 1) {
    for (const goal = this.refreshes.length + nth; this.refreshes.length < goal;) await once(this, "token");
  }

  /** A tab with the page, or with another one at `path`. `start` runs in it and initializes `app`. */
  async tab(start = () => app.start(), path = "") {
    const tab = await this.context.newPage();
    tab.setDefaultTimeout(PATIENCE);
    await tab.goto(this.pageUrl + path);
    await ready(tab);
    await tab.evaluate(start);
    return tab;
  }

  /** A tab whose user has signed in. */
  async signedInTab(start) {
    const tab = await this.tab(start);
    await signIn(tab);
    return tab;
  }
}

/**
 * Waits until a function in the page returns or resolves to true. Playwright's `waitForFunction` would accept any
 * promise.
 */
export async function until(tab, condition, argument, { timeout = PATIENCE } = {}) {
  for (const end = performance.now() + timeout; !(await tab.evaluate(condition, argument));) {
    if (performance.now() > end) throw new Error(`Never true: ${condition}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

/** Waits until `count` tabs and workers wait for a lock that another one holds. */
export const queueOf = (tab, count) =>
  until(
    tab,
    async (count) => {
      const { held, pending } = await navigator.locks.query();
      const [holders, waiting] = [held, pending].map((locks) => new Set(locks.map(({ clientId }) => clientId)));
      return holders.size === 1 && [...waiting].filter((client) => !holders.has(client)).length === count;
    },
    count,
  );

/** Signs in with login and consent. */
export async function signIn(tab) {
  const popup = await popupOf(tab, tab.locator("#sign-in"));
  // In the same profile, the user may be logged in already.
  const consenting = allowButton(popup);
  await consenting.or(loginField(popup)).first().waitFor();
  if (!(await consenting.isVisible())) await logIn(popup);
  await consent(popup);
  await tab.evaluate(() => app.signingIn);
}

/** A gate: `pass` waits until `open` is called, and `arrived` resolves when something waits. */
export function gate() {
  const { promise: arrived, resolve: arrive } = withResolvers();
  const { promise: opened, resolve: open } = withResolvers();
  return { arrived, open, pass: () => (arrive(), opened) };
}

function withResolvers() {
  let resolve;
  const promise = new Promise((fulfil) => (resolve = fulfil));
  return { promise, resolve };
}

function tokenGate(world, handle) {
  return async (request, response) => {
    if (request.url === "/token/revocation" && request.method === "POST") world.revocations += 1;
    if (request.url === "/reg" && request.method === "POST") world.registrations += 1;
    if (request.url !== "/token" || request.method !== "POST") return handle(request, response);

    const form = Object.fromEntries(new URLSearchParams(await text(request)));
    const entry = { form, at: performance.now(), answer: undefined };
    world.tokenRequests.push(entry);
    world.emit("token");

    const end = response.end.bind(response);
    const server = (form) =>
      new Promise((done) => {
        response.end = (body) => done({ status: response.statusCode, body: JSON.parse(body) });
        // oidc-provider uses `body` if the request's stream has been read already.
        request.body = new URLSearchParams(form).toString();
        handle(request, response);
      });
    const answer = await world.answerToken(form, server);
    entry.answer = answer;
    if (answer === CUT) return response.destroy();
    const body = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body ?? {});
    // If the real server was not called, these headers are not set yet.
    for (const [name, value] of Object.entries({
      "Access-Control-Allow-Origin": "*",
      "Access-Control-Expose-Headers": "Retry-After",
      "Content-Type": "application/json",
      ...answer.headers,
    }))
      response.setHeader(name, value);
    response.writeHead(answer.status, { "Content-Length": Buffer.byteLength(body) });
    end(body);
  };
}

/** Instead of an answer, the connection breaks. */
export const CUT = Symbol("the connection breaks");

/** RFC 6749 §5.2. */
export const invalidGrant = () => ({ status: 400, body: { error: "invalid_grant" } });

/**
 * An authorization server that accepts one reuse of a refresh token and repeats its answer, as many do for clients that
 * lost the response (OAuth 2.1 draft §4.3.1 leaves that open).
 */
export function withGrace() {
  const given = new Map();
  return async (form, server) => {
    const again = given.get(form.refresh_token);
    given.delete(form.refresh_token);
    if (again) return again;
    const answer = await server(form);
    if (form.grant_type === "refresh_token" && answer.status === 200) given.set(form.refresh_token, answer);
    return answer;
  };
}

/** An authorization server that does not rotate: no answer to a refresh has a refresh token (RFC 6749 §6). */
export function withoutRotation() {
  const current = new Map();
  return async (form, server) => {
    if (form.grant_type !== "refresh_token") return server(form);
    const answer = await server({ ...form, refresh_token: current.get(form.refresh_token) ?? form.refresh_token });
    if (answer.status !== 200) return answer;
    const { refresh_token, ...body } = answer.body;
    current.set(form.refresh_token, refresh_token);
    return { ...answer, body };
  };
}

function mcpGate(world, handle) {
  return async (request, response) => {
    const { pathname: path, searchParams: query } = new URL(request.url, world.mcpUrl);
    if (request.method === "OPTIONS") return void answerPreflight(request, response, ANYTHING);

    const token = /^Bearer (.+)/.exec(request.headers.authorization ?? "")?.[1];
    const entry = { method: request.method, path, token, status: undefined, aborted: false, closed: undefined };
    world.calls.push(entry);
    world.emit("call", entry);
    entry.closed = once(response, "close").then(() => (entry.aborted = !response.writableFinished));
    response.on("finish", () => (entry.status = response.statusCode));

    await world.beforeCall(entry);
    const own = world.paths[path];
    if (own || world.rejected.has(token)) answerPreflight(request, response, ANYTHING);
    // RFC 6750 §3.1.
    if (world.rejected.has(token)) {
      return response.writeHead(401, { "WWW-Authenticate": 'Bearer error="invalid_token"' }).end();
    }
    if (own) return own(request, response, query);
    handle(request, response);
  };
}

/** The result of `app.calls` if all calls succeed. */
export const allOk = (count) => Array(count).fill("ok");

/** Sends a refresh token to the token endpoint like a thief. The gate does not count this request. */
export async function present(world, refresh_token) {
  const { client_id, resource } = world.tokenRequests[0].form;
  const form = { grant_type: "refresh_token", refresh_token, client_id, resource };
  const answer = await fetch(`${world.issuer}/token`, { method: "POST", body: new URLSearchParams(form) });
  world.tokenRequests.pop();
  return answer.json();
}
