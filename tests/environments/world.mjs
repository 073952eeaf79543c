// The demo's servers with two pre-registered machine clients, and the installed package.

import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exportJWK, generateKeyPair } from "jose";
import { authorizationServer } from "../../www/servers/authorization-server.mjs";
import { mcpServer, SCOPES } from "../../www/servers/mcp-server.mjs";
import { staticServer } from "../../www/servers/static.mjs";
import { pack } from "../package/pack.mjs";
import { portOf } from "../../www/servers/port.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
/** Characters that must be form-encoded in the header (RFC 6749 §2.3.1); Appendix A.2 allows all of them. */
const SECRET = 'a secret: with & + % "in it", long enough';
const PAGE =
  '<!doctype html><html lang="en"><meta charset="utf-8"><title>Environments</title><link rel="icon" href="data:,">';

export async function startWorld() {
  const servers = [];
  async function listen() {
    const server = createServer();
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return server;
  }
  const [authorization, mcp, page] = [await listen(), await listen(), await listen()];
  const issuer = `http://localhost:${portOf(authorization)}`;
  const server = `http://localhost:${portOf(mcp)}/mcp`;
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const machine = (client_id, method, more) => ({
    client_id,
    token_endpoint_auth_method: method,
    grant_types: ["client_credentials"],
    response_types: [],
    redirect_uris: [],
    ...more,
  });
  const issuing = { issuer, resource: server, scopes: SCOPES, accessTokenSeconds: 300, refreshTokens: false };
  authorization.on(
    "request",
    await authorizationServer({
      ...issuing,
      clients: [
        machine("machine with: secret", "client_secret_basic", { client_secret: SECRET }),
        machine("machine-with-key", "private_key_jwt", {
          token_endpoint_auth_signing_alg: "ES256",
          jwks: { keys: [await exportJWK(publicKey)] },
        }),
      ],
    }),
  );
  mcp.on("request", mcpServer({ url: server, issuer }));

  const folder = mkdtempSync(join(tmpdir(), "mcp-authorize-"));
  const installed = join(folder, "node_modules", "mcp-authorize");
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["xzf", pack(folder).tarball, "--strip-components=1", "-C", installed]);
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ type: "module", dependencies: { "mcp-authorize": "*" } }),
  );
  for (const file of ["program.js", "main.js"]) copyFileSync(here(file), join(folder, file));

  page.on(
    "request",
    staticServer({
      folders: { "/pkg/": join(installed, "pkg") },
      made: {
        "/index.html": PAGE,
        "/worker.js": readFileSync(here("worker.js"), "utf8"),
        // Workers have no import maps.
        "/program.js": readFileSync(here("program.js"), "utf8")
          .replace('"mcp-authorize"', '"/pkg/index.js"')
          .replace('"mcp-authorize/steps"', '"/pkg/steps.js"'),
      },
    }),
  );

  return {
    folder,
    pageUrl: `http://127.0.0.1:${portOf(page)}/`,
    given: {
      server,
      bySecret: { clientId: "machine with: secret", clientSecret: SECRET, issuer },
      byKey: { clientId: "machine-with-key", key: await exportJWK(privateKey), issuer },
    },
    issuer,
    async close() {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
