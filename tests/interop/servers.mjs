// The servers, each in the folder of its name: `start.mjs` or `start.py` there prints `{ "mcpUrl": … }` when it
// is ready. What a server lacks or does in its own way stands here as a note. With AS_INSTALLED in its environment
// it comes without the CORS that pages need and that is not its own.

import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cache, Failure, fingerprint, run, step, which } from "../../scripts/run.mjs";
import { consent, logIn } from "../e2e/browser.mjs";
import { portOf } from "../../www/servers/port.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

/**
 * `user`: what the user does in the popup; nothing where the server's page redirects at once.
 * `lacks`: steps that the server does not offer, and why they are left out.
 */
export const SERVERS = [
  {
    name: "oidc-provider",
    async user(popup) {
      await logIn(popup);
      await consent(popup);
    },
    stepUp: "write_note",
    revokes: true,
    lacks: {},
  },
  {
    name: "sdk-1",
    revokes: false,
    lacks: {
      refresh: "issues no refresh token",
      "step up": "knows one scope",
    },
  },
  {
    name: "workers-oauth-provider",
    async user(popup) {
      const closed = popup.waitForEvent("close");
      await popup.getByRole("button", { name: "Allow" }).click();
      await closed;
    },
    revokes: true,
    lacks: { "step up": "is set up with one scope" },
  },
  {
    name: "fastmcp",
    // Its metadata leaves out `none`, so the app gets a secret, and sends it in the form: with the secret in the
    // header the server finds no client_id (RFC 6749 §2.3.1 has it there).
    revokes: true,
    lacks: { "step up": "knows one scope" },
  },
  {
    name: "mcp-python",
    // Of the Python SDK, a resource server alone: the demo's authorization server stands behind it.
    resourceServer: true,
    async user(popup) {
      await logIn(popup);
      await consent(popup);
    },
    revokes: true,
    lacks: { "step up": "wants one scope for all its tools" },
  },
];

/**
 * Installs a server once, and starts it: `{ mcpUrl, close }`.
 * `asInstalled`: without the CORS that the scripts here add.
 */
export async function start(server, { asInstalled = false } = {}) {
  const environment = asInstalled ? { ...process.env, AS_INSTALLED: "1" } : process.env;
  if (!server.resourceServer) return await startProcess(server.name, environment);
  // Not before they are needed: `--help` works without the npm packages.
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
    const running = await startProcess(server.name, { ...environment, ISSUER: issuer });
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

async function startProcess(name, env) {
  const folder = await install(name);
  const python = existsSync(join(folder, "start.py"));
  const command = python ? join(folder, "venv", "bin", "python") : process.execPath;
  const child = spawn(command, [join(folder, python ? "start.py" : "start.mjs")], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (complaints = (complaints + text).slice(-4000)));
  const close = () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    return new Promise((done) => child.once("exit", done));
  };
  const ready = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => line.startsWith("{") && resolve(JSON.parse(line)));
    child.once("exit", () => reject(new Failure(`${name} did not start:\n${complaints}`)));
    setTimeout(() => reject(new Failure(`${name} did not start within a minute:\n${complaints}`)), 60_000).unref();
  });
  try {
    return { ...(await ready), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A server's folder, with what it needs: in the cache where that comes from a registry. */
async function install(name) {
  const source = join(here, name);
  const manifest = ["package.json", "requirements.txt"].find((file) => existsSync(join(source, file)));
  if (!manifest) return source;
  const folder = join(cache, "interop", `${name}-${fingerprint(readFileSync(join(source, manifest)))}`);
  const installed = existsSync(join(folder, "installed"));
  mkdirSync(folder, { recursive: true });
  cpSync(source, folder, { recursive: true });
  if (installed) return folder;
  await step(`Installing ${name} (up to a minute, once)`, async () => {
    const log = `interop-${name}`;
    if (manifest === "package.json") {
      await run("npm", ["install", "--no-package-lock", "--no-audit", "--no-fund"], { log, cwd: folder });
    } else {
      const python = which("python3");
      if (!python) throw new Failure(`python3 is missing, which ${name} needs.`);
      await run(python, ["-m", "venv", "venv"], { log, cwd: folder });
      await run(join(folder, "venv", "bin", "pip"), ["install", "--quiet", "-r", manifest], { log, cwd: folder });
    }
    mkdirSync(join(folder, "installed"));
  });
  return folder;
}
