// Ory Hydra with a database in memory, a login and consent app like that of its documentation, and the demo's MCP server.
// Hydra and the consent app are configured as docs/servers/hydra.md says.

import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { portOf } from "../../../www/servers/port.mjs";
import { announce, asInstalled, freePort, installed, pageOrigin, startProgram } from "../product.mjs";
import { codeOf, fill, runCommands } from "../recipe.mjs";
import { introspectTokens, resourceServer, verifyJwts } from "../resource-server.mjs";
import { loginAndConsent } from "./login-and-consent.mjs";

const mcp = await resourceServer();
const [publicPort, adminPort] = [await freePort(), await freePort()];
const issuer = `http://localhost:${publicPort}`;
const adminUrl = `http://localhost:${adminPort}`;

const STEPS = "What an administrator configures";
const JWTS = "Or: JWTs as access tokens";
const recipe = (language, headings = [STEPS]) =>
  fill(codeOf("docs/servers/hydra.md", headings, language), {
    "https://app.example.com": pageOrigin,
    "https://hydra.example.com": issuer,
    "http://hydra-admin.example.com": adminUrl,
    "https://mcp.example.com/mcp": mcp.url,
  });

const { audienceOf, acceptance } = await import(`data:text/javascript,${encodeURIComponent(recipe("js"))}`);
const app = createServer(loginAndConsent({ adminUrl, audienceOf, acceptance })).listen(0, "127.0.0.1");
await once(app, "listening");
const appUrl = `http://localhost:${portOf(app)}`;

await startProgram(join(installed, "hydra"), ["serve", "all", "--dev", ...configuration()], {
  url: `${issuer}/health/ready`,
  env: {
    DSN: "memory",
    SECRETS_SYSTEM: "only-for-the-interop-tests",
    SERVE_PUBLIC_HOST: "127.0.0.1",
    SERVE_PUBLIC_PORT: String(publicPort),
    SERVE_ADMIN_HOST: "127.0.0.1",
    SERVE_ADMIN_PORT: String(adminPort),
    URLS_SELF_ISSUER: issuer,
    URLS_LOGIN: `${appUrl}/login`,
    URLS_CONSENT: `${appUrl}/consent`,
    URLS_ERROR: `${appUrl}/error`,
    // No telemetry.
    SQA_OPT_OUT: "true",
  },
});
const opaque = introspectTokens({ url: mcp.url, endpoint: `${adminUrl}/admin/oauth2/introspect` });
const metadataUrl = `${issuer}/.well-known/openid-configuration`;
const jwts = await verifyJwts({ url: mcp.url, metadataUrl, typ: "JWT" });
const verify = (token, key) => (token.startsWith("ory_at_") ? opaque : jwts)(token, key);
mcp.protect({ issuer, verify, dpop: false });
announce({
  registered: { mcpUrl: mcp.url, options: { clientId: await registerApp() } },
  "registered, JWTs": { mcpUrl: mcp.url, options: { clientId: await registerApp(recipe("text", [JWTS])) } },
  "registers itself": { mcpUrl: mcp.url },
});

/** The arguments with the recipe's configuration. */
function configuration() {
  if (asInstalled) return [];
  const folder = mkdtempSync(join(tmpdir(), "mcp-authorize-hydra-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "hydra.yml");
  writeFileSync(file, recipe("yaml", [STEPS, JWTS]));
  return ["--config", file];
}

async function registerApp(options = "") {
  const { stdout } = await runCommands(`${recipe("sh")} ${options}`, {
    PATH: [installed, process.env.PATH].join(delimiter),
  });
  return JSON.parse(stdout).client_id;
}
