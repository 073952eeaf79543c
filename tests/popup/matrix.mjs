// `npm run popup-matrix`: runs the popup cases in three engines, and prints a table.

import { parseArgs } from "node:util";
import { build } from "../../scripts/build.mjs";
import { Failure, isMain, main } from "../../scripts/run.mjs";
import { CASES } from "./cases.mjs";
import { ENGINES } from "./engines.mjs";
import { startWorld } from "./world.mjs";

const HELP = `Usage: npm run popup-matrix -- [options]

Tests everything that can happen to popups, in Chromium, Firefox and WebKitGTK.

  --engine NAME   test only this one: ${Object.keys(ENGINES).join(", ")}
  --only TEXT     test only cases whose name contains TEXT
  --no-build      use pkg/wasm without rebuilding it`;

async function matrix({ engine: wanted, only = "", "no-build": noBuild }) {
  const names = Object.keys(ENGINES).filter((name) => wanted === undefined || name === wanted);
  const cases = CASES.filter(({ name }) => name.includes(only));
  if (names.length === 0 || cases.length === 0)
    throw new Failure("There is no such engine, or no such case. See --help.");
  if (!noBuild) await build();

  const columns = [];
  for (const name of names) columns.push(await column(name, cases));
  print(cases, columns);

  const cells = columns.flatMap(({ cells }) => cells);
  const count = (result) => cells.filter((cell) => cell.result === result).length;
  console.log(`popup-matrix: ${count("pass")} passed, ${count("FAIL")} failed`);
  // If nothing ran, that is a failure, too.
  if (count("FAIL") > 0 || count("pass") === 0) process.exitCode = 1;
}

/** One engine's results, in the order of the cases. */
async function column(name, cases) {
  const engine = ENGINES[name];
  let browser;
  try {
    browser = await engine.start();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { title: engine.title, skipped: error.message, cells: cases.map(() => ({ result: "skipped" })) };
  }
  try {
    const cells = [];
    for (const test of cases) {
      const done = await cell(test, name, browser);
      console.log(`${engine.title}: ${test.name}: ${done.result}`);
      cells.push(done);
    }
    return { title: `${engine.title} ${browser.version.match(/^\d{2,}|^\d+\.\d+/)[0]}`, cells };
  } finally {
    await browser.close();
  }
}

async function cell({ world: options, run }, name, browser) {
  const engine = ENGINES[name];
  let world;
  try {
    const tellFocus = options?.config?.tellFocus === true && !engine.focus;
    const config = { ...options?.config, tellFocus };
    world = await startWorld({ ...options, config });
    await browser.reset();
    await run({ browser, engine, world });
    const violations = world.log.filter(({ type }) => type === "violation");
    if (violations.length > 0)
      throw new Error(`the app's Content-Security-Policy was violated: ${JSON.stringify(violations)}`);
    return {
      result: "pass",
      reason: tellFocus ? `the test tells the page where the focus is: ${engine.noFocus}` : undefined,
    };
  } catch (error) {
    return { result: "FAIL", reason: error.message.replace(/\s+/g, " ") };
  } finally {
    // Before the servers end. Firefox shows an error page for a navigation that the server cuts off, and that page would
    // replace the next case's page. If the reset fails, the next case's own reset reports it.
    await browser.reset().catch(() => {});
    await world?.close();
  }
}

function print(cases, columns) {
  const notes = [];
  const note = (text) => {
    if (!notes.includes(text)) notes.push(text);
    return `[${notes.indexOf(text) + 1}]`;
  };
  const rows = cases.map(({ name }, index) => [
    name,
    ...columns.map(({ title, cells }) => {
      const { result, reason } = cells[index];
      return reason ? `${result} ${note(`${title}: ${reason}`)}` : result;
    }),
  ]);
  rows.unshift(["", ...columns.map(({ title }) => title)]);
  const widths = rows[0].map((_, index) => Math.max(...rows.map((row) => row[index].length)));
  for (const row of rows)
    console.log(
      row
        .map((text, index) => text.padEnd(widths[index]))
        .join("  ")
        .trimEnd(),
    );
  console.log();
  notes.forEach((text, index) => console.log(`[${index + 1}] ${text}`));
  for (const { title, skipped } of columns) if (skipped) console.log(`${title} was skipped: ${skipped}`);
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({
      options: {
        engine: { type: "string" },
        only: { type: "string" },
        "no-build": { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) return console.log(HELP);
    await matrix(values);
  });
}
