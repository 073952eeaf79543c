// Keycloak in development mode with one realm, configured by the commands of docs/servers/keycloak.md.

import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { announce, asInstalled, freePort, installed, pageOrigin, startProgram } from "../product.mjs";
import { codeOf, fill, runCommands } from "../recipe.mjs";
import { resourceServer, verifyJwts } from "../resource-server.mjs";

const REGISTERED = { clientId: "acme-agent" };
const RECIPE = "docs/servers/keycloak.md";
/** The enabled experimental features, if any. */
const features = process.env.FEATURES;
/** The sections of the recipe for these ways to sign in. */
const HEADINGS = features
  ? ["A client for your app", "Or: a client ID metadata document", "`resource`"]
  : ["A client for your app", "Or: apps that register themselves"];

const work = mkdtempSync(join(tmpdir(), "mcp-authorize-keycloak-"));
process.once("exit", () => rmSync(work, { recursive: true, force: true }));
const program = join(
  installed,
  readdirSync(installed).find((name) => name.startsWith("keycloak-")),
  "bin",
);
const certificate = makeCertificate();
const server = `http://localhost:${await freePort()}`;
await startProgram(
  join(program, "kc.sh"),
  [
    "start-dev",
    "--db=dev-mem",
    "--http-host=127.0.0.1",
    `--http-port=${new URL(server).port}`,
    `--truststore-paths=${certificate.pem}`,
    ...(features ? [`--features=${features}`] : []),
  ],
  {
    url: `${server}/realms/master`,
    env: { KC_BOOTSTRAP_ADMIN_USERNAME: "admin", KC_BOOTSTRAP_ADMIN_PASSWORD: "admin" },
  },
);

const mcp = await resourceServer();
const headings = asInstalled ? [] : ["The MCP server's scopes", ...HEADINGS];
const recipe = fill(codeOf(RECIPE, ["Keycloak", ...headings]), {
  "https://keycloak.example.com": server,
  "https://mcp.example.com/mcp": mcp.url,
  "https://app.example.com": pageOrigin,
  "app.example.com": new URL(pageOrigin).hostname,
});
const [logIn] = recipe.split("\n");
// What the organization already has: a realm with its users.
const before = `
  kcadm.sh create realms -s realm=acme -s enabled=true
  kcadm.sh create users -r acme -s username=alice -s enabled=true \\
    -s email=alice@acme.test -s firstName=Alice -s lastName=Ace
  kcadm.sh set-password -r acme --username alice --new-password wonderland`;
await runCommands([logIn, before, recipe].join("\n"), {
  PATH: [program, process.env.PATH].join(delimiter),
  KC_CLI_PASSWORD: "admin",
  KC_OPTS: `-Duser.home=${work}`, // kcadm.sh stores its session there.
});

const issuer = `${server}/realms/acme`;
const verify = await verifyJwts({
  url: mcp.url,
  metadataUrl: `${issuer}/.well-known/openid-configuration`,
  typ: "JWT",
});
mcp.protect({ issuer, verify });
const ways = features
  ? { "client ID metadata document": { clientIdMetadataUrl: await serveDocument() }, resource: REGISTERED }
  : { registered: REGISTERED, "registers itself": {} };
announce(
  Object.fromEntries(
    Object.entries(ways).map(([way, options]) => [way, { mcpUrl: mcp.url, options: asInstalled ? {} : options }]),
  ),
);

/** The key and certificate of the document's server. The document needs https, so Keycloak must trust them. */
function makeCertificate() {
  const store = join(work, "document.p12");
  const pem = join(work, "document.pem");
  const known = ["-alias", "document", "-keystore", store, "-storepass", "document"];
  const name = ["-dname", "CN=127.0.0.1", "-ext", "san=ip:127.0.0.1"];
  execFileSync("keytool", ["-genkeypair", "-keyalg", "EC", "-storetype", "PKCS12", ...known, ...name]);
  execFileSync("keytool", ["-exportcert", "-rfc", "-file", pem, ...known]);
  return { pfx: readFileSync(store), passphrase: "document", pem };
}

async function serveDocument() {
  const documents = createServer({ pfx: certificate.pfx, passphrase: certificate.passphrase });
  documents.listen(0, "127.0.0.1");
  await once(documents, "listening");
  const url = `https://127.0.0.1:${documents.address().port}/client.json`;
  documents.on("request", (request, response) => {
    response.setHeader("Content-Type", "application/json");
    response.end(
      JSON.stringify({
        client_id: url,
        client_name: "Acme Agent",
        redirect_uris: [`${pageOrigin}/callback.html`],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        token_endpoint_auth_method: "none",
      }),
    );
  });
  return url;
}
