// What the start scripts of products share: start the program, wait until it answers, and end it together with the script. The
// parent ends the script, or the script ends because its parent has gone.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { portOf } from "../../www/servers/port.mjs";
import { Unavailable } from "./unavailable.mjs";

/** The folder of the archive or program that the manifest names. */
export const installed = process.env.INSTALLED;

/** The origin of the page that signs in. */
export const pageOrigin = process.env.PAGE_ORIGIN;

/** Whether to leave the product as it is installed, without the recipe. */
export const asInstalled = "AS_INSTALLED" in process.env;

/**
 * Tells the parent that the server is ready: `{ mcpUrl, options }`, or one of these for each way to sign in, by name.
 * `options` are the app's.
 */
export const announce = (ready) => console.log(JSON.stringify(ready));

const programs = new Set();

/**
 * Starts a program, and resolves when `url` answers with 200. Its output goes to the standard error.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ url: string, cwd?: string, env?: Record<string, string> }} options
 */
export async function startProgram(command, args, { url, cwd, env = {} }) {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  programs.add(child);
  child.stdout.pipe(process.stderr);
  child.stderr.pipe(process.stderr);
  let over;
  child.once("error", (error) => (over = error.message));
  child.once("exit", (code, signal) => (over = `${command} ended (${signal ?? code})`));
  // Polls, because no event reports when the program starts to listen.
  while (!(await fetch(url).catch(() => undefined))?.ok) {
    if (over) throw new Unavailable(over);
    await wait(200);
  }
}

/** A port on which nothing listens. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server);
  server.close();
  await once(server, "close");
  return port;
}

async function end(status = 0) {
  const running = [...programs].filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  for (const child of running) child.kill();
  await Promise.all(running.map((child) => once(child, "exit")));
  process.exit(status);
}
// The handlers of scripts/run.mjs, which is imported above, exit at once. These wait until the programs have ended.
for (const signal of ["SIGTERM", "SIGINT"]) process.removeAllListeners(signal).once(signal, () => end());
process.stdin.once("end", () => end()).resume();
// Errors that the script does not catch. If a program does not start, the machine is the cause; any other error is a failure.
process.once("uncaughtException", (error) => {
  announce(error instanceof Unavailable ? { skipped: error.reason } : { failed: error.stack });
  void end(1);
});
