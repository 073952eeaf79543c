// `npm run size`: what a browser downloads for a page that uses the package, after a bundler has minified it. These are counted
// separately: the callback page, which has no wasm and is only loaded in the popup; the diagnosis, the elicitation and the
// steps, which are loaded on demand; and the user interfaces, without the library and their framework.

import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { Failure, isMain, main, root } from "./run.mjs";
import { functions } from "./functions.mjs";
import { number, sizes } from "./sizes.mjs";

/** Bytes of JavaScript and wasm together, brotli: 0.95 of the official client 2.4.0 with DPoP, 88,251. */
const GOAL = 84_000;

/** The limits that `npm test` checks. */
const BUDGET = join("scripts", "size-budget.json");
const BIGGEST = 15;

/** The modules that the entry imports on demand. */
const ON_DEMAND = ["diagnose", "open-url"];

/** What a page may import of the user interfaces, with everything that they share. */
const INTERFACES = {
  "watch, a session": 'export { watchMcpSession } from "./watch.js";',
  "watch, a list": 'export { watchMcpServers } from "./watch.js";',
  "React, a session": 'export { useMcpSession } from "./react.js";',
  "React, a list": 'export { useMcpServers } from "./react.js";',
  "Vue, a session": 'export { useMcpSession } from "./vue.js";',
  "Vue, a list": 'export { useMcpServers } from "./vue.js";',
  "Svelte, a session": 'export { mcpSession } from "./svelte.js";',
  "Svelte, a list": 'export { mcpServers } from "./svelte.js";',
  element: 'import "./element.js";',
};

const HELP = `Usage: npm run size -- [--check] [--json]

Prints the size of the built package as a browser downloads it, and its biggest functions.

  --check   fails if the size is above the budget in ${BUDGET}
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
    "elicitation, JS": sizes(await bundle("open-url.js")),
    "elicitation, wasm": sizes(readFileSync(join(root, "pkg", "wasm", "elicitation_bg.wasm"))),
    "enterprise, JS": sizes(await bundle("enterprise.js")),
    "enterprise, wasm": sizes(readFileSync(join(root, "pkg", "wasm", "enterprise_bg.wasm"))),
    "steps, JS": sizes(await bundle("steps.js")),
    "steps, wasm": sizes(readFileSync(join(root, "pkg", "wasm", "steps_bg.wasm"))),
  };
  for (const [name, contents] of Object.entries(INTERFACES)) {
    parts[name] = sizes(await bundle(name, { stdin: { contents, resolveDir: join(root, "pkg") } }));
  }
  const total = { raw: 0, gzip: 0, brotli: 0 };
  for (const format of ["raw", "gzip", "brotli"]) total[format] = parts.JavaScript[format] + parts.wasm[format];
  return { ...parts, total, goal: GOAL };
}

/**
 * esbuild leaves `new URL("….wasm", import.meta.url)` alone, so the wasm stays a file.
 *
 * @param {string} entry
 * @param {import("esbuild").BuildOptions} [input]
 */
async function bundle(entry, input = { entryPoints: [join(root, "pkg", entry)] }) {
  let esbuild;
  try {
    esbuild = await import("esbuild");
  } catch {
    throw new Failure("esbuild is missing. Install the npm packages first: npm ci");
  }
  try {
    const { outputFiles } = await esbuild.build({
      ...input,
      bundle: true,
      // Modules that are imported on demand become separate files. The entry is the first one.
      splitting: true,
      outdir: root,
      minify: true,
      format: "esm",
      platform: "browser",
      external: ["node:*", "mcp-authorize", "react", "vue"],
      logLevel: "silent",
      write: false,
    });
    return Buffer.concat(
      outputFiles
        .filter(({ path }) => !ON_DEMAND.some((name) => basename(path).startsWith(name) && !entry.startsWith(name)))
        .map(({ contents }) => contents),
    );
  } catch (error) {
    throw new Failure(`${entry} could not be bundled. ${error.message}`);
  }
}

function print({ goal, ...parts }) {
  const row = (...cells) => console.log(cells.map((cell, i) => (i ? cell.padStart(10) : cell.padEnd(19))).join(""));
  row("bytes", "raw", "gzip", "brotli");
  for (const [name, { raw, gzip, brotli }] of Object.entries(parts)) {
    row(name === "total" ? "JavaScript + wasm" : name, number(raw), number(gzip), number(brotli));
  }
  const rest = goal - parts.total.brotli;
  console.log(`\nGoal ${number(goal)} brotli: ${number(Math.abs(rest))} ${rest < 0 ? "over" : "under"}`);
}

/** The module before wasm-opt, which removes the names. */
function printFunctions() {
  const compiled = join(root, "target", "mcp_authorize.wasm"); // scripts/build.mjs leaves it there
  if (!existsSync(compiled)) return;
  console.log("\nThe biggest functions, in bytes before wasm-opt:");
  for (const { name, bytes } of functions(compiled).slice(0, BIGGEST))
    console.log(`${number(bytes).padStart(8)}  ${name}`);
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
    const { values } = parseArgs({
      options: { check: { type: "boolean" }, json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
    });
    if (values.help) return console.log(HELP);
    const result = await size();
    if (values.check) return check(result);
    if (values.json) return console.log(JSON.stringify(result, null, 2));
    print(result);
    printFunctions();
  });
}
