// An MCP server and its authorization server. They strictly check what gives authority (client, redirect URI, PKCE,
// resource, single use of refresh tokens), and can deviate at single endpoints like live servers.

import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { portOf } from "../../www/servers/port.mjs";

/**
 * @typedef {{ status?: number, headers?: Record<string, string | string[]>, body?: unknown }} Answer
 *   An object as body is sent as JSON, unless a type is given; a string as HTML.
 * @typedef {Record<string, any>} Incoming
 *   `url`, `method`, `headers`, `form` (of the body), `json`, `server` (this one), `count` (the number of this request to
 *   the endpoint, from 1).
 * @typedef {(incoming: Incoming, good: Answer) => Answer | Promise<Answer>} Change
 *   Receives the correct answer, and returns another one.
 */

const PRM = "/.well-known/oauth-protected-resource";
const ASM = "/.well-known/oauth-authorization-server";

/**
 * @param {Record<string, Change>} changes by endpoint: "mcp", "resource", "metadata", "register", "authorize", "token",
 *   "revoke", "other" for every other path of either server, or a path
 */
export async function startServer(changes = {}) {
  const state = {
    clients: new Map(),
    codes: new Map(),
    access: new Map(),
    refresh: new Map(),
    counts: new Map(),
    requests: [],
  };
  /** @type {Record<string, any>} */
  const server = { state, changes, ...state };
  const mcp = await listen((incoming) => place(incoming, "mcp"));
  const as = await listen((incoming) => place(incoming, "as"));
  Object.assign(server, { mcpOrigin: mcp.origin, issuer: as.origin, mcpUrl: `${mcp.origin}/mcp` });

  async function place(incoming, role) {
    const { pathname } = incoming.url;
    const [name, good] = find(role, pathname);
    incoming.server = server;
    incoming.count = (state.counts.get(name) ?? 0) + 1;
    state.counts.set(name, incoming.count);
    state.requests.push(`${incoming.method} ${name === "other" ? pathname : name}`);
    const change = changes[pathname] ?? changes[name];
    const answer = await good(incoming);
    return change ? change(incoming, answer) : answer;
  }

  const places = {
    mcp: { "/mcp": ["mcp", callMcp], [`${PRM}/mcp`]: ["resource", resource] },
    as: {
      [ASM]: ["metadata", metadata],
      "/register": ["register", register],
      "/authorize": ["authorize", authorize],
      "/token": ["token", token],
      "/revoke": ["revoke", revoke],
    },
  };
  const find = (role, path) => places[role][path] ?? ["other", () => ({ status: 404, body: "Not found" })];

  function callMcp({ headers }) {
    const challenge = `Bearer resource_metadata="${server.mcpOrigin}${PRM}/mcp", scope="read"`;
    const held = state.access.get(headers.authorization?.replace(/^Bearer /, ""));
    if (!held || held.revoked || held.until < Date.now())
      return { status: 401, headers: { "WWW-Authenticate": challenge } };
    return { body: { jsonrpc: "2.0", id: 1, result: {} } };
  }

  function resource() {
    return {
      body: { resource: server.mcpUrl, authorization_servers: [server.issuer], scopes_supported: ["read", "write"] },
    };
  }

  function metadata() {
    return {
      body: {
        issuer: server.issuer,
        authorization_endpoint: `${server.issuer}/authorize`,
        token_endpoint: `${server.issuer}/token`,
        registration_endpoint: `${server.issuer}/register`,
        revocation_endpoint: `${server.issuer}/revoke`,
        response_types_supported: ["code"],
        grant_types_supported: ["authorization_code", "refresh_token"],
        code_challenge_methods_supported: ["S256"],
        token_endpoint_auth_methods_supported: ["none", "client_secret_post", "client_secret_basic"],
        authorization_response_iss_parameter_supported: true,
      },
    };
  }

  function register({ json }) {
    if (!json?.redirect_uris?.length) return { status: 400, body: { error: "invalid_redirect_uri" } };
    const client = { client_id: `client-${state.clients.size + 1}`, token_endpoint_auth_method: "none", ...json };
    state.clients.set(client.client_id, client);
    return { status: 201, body: client };
  }

  function authorize({ url }) {
    const names = [...url.searchParams.keys()];
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice) return { status: 400, body: `The parameter ${twice} is repeated.` };
    const sent = Object.fromEntries(url.searchParams);
    const client = state.clients.get(sent.client_id);
    if (!client) return { status: 400, body: "There is no such client." };
    if (!client.redirect_uris.includes(sent.redirect_uri))
      return { status: 400, body: "The redirect URI is not registered." };
    const back = (more) => redirect(sent, { ...more, iss: server.issuer });
    if (sent.response_type !== "code") return back({ error: "unsupported_response_type" });
    if (sent.code_challenge_method !== "S256" || !sent.code_challenge) return back({ error: "invalid_request" });
    if (sent.resource !== undefined && sent.resource !== server.mcpUrl) return back({ error: "invalid_target" });
    const code = randomUUID();
    state.codes.set(code, sent);
    return back({ code });
  }

  function issue({ client_id, scope }) {
    const [access_token, refresh_token] = [randomUUID(), randomUUID()];
    state.access.set(access_token, { client_id, scope, until: Date.now() + 300_000 });
    state.refresh.set(refresh_token, { client_id, scope, access_token });
    return { body: { access_token, token_type: "Bearer", expires_in: 300, refresh_token, scope } };
  }

  const refused = (error, status = 400) => ({ status, body: { error } });

  function token({ form, headers }) {
    const basic = headers.authorization?.startsWith("Basic ");
    const [id, secret] = basic
      ? Buffer.from(headers.authorization.slice(6), "base64").toString().split(":").map(decodeURIComponent)
      : [form.client_id, form.client_secret];
    const client = state.clients.get(id);
    if (!client) return refused("invalid_client", 401);
    const method = secret === undefined ? "none" : basic ? "client_secret_basic" : "client_secret_post";
    if (client.token_endpoint_auth_method !== method || client.client_secret !== secret)
      return refused("invalid_client", 401);
    if (form.grant_type === "authorization_code") {
      const granted = state.codes.get(form.code);
      state.codes.delete(form.code);
      const challenge = createHash("sha256")
        .update(form.code_verifier ?? "")
        .digest("base64url");
      const fits =
        granted?.client_id === id && granted.redirect_uri === form.redirect_uri && granted.code_challenge === challenge;
      return fits ? issue({ client_id: id, scope: granted.scope }) : refused("invalid_grant");
    }
    if (form.grant_type === "refresh_token") {
      const held = state.refresh.get(form.refresh_token);
      state.refresh.delete(form.refresh_token);
      return held?.client_id === id ? issue(held) : refused("invalid_grant");
    }
    return refused("unsupported_grant_type");
  }

  function revoke({ form }) {
    const held = state.refresh.get(form.token);
    const access = state.access.get(held?.access_token ?? form.token);
    if (access) access.revoked = true;
    state.refresh.delete(form.token);
    return { body: {} };
  }

  return Object.assign(server, {
    /** The number of requests to an endpoint. */
    count: (name) => state.counts.get(name) ?? 0,
    /** Expires all access tokens. */
    expire() {
      for (const held of state.access.values()) held.until = 0;
    },
    async close() {
      await Promise.all([mcp.close(), as.close()]);
    },
  });
}

