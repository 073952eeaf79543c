// The second attempt of a suite: when it happens, which tests it runs, and the combined result. Uses real output of
// Node's test runner.

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
  // With this variable, the inner tests would report to the outer runner.
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
  // If `test` is called in another file, the runner names that file.
  "world.mjs": `export { test } from "node:test";`,
};

test("the second attempt runs only the failed tests", (t) => {
  const names = failedTests(run(t, FILES));
  assert.deepEqual(names, ["bad (by its name?)"]);
  const second = run(t, FILES, patterns(names));
  assert.deepEqual(failedTests(second), names);
  assert.match(second, /^ℹ pass 0$/m);
  const fixed = { ...FILES, "bad.test.mjs": FILES["bad.test.mjs"].replace("throw", "return") };
  assert.match(run(t, fixed, patterns(names)), /^ℹ pass 1$/m);
  assert.deepEqual(failedTests(run(t, { "good.test.mjs": FILES["good.test.mjs"] })), []);
});

test("if a file fails as a whole, the second attempt runs every test", (t) => {
  const names = failedTests(run(t, { ...FILES, "broken.test.mjs": `throw new Error("before any test");` }));
  assert.equal(names.length, 2);
  assert.match(names[1], /broken\.test\.mjs$/);
  assert.deepEqual(patterns(names), []);
});

test("there is a second attempt only after a few failures, not after many or none, or if the suite was cut off", () => {
  assert.equal(isWorthAnother({ passed: 100, failed: 3 }, 1), true);
  assert.equal(isWorthAnother({ passed: 100, failed: 4 }, 1), false);
  assert.equal(isWorthAnother({ passed: 100, failed: 0 }, 0), false);
  assert.equal(isWorthAnother({ passed: 0, failed: 1 }, 1), false);
  assert.equal(isWorthAnother({ passed: 100, failed: 1 }, "not done after 1500 s"), false);
});

test("a test that fails twice has failed, and one that passes the second time has passed", () => {
  const first = { passed: 100, failed: 2 };
  assert.deepEqual(together(first, { passed: 20, failed: 0 }), { passed: 102, failed: 0 });
  assert.deepEqual(together(first, { passed: 19, failed: 1 }), { passed: 101, failed: 1 });
  // The second attempt has not run all failed tests.
  assert.equal(together(first, { passed: 1, failed: 0 }), first);
  // The second attempt did not finish.
  assert.equal(together(first, { passed: 5, failed: 1, problem: "it ended with status SIGTERM" }), first);
});
