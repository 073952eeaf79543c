// `npm test`: installs the tools, builds the package and runs every suite, one after the other. The output of a suite is
// shown if it fails. The last line says how many tests passed and failed in total. The status is 1 if one failed. A suite
// without any test has failed, too.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Failure, capture, duration, isMain, main, root } from "./run.mjs";
import { build } from "./build.mjs";
import { failedTests, isWorthAnother, patterns, together } from "./second-attempt.mjs";
import { toolchain } from "./toolchain.mjs";
import { actionlint } from "./toolchain/actionlint.mjs";
import { modules } from "./toolchain/modules.mjs";
import { FOR_BROWSERS } from "./toolchain/rust.mjs";

// The tests that run in a browser. wasm-pack passes these arguments on to `cargo test`.
const BROWSER_TESTS = ["--lib", "--test", "browser"];
const TYPES = "tests/types";
// Each folder's *.test.mjs files are one suite, run by node's own test runner.
const FOLDERS = {
  package: "what npm publishes: files, entries, types",
  "live-servers": "servers with deviations seen at live servers",
  environments: "workers, and runtimes other than pages",
  docs: "links and code of the documentation",
  components: "React, Vue, Svelte and the element",
  examples: "the programs in examples/",
  e2e: "the demo page in Chromium",
  attacks: "hostile pages, servers and responses",
  sessions: "sessions, tabs and storage",
  steps: "mcp-authorize/steps",
  elicitation: "URLs that servers ask to open, with both SDKs' clients",
  faults: "networks, clocks and servers that fail",
};
const TIME_LIMIT = 25 * 60_000;

const cargo =
  (...args) =>
  () => ["cargo", args];
const npmProgram =
  (name, script, ...args) =>
  () => [process.execPath, [join("node_modules", name, script), ...args]];
const runFiles = (files) => [process.execPath, ["--test", "--test-concurrency=1", "--test-reporter=spec", ...files]];
const nodeTests = (folder) => () => runFiles(testFiles(folder));
const SAME = (_output, command) => command;
const testsThatFailed = (output, [program, args]) => {
  const names = failedTests(output);
  return names.length > 0 ? [program, [...args.slice(0, 1), ...patterns(names), ...args.slice(1)]] : null;
};

