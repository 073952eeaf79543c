// `npm run fuzz`: feeds random input to the parsers and to whole sign-ins (cargo-fuzz, libFuzzer). New corpus entries are
// stored in the cache. The repository has a few small inputs to start from. The last line has the number of inputs and of
// findings.

import { cpSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Failure, cache, capture, isMain, main, root, run, step } from "./run.mjs";
import { cargoFuzz } from "./toolchain/tools.mjs";

const FUZZ = join(root, "fuzz");
const TARGETS = readdirSync(join(FUZZ, "targets"))
  .map((file) => file.replace(/\.rs$/, ""))
  .sort();
// Lets stable Rust compile for fuzzing. No sanitizer: the code under test has no `unsafe`.
const ENV = { RUSTC_BOOTSTRAP: "1" };
const OPTIONS = ["--fuzz-dir", ".", "--sanitizer", "none"];

const HELP = `Usage: npm run fuzz -- [--seconds N] [--only TARGET]

Feeds random input to the parsers and to whole sign-ins.

  --seconds N     how long all targets together run (default: 60)
  --only TARGET   only this one: ${TARGETS.join(", ")}`;

async function fuzz({ seconds, only }) {
  const targets = TARGETS.filter((target) => only === undefined || target === only);
  if (targets.length === 0) throw new Failure(`There is no target "${only}". The targets: ${TARGETS.join(", ")}`);
  const bin = await cargoFuzz();
  /** @returns {[string, string[], any]} */
  const cargo = (args, options) => [join(bin, "cargo-fuzz"), ["fuzz", ...args], { cwd: FUZZ, env: ENV, ...options }];
  await step("Compiling the fuzz targets (about a minute)", () =>
    run(...cargo(["build", ...OPTIONS], { log: "fuzz-build" })),
  );

  const each = Math.max(1, Math.round(seconds / targets.length));
  const total = { inputs: 0, findings: 0 };
  for (const target of targets) {
    const learned = join(cache, "fuzz", target);
    const seeds = join(FUZZ, "corpus", target);
    mkdirSync(learned, { recursive: true });
    if (existsSync(seeds)) cpSync(seeds, learned, { recursive: true });
    process.stdout.write(`${target} (${each} s)… `);
    const limits = [
      `-max_total_time=${each}`,
      "-max_len=2048",
      "-timeout=10",
      "-rss_limit_mb=2048",
      "-print_final_stats=1",
    ];
    const { status, output } = await capture(...cargo(["run", ...OPTIONS, target, learned, "--", ...limits]));
    const inputs = Number(/stat::number_of_executed_units:\s*(\d+)/.exec(output)?.[1] ?? 0);
    total.inputs += inputs;
    console.log(`${inputs.toLocaleString("en")} inputs, ${status === 0 ? "no finding" : "a FINDING"}`);
    if (status !== 0 || inputs === 0) {
      total.findings += 1;
      console.log(output.trimEnd().split("\n").slice(-40).join("\n"));
    }
  }
  console.log(`fuzz: ${total.inputs.toLocaleString("en")} inputs, ${total.findings} findings`);
  if (total.findings > 0) process.exitCode = 1;
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({
      options: {
        seconds: { type: "string", default: "60" },
        only: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) return console.log(HELP);
    if (!/^\d+$/.test(values.seconds)) throw new Failure(`--seconds takes a whole number, not "${values.seconds}"`);
    await fuzz({ ...values, seconds: Number(values.seconds) });
  });
}
