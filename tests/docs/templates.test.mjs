// The forms for issues and pull requests are valid on GitHub, and name files and commands that exist.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { root } from "../../scripts/run.mjs";
import { files } from "./markdown.mjs";

const text = (file) => readFileSync(join(root, file), "utf8");
const forms = files().filter((file) => file.startsWith(".github/ISSUE_TEMPLATE/"));
const BUG = ".github/ISSUE_TEMPLATE/bug.yml";
const PULL_REQUEST = ".github/pull_request_template.md";
const { scripts } = JSON.parse(text("package.json"));

test("there is a form for bugs and one for features", () => {
  assert.deepEqual(forms, [BUG, ".github/ISSUE_TEMPLATE/feature.yml"]);
});

for (const file of forms) {
  test(`${file} is a form that GitHub accepts`, () => {
    const { name, description, body } = parse(text(file), { strict: true, uniqueKeys: true });
    assert.ok(name && description);
    const questions = body.filter(({ type }) => type !== "markdown");
    assert.ok(questions.length > 0);
    for (const { type, id, attributes } of questions) {
      assert.match(type, /^(input|textarea|dropdown|checkboxes)$/);
      assert.match(id, /^[\w-]+$/);
      assert.ok(attributes.label, id);
    }
    for (const { attributes } of body.filter(({ type }) => type === "markdown")) assert.ok(attributes.value);
    for (const key of ["id", "label"]) {
      const all = questions.map((question) => question[key] ?? question.attributes[key]);
      assert.equal(new Set(all).size, all.length, all.join());
    }
  });

  test(`${file} links to files that exist`, () => {
    const links = [...text(file).matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link);
    assert.ok(links.length > 0);
    // Relative to /issues/new, so that the links work in every fork.
    for (const link of links) {
      const [, path] = /^\.\.\/blob\/HEAD\/([\w./-]+)$/.exec(link) ?? [];
      assert.ok(path && existsSync(join(root, path)), link);
    }
  });
}

test("the bug form asks for a report that the command can write, and sends vulnerability reports to SECURITY.md", () => {
  const help = execFileSync(process.execPath, [join(root, "pkg", "cli.js"), "--help"], { encoding: "utf8" });
  const form = text(BUG);
  assert.match(form, /npx mcp-authorize diagnose URL --markdown/);
  for (const [option] of form.matchAll(/--[a-z-]+/g)) assert.match(help, new RegExp(`^ +${option}\\b`, "m"));
  assert.match(form, /vulnerability.*\(\.\.\/blob\/HEAD\/SECURITY\.md\)/);
});

test("the pull request template names commands and files that exist", () => {
  const template = text(PULL_REQUEST);
  const commands = [...template.matchAll(/npm (?:run )?([\w:-]+)/g)].map(([, name]) => name);
  assert.ok(commands.includes("test"));
  for (const name of commands) assert.ok(Object.hasOwn(scripts, name), name);
  const paths = [...template.matchAll(/\b[A-Z]+\.md\b|`([\w./-]+)`/g)].map(([found, path]) => path ?? found);
  assert.ok(paths.length > 3, paths.join());
  for (const path of paths) assert.ok(existsSync(join(root, path)), path);
});