// `needs`: what a suite needs. "modules" are the npm packages, "wasm" compiles for wasm32, "actionlint" checks
// workflows, "tools" is all the tests' tools, "package" is pkg/wasm.
// `lint`: the suite is a single check. Its status is the result.
// `again`: makes the command that repeats the failed tests, from the output; or null.
const SUITES = [
  { name: "fmt", about: "Rust is formatted", lint: true, command: cargo("fmt", "--check") },
  {
    name: "clippy",
    about: "Rust has no lint warnings",
    lint: true,
    command: cargo("clippy", "--all-targets", "--", "-D", "warnings"),
  },
  {
    name: "clippy-wasm",
    about: "Rust for browsers has no lint warnings",
    lint: true,
    needs: ["wasm"],
    command: cargo("clippy", "--all-targets", ...FOR_BROWSERS, "--", "-D", "warnings"),
  },
  {
    name: "doc",
    about: "the crate's documentation has no warnings",
    lint: true,
    needs: ["wasm"],
    command: cargo("doc", "--no-deps", ...FOR_BROWSERS, "--config", 'build.rustdocflags=["-D", "warnings"]'),
  },
  {
    name: "public-api",
    about: "the crate's public API matches the snapshots",
    lint: true,
    needs: ["wasm"],
    command: () => [process.execPath, [join("scripts", "public-api.mjs")]],
  },
  {
    name: "prettier",
    about: "JavaScript is formatted",
    lint: true,
    needs: ["modules"],
    command: npmProgram("prettier", "bin/prettier.cjs", "--log-level", "warn", "--check", "."),
  },
  {
    name: "eslint",
    about: "JavaScript has no lint warnings",
    lint: true,
    needs: ["modules"],
    command: npmProgram("eslint", "bin/eslint.js", "--max-warnings", "0", "."),
  },
  {
    name: "oxlint",
    about: "no promise is left without a handler",
    lint: true,
    needs: ["package"],
    command: npmProgram("oxlint", "bin/oxlint", "--type-aware", "--deny-warnings"),
  },
  {
    name: "tsc",
    about: "the types of the JavaScript match",
    lint: true,
    needs: ["package"],
    command: npmProgram("typescript", "bin/tsc", "-p", "."),
  },
  {
    name: "tsc-pkg",
    about: "the published types match, in strict mode",
    lint: true,
    needs: ["package"],
    command: npmProgram("typescript", "bin/tsc", "-p", "pkg"),
  },
  {
    name: "workflows",
    about: "actionlint finds no mistakes in GitHub's workflows",
    lint: true,
    needs: ["actionlint"],
    command: () => [process.execPath, [join("scripts", "workflows.mjs")]],
  },
  { name: "rust", about: "protocol and flows, natively", command: cargo("test", "--no-fail-fast") },
  { name: "scripts", about: "tests/scripts, without npm's packages", command: nodeTests("tests/scripts") },
  {
    name: "browser",
    about: "the crate in headless Chromium",
    needs: ["tools"],
    command: () => ["wasm-pack", ["test", "--headless", "--chrome", "--mode", "no-install", ".", ...BROWSER_TESTS]],
  },
  {
    name: "types",
    about: "a TypeScript program compiles against the package",
    lint: true,
    needs: ["tools", "package"],
    command: npmProgram("typescript", "bin/tsc", "-p", TYPES),
  },
  {
    name: "size",
    about: "what a browser downloads, within its budget",
    lint: true,
    needs: ["package"],
    command: () => [process.execPath, [join("scripts", "size.mjs"), "--check"]],
  },
  ...Object.entries(FOLDERS).map(([name, about]) => ({
    name,
    about,
    needs: ["tools", "package"],
    command: nodeTests(`tests/${name}`),
    again: testsThatFailed,
  })),
  {
    name: "conformance",
    about: "the MCP conformance suite, in Node.js",
    needs: ["package"],
    command: () => [process.execPath, [join("tests", "conformance", "run.mjs"), "--no-build"]],
  },
  {
    name: "diagnose",
    about: "what the diagnosis says of broken servers, in Chromium and in Node.js",
    needs: ["tools", "package"],
    command: () => [process.execPath, [join("tests", "diagnose", "matrix.mjs"), "--no-build"]],
    again: SAME,
  },
  {
    name: "popup",
    about: "what can happen to popups, in Chromium",
    needs: ["tools", "package"],
    command: () => [process.execPath, [join("tests", "popup", "matrix.mjs"), "--engine", "chromium", "--no-build"]],
    again: SAME,
  },
  {
    name: "consumers",
    about: "the packed tarball with bundlers, without one and in a worker",
    needs: ["tools", "package"],
    command: () => [process.execPath, [join("tests", "consumers", "run.mjs"), "--quick", "--no-build"]],
    again: SAME,
  },
];

const HELP = `Usage: npm test -- [--only NAME] [--once] [--verbose]

Runs the test suites:
${SUITES.map(({ name, about }) => `  ${name.padEnd(12)} ${about}`).join("\n")}

What fails in a browser suite, if it is three tests at most, runs once more. What passes then is named at the end as
unsteady.

  --only NAME   only this suite
  --once        no second attempt
  --verbose     show the output of suites that pass, too`;

async function test({ only, verbose, once }) {
  const suites = SUITES.filter(({ name }) => only === undefined || name === only);
  if (suites.length === 0)
    throw new Failure(`There is no suite "${only}". The suites: ${SUITES.map((s) => s.name).join(", ")}`);

  const { env, missing } = await prepare(new Set(suites.flatMap(({ needs = [] }) => needs)));
  const total = { passed: 0, failed: 0 };
  const unsteady = [];
  for (const suite of suites) {
    const lack = suite.needs?.find((need) => missing.has(need));
    const result = lack ? skip(suite, lack) : await runSuite(suite, { env, verbose, once });
    total.passed += result.passed;
    total.failed += result.failed;
    unsteady.push(...(result.unsteady ?? []));
  }
  if (unsteady.length > 0) {
    console.log(
      color(33, `Unsteady: these passed only on a second attempt. Find out why.\n  ${unsteady.join("\n  ")}`),
    );
  }
  console.log(`${total.passed} passed, ${total.failed} failed`);
  if (total.failed > 0) process.exitCode = 1;
}

