// The second attempt of browser tests. A busy machine can make one fail that nothing is wrong with, so a few failures of
// a suite run once more, alone. A test that passes then does not fail the run, but is named at its end: it is unsteady,
// and a defect of the test or of the product.

/** A suite that fails in more places than these has a fault. */
const FEW = 3;

/** Whether what a suite amounts to, `{ passed, failed }`, and its `status` are worth a second attempt. */
export const isWorthAnother = ({ passed, failed }, status) =>
  typeof status === "number" && passed > 0 && failed > 0 && failed <= FEW;

/** What two attempts amount to. The second counts where it ran at least as many tests as had failed. */
export function together(first, second) {
  if (second.problem || second.passed + second.failed < first.failed) return first;
  return { passed: first.passed + Math.max(0, first.failed - second.failed), failed: second.failed };
}

/** The names of the tests that node's test runner lists as failed. A file that fails as a whole goes by its path. */
export function failedTests(output) {
  const plain = output.replace(/\x1b\[[0-9;]*m/g, "");
  const list = plain
    .split(/^✖ failing tests:$/m)
    .slice(1)
    .join("");
  return [...list.matchAll(/^test at .+:\d+:\d+\n✖ (.+?)(?: \([\d.]+ms\))?$/gm)].map(([, name]) => name);
}

/** The arguments with which node's test runner runs the tests of these names alone; none where a whole file failed. */
export function patterns(names) {
  if (names.some((name) => name.endsWith(".mjs"))) return [];
  return names.map((name) => `--test-name-pattern=${name.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")}`);
}
