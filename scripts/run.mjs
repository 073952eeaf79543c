// How the scripts start other programs and report on them. A long step prints a line when it begins and the seconds when it
// ends. The output of programs is written to a log file in the cache, and its end is shown if a program fails. A `Failure` is
// a problem that the reader can solve: its message is printed without a stack.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, closeSync, constants, mkdirSync, openSync, readFileSync, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** The folder for downloads and builds that all clones share. */
export const cache =
  process.env.MCP_AUTHORIZE_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "mcp-authorize");

export class Failure extends Error {}

/** Whether the module with this URL is the one that node was started with. */
export function isMain(url) {
  const script = process.argv[1];
  return script !== undefined && url === pathToFileURL(realpathSync(script)).href;
}

/** Runs a script's main function; a `Failure` ends it with its message and status 1. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    const expected = error instanceof Failure || error.code?.startsWith("ERR_PARSE_ARGS");
    console.error(expected ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}

/** Announces `title`, does `work`, and says how long it took. */
export async function step(title, work) {
  process.stdout.write(`${title}… `);
  const started = Date.now();
  try {
    const result = await work();
    console.log(duration(started));
    return result;
  } catch (error) {
    console.log(`failed after ${duration(started)}`);
    throw error;
  }
}

export function duration(started) {
  return `${((Date.now() - started) / 1000).toFixed(1)} s`;
}

/**
 * Runs a program with its output in `<cache>/log/<log>.log`. Throws a `Failure` when it fails.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ log: string, cwd?: string, env?: Record<string, string> }} options
 */
export async function run(command, args, { log, cwd = root, env = {} }) {
  const file = join(cache, "log", `${log}.log`);
  mkdirSync(dirname(file), { recursive: true });
  const output = openSync(file, "w");
  try {
    const status = await start(command, args, { cwd, env, stdio: ["ignore", output, output] });
    if (status === 0) return;
    const end = readFileSync(file, "utf8").trimEnd().split("\n").slice(-30).join("\n");
    throw new Failure(`${end}\n\n${describe(command, args)} failed (${status}). The whole log: ${file}`);
  } finally {
    closeSync(output);
  }
}

/**
 * Runs a program and returns its status and output. With `show`, the output is also shown while it runs. Never throws.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, timeout?: number, stderr?: "pipe" | "ignore" | "inherit", show?: boolean }} [options]
 */
export async function capture(command, args, { cwd = root, env = {}, timeout, stderr = "pipe", show = false } = {}) {
  let output = "";
  const listen = (child) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text) => {
        output += text;
        if (show) process.stdout.write(text);
      });
    }
  };
  try {
    const status = await start(command, args, { cwd, env, stdio: ["ignore", "pipe", stderr], timeout, listen });
    return { status, output };
  } catch (error) {
    return { status: error.message, output };
  }
}

/**
 * The trimmed standard output of a program if it succeeds, or null.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, timeout?: number }} [options]
 */
export async function answer(command, args, options = {}) {
  const { status, output } = await capture(command, args, { ...options, stderr: "ignore" });
  return status === 0 ? output.trim() : null;
}

const running = new Set();

/**
 * Each program has its own process group, so that the programs it starts (a compiler, a browser) end with it.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, env: Record<string, string>, stdio: import("node:child_process").StdioOptions, timeout?: number, listen?: Function }} options
 */
function start(command, args, { cwd, env, stdio, timeout, listen }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio, detached: true, env: { ...process.env, ...env } });
    let overdue = false;
    const timer =
      timeout &&
      setTimeout(() => {
        overdue = true;
        end(child);
      }, timeout);
    const over = (settle, value) => {
      clearTimeout(timer);
      running.delete(child);
      end(child); // What it left behind, as chromedriver does its browser when it is ended itself.
      settle(value);
    };
    running.add(child);
    listen?.(child);
    child.on("error", () => over(reject, new Failure(`${command} could not be started. Is it installed?`)));
    child.on("close", (code, signal) =>
      over(resolve, overdue ? `not done after ${timeout / 1000} s` : (code ?? signal)),
    );
  });
}

function end(child) {
  try {
    process.kill(-child.pid, "SIGTERM");
  } catch {
    // The process group has already ended.
  }
}

for (const [signal, status] of /** @type {const} */ ([
  ["SIGINT", 130],
  ["SIGTERM", 143],
])) {
  process.on(signal, () => {
    running.forEach(end);
    process.exit(status);
  });
}

function describe(command, args) {
  return [relative(root, command).startsWith("..") ? command : relative(root, command), ...args].join(" ");
}

/** The first of `names` that is on the PATH, as a path, or null. */
export function which(...names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? "").split(delimiter)) {
      const file = join(folder, name);
      if (isProgram(file)) return file;
    }
  }
  return null;
}

export function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

export function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

/** A short hash of `parts`. */
export function fingerprint(...parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex").slice(0, 12);
}
