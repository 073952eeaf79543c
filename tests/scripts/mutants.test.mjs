// The rules that `npm run mutants` breaks: each rule's text and its test must exist.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { RULES } from "../../scripts/mutants/rules.mjs";
import { root } from "../../scripts/run.mjs";

const read = (file) => readFileSync(join(root, file), "utf8");

test("there are at least 40 rules, all different", () => {
  assert.ok(RULES.length >= 40, `${RULES.length}`);
  assert.equal(new Set(RULES.map(({ file, find, put }) => [file, find, put].join("\n"))).size, RULES.length);
});

test("each rule's text occurs in its file exactly once", () => {
  for (const { file, find } of RULES) assert.equal(read(file).split(find).length - 1, 1, `${file}: ${find}`);
});

test("each rule's test exists", () => {
  for (const { suite, test, rule } of RULES) {
    // The cases of the popup matrix are in a separate file.
    const text = read(join("tests", suite === "popup/matrix.mjs" ? "popup/cases.mjs" : suite));
    // For names generated from a table, only the fixed parts are in the text.
    const parts = test.split(/^SDK \d: |\$\{.*?\}/);
    for (const part of parts) assert.ok(text.includes(part), `${rule}: ${suite} has no "${part}"`);
  }
});

test("a script with a broken rule still has valid syntax", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "mcp-authorize-rules-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const { file, find, put } of RULES) {
    const script = join(folder, "broken.mjs");
    writeFileSync(
      script,
      read(file).replace(find, () => put),
    );
    execFileSync(process.execPath, ["--check", script], { stdio: "pipe" });
  }
});
