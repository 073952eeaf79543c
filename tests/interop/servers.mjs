// The servers, each in the folder of its name. `start.mjs` or `start.py` there prints `{ "mcpUrl": … }` when it is
// ready. With AS_INSTALLED in its environment, a server has no CORS headers except its own.
//
// A product is only an authorization server. It is tested with the demo's MCP server. Some products are tested in several
// ways, such as with and without a registered client. Then the script prints `{ "mcpUrl": …, "options": … }` for each of them
// by name, where `options` are the app's (see product.mjs).

import { once } from "node:events";
import { existsSync } from "node:fs";
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Failure } from "../../scripts/run.mjs";
import { consent, logIn } from "../e2e/browser.mjs";
import { portOf } from "../../www/servers/port.mjs";
import { install } from "./install.mjs";
import { Unavailable } from "./unavailable.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

/** What Keycloak's rows share. */
const keycloak = {
  folder: "keycloak",
  // Keycloak recompiles itself when its features change.
  patience: 600,
  recipe: true,
  async user(popup) {
    await popup.getByRole("textbox", { name: "Username or email" }).fill("alice");
    await popup.getByRole("textbox", { name: "Password" }).fill("wonderland");
    await popup.getByRole("button", { name: "Sign In", exact: true }).click();
    const agree = popup.getByRole("button", { name: "Yes", exact: true });
    await Promise.all([popup.waitForEvent("close"), agree.click()]);
  },
  // With `offline_access`, Keycloak ends its own session with the user, who has to sign in again.
  userAgrees: (popup) => keycloak.user(popup),
  stepUp: "write_note",
  revokes: true,
  lacks: {},
};

/**
 * `user`: what the user does in the popup; nothing if the server's page redirects at once.
 * `gracePeriod`: whether a refresh token may be used again for some time, so that a lost response does no harm.
 * `userAgrees`: what the user does at the step-up, if the server knows them.
 * `lacks`: steps that the server does not offer, and why they are left out.
 * `uses`: optional features that the sign-in must use.
 * `recipe`: whether its page in docs/servers has one. `reports`: the states with a snapshot: as installed (true), and after
 * the recipe (false).
 */
export const SERVERS = [
  {
    name: "oidc-provider",
    user: logInAndConsent,
    stepUp: "write_note",
    revokes: true,
    lacks: {},
  },
  {
    name: "sdk-1",
    revokes: false,
    lacks: {
      refresh: "issues no refresh token",
      "step up": "has only one scope",
    },
  },
  {
    name: "workers-oauth-provider",
    async user(popup) {
      const closed = popup.waitForEvent("close");
      await popup.getByRole("button", { name: "Allow" }).click();
      await closed;
    },
    // It accepts the previous refresh token until the new one has been used.
    gracePeriod: true,
    revokes: true,
    lacks: { "step up": "is set up with one scope" },
  },
  {
    name: "fastmcp",
    // Its metadata does not list `none`, so the app gets a secret. The app must send it in the form: if it is in the
    // header, the server misses the client_id there (RFC 6749 §2.3.1).
    revokes: true,
    lacks: { "step up": "has only one scope" },
  },
  {
    name: "mcp-python",
    // Only a resource server, of the Python SDK. The demo's authorization server issues its tokens.
    resourceServer: true,
    user: logInAndConsent,
    revokes: true,
    lacks: { "step up": "wants one scope for all its tools" },
  },
  {
    name: "hydra",
    recipe: true,
    gracePeriod: true,
    user: logInAndConsent,
    stepUp: "write_note",
    revokes: true,
    lacks: {},
    ways: { registered: {}, "registered, JWTs": {}, "registers itself": { uses: ["registration"] } },
  },
  {
    name: "zitadel-oidc",
    user: logInAtExample,
    userAgrees: logInAtExample,
    stepUp: "write_note",
    revokes: true,
    lacks: {},
  },
  {
    name: "keycloak",
    ...keycloak,
    ways: {
      registered: { uses: ["DPoP"] },
      "registers itself": { uses: ["registration", "DPoP"] },
    },
  },
  {
    name: "keycloak-experimental",
    ...keycloak,
    environment: { FEATURES: "cimd,resource-indicators" },
    // As installed, Keycloak has none of these features.
    reports: [false],
    ways: {
      "client ID metadata document": { uses: ["DPoP"] },
      resource: { uses: ["DPoP"] },
    },
  },
];

