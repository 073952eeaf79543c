// The demo's servers with one fault.

import { once } from "node:events";
import { createServer } from "node:http";
import { authorizationServer } from "../../www/servers/authorization-server.mjs";
import { mcpServer, SCOPES } from "../../www/servers/mcp-server.mjs";
import { portOf } from "../../www/servers/port.mjs";

const INTACT = "x-intact";

/**
 * @typedef {object} Fault
 * @property {(exchange: Exchange) => unknown} [mcp] handles a request before the MCP server, or changes its response;
 *   returns `true` if it has answered
 * @property {(exchange: Exchange) => unknown} [as] the same for the authorization server
 * @property {"mcp" | "as"} [down] which server is down
 * @property {boolean} [hinted] the resource metadata is at the URL in the challenge, and not at the well-known URLs
 *
 * @typedef {object} Exchange
 * @property {import("node:http").IncomingMessage} request
 * @property {import("node:http").ServerResponse} response
 * @property {string} path
 * @property {(path: string) => Promise<Response>} intact the intact server's response to GET
 * @property {(status: number, body?: unknown, headers?: object) => true} answer
 * @property {(change: (headers: { get(name: string): string, set(name: string, value: string): void, remove(name: string): void }) => void) => void} headers
 *   changes the response's headers before they are sent
 */
export async function startServers(/** @type {Fault} */ { mcp, as, down, hinted } = {}) {
  const servers = [];
  const listen = async () => {
    const server = createServer();
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return server;
  };
  const close = async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  };
  const [resource, issuing] = [await listen(), await listen()];
  const url = `http://localhost:${portOf(resource)}/mcp`;
  const issuer = `http://localhost:${portOf(issuing)}`;
  const options = { issuer, resource: url, scopes: SCOPES, accessTokenSeconds: 300, refreshTokens: true };

  const intactServer = mcpServer({ url, issuer });
  resource.on("request", faulty(hinted ? faulty(intactServer, elsewhere) : intactServer, mcp));
  issuing.on("request", faulty(await authorizationServer(options), as));
  if (down) {
    const server = { mcp: resource, as: issuing }[down];
    servers.splice(servers.indexOf(server), 1);
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
  return { url, issuer, close };
}

const PRM = "/.well-known/oauth-protected-resource/mcp";

/** Only the challenge names the URL of the metadata. */
async function elsewhere({ path, intact, answer, headers }) {
  if (path.startsWith("/.well-known/")) return answer(404, "Not found", { "Access-Control-Allow-Origin": "*" });
  if (path === "/metadata")
    return answer(200, await (await intact(PRM)).json(), { "Access-Control-Allow-Origin": "*" });
  headers(({ get, set }) => {
    const challenge = get("www-authenticate");
    if (challenge) set("www-authenticate", String(challenge).replaceAll(PRM, "/metadata"));
  });
}

function faulty(handle, fault) {
  if (!fault) return handle;
  return async (request, response) => {
    if (request.headers[INTACT]) return handle(request, response);
    const origin = `http://${request.headers.host}`;
    const exchange = {
      request,
      response,
      path: new URL(request.url, origin).pathname,
      intact: (path) => fetch(origin + path, { headers: { [INTACT]: "1" } }),
      answer(status, body = "", headers = {}) {
        const json = typeof body !== "string";
        response.writeHead(status, { "Content-Type": json ? "application/json" : "text/html", ...headers });
        response.end(json ? JSON.stringify(body) : body);
        return true;
      },
      headers: (change) => changeHeaders(response, change),
    };
    if (!(await fault(exchange))) handle(request, response);
  };
}

function changeHeaders(response, change) {
  const { writeHead } = response;
  response.writeHead = (status, ...rest) => {
    const given = rest.at(-1);
    const pairs = Array.isArray(given)
      ? Array.isArray(given[0])
        ? given
        : given.flatMap((name, index) => (index % 2 ? [] : [[name, given[index + 1]]]))
      : Object.entries(typeof given === "object" ? (given ?? {}) : {});
    for (const [name, value] of pairs) response.setHeader(name, value);
    change({
      get: (name) => response.getHeader(name),
      set: (name, value) => response.setHeader(name, value),
      remove: (name) => response.removeHeader(name),
    });
    return writeHead.call(response, status);
  };
}
