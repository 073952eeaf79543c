// Breaks the rules of `rules.mjs` one by one, each in a copy of the project, and runs the tests that have to fail.

import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { build } from "../build.mjs";
import { Failure, capture, duration, root } from "../run.mjs";
import { count } from "../test.mjs";
import { toolchain } from "../toolchain.mjs";
import { RULES } from "./rules.mjs";

const LEFT_OUT = new Set(["node_modules", "target", "out", ".git"]);
/** The time limit. A broken rule may make a test hang, which counts as red. */
const TIME_LIMIT = 150_000;

/**
 * @param {{ only?: string, asItIs?: boolean }} options
 * @returns {Promise<{ group: string, viable: number, caught: number, missed: number, timeouts: number }>}
 */
export async function javascript({ only = "", asItIs = false }) {
  const rules = RULES.filter(({ file, rule }) => `${file}: ${rule}`.includes(only));
  if (rules.length === 0) throw new Failure(`There is no rule with "${only}" in its file or its text`);
  if (!asItIs) await build();
  const { env } = await toolchain({ tests: true });
  const copy = copyOfProject();
  const total = { group: "JavaScript", viable: 0, caught: 0, missed: 0, timeouts: 0 };
  const sound = new Map();
  for (const rule of rules) {
    const started = Date.now();
    process.stdout.write(`${rule.file}: ${rule.rule}… `);
    const run = () => runSuite(rule, { copy, env });
    const name = `${rule.suite}: ${rule.test}`;
    if (!sound.has(name)) sound.set(name, await run());
    // A test that also fails without a broken rule, or that does not exist, proves nothing.
    if (sound.get(name) !== "green") throw new Failure(`${name} is ${sound.get(name)} with no rule broken`);
    const restore = breakRule(rule, copy);
    const outcome = await run();
    restore();
    total.viable += 1;
    total[outcome === "green" ? "missed" : outcome === "overdue" ? "timeouts" : "caught"] += 1;
    console.log(`${outcome === "green" ? `MISSED by ${name}` : outcome} (${duration(started)})`);
  }
  return total;
}

/** A copy, so that the working tree stays unchanged even if this is killed. */
function copyOfProject() {
  const copy = mkdtempSync(join(tmpdir(), "mcp-authorize-mutants-"));
  process.on("exit", () => rmSync(copy, { recursive: true, force: true }));
  cpSync(root, copy, { recursive: true, filter: (path) => !LEFT_OUT.has(basename(path)) });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  return copy;
}

/** The path of a script in the package. wasm-bindgen copies those of src/browser. */
function published(file, copy) {
  if (!file.startsWith("src/browser/")) return [join(copy, file)];
  const snippets = join(copy, "pkg", "wasm", "snippets");
  return readdirSync(snippets).map((folder) => join(snippets, folder, file));
}

function breakRule({ file, find, put }, copy) {
  const before = published(file, copy).map((path) => [path, readFileSync(path, "utf8")]);
  for (const [path, text] of before) {
    if (text.split(find).length !== 2) throw new Failure(`${file} does not have this once: ${find}`);
    writeFileSync(
      path,
      text.replace(find, () => put),
    );
  }
  return () => before.forEach(([path, text]) => writeFileSync(path, text));
}

/** "green", "red", "overdue", or "empty" if no test has that name. */
async function runSuite({ suite, test }, { copy, env }) {
  const [folder] = suite.split("/");
  const file = join("tests", suite);
  const pattern = test.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const args =
    folder === "popup"
      ? [file, "--engine", "chromium", "--no-build", "--only", test]
      : ["--test", "--test-reporter=tap", `--test-name-pattern=${pattern}`, file];
  const { status, output } = await capture(process.execPath, args, { cwd: copy, env, timeout: TIME_LIMIT });
  const { passed, failed } = count(output);
  if (typeof status === "string" && status.startsWith("not done")) return "overdue";
  if (status !== 0 || failed > 0) return "red";
  return passed > 0 ? "green" : "empty";
}
