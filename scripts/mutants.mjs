// `npm run mutants`: breaks the code piece by piece, and runs the tests that have to fail. If they pass, no test covers that
// rule. The last line has the figures.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Failure, duration, isMain, main, root } from "./run.mjs";
import { javascript } from "./mutants/javascript.mjs";
import { GROUPS, rust } from "./mutants/rust.mjs";

const HELP = `Usage: npm run mutants -- [--rust] [--js] [--only NAME]

Breaks the code, piece by piece, and runs the tests that have to go red.

  --rust        Rust alone: cargo-mutants over ${GROUPS.map(({ name }) => name).join(", ")} (hours)
  --js          JavaScript alone: the rules of scripts/mutants/rules.mjs (about 20 minutes)
  --only NAME   a group of Rust, or the rules of JavaScript with NAME in their file or their text
  --no-build    JavaScript with pkg/wasm as it is`;

async function mutants({ rust: native, js, only, "no-build": asItIs }) {
  const all = !native && !js;
  const groups = GROUPS.filter(({ name }) => only === undefined || name === only);
  const withRust = (native || all) && groups.length > 0;
  const withJs = (js || all) && !(only !== undefined && groups.length > 0);
  if (!withRust && !withJs)
    throw new Failure(`There is no group "${only}". The groups: ${GROUPS.map((group) => group.name).join(", ")}`);
  mkdirSync(join(root, "target"), { recursive: true });

  const started = Date.now();
  const results = [];
  if (withRust) for (const group of groups) results.push(await rust(group));
  if (withJs) results.push(await javascript({ only, asItIs }));

  console.log(`\n| group | viable | caught | missed | timeouts | share |\n|---|---|---|---|---|---|`);
  for (const { group, viable, caught, missed, timeouts } of results) {
    console.log(`| ${group} | ${viable} | ${caught} | ${missed} | ${timeouts} | ${share(caught + timeouts, viable)} |`);
  }
  const sum = (name) => results.reduce((total, result) => total + result[name], 0);
  const [viable, missed] = [sum("viable"), sum("missed")];
  console.log(`mutants: ${viable - missed} of ${viable} caught, ${missed} missed (${duration(started)})`);
  if (missed > 0) process.exitCode = 1;
}

/** A test that hangs on a mutant has caught it. */
const share = (caught, viable) => `${((100 * caught) / Math.max(1, viable)).toFixed(1)} %`;

if (isMain(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({
      options: {
        rust: { type: "boolean" },
        js: { type: "boolean" },
        only: { type: "string" },
        "no-build": { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) return console.log(HELP);
    await mutants(values);
  });
}
