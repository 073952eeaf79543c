// When a suite runs once more, what of it, and what the two attempts amount to. The output is that of node's own runner.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { failedTests, isWorthAnother, patterns, together } from "../../scripts/second-attempt.mjs";

function run(t, files, args = []) {
  const folder = mkdtempSync(join(tmpdir(), "mcp-authorize-attempts-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), `import { test, describe } from "node:test";\n${text}`);
  }
  // A test that runs tests would hand the inner ones' results to its own runner.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const tests = Object.keys(files).filter((name) => name.endsWith(".test.mjs"));
  const all = ["--test", ...args, "--test-concurrency=1", "--test-reporter=spec", ...tests];
  return spawnSync(process.execPath, all, { cwd: folder, env, encoding: "utf8" }).stdout;
}

const FILES = {
  "good.test.mjs": `test("good", () => {});`,
  "bad.test.mjs": `import { test as own } from "./world.mjs";
describe("a group", () => {
  own("bad (by its name?)", () => { throw new Error("✖ failing tests:") });
  test("fine", () => {});
});`,
  // Where tests come from a file of their own, that is the place that the runner names.
  "world.mjs": `export { test } from "node:test";`,
};

test("the tests that failed are named, and run alone the second time", (t) => {
  const names = failedTests(run(t, FILES));
  assert.deepEqual(names, ["bad (by its name?)"]);
  const second = run(t, FILES, patterns(names));
  assert.deepEqual(failedTests(second), names);
  assert.match(second, /^ℹ pass 0$/m);
  const mended = { ...FILES, "bad.test.mjs": FILES["bad.test.mjs"].replace("throw", "return") };
  assert.match(run(t, mended, patterns(names)), /^ℹ pass 1$/m);
  assert.deepEqual(failedTests(run(t, { "good.test.mjs": FILES["good.test.mjs"] })), []);
});

test("a file that fails as a whole has every test run", (t) => {
  const names = failedTests(run(t, { ...FILES, "broken.test.mjs": `throw new Error("before any test");` }));
  assert.equal(names.length, 2);
  assert.match(names[1], /broken\.test\.mjs$/);
  assert.deepEqual(patterns(names), []);
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
  // The second attempt has not run all that had failed.
  assert.equal(together(first, { passed: 1, failed: 0 }), first);
  // The second attempt came to no end.
  assert.equal(together(first, { passed: 5, failed: 1, problem: "it ended with status SIGTERM" }), first);
});