/** The authorization response: a redirect to the app, with the state. */
export function redirect(sent, parameters) {
  const target = new URL(sent.redirect_uri);
  for (const [name, value] of Object.entries({ state: sent.state, ...parameters })) {
    if (value !== undefined) target.searchParams.set(name, value);
  }
  return { status: 302, headers: { Location: target.href } };
}

const CORS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Headers": "*, Authorization",
  "Access-Control-Expose-Headers": "WWW-Authenticate, Retry-After",
};

async function listen(answer) {
  const http = createServer(async (request, response) => {
    const origin = `http://localhost:${portOf(http)}`;
    const url = new URL(request.url, origin);
    const sent = await text(request);
    if (request.method === "OPTIONS") return response.writeHead(204, CORS).end();
    const type = request.headers["content-type"] ?? "";
    const incoming = {
      url,
      method: request.method,
      headers: request.headers,
      form: Object.fromEntries(type.includes("urlencoded") ? new URLSearchParams(sent) : []),
      json: type.includes("json") ? JSON.parse(sent || "null") : undefined,
    };
    const { status = 200, headers, body = "" } = await answer(incoming);
    if (status === "destroy") return response.destroy();
    const isText = typeof body === "string";
    response.writeHead(status, { ...CORS, "Content-Type": isText ? "text/html" : "application/json", ...headers });
    response.end(isText ? body : JSON.stringify(body));
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return {
    origin: `http://localhost:${portOf(http)}`,
    async close() {
      http.closeAllConnections();
      await new Promise((done) => http.close(done));
    },
  };
}
