// What `npm run interop` says: a server that a machine can't have is skipped by its name, and never taken for one that
// passed.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { install } from "../interop/install.mjs";
import { rowsOf } from "../interop/servers.mjs";
import { count, describe, STEPS, sum } from "../interop/table.mjs";
import { Unavailable } from "../interop/unavailable.mjs";

const all = (result) => Object.fromEntries(STEPS.map((step) => [step, result]));
const ROWS = [
  { label: "good", results: { ...all("ok"), "step up": "– knows one scope" } },
  { label: "gone", skipped: "needs mvn, which is not installed" },
  { label: "broken", results: { "sign in": "FAILED popup_closed: The window was closed" } },
];

test("the table has each server, and below it each reason", () => {
  assert.deepEqual(describe(ROWS).split("\n").slice(3), [
    "| good | ok | ok | ok | – | ok | ok |",
    "| gone | – | – | – | – | – | – |",
    "| broken | FAILED | FAILED | FAILED | FAILED | FAILED | FAILED |",
    "",
    "good: step up: knows one scope",
    "gone: skipped: needs mvn, which is not installed",
    "broken: sign in: FAILED popup_closed: The window was closed",
  ]);
});

test("the last line counts what was skipped, and what did not come to pass as failed", () => {
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

test("without the program that installs it a server is unavailable, which the reason names", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "mcp-authorize-interop-"));
  const { PATH } = process.env;
  t.after(() => {
    process.env.PATH = PATH;
    rmSync(folder, { recursive: true, force: true });
  });
  assert.deepEqual(await install("acme", folder), { folder });
  // Never installed, so nothing in the cache is used either.
  writeFileSync(join(folder, "maven.txt"), `com.example:${folder}:1:zip\n`);
  process.env.PATH = folder;
  await assert.rejects(
    () => install("acme", folder),
    (error) => error instanceof Unavailable && error.reason === "needs mvn, which is not installed",
  );
});
