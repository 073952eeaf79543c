// `npm run conformance`: runs the authorization scenarios of the MCP conformance suite against the built package, in
// Node.js or in Chromium. For each, the suite starts servers and a client, and checks the client's requests.

import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "../../scripts/build.mjs";
import { packages } from "../../scripts/packages.mjs";
import { Failure, answer, capture, duration, isMain, main, root } from "../../scripts/run.mjs";

// Relative to the root, because the suite splits the client's command at spaces, and the root's path may have some.
const HERE = "tests/conformance";
const SUITE = `${HERE}/suite`;
const NODE = `${SUITE}/node_modules/.bin/node`;
const CLI = `${SUITE}/node_modules/@modelcontextprotocol/conformance/dist/index.js`;

const AT_ONCE = 2;
const TIME_LIMIT = 60_000; // The suite gives the client 30 s.

const HELP = `Usage: npm run conformance -- [options]

Runs the auth/ scenarios of the MCP conformance suite against the package.

  --browser                 run in headless Chromium with a real popup instead of Node.js
  --steps                   use the single steps (mcp-authorize/steps), in Node.js
  --hide-www-authenticate   run in Chromium, with servers that do not expose that header to pages
  --only NAME               run only scenarios whose name contains NAME
  --no-build                use pkg/wasm without rebuilding it
  --verbose                 also show the checks and the client's output`;

async function conformance({
  browser,
  steps,
  "hide-www-authenticate": hidden,
  only = "",
  "no-build": noBuild,
  verbose,
}) {
  if (!noBuild) await build();
  await packages(join(root, SUITE), "Installing the conformance suite (about 20 s, once)");
  const names = (await scenarios()).filter((name) => name.includes(only));
  if (names.length === 0) throw new Failure(`No scenario has "${only}" in its name.`);

  const mode = hidden ? "hide-www-authenticate" : browser ? "browser" : steps ? "steps" : "node";
  const kept = join("out", "conformance", mode);
  const folder = `${kept}-${process.pid}`; // Another run may be in progress.
  const chromium =
    mode === "node" || mode === "steps" ? undefined : await startBrowser({ hideWwwAuthenticate: hidden });
  mkdirSync(join(root, folder), { recursive: true });
  const client = chromium
    ? { command: `${NODE} ${HERE}/client-browser.mjs`, env: { MCP_AUTHORIZE_CONFORMANCE_PAGE: chromium.url } }
    : { command: `${NODE} ${HERE}/${steps ? "client-steps" : "client"}.mjs`, env: {} };

  const failed = [];
  try {
    const width = Math.max(...names.map((name) => name.length));
    console.log(`${"scenario".padEnd(width)}  result  seconds`);
    // At most AT_ONCE run at a time, and the table keeps the suite's order.
    const results = [];
    for (const name of names) {
      const before = results.at(-AT_ONCE);
      results.push(Promise.resolve(before).then(() => runScenario(name, client, join(folder, name))));
    }
    for (const [index, name] of names.entries()) {
      const result = await results[index];
      if (!result.passed) failed.push(name);
      console.log(row(name.padEnd(width), result));
      if (verbose) console.log(result.output);
    }
  } finally {
    await chromium?.close();
  }
  rmSync(join(root, kept), { recursive: true, force: true });
  renameSync(join(root, folder), join(root, kept));
  console.log(`Checks and output of each: ${kept}`);
  console.log(`conformance: ${names.length - failed.length} passed, ${failed.length} failed`);
  if (failed.length > 0) process.exitCode = 1;
}

/** Loaded only if a browser is needed. */
async function startBrowser(options) {
  const { startBrowser } = await import("./browser.mjs");
  return startBrowser(options);
}

/** The suite's scenarios of authorization, without their common prefix. */
async function scenarios() {
  const list = await answer(join(root, NODE), [CLI, "list", "--client"]);
  if (list === null) throw new Failure(`The suite does not start. Remove ${SUITE}/node_modules and try again.`);
  return [...list.matchAll(/^ *- auth\/(\S+)/gm)].map(([, name]) => name);
}

async function runScenario(name, { command, env }, folder) {
  const started = Date.now();
  const args = [CLI, "client", "--command", command, "--scenario", `auth/${name}`, "-o", folder];
  const { status, output } = await capture(join(root, NODE), args, { env, timeout: TIME_LIMIT });
  const checks = JSON.parse(written(folder, "checks.json") ?? "[]");
  const client = written(folder, "stderr.txt")?.trim();
  // If the suite expects a refusal, it also accepts a crash. The library's refusals start with their code.
  const orderly = !client || /^[a-z_]+: /.test(client);
  // A skipped scenario also ends with status 0, but has no checks.
  const passed = status === 0 && orderly && checks.some(({ status }) => status === "SUCCESS");
  return { passed, status, output, checks, client, time: duration(started) };
}

/** Reads a file that the suite wrote to a folder whose name contains the time. */
function written(folder, name) {
  const path = join(root, folder);
  const files = existsSync(path) ? readdirSync(path, { encoding: "utf8", recursive: true }) : [];
  const file = files.find((file) => file.endsWith(name));
  return file && readFileSync(join(path, file), "utf8");
}

/** One line of the table. Some scenarios expect an error; the line shows its code. */
function row(name, { passed, status, checks, time, client }) {
  const line = `${name}  ${passed ? "passed" : "FAILED"}  ${time.padStart(6)}`;
  if (passed) return client ? `${line}  ${client.split(":")[0]}` : line;
  const bad = checks.filter(({ status }) => status === "FAILURE" || status === "WARNING");
  const reasons = new Set(bad.map(({ description, errorMessage }) => errorMessage ?? description));
  if (client) reasons.add(`The client: ${client.split("\n")[0]}`);
  if (reasons.size === 0) reasons.add(`The suite ended with ${status}; see --verbose`);
  return [line, ...reasons].join("\n    ");
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({
      options: {
        browser: { type: "boolean" },
        steps: { type: "boolean" },
        "hide-www-authenticate": { type: "boolean" },
        only: { type: "string" },
        "no-build": { type: "boolean" },
        verbose: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) return console.log(HELP);
    await conformance(values);
  });
}
