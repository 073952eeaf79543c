// `npm run bench`: measures this package and its peers in the same run on the same machine.

import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "../scripts/build.mjs";
import { Failure, answer, duration, isMain, main, root } from "../scripts/run.mjs";
import { findChromium } from "../scripts/toolchain/browser.mjs";
import { toolchain } from "../scripts/toolchain.mjs";
import { installPeers } from "./peers.mjs";

/**
 * Each is a module with `title`, `about`, `goal`, `columns`, `bench(progress)`, `row(result)`, `met(results)` and
 * `summary(results)`. The summary's lines are: what, goal, our result, the official client's, and optionally whether
 * this line meets its goal; the default is `met`.
 */
const BENCHES = {
  size: "what a browser downloads",
  steps: "requests in sequence until the sign-in page, and until the first response",
  storm: "many requests with an expired token",
  "cold-start": "from requesting the script until signIn can be called",
  returning: "from opening the page until the first response, for a user who has signed in",
  "many-servers": "restore, and expired tokens, of up to 50 servers",
  "per-request": "what session.fetch adds to fetch",
  memory: "memory after many requests and refreshes",
};
const DOCUMENT = join(root, "docs", "benchmarks.md");
const README = join(root, "README.md");
/** The comments before and after the table in the README. */
const [TABLE, END] = ["<!-- npm run bench -- --write -->", "<!-- end of the bench -->"];

const HELP = `Usage: npm run bench -- [NAME…] [options]

Measures this package and its peers. Without a name, runs all of:
${Object.entries(BENCHES)
  .map(([name, about]) => `  ${name.padEnd(12)} ${about}`)
  .join("\n")}

  --json FILE   also write the results to a file
  --write       write the tables to docs/benchmarks.md, and a summary to the README
  --no-build    use pkg/wasm without rebuilding it`;

async function benchmarks(names, { json, write, "no-build": noBuild }) {
  const unknown = names.find((name) => !(name in BENCHES));
  if (unknown) throw new Failure(`There is no bench "${unknown}", but: ${Object.keys(BENCHES).join(", ")}`);
  if (!noBuild) await build();
  await toolchain({ tests: true });
  await installPeers();

  const results = { date: new Date().toISOString().slice(0, 10), machine: await machine(), benches: {} };
  const sections = new Map();
  const lines = [];
  for (const name of names.length ? names : Object.keys(BENCHES)) {
    const started = Date.now();
    const bench = await import(`./${name}.mjs`);
    console.log(`\n${bench.title}`);
    const rows = await bench.bench((what) => console.log(`  ${what}…`));
    const met = bench.met(rows);
    results.benches[name] = { goal: bench.goal, met, rows };
    console.log(
      `\n${table(bench.columns, rows.map(bench.row))}\nGoal: ${bench.goal}: ${met ? "met" : "not met"} (${duration(started)})`,
    );
    sections.set(bench.title, section(bench, rows, met, results));
    for (const [what, goal, ours, official, isMet = met] of bench.summary(rows))
      lines.push([what, goal, ours, official, isMet ? "yes" : "no", results.date]);
  }
  if (json) writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`);
  if (!write) return;
  writeFileSync(DOCUMENT, withSections(readFileSync(DOCUMENT, "utf8"), sections));
  writeFileSync(README, withLines(readFileSync(README, "utf8"), lines, results.machine, names.length > 0));
}

async function machine() {
  const chromium = await answer(findChromium(), ["--version"]);
  return `${cpus().length} × ${cpus()[0].model.trim()}, ${chromium?.trim()}, Node.js ${process.versions.node}`;
}

/** A table for the terminal, with aligned columns. */
function table(columns, rows) {
  const lines = [columns, ...rows].map((cells) => cells.map(String));
  const widths = columns.map((_, index) => Math.max(...lines.map((cells) => cells[index].length)));
  const line = (cells) =>
    cells
      .map((cell, index) => cell.padEnd(widths[index]))
      .join("  ")
      .trimEnd();
  return lines.map(line).join("\n");
}

function section({ about, goal, columns, row }, rows, met, { date, machine }) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [
    about,
    "",
    line(columns),
    line(columns.map(() => "---")),
    ...rows.map((result) => line(row(result))),
    "",
    `Goal: ${goal}: ${met ? "met" : "not met"}. ${date}, ${machine}.`,
  ].join("\n");
}

/** Replaces the document's sections with the same titles, or appends the sections. */
function withSections(document, sections) {
  const [head, ...parts] = document.trimEnd().split(/^## /m);
  const kept = new Map(parts.map((part) => [part.split("\n", 1)[0], part.slice(part.indexOf("\n")).trim()]));
  for (const [title, text] of sections) kept.set(title, text);
  return `${[head.trimEnd(), ...[...kept].map(([title, text]) => `## ${title}\n\n${text}`)].join("\n\n")}\n`;
}

/** Replaces the README's table by these lines. With `keepsOthers`, other lines are kept. */
function withLines(readme, lines, machine, keepsOthers) {
  const [before, rest] = readme.split(TABLE);
  const [written, after] = rest.split(END);
  const old = written
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(keepsOthers ? 2 : Infinity);
  const all = new Map(old.map((line) => line.slice(2, -2).split(" | ")).map((cells) => [cells[0], cells]));
  for (const cells of lines) all.set(cells[0], cells);
  const table = [
    ["what", "goal", "mcp-authorize", "official client 2.4.0", "goal met", "date"],
    [..."------"].map(() => "---"),
    ...all.values(),
  ];
  const rows = table.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  return `${before}${TABLE}\n${rows}\n\nOn ${machine}.\n${END}${after}`;
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        json: { type: "string" },
        write: { type: "boolean" },
        "no-build": { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) return console.log(HELP);
    await benchmarks(positionals, values);
  });
}
