// The packed package without a window or a user: in Node.js, Deno, a module worker and a service worker. In each, a
// program gets tokens with its own credentials (SEP-1046), bound to a key (RFC 9449), and calls the demo's MCP server.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { packages } from "../../scripts/packages.mjs";
import { capture, Failure, root } from "../../scripts/run.mjs";
import { launchBrowser } from "../e2e/browser.mjs";
import { startWorld } from "./world.mjs";
import { PATIENCE } from "../patience.mjs";

const RUNTIMES = join(root, "tests", "environments", "runtimes");

let world;
before(async () => void (world = await startWorld()));
after(() => world.close());

/** Checks the result of an environment. */
function check({ bySecret, bySteps, byKey, kept, withUser }) {
  for (const [{ clientId }, { first, second, restored, canRefresh }] of [
    [world.given.bySecret, bySecret],
    [world.given.byKey, byKey],
  ]) {
    assert.equal(first.client_id, clientId);
    assert.deepEqual([first.iss, first.aud, first.scope], [world.issuer, world.given.server, "mcp:read"]);
    // Both tokens are bound to the same key, because there is one key per issuer.
    assert.ok(first.cnf.jkt);
    assert.equal(second.cnf.jkt, first.cnf.jkt);
    assert.equal(restored, clientId);
    assert.equal(canRefresh, true);
  }
  assert.deepEqual([bySteps.client_id, bySteps.aud], [world.given.bySecret.clientId, world.given.server]);
  // If keys can't be stored, a stored token is not bound to one.
  assert.equal(kept.client_id, world.given.bySecret.clientId);
  assert.equal("cnf" in kept, kept.keepsKeys);
  // A user needs a window to sign in.
  assert.deepEqual(withUser, ["unsupported", "unsupported", "unsupported"]);
}

/** Runs the program with a command. It must end by itself. */
async function runProgram(command, args = []) {
  const all = [...args, "main.js", JSON.stringify(world.given)];
  const env = { DENO_NO_UPDATE_CHECK: "1" };
  const { status, output } = await capture(command, all, {
    cwd: world.folder,
    env,
    timeout: PATIENCE,
    stderr: "inherit",
  });
  assert.equal(status, 0, output);
  return JSON.parse(output.trim().split("\n").at(-1));
}

test(`the program works in Node.js ${process.versions.node}`, async () => check(await runProgram(process.execPath)));

for (const { name, args } of [
  { name: "node", args: [] },
  { name: "deno", args: ["run", "--no-prompt", "--cached-only", "--allow-net=localhost", "--allow-read=."] },
]) {
  test(`the program works in ${name === "node" ? "another Node.js" : "Deno"}`, async (t) => {
    try {
      await packages(RUNTIMES, "Installing other runtimes (about 20 s, once)");
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return t.skip(`npm has no ${name} here: ${error.message.split("\n")[0]}`);
    }
    check(await runProgram(join(RUNTIMES, "node_modules", ".bin", name), args));
  });
}

test("the program works in a module worker and a service worker", async (t) => {
  const browser = await launchBrowser();
  t.after(() => browser.close());

  for (const kind of ["module worker", "service worker"]) {
    await t.test(kind, async (t) => {
      const context = await browser.newContext();
      t.after(() => context.close());
      const page = await context.newPage();
      await page.goto(world.pageUrl);
      const outcome = await page.evaluate(
        async ([kind, given]) => {
          let worker;
          if (kind === "module worker") {
            worker = new Worker("/worker.js", { type: "module" });
          } else {
            await navigator.serviceWorker.register("/worker.js", { type: "module" });
            ({ active: worker } = await navigator.serviceWorker.ready);
          }
          const { port1, port2 } = new MessageChannel();
          return new Promise((resolve) => {
            port1.onmessage = ({ data }) => resolve(data);
            worker.onerror = ({ message }) => resolve({ error: message });
            worker.postMessage(given, [port2]);
          });
        },
        [kind, world.given],
      );
      assert.equal(outcome.error, undefined);
      check(outcome.value);
    });
  }
});
