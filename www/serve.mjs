// The demo: the page, an authorization server and an MCP server, each at an origin of its own, in one process.
//
//     node www/serve.mjs [--port 8080] [--mcp-port 8401] [--host 127.0.0.1] [--access-token-seconds 300]

import { once } from "node:events";
import { realpathSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DOCUMENT_URL, PRE_REGISTERED } from "./servers/client.mjs";
import { forward, PATH as FORWARD } from "./servers/forward.mjs";
import { staticServer } from "./servers/static.mjs";
import { PATH, switchboard, switches } from "./servers/switches.mjs";
import { portOf } from "./servers/port.mjs";
import { SCOPES, SCOPE_WORDS } from "./servers/scopes.mjs";

/** The MCP server's port. It is fixed, so that scripts, `diagnose` and pages can use the same URL after a restart. */
const MCP_PORT = 8401;

const USAGE = `Usage: npm start -- [options]

Runs the demo page, with an authorization server and an MCP server of its own.

  --port <number>                  port of the page (default: a free one)
  --mcp-port <number>              port of the MCP server (default: ${MCP_PORT}, or a free one where that is taken)
  --host <address>                 address to listen on (default: 127.0.0.1, this machine only)
  --access-token-seconds <number>  how long an access token is valid (default: 300)
  --no-refresh-tokens              issue access tokens only
  --dpop-nonces                    ask for nonces in proofs of possession (RFC 9449 §8, §9)
  --help                           show this text
`;

/**
 * @param {object} [options]
 * @param {number} [options.port] port of the page; 0 for a free one
 * @param {number[]} [options.mcpPorts] ports of the MCP server: the first that is not taken; 0 is a free one
 * @param {string} [options.host] address to listen at
 * @param {number} [options.accessTokenSeconds]
 * @param {boolean} [options.refreshTokens]
 * @param {boolean} [options.dpopNonces] whether both servers ask for nonces in proofs of possession
 * @returns {Promise<{ pageUrl: string, mcpUrl: string, issuer: string, close(): Promise<void> }>}
 */
export async function start({
  port = 0,
  mcpPorts = [0],
  host = "127.0.0.1",
  accessTokenSeconds = 300,
  refreshTokens = true,
  dpopNonces = false,
} = {}) {
  // Imported here, so that `--help` works without the npm packages.
  const [{ authorizationServer }, { mcpServer }, { bundle }] = await Promise.all([
    import("./servers/authorization-server.mjs"),
    import("./servers/mcp-server.mjs"),
    import("./servers/bundle.mjs"),
  ]);

  const servers = [];
  async function listen(port) {
    const server = createServer();
    servers.push(server);
    server.listen(port, host);
    await once(server, "listening");
    return server;
  }
  async function firstFree(ports) {
    for (const port of ports) {
      try {
        return await listen(port);
      } catch (error) {
        servers.pop();
        if (error.code !== "EADDRINUSE" || port === ports.at(-1)) throw error;
      }
    }
  }
  async function close() {
    for (const server of servers) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  }

  try {
    const page = await listen(port);
    // Always at a free port: it forgets everything when it stops. With a new issuer, the browser does not use a registration
    // that the server no longer knows.
    const authorization = await listen(0);
    const mcp = await firstFree(mcpPorts);

    // The page is at the address that RFC 8252 §8.3 recommends for a redirect URI. The servers are at
    // another site, as in practice: cookies ignore ports, so at `127.0.0.1` all would share them.
    const pageUrl = `http://127.0.0.1:${portOf(page)}/`;
    const issuer = `http://localhost:${portOf(authorization)}`;
    const mcpUrl = `http://localhost:${portOf(mcp)}/mcp`;

    const forwards = [issuer, new URL(mcpUrl).origin];
    const config = {
      mcpUrl,
      scopeWords: SCOPE_WORDS,
      clientId: PRE_REGISTERED,
      clientIdMetadataUrl: DOCUMENT_URL,
      hasServers: true,
      forwards,
    };
    const files = staticServer({
      folders: { "/": folder("./"), "/pkg/": folder("../pkg/") },
      made: {
        "/config.json": JSON.stringify(config),
        "/vendor/mcp-client.js": await bundle("@modelcontextprotocol/client"),
      },
    });
    const current = switches();
    const control = switchboard(current);
    const paths = { [PATH]: control, [FORWARD]: forward(forwards) };
    page.on("request", (request, response) => (paths[request.url.split("?")[0]] ?? files)(request, response));
    authorization.on(
      "request",
      await authorizationServer({
        issuer,
        resource: mcpUrl,
        scopes: SCOPES,
        accessTokenSeconds,
        refreshTokens,
        dpopNonces,
        redirectUri: new URL("callback.html", pageUrl).href,
        switches: current,
      }),
    );
    mcp.on("request", mcpServer({ url: mcpUrl, issuer, dpopNonces, switches: current }));
    return { pageUrl, mcpUrl, issuer, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));

async function main() {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "0" },
      "mcp-port": { type: "string" },
      host: { type: "string", default: "127.0.0.1" },
      "access-token-seconds": { type: "string", default: "300" },
      "no-refresh-tokens": { type: "boolean", default: false },
      "dpop-nonces": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return void process.stdout.write(USAGE);

  // oidc-provider warns that its configuration is for development. That is fine for a demo.
  for (const level of ["info", "warn"]) {
    const print = console[level];
    console[level] = (text, ...more) => String(text).includes("oidc-provider ") || print(text, ...more);
  }

  const demo = await start({
    port: number(values.port, "--port"),
    mcpPorts: values["mcp-port"] === undefined ? [MCP_PORT, 0] : [number(values["mcp-port"], "--mcp-port")],
    host: values.host,
    accessTokenSeconds: number(values["access-token-seconds"], "--access-token-seconds"),
    refreshTokens: !values["no-refresh-tokens"],
    dpopNonces: values["dpop-nonces"],
  });
  if (values["mcp-port"] === undefined && new URL(demo.mcpUrl).port !== String(MCP_PORT))
    console.log(`Port ${MCP_PORT} is taken, so the MCP server is at another one this time.`);
  console.log(`The MCP server is at ${demo.mcpUrl}`);
  console.log(`The demo is at ${demo.pageUrl} (Ctrl+C ends it)`);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, demo.close);
}

function number(text, flag) {
  if (!/^\d+$/.test(text)) throw new Error(`${flag} takes a whole number, not "${text}"`);
  return Number(text);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(`${error.message}\nSee --help.`);
    process.exitCode = 1;
  });
}
