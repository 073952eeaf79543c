// When a suite runs once more, what of it, and what the two attempts amount to. The output is that of node's own runner.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { failedTests, isWorthAnother, together } from "../../scripts/second-attempt.mjs";

function run(t, files) {
  const folder = mkdtempSync(join(tmpdir(), "mcp-authorize-attempts-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), `import { test, describe } from "node:test";\n${text}`);
  }
  // A test that runs tests would hand the inner ones' results to its own runner.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const args = ["--test", "--test-concurrency=1", "--test-reporter=spec", ...Object.keys(files)];
  return spawnSync(process.execPath, args, { cwd: folder, env, encoding: "utf8" }).stdout;
}

test("the tests that failed are named with their files, once each", (t) => {
  const output = run(t, {
    "good.test.mjs": `test("good", () => {});`,
    "bad.test.mjs": `describe("a group", () => {
  test("bad (by its name)", () => { throw new Error("✖ failing tests:") });
  test("fine", () => {});
});`,
    "broken.test.mjs": `throw new Error("before any test");`,
  });
  const failed = failedTests(output);
  assert.deepEqual(failed[0], { file: "bad.test.mjs", name: "bad (by its name)" });
  assert.equal(failed[1].file, "broken.test.mjs"); // A file that fails as a whole goes by its path.
  assert.match(failed[1].name, /broken\.test\.mjs$/);
  assert.equal(failed.length, 2);
  assert.deepEqual(failedTests(run(t, { "good.test.mjs": `test("good", () => {});` })), []);
});

test("a few failures are worth another attempt; many, none, or a suite that was cut off are not", () => {
  assert.equal(isWorthAnother({ passed: 100, failed: 3 }, 1), true);
  assert.equal(isWorthAnother({ passed: 100, failed: 4 }, 1), false);
  assert.equal(isWorthAnother({ passed: 100, failed: 0 }, 0), false);
  assert.equal(isWorthAnother({ passed: 0, failed: 1 }, 1), false);
  assert.equal(isWorthAnother({ passed: 100, failed: 1 }, "not done after 1500 s"), false);
});

test("what fails twice has failed, and what passes then has passed", () => {
  const first = { passed: 100, failed: 2 };
  assert.deepEqual(together(first, { passed: 20, failed: 0 }), { passed: 102, failed: 0 });
  assert.deepEqual(together(first, { passed: 19, failed: 1 }), { passed: 101, failed: 1 });
  // The second attempt came to no end.
  assert.equal(together(first, { passed: 5, failed: 1, problem: "it ended with status SIGTERM" }), first);
});
