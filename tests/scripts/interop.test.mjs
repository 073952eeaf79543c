// The output of `npm run interop`: a server that is not available is listed as skipped, never as passed.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { install } from "../interop/install.mjs";
import { rowsOf, start } from "../interop/servers.mjs";
import { count, describe, STEPS, sum } from "../interop/table.mjs";
import { Unavailable } from "../interop/unavailable.mjs";

const all = (result) => Object.fromEntries(STEPS.map((step) => [step, result]));
const ROWS = [
  { label: "good", results: { ...all("ok"), "step up": "– has only one scope" } },
  { label: "gone", skipped: "needs mvn, which is not installed" },
  { label: "broken", results: { "sign in": "FAILED popup_closed: The window was closed" } },
];

test("the table lists each server, and the reasons follow below", () => {
  assert.deepEqual(describe(ROWS).split("\n").slice(3), [
    "| good | ok | ok | ok | – | ok | ok |",
    "| gone | – | – | – | – | – | – |",
    "| broken | FAILED | FAILED | FAILED | FAILED | FAILED | FAILED |",
    "",
    "good: step up: has only one scope",
    "gone: skipped: needs mvn, which is not installed",
    "broken: sign in: FAILED popup_closed: The window was closed",
  ]);
});

test("the last line counts skipped servers, and counts unreached steps as failed", () => {
  assert.deepEqual(count(ROWS), { passed: 5, failed: 6, skipped: 1 });
  assert.equal(sum(count(ROWS)), "interop: 5 passed, 6 failed, 1 skipped");
  assert.equal(sum({ passed: 5, failed: 0, skipped: 0 }), "interop: 5 passed, 0 failed");
});

test("each way to sign in at a server is a row", () => {
  const ways = { "registered by hand": { revokes: true }, "registers itself": { revokes: false } };
  const rows = rowsOf({ name: "acme", revokes: true, ways });
  assert.deepEqual(rows, [
    { name: "acme", revokes: true, way: "registered by hand", label: "acme, registered by hand" },
    { name: "acme", revokes: false, way: "registers itself", label: "acme, registers itself" },
  ]);
  assert.deepEqual(rowsOf({ name: "acme" }), [{ name: "acme", label: "acme" }]);
});

test("without the program that installs it, a server is unavailable, and the reason names the program", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "mcp-authorize-interop-"));
  const { PATH } = process.env;
  t.after(() => {
    process.env.PATH = PATH;
    rmSync(folder, { recursive: true, force: true });
  });
  assert.deepEqual(await install("acme", folder), { folder });
  // A manifest that was never installed, so that the cache can't have it.
  writeFileSync(join(folder, "maven.txt"), `com.example:${folder}:1:zip\n`);
  process.env.PATH = folder;
  await assert.rejects(
    () => install("acme", folder),
    (error) => error instanceof Unavailable && error.reason === "needs mvn, which is not installed",
  );
});

test("a broken script is a failure, and a product that does not start is skipped", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "mcp-authorize-interop-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const server = { name: "acme", folder: relative(fileURLToPath(new URL("../interop", import.meta.url)), folder) };
  const starting = async (script) => {
    writeFileSync(join(folder, "start.mjs"), script);
    return await start(server, { pageOrigin: "http://localhost" }).catch((error) => error);
  };
  const broken = await starting(`import "./gone.mjs";`);
  assert.match(broken.message, /^ended before it was ready[^]*gone\.mjs/);
  assert.ok(!(broken instanceof Unavailable));
  const skipped = await starting(`console.log(JSON.stringify({ skipped: "acme ended (1)" })); process.exitCode = 1;`);
  assert.ok(skipped instanceof Unavailable && skipped.reason === "acme ended (1)");
});

test("a product ends with the script that started it", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "mcp-authorize-interop-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [product, script] = [join(folder, "product.mjs"), join(folder, "start.mjs")];
  writeFileSync(
    product,
    `import { createServer } from "node:http";
     createServer((_, response) => response.end(String(process.pid))).listen(process.argv[2], "127.0.0.1");`,
  );
  writeFileSync(
    script,
    `import { announce, freePort, startProgram } from ${JSON.stringify(new URL("../interop/product.mjs", import.meta.url))};
     const port = await freePort();
     const url = "http://127.0.0.1:" + port;
     await startProgram(process.execPath, [${JSON.stringify(product)}, port], { url });
     announce({ pid: Number(await (await fetch(url)).text()) });`,
  );
  const started = spawn(process.execPath, [script], { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = await once(createInterface({ input: started.stdout }), "line");
  const { pid } = JSON.parse(line);
  assert.ok(process.kill(pid, 0));
  started.kill();
  await once(started, "exit");
  assert.throws(() => process.kill(pid, 0), /ESRCH/);
});
