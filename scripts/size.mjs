// `npm run size`: what a browser downloads for a page that uses the package, after a
// bundler has minified it. The callback page is counted by itself, since it has no
// wasm and is loaded by the popup only, and so is the diagnosis, which is loaded on
// demand.

import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { Failure, isMain, main, root } from "./run.mjs";
import { functions } from "./functions.mjs";
import { number, sizes } from "./sizes.mjs";

const LIMIT = 44_000; // bytes of JavaScript and wasm together, brotli
const GOAL = 34_000;

/** What `npm test` holds the package to. It only ever goes down. */
const BUDGET = join("scripts", "size-budget.json");
const BIGGEST = 15;

const HELP = `Usage: node scripts/size.mjs [--check] [--json]

Prints the size of the built package as a browser downloads it, and its biggest functions.

  --check   fails where it is above the budget in ${BUDGET}
  --json    the numbers as JSON`;

export async function size() {
  const wasm = join(root, "pkg", "wasm", "mcp_authorize_bg.wasm");
  if (!existsSync(wasm)) throw new Failure("pkg/wasm is missing. Build it first: npm run build");

  const parts = {
    JavaScript: sizes(await bundle("index.js")),
    wasm: sizes(readFileSync(wasm)),
    callback: sizes(await bundle("callback.js")),
    "diagnosis, JS": sizes(await bundle("diagnose.js")),
    "diagnosis, wasm": sizes(readFileSync(join(root, "pkg", "wasm", "diagnose_bg.wasm"))),
  };
  const total = {};
  for (const format of ["raw", "gzip", "brotli"]) total[format] = parts.JavaScript[format] + parts.wasm[format];
  return { ...parts, total, limit: LIMIT, goal: GOAL };
}

// esbuild leaves `new URL("….wasm", import.meta.url)` alone, so the wasm stays a file.
async function bundle(entry) {
  let esbuild;
  try {
    esbuild = await import("esbuild");
  } catch {
    throw new Failure("esbuild is missing. Install the npm packages first: npm ci");
  }
  try {
    const { outputFiles } = await esbuild.build({
      entryPoints: [join(root, "pkg", entry)],
      bundle: true,
      // What is imported on demand becomes a file of its own; the entry's comes first.
      splitting: true,
      outdir: root,
      minify: true,
      format: "esm",
      platform: "browser",
      external: ["node:*"],
      logLevel: "silent",
      write: false,
    });
    return Buffer.concat(outputFiles.filter(({ path }) => !basename(path).startsWith("diagnose") || entry.startsWith("diagnose")).map(({ contents }) => contents));
  } catch (error) {
    throw new Failure(`pkg/${entry} could not be bundled. ${error.message}`);
  }
}

function print({ limit, goal, ...parts }) {
  const row = (...cells) => console.log(cells.map((cell, i) => (i ? cell.padStart(10) : cell.padEnd(18))).join(""));
  row("bytes", "raw", "gzip", "brotli");
  for (const [name, { raw, gzip, brotli }] of Object.entries(parts)) {
    row(name === "total" ? "JavaScript + wasm" : name, number(raw), number(gzip), number(brotli));
  }
  const compare = (name, bound) => {
    const rest = bound - parts.total.brotli;
    const difference = rest < 0 ? `${number(-rest)} over` : `${number(rest)} under`;
    console.log(`${name} ${number(bound)} brotli: ${difference}`);
  };
  console.log();
  compare("Limit", limit);
  compare("Goal ", goal);
}

/** Before wasm-opt, which takes the names. */
function printFunctions() {
  const compiled = join(root, "target", "mcp_authorize.wasm"); // scripts/build.mjs leaves it there
  if (!existsSync(compiled)) return;
  console.log("\nThe biggest functions, in bytes before wasm-opt:");
  for (const { name, bytes } of functions(compiled).slice(0, BIGGEST)) console.log(`${number(bytes).padStart(8)}  ${name}`);
}

function check({ total }) {
  const { brotli } = JSON.parse(readFileSync(join(root, BUDGET), "utf8"));
  if (total.brotli > brotli) {
    throw new Failure(
      `JavaScript and wasm are ${number(total.brotli)} bytes (brotli), ${number(total.brotli - brotli)} above the budget in ${BUDGET}. ` +
        "npm run size shows the biggest functions.",
    );
  }
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({ options: { check: { type: "boolean" }, json: { type: "boolean" }, help: { type: "boolean", short: "h" } } });
    if (values.help) return console.log(HELP);
    const result = await size();
    if (values.check) return check(result);
    if (values.json) return console.log(JSON.stringify(result, null, 2));
    print(result);
    printFunctions();
  });
}
