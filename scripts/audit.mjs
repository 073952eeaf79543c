// `npm run audit`: checks the dependencies. cargo-deny checks licences, duplicates and sources of crates, and RustSec's
// advisories. npm checks the advisories of its registry. If advisories can't be downloaded, the result says so: unknown is
// not the same as nothing found.

import { join } from "node:path";
import { parseArgs } from "node:util";
import { capture, isMain, main } from "./run.mjs";
import { cargoDeny } from "./toolchain/tools.mjs";

const HELP = `Usage: npm run audit

Checks the dependencies of the package and the crate: licences, duplicates, sources and advisories.`;

/** The result of a check that was not possible. */
const UNREACHABLE =
  /failed to (fetch|clone|open) advisory|advisory database|could not connect|405 Method|audit endpoint returned an error|ENOTFOUND|ECONNREFUSED/i;

async function audit() {
  const deny = join(await cargoDeny(), "cargo-deny");
  /** @type {[string, string, string[]][]} */
  const checks = [
    ["crates: licences, doubles, sources", deny, ["--log-level", "error", "check", "licenses", "bans", "sources"]],
    ["crates: advisories", deny, ["--log-level", "error", "check", "advisories"]],
    ["npm: advisories", "npm", ["audit"]],
  ];
  const count = { passed: 0, failed: 0, unknown: 0 };
  for (const [name, program, args] of checks) {
    process.stdout.write(`${name}… `);
    // `npm run --silent` would silence the npm below it, too.
    const { status, output } = await capture(program, args, { env: { npm_config_loglevel: "warn" } });
    const result = status === 0 ? "passed" : UNREACHABLE.test(output) ? "unknown" : "failed";
    count[result] += 1;
    console.log({ passed: "ok", failed: "FAILED", unknown: "unknown: no answer from here" }[result]);
    if (result !== "passed")
      console.log(
        output
          .trim()
          .split("\n")
          .slice(-20)
          .map((line) => `  ${line}`)
          .join("\n"),
      );
  }
  console.log(`audit: ${count.passed} passed, ${count.failed} failed, ${count.unknown} not known`);
  if (count.failed > 0) process.exitCode = 1;
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({ options: { help: { type: "boolean", short: "h" } } });
    if (values.help) return console.log(HELP);
    await audit();
  });
}
