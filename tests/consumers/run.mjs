// `npm run consumers`: tests the packed tarball in users' projects. Each project is created, built with its own
// commands and run: a page signs in by popup and makes a call in headless Chromium; a program runs on its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "../../scripts/build.mjs";
import { Failure, capture, duration, isMain, main } from "../../scripts/run.mjs";
import { staticServer } from "../../www/servers/static.mjs";
import { launchBrowser, startDemo } from "../e2e/browser.mjs";
import { pack } from "../package/pack.mjs";
import { CONSUMERS } from "./consumers.mjs";
import { project } from "./project.mjs";
import { isAnswer, isRefusedInBrowser, useInBrowser } from "./user.mjs";
import { portOf } from "../../www/servers/port.mjs";

const TIME_LIMIT = 120_000; // for a build, a server's start and a program, each

// Disables the tools' telemetry and update checks.
const ENV = { NEXT_TELEMETRY_DISABLED: "1", DENO_NO_UPDATE_CHECK: "1", NO_UPDATE_NOTIFIER: "1", NO_COLOR: "1" };

const HELP = `Usage: npm run consumers -- [options]

Tests the packed package with bundlers, frameworks, workers and runtimes.

  --quick       run only those of npm test
  --only NAME   run only those whose name contains NAME
  --no-build    use pkg/wasm without rebuilding it
  --verbose     also show the tools' output`;

async function consumers({ quick, only = "", "no-build": noBuild, verbose }) {
  if (!noBuild) await build();
  const chosen = CONSUMERS.filter(
    ({ name, quick: isQuick }) => (isQuick || !quick) && name.toLowerCase().includes(only.toLowerCase()),
  );
  if (chosen.length === 0) throw new Failure(`No consumer has "${only}" in its name.`);

  const packed = mkdtempSync(join(tmpdir(), "mcp-authorize-"));
  const { tarball } = pack(packed);
  const demo = await startDemo();
  const browser = await launchBrowser();
  const results = [];
  try {
    for (const consumer of chosen) results.push(await judge(consumer, { tarball, demo, browser, verbose }));
  } finally {
    await browser.close();
    await demo.close();
    rmSync(packed, { recursive: true });
  }
  const width = Math.max(...results.map(({ name }) => name.length));
  console.log(`\n${"consumer".padEnd(width)}  imports               result  seconds`);
  for (const { name, entry = "mcp-authorize", failure, time } of results) {
    console.log(`${name.padEnd(width)}  ${entry.padEnd(20)}  ${failure ? "FAILED" : "passed"}  ${time.padStart(7)}`);
  }
  const failed = results.filter(({ failure }) => failure).length;
  console.log(`consumers: ${results.length - failed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

async function judge(consumer, world) {
  console.log(`${consumer.name}…`);
  const started = Date.now();
  let failure;
  try {
    await use(consumer, world);
  } catch (error) {
    failure = error;
    console.log(`${consumer.name} failed: ${error.message}`);
  }
  return { ...consumer, failure, time: duration(started) };
}

async function use(consumer, { tarball, demo, browser, verbose }) {
  const folder = await project(consumer, tarball);
  const npm = async (...args) => {
    const { status, output } = await capture("npm", ["run", ...args], { cwd: folder, env: ENV, timeout: TIME_LIMIT });
    if (verbose) console.log(output);
    if (status !== 0) throw new Error(`npm run ${args.join(" ")} (${status})\n${output}`);
    return output;
  };
  if (consumer.build) await npm("build");
  if (consumer.program) {
    const output = await npm(consumer.program, "--", demo.mcpUrl);
    if (!isAnswer(output)) throw new Error(output);
    return;
  }
  const site = consumer.server ? await command(consumer.server, folder) : await files(join(folder, consumer.folder));
  try {
    const url = `${site.url}?server=${encodeURIComponent(demo.mcpUrl)}${consumer.query ?? ""}`;
    if (consumer.refusal) await isRefusedInBrowser(browser, url, consumer.refusal);
    else await useInBrowser(browser, url, consumer.answer);
  } catch (error) {
    throw new Error(`${error.message}\n${site.output?.() ?? ""}`, { cause: error });
  } finally {
    await site.close();
  }
}

/** Serves a folder with the demo's Content-Security-Policy. */
async function files(folder) {
  const server = createServer(staticServer({ folders: { "/": folder }, made: {} }));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  };
  return { url: `http://127.0.0.1:${portOf(server)}/`, close };
}

/** Starts the project's own server, and waits until it answers. */
async function command(name, cwd) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const child = spawn("npm", ["run", name, "--", "--port", String(port)], {
    cwd,
    env: { ...process.env, ...ENV },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true, // a separate process group, because npm starts a shell that starts the server
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const ended = once(child, "exit");
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, "SIGTERM");
    await ended;
  };
  for (const end = Date.now() + TIME_LIMIT; Date.now() < end && child.exitCode === null;) {
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) return { url, close, output: () => output };
    await new Promise((done) => setTimeout(done, 100));
  }
  await close();
  throw new Error(`npm run ${name} does not answer at ${url}\n${output}`);
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server);
  await new Promise((done) => server.close(done));
  return port;
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({
      options: {
        quick: { type: "boolean" },
        only: { type: "string" },
        "no-build": { type: "boolean" },
        verbose: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) return console.log(HELP);
    await consumers(values);
  });
}
