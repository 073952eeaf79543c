// The second attempt of browser tests. On a busy machine, a correct test can fail, so a few failed tests of a suite are run
// again, alone. If a test passes then, the run does not fail, but names the test at the end: it is unsteady, which is a defect
// of the test or of the product.

/** With more failures than this, the suite has a real fault. */
const FEW = 3;

/** Whether a suite's result, `{ passed, failed }`, and its `status` are worth a second attempt. */
export const isWorthAnother = ({ passed, failed }, status) =>
  typeof status === "number" && passed > 0 && failed > 0 && failed <= FEW;

/** The result of two attempts. The second is used if it ran at least as many tests as had failed. */
export function together(first, second) {
  if (second.problem || second.passed + second.failed < first.failed) return first;
  return { passed: first.passed + Math.max(0, first.failed - second.failed), failed: second.failed };
}

/** The names of the tests that node's test runner lists as failed. A file that fails as a whole is listed by its path. */
export function failedTests(output) {
  const plain = output.replace(/\x1b\[[0-9;]*m/g, "");
  const list = plain
    .split(/^✖ failing tests:$/m)
    .slice(1)
    .join("");
  return [...list.matchAll(/^test at .+:\d+:\d+\n✖ (.+?)(?: \([\d.]+ms\))?$/gm)].map(([, name]) => name);
}

/** The arguments with which node's test runner runs only the tests with these names; none if a whole file failed. */
export function patterns(names) {
  if (names.some((name) => name.endsWith(".mjs"))) return [];
  return names.map((name) => `--test-name-pattern=${name.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")}`);
}
