// `npx mcp-authorize check URL`: the diagnosis, and then a whole sign-in with a test account. For a server's CI.
import { once } from "node:events";
import { createServer } from "node:http";
import { McpAuthorizer, McpAuthorizeError } from "./node.js";

/** @import { Server } from "node:http" */
/** @import { AddressInfo } from "node:net" */
/** @import { McpAuthorizerOptions, McpDiagnosis, McpSession } from "./index.js" */

/**
 * @typedef {object} CheckStep
 * @property {string} id
 * @property {string} title
 * @property {"pass" | "failure" | "skipped"} status
 * @property {string} [detail]
 * @property {string} [remedy]
 * @property {number} seconds
 */

/**
 * @typedef {object} CheckOptions
 * @property {string} origin of the pages that will call the server
 * @property {number} requestTimeout
 * @property {number} signInTimeout
 * @property {boolean} [register]
 * @property {number} port of the redirect URI; 0 for a free one
 * @property {string} [clientId]
 * @property {string} [clientSecret]
 * @property {string} [issuer]
 * @property {string} [clientIdMetadataUrl]
 * @property {string[]} [scopes]
 * @property {boolean} [clientCredentials] nobody signs in
 * @property {(url: string, details: { signal: AbortSignal, server: string, issuer: string }) => unknown} logIn
 */

const CLIENT_NAME = "mcp-authorize check";
const CALLBACK = "/callback";

/** Whether the server accepted the token, whatever it answers to the MCP message. */
const isLetIn = (/** @type {number} */ status) => status < 500 && status !== 401 && status !== 403;

/**
 * @param {string} server
 * @param {CheckOptions} options
 * @param {(step: CheckStep) => void} onStep
 * @returns {Promise<{ report: McpDiagnosis, steps: CheckStep[] }>}
 */
export async function check(server, options, onStep) {
  const { origin, register, requestTimeout, clientId } = options;
  const forPages = await McpAuthorizer.create({
    clientName: CLIENT_NAME,
    redirectUri: `${origin}${CALLBACK}`,
    storage: "memory",
    clientId,
    requestTimeout,
  });
  const report = await forPages.diagnose(server, { origin, register });
  /** @type {CheckStep[]} */
  const steps = [];
  /** @type {<T>(id: string, title: string, work: (() => Promise<T>) | null) => Promise<T | undefined>} */
  const step = async (id, title, work) => {
    const started = performance.now();
    /** @type {CheckStep} */
    const done = { id, title, status: work ? "pass" : "skipped", seconds: 0 };
    try {
      const result = await work?.();
      if (typeof result === "string") done.detail = result;
      return result;
    } catch (error) {
      done.status = "failure";
      // A script may throw anything.
      const { code, message, remedy } = /** @type {any} */ (error ?? {});
      done.detail = error instanceof McpAuthorizeError ? `${code}: ${message}` : String(message ?? error);
      if (remedy) done.remedy = String(remedy);
      return undefined;
    } finally {
      done.seconds = (performance.now() - started) / 1000;
      steps.push(done);
      onStep(done);
    }
  };

  const listener = await listen(options.port);
  try {
    const authorizer = await McpAuthorizer.create(authorizerOptions(options, listener));
    const session = await step("sign_in", "The sign-in succeeds", () => authorizer.signIn(server));
    const call = session && (() => initialize(session, requestTimeout));
    await step("call", "The server accepts the token", call ?? null);
    const renews = session?.canRefresh ? session : undefined;
    const renewed = await step("refresh", "The session is refreshed", renews ? () => refresh(renews) : null);
    await step("call_after_refresh", "The server accepts the new token", renewed && call ? call : null);
    await step("sign_out", "Sign-out succeeds", session ? () => signOut(session) : null);
    await authorizer.close();
  } finally {
    listener.close();
  }
  return { report, steps };
}

/**
 * @param {McpSession} session
 * @param {number} timeout `session.fetch` has none, because responses may be streams
 */
async function initialize(session, timeout) {
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: CLIENT_NAME, version: "1" } };
  const signal = AbortSignal.timeout(timeout);
  const request = {
    method: "POST",
    signal,
    headers: { "Content-Type": "application/json", Accept: "application/json, text/event-stream" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params }),
  };
  const { status, body } = await session.fetch(session.server, request).catch((error) => {
    if (!signal.aborted) throw error;
    throw new Error(`The server did not answer within ${timeout / 1000} s.`);
  });
  await body?.cancel();
  if (!isLetIn(status)) throw new Error(`The server answered ${status} to a call with the token.`);
  return `It answered ${status}.`;
}

/** @param {McpSession} session */
async function refresh(session) {
  await session.refresh();
  return `Scopes: ${session.scopes.join(" ") || "none"}.`;
}

/** @param {McpSession} session */
async function signOut(session) {
  return (await session.signOut()) ? "The tokens are revoked." : "The server did not confirm a revocation.";
}

/**
 * @param {CheckOptions} options
 * @param {Listener} listener
 * @returns {McpAuthorizerOptions}
 */
function authorizerOptions(options, listener) {
  const { clientId, clientSecret, issuer, clientIdMetadataUrl, scopes, requestTimeout, signInTimeout } = options;
  const given = { clientId, clientSecret, issuer, clientIdMetadataUrl, scopes, requestTimeout, signInTimeout };
  const common = { ...given, storage: /** @type {const} */ ("memory") };
  if (options.clientCredentials) {
    return /** @type {McpAuthorizerOptions} */ ({ ...common, grant: { type: "client_credentials" } });
  }
  return /** @type {McpAuthorizerOptions} */ ({
    ...common,
    clientName: CLIENT_NAME,
    redirectUri: listener.redirectUri,
    authorize: async (/** @type {string} */ url, /** @type {any} */ details) => {
      const came = listener.next();
      // A script may end before the browser is redirected, or return the URL of the redirect itself.
      const given = Promise.resolve(options.logIn(url, details)).then((returned) => returned ?? came);
      return Promise.race([came, given]);
    },
  });
}

/** @typedef {{ redirectUri: string, next(): Promise<string>, close(): void }} Listener */

/**
 * Listens at the redirect URI (RFC 8252 §7.3).
 *
 * @param {number} port
 * @returns {Promise<Listener>}
 */
async function listen(port) {
  /** @type {(url: string) => void} */
  let arrived = () => {};
  const server = createServer((request, response) => {
    const isCallback = request.url?.startsWith(`${CALLBACK}?`);
    response.writeHead(isCallback ? 200 : 404, { "Content-Type": "text/plain; charset=utf-8" });
    response.end(isCallback ? "Done. You can close this page." : "Not found");
    if (isCallback) arrived(`${origin}${request.url}`);
  });
  await once(server.listen(port, "127.0.0.1"), "listening");
  const origin = `http://127.0.0.1:${/** @type {AddressInfo} */ (server.address()).port}`;
  return {
    redirectUri: `${origin}${CALLBACK}`,
    next: () => new Promise((resolve) => (arrived = resolve)),
    close: () => void server.close().closeAllConnections(),
  };
}
