// An MCP server and its authorization server, for behaviour that real servers don't show.

import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { portOf } from "../../www/servers/port.mjs";

/**
 * Behaves correctly, except at the paths in `bad`. Their functions receive the request's URL, the origin, the correct
 * response and the request's body, and return another response. An object as body is sent as JSON, a string as HTML,
 * and a function writes the body itself.
 *
 * @typedef {{ status?: number, headers?: object, body?: any }} Answer
 * @param {Record<string, (url: URL, origin: string, good: Answer, body: string) => Answer | Promise<Answer>>} bad
 */
export async function startMock(bad = {}) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const origin = `http://localhost:${portOf(server)}`;
    const url = new URL(request.url, origin);
    requests.push(`${request.method} ${url.pathname}`);
    const headers = {
      "Access-Control-Allow-Origin": "*",
      "Access-Control-Allow-Headers": "*, Authorization",
      "Access-Control-Expose-Headers": "WWW-Authenticate",
    };
    if (request.method === "OPTIONS") return response.writeHead(204, headers).end();
    const sent = await text(request);

    const good = GOOD[url.pathname]?.(url, origin, request.headers) ?? { status: 404, body: "Not found" };
    const { status = 200, headers: more, body = "" } = (await bad[url.pathname]?.(url, origin, good, sent)) ?? good;
    const type = typeof body === "string" ? "text/html" : "application/json";
    response.writeHead(status, { ...headers, "Content-Type": type, ...more });
    if (typeof body === "function") return body(response);
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    mcpUrl: `http://localhost:${portOf(server)}/mcp`,
    origin: `http://localhost:${portOf(server)}`,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

const GOOD = {
  // Only the sign-in is tested, so calls fail.
  "/mcp": (url, origin, { authorization }) =>
    authorization === "Bearer mock-token"
      ? { status: 503 }
      : {
          status: 401,
          headers: {
            "WWW-Authenticate": `Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`,
          },
        },
  "/.well-known/oauth-protected-resource/mcp": (url, origin) => ({
    body: { resource: `${origin}/mcp`, authorization_servers: [origin] },
  }),
  "/.well-known/oauth-authorization-server": (url, origin) => ({
    body: {
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      registration_endpoint: `${origin}/register`,
      response_types_supported: ["code"],
      code_challenge_methods_supported: ["S256"],
      token_endpoint_auth_methods_supported: ["none"],
    },
  }),
  "/register": () => ({ status: 201, body: { client_id: "mock-client", token_endpoint_auth_method: "none" } }),
  "/authorize": (url) => redirect(url, { code: "mock-code", state: url.searchParams.get("state") }),
  "/token": () => ({ body: { access_token: "mock-token", token_type: "Bearer", expires_in: 300 } }),
};

/** The authorization response: a redirect to the app's callback page. */
export function redirect(url, parameters) {
  const target = new URL(url.searchParams.get("redirect_uri"));
  for (const [name, value] of Object.entries(parameters)) target.searchParams.set(name, value);
  return { status: 302, headers: { Location: target.href } };
}