// If something can't be installed, the suites that need it fail. The others run.
async function prepare(needs) {
  const missing = new Set();
  const attempt = async (need, work) => {
    try {
      return needs.has(need) ? await work() : undefined;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      console.log(`\n${error.message}\n`);
      missing.add(need);
    }
  };
  await attempt("modules", () => modules());
  await attempt("actionlint", () => actionlint());
  const wasm = await attempt("wasm", () => toolchain());
  const tools = await attempt("tools", () => toolchain({ tests: true }));
  await attempt("package", () => build());
  return { env: (tools ?? wasm)?.env ?? {}, missing };
}

function skip({ name, about }, lack) {
  const reason = lack === "package" ? "the package could not be built" : "the tools for it are missing";
  console.log(`${name}: ${about}… ${color(31, `failed: ${reason}`)}`);
  return { passed: 0, failed: 1 };
}

async function runSuite(suite, options) {
  const first = await attempt(suite, `${suite.name}: ${suite.about}`, suite.command, options);
  if (options.once || !suite.again || !isWorthAnother(first, first.status)) return first;
  const command = suite.again(first.output, suite.command());
  if (!command) return first;
  const second = await attempt(suite, `${suite.name}: once more`, () => command, options);
  const result = together(first, second);
  if (result.failed > 0) return result;
  const names = suite.again === testsThatFailed ? failedTests(first.output) : [`${first.failed} of its cases`];
  return { ...result, unsteady: names.map((name) => `${suite.name}: ${name}`) };
}

/** Runs a command and returns its result: `{ passed, failed, problem, status, output }`. */
async function attempt(suite, title, commandOf, { env, verbose }) {
  process.stdout.write(`${title}… `);
  const started = Date.now();
  let result;
  try {
    const [command, args] = commandOf();
    // Native suites use the user's own compiler, so they do not get the tools' environment.
    result = await capture(command, args, { env: suite.needs ? env : {}, timeout: TIME_LIMIT });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    result = { status: error.message, output: "" };
  }

  const judged = judge(suite, result);
  const { passed, failed, problem } = judged;
  const counts = suite.lint ? (failed ? "failed" : "ok") : `${passed} passed, ${failed} failed`;
  console.log(`${color(failed ? 31 : 32, counts)} (${duration(started)})`);
  if (result.output && (failed || verbose)) console.log(result.output.trimEnd());
  if (problem) console.log(color(31, `${suite.name}: ${problem}`));
  return { ...judged, ...result };
}

/** The result of a suite, from its status and output: `{ passed, failed, problem }`. */
export function judge({ lint }, { status, output }) {
  if (lint) return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1, problem: ended(status) };
  const { passed, failed } = count(output);
  if (failed > 0) return { passed, failed };
  if (status !== 0) return { passed, failed: 1, problem: ended(status) };
  if (passed === 0) return { passed, failed: 1, problem: "it ran no test" };
  return { passed, failed };
}

const ended = (status) => (typeof status === "number" ? `it ended with status ${status}` : status);

/** Adds up the summary lines of cargo test, wasm-bindgen-test, node's test runner, and of the scripts that print a table. */
export function count(output) {
  const plain = output.replace(/\x1b\[[0-9;]*m/g, "");
  const sum = (pattern) => [...plain.matchAll(pattern)].reduce((total, [, n]) => total + Number(n), 0);
  return {
    passed:
      sum(/^test result: .*? (\d+) passed;/gm) +
      sum(/^(?:#|ℹ) pass (\d+)$/gm) +
      sum(/^(?:conformance|popup-matrix|diagnose-matrix|consumers): (\d+) passed, \d+ failed$/gm),
    failed:
      sum(/^test result: .*? (\d+) failed;/gm) +
      sum(/^(?:#|ℹ) (?:fail|cancelled) (\d+)$/gm) +
      sum(/^(?:conformance|popup-matrix|diagnose-matrix|consumers): \d+ passed, (\d+) failed$/gm),
  };
}

function testFiles(folder) {
  const path = join(root, folder);
  const files = existsSync(path) ? readdirSync(path).filter((file) => file.endsWith(".test.mjs")) : [];
  if (files.length === 0) throw new Failure(`${folder} has no *.test.mjs file`);
  return files.sort().map((file) => join(folder, file));
}

function color(code, text) {
  return process.stdout.isTTY && !process.env.NO_COLOR ? `\x1b[${code}m${text}\x1b[0m` : text;
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({
      options: {
        only: { type: "string" },
        once: { type: "boolean" },
        verbose: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) return console.log(HELP);
    await test(values);
  });
}