/** The pages of the demo's authorization server, which Hydra's login and consent app uses, too. */
async function logInAndConsent(popup) {
  await logIn(popup);
  await consent(popup);
}

/** The only page of zitadel/oidc's example: it has no session, and asks for no consent. */
async function logInAtExample(popup) {
  const closed = popup.waitForEvent("close");
  await popup.getByLabel("Username").fill("test-user2");
  await popup.getByLabel("Password").fill("verysecure");
  await popup.getByRole("button", { name: "Login" }).click();
  await closed;
}

/**
 * A server's rows in the table: one, or one for each way to sign in, with the differences.
 *
 * @param {any} server
 * @returns {any[]}
 */
export const rowsOf = ({ ways, ...server }) =>
  ways
    ? Object.entries(ways).map(([way, own]) => ({ ...server, ...own, way, label: `${server.name}, ${way}` }))
    : [{ ...server, label: server.name }];

/**
 * Installs a server once, and starts it. Returns `{ mcpUrl, close }`, or the ways by name instead of `mcpUrl`. Throws
 * `Unavailable` if the server can't run on this machine.
 *
 * @param {any} server
 * @param {object} options
 * @param {string} options.pageOrigin the origin of the page that signs in
 * @param {boolean} [options.asInstalled] without the CORS that the scripts here add, and without a product's recipe
 * @returns {Promise<any>}
 */
export async function start(server, { pageOrigin, asInstalled = false }) {
  const environment = { ...process.env, PAGE_ORIGIN: pageOrigin, ...(asInstalled ? { AS_INSTALLED: "1" } : {}) };
  if (!server.resourceServer) return await startProcess(server, environment);
  // Imported only when needed, because `--help` must work without the npm packages.
  const [{ authorizationServer }, { SCOPES }] = await Promise.all([
    import("../../www/servers/authorization-server.mjs"),
    import("../../www/servers/mcp-server.mjs"),
  ]);
  const authorization = createServer();
  authorization.listen(0, "127.0.0.1");
  await once(authorization, "listening");
  const closeAuthorization = async () => {
    authorization.closeAllConnections();
    await new Promise((done) => authorization.close(done));
  };
  try {
    const issuer = `http://localhost:${portOf(authorization)}`;
    const running = await startProcess(server, { ...environment, ISSUER: issuer });
    const options = { issuer, resource: running.mcpUrl, scopes: SCOPES, accessTokenSeconds: 300, refreshTokens: true };
    const answer = await authorizationServer(options);
    authorization.on("request", (request, response) => {
      // oidc-provider has no CORS at its registration endpoint. The demo adds it, to requests for just this path.
      if (asInstalled && request.url === "/reg") request.url = "/reg?";
      answer(request, response);
    });
    return { ...running, close: () => Promise.all([running.close(), closeAuthorization()]) };
  } catch (error) {
    await closeAuthorization();
    throw error;
  }
}

async function startProcess({ name, folder: own = name, environment = {}, patience = 60 }, env) {
  const { folder, installed } = await install(own, join(here, own));
  const python = existsSync(join(folder, "start.py"));
  const command = python ? join(folder, "venv", "bin", "python") : process.execPath;
  const child = spawn(command, [join(folder, python ? "start.py" : "start.mjs")], {
    cwd: folder,
    env: { ...env, ...environment, INSTALLED: installed },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let errorOutput = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (errorOutput = (errorOutput + text).slice(-4000)));
  const close = () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    return new Promise((done) => child.once("exit", done));
  };
  const ready = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (!line.startsWith("{")) return;
      const message = JSON.parse(line);
      if (message.failed) reject(new Failure(`${message.failed}\n${errorOutput}`));
      else if (message.skipped) reject(new Unavailable(message.skipped, errorOutput));
      else resolve(message);
    });
    // Its last output may arrive after its exit.
    child.once("close", () => reject(new Failure(`ended before it was ready\n${errorOutput}`)));
    const late = () => reject(new Unavailable(`does not start within ${patience} s`, errorOutput));
    setTimeout(late, patience * 1000).unref();
  });
  try {
    return { ...(await ready), close };
  } catch (error) {
    await close();
    throw error;
  }
}
