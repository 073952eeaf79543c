// Mutants of the Rust code (cargo-mutants), group by group, and the native tests that have to kill them.
// .cargo/mutants.toml lists what is left out, and why.

import { join } from "node:path";
import { Failure, capture, read, root } from "../run.mjs";
import { cargoMutants } from "../toolchain/tools.mjs";

/** Each group has the tests for its rules. Building the others for each mutant would take most of the time. */
export const GROUPS = [
  { name: "protocol", files: ["src/protocol/**"], tests: ["--lib", "--test=flow"] },
  { name: "flow", files: ["src/flow/**"], tests: ["--lib", "--test=flow"] },
  { name: "errors", files: ["src/error.rs", "src/ports.rs", "src/ports/**"], tests: ["--lib", "--test=flow"] },
  { name: "diagnose", files: ["src/diagnose/**"], tests: ["--test=diagnose"] },
];

// Mutants need no debug information, and a few dozen inputs are enough to break a property.
const ENV = { CARGO_PROFILE_DEV_DEBUG: "0", PROPTEST_CASES: "32" };

/**
 * @param {(typeof GROUPS)[number]} group
 * @returns {Promise<{ group: string, viable: number, caught: number, missed: number, timeouts: number }>}
 */
export async function rust({ name, files, tests }) {
  const program = join(await cargoMutants(), "cargo-mutants");
  const output = join(root, "target", "mutants", name);
  const args = ["mutants", "--colors=never", "--timeout=60", "--output", output];
  for (const file of files) args.push("--file", file);
  for (const test of tests) args.push(`--cargo-arg=${test}`);
  console.log(`${name}:`);
  const { status } = await capture(program, args, { env: ENV, show: true });
  // 2: mutants were missed, 3: tests ran out of time.
  if (![0, 2, 3].includes(/** @type {number} */ (status)))
    throw new Failure(`cargo-mutants ended with ${status}. Its logs: ${output}`);
  const found = JSON.parse(read(join(output, "mutants.out", "outcomes.json")) ?? "{}");
  const { caught, missed, timeout: timeouts } = found;
  return { group: name, viable: caught + missed + timeouts, caught, missed, timeouts };
}
