// `npm run release` in temporary Git repositories: each condition for a tag is broken once.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { hasEntries, isDate, notes, sections } from "../../scripts/release/changelog.mjs";
import { compare } from "../../scripts/release/version.mjs";
import { root } from "../../scripts/run.mjs";

const CHANGELOG = `# Changelog

## Unreleased

## 1.2.0 - 2026-11-29

### Added

- Something, as [the guide](docs/guide.md) has it.

## 1.1.0 - 2026-10-01

### Added

- The beginning.
`;
const WAITING = CHANGELOG.replace("## Unreleased\n\n## 1.2.0 - 2026-11-29", "## Unreleased");

const MANIFEST = {
  name: "mcp-authorize-release-test",
  version: "1.2.0",
  license: "MIT",
  type: "module",
  repository: { type: "git", url: "git+https://github.com/example/project.git" },
  exports: { ".": { types: "./pkg/index.d.ts", default: "./pkg/index.js" } },
  files: ["pkg"],
  scripts: { prepack: "node build.mjs", test: "node test.mjs", release: "node scripts/release.mjs" },
};

const FILES = {
  "package.json": JSON.stringify(MANIFEST, null, 2),
  "package-lock.json": JSON.stringify({ name: MANIFEST.name, version: "1.2.0", lockfileVersion: 3, packages: {} }),
  "Cargo.toml": `[package]
name = "mcp-authorize-release-test"
version = "1.2.0"
edition = "2024"
description = "A crate to release."
license = "MIT"
include = ["src/**"]
`,
  "Cargo.lock": 'version = 4\n\n[[package]]\nname = "mcp-authorize-release-test"\nversion = "1.2.0"\n',
  "CHANGELOG.md": CHANGELOG,
  ".gitignore": "target\nout\npkg/index.js\n",
  "src/lib.rs": "pub fn answer() -> u8 { 42 }\n",
  "pkg/index.d.ts": "export const answer: number;\n",
  "build.mjs":
    'import { writeFileSync } from "node:fs"; writeFileSync("pkg/index.js", "export const answer = 42;\\n");',
  "test.mjs": 'import { writeFileSync } from "node:fs"; writeFileSync("out/tested", "");',
};

let folder;
let project;
let env;

before(() => {
  folder = mkdtempSync(join(tmpdir(), "mcp-authorize-release-"));
  // This variable of a workflow that runs these tests is not about the temporary repository.
  const { GITHUB_REPOSITORY: _, ...rest } = process.env;
  const person = { NAME: "A person", EMAIL: "person@example.com" };
  const people = Object.entries(person).flatMap(([key, value]) => [
    [`GIT_AUTHOR_${key}`, value],
    [`GIT_COMMITTER_${key}`, value],
  ]);
  env = {
    ...rest,
    ...Object.fromEntries(people),
    GIT_CONFIG_GLOBAL: join(folder, "no-gitconfig"),
    MCP_AUTHORIZE_CACHE: join(folder, "cache"),
  };
});

after(() => rmSync(folder, { recursive: true, force: true }));

const git = (...args) => execFileSync("git", args, { cwd: project, env, encoding: "utf8", stdio: "pipe" }).trim();
const tags = () => git("tag").split("\n").filter(Boolean);

function write(files) {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project, file)), { recursive: true });
    if (text === null) rmSync(join(project, file));
    else writeFileSync(join(project, file), text);
  }
}

function commit(files) {
  write(files);
  git("add", "--all");
  git("commit", "--quiet", "--message", "A change");
}

/** Creates a project that can be released, unless `files` break it. */
function make(files = {}) {
  project = mkdtempSync(join(folder, "project-"));
  git("init", "--quiet", "--initial-branch", "main");
  for (const file of ["release.mjs", "release", "run.mjs", "sizes.mjs"])
    cpSync(join(root, "scripts", file), join(project, "scripts", file), { recursive: true });
  commit({ ...FILES, ...files });
}

function release(args = [], extra = {}) {
  const command = [join(project, "scripts", "release.mjs"), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: project,
    env: { ...env, ...extra },
    encoding: "utf8",
    timeout: 120_000,
  });
  return { status, output: stdout + stderr };
}

test("creates the tag after npm test has passed, and prints the push command", () => {
  make();
  git("tag", "v1.1.0");
  const { status, output } = release();
  assert.equal(status, 0, output);
  assert.match(output, /npm: mcp-authorize-release-test 1\.2\.0, [\d,]+ bytes packed, [\d,]+ unpacked, 3 files/);
  assert.match(output, /^ +26 {2}pkg\/index\.js$/m);
  assert.match(output, /crates\.io: mcp-authorize-release-test 1\.2\.0, [\d,]+ bytes packed, \d+ files/);
  assert.match(output, /^ {2}src\/lib\.rs$/m);
  assert.match(output, /Tagged v1\.2\.0\. To publish it: git push --atomic origin main v1\.2\.0$/m);
  assert.deepEqual(tags(), ["v1.1.0", "v1.2.0"]);
  assert.equal(git("cat-file", "-t", "v1.2.0"), "tag");
  assert.equal(git("rev-parse", "v1.2.0^{commit}"), git("rev-parse", "HEAD"));
  assert.equal(readFileSync(join(project, "out", "tested"), "utf8"), "");
  assert.equal(
    readFileSync(join(project, "out", "release", "notes.md"), "utf8"),
    "### Added\n\n- Something, as [the guide](https://github.com/example/project/blob/v1.2.0/docs/guide.md) has it.\n",
  );

  const again = release();
  assert.equal(again.status, 1);
  assert.match(again.output, /FAILED: 1\.2\.0 is not newer than the tag v1\.2\.0/);
});

test("--dry-run creates no tag, and prints how to rename the section of unreleased entries", () => {
  make({ "CHANGELOG.md": WAITING });
  const { status, output } = release(["--dry-run", "--no-tests"]);
  assert.equal(status, 0, output);
  const today = new Date().toISOString().slice(0, 10);
  assert.match(output, new RegExp(`rename "## Unreleased" in CHANGELOG.md to "## 1.2.0 - ${today}"`));
  assert.match(output, /No tag was created: without --dry-run it would be v1\.2\.0/);
  assert.match(output, /npm test was not run/);
  assert.throws(() => readFileSync(join(project, "out", "tested")));
  assert.deepEqual(tags(), []);
});

const other = (file, from, to) => ({ [file]: FILES[file].replace(from, to) });
/** @type {[string, { files?: object, set?: () => void }, RegExp][]} */
const CHEAP = [
  [
    "package.json has another version",
    { files: { ...other("package.json", "1.2.0", "1.3.0"), ...other("CHANGELOG.md", "1.2.0", "1.3.0") } },
    /they differ: package\.json has 1\.3\.0, package-lock\.json has 1\.2\.0, Cargo\.toml has 1\.2\.0/,
  ],
  [
    "package-lock.json has another version",
    { files: other("package-lock.json", "1.2.0", "1.1.0") },
    /package-lock\.json has 1\.1\.0/,
  ],
  ["Cargo.toml has another version", { files: other("Cargo.toml", "1.2.0", "1.2.1") }, /Cargo\.toml has 1\.2\.1/],
  ["Cargo.lock has another version", { files: other("Cargo.lock", "1.2.0", "1.1.0") }, /Cargo\.lock has 1\.1\.0/],
  [
    "there is a newer tag",
    { set: () => ["v1.9.0", "v1.10.0-beta.2"].forEach((tag) => git("tag", tag)) },
    /1\.2\.0 is not newer than the tag v1\.10\.0-beta\.2/,
  ],
  [
    "the changelog has no section for the version",
    { files: { "CHANGELOG.md": WAITING } },
    /CHANGELOG\.md has no section for 1\.2\.0\. Rename "## Unreleased" to "## 1\.2\.0 - 20/,
  ],
  [
    "its section has no date",
    { files: other("CHANGELOG.md", "## 1.2.0 - 2026-11-29", "## 1.2.0") },
    /the section for 1\.2\.0 needs a date/,
  ],
  [
    "its section has a date that does not exist",
    { files: other("CHANGELOG.md", "2026-11-29", "2026-11-31") },
    /the section for 1\.2\.0 needs a date/,
  ],
  [
    "its section is empty",
    { files: other("CHANGELOG.md", "- Something, as [the guide](docs/guide.md) has it.", "") },
    /the section for 1\.2\.0 has no entry/,
  ],
  [
    "there are unreleased entries beside its section",
    { files: other("CHANGELOG.md", "## Unreleased\n", "## Unreleased\n\n- More.\n") },
    /entries under "## Unreleased" would be released in 1\.2\.0, but are not in its section/,
  ],
  [
    "the README says that nothing has been released",
    { files: { "README.md": "No version has been released yet.\n" } },
    /delete what is true only before the first release: README\.md/,
  ],
  [
    "the guide has an instruction for the time before",
    { files: { "docs/guide.md": "(until the first release, use a clone)\n" } },
    /before the first release: docs\/guide\.md/,
  ],
  ["a file is not committed", { set: () => write({ "src/new.rs": "" }) }, /not committed:\n\?\? src\/new\.rs/],
  ["a file is changed", { set: () => write({ "src/lib.rs": "" }) }, /not committed:\n ?M src\/lib\.rs/],
  [
    "another branch is checked out",
    { set: () => git("switch", "--quiet", "--create", "topic") },
    /this is the branch topic/,
  ],
  ["no branch is checked out", { set: () => git("switch", "--quiet", "--detach") }, /this is no branch, not main/],
  [
    "package.json has no repository",
    { files: { "package.json": JSON.stringify({ ...MANIFEST, repository: undefined }) } },
    /package\.json has no "repository"/,
  ],
];

for (const [name, { files, set }, expected] of CHEAP) {
  test(`no tag, and nothing is packed, if ${name}`, () => {
    make(files);
    set?.();
    const before = tags();
    const { status, output } = release();
    assert.equal(status, 1, output);
    assert.equal(output.match(/FAILED: /g).length, 1, output);
    assert.match(output, expected);
    assert.match(output, /1 of 7 checks failed; nothing was packed or tested/);
    assert.deepEqual(tags(), before);
  });
}

test("--dry-run needs something to release", () => {
  make({ "CHANGELOG.md": "# Changelog\n\n## Unreleased\n\n### Added\n" });
  const { status, output } = release(["--dry-run"]);
  assert.equal(status, 1, output);
  assert.match(output, /FAILED: CHANGELOG\.md has no section for 1\.2\.0\n/);
});

/** @type {[string, Record<string, string>, RegExp][]} */
const EXPENSIVE = [
  [
    "the build fails",
    { "build.mjs": 'throw new Error("no compiler");' },
    /the tarball for npm… FAILED: .*no compiler.*npm run prepack --if-present ended with status 1\n/s,
  ],
  [
    "an entry of package.json is not in the tarball",
    { "build.mjs": "" },
    /the tarball for npm… FAILED: package\.json refers to files that are not in the tarball: pkg\/index\.js\n/,
  ],
  [
    "the crate does not compile",
    { "src/lib.rs": "pub fn answer() -> u8 { x }\n" },
    /the crate… FAILED: .*cannot find/s,
  ],
  [
    "the crate needs a file that is not in its package",
    { "src/lib.rs": 'pub const TEXT: &str = include_str!("../CHANGELOG.md");\n' },
    /the crate… FAILED: .*CHANGELOG\.md/s,
  ],
  ["a test fails", { "test.mjs": "process.exitCode = 3;" }, /npm test… .*FAILED: it ended with status 3\n/s],
];

for (const [name, files, expected] of EXPENSIVE) {
  test(`no tag if ${name}`, () => {
    make(files);
    const { status, output } = release();
    assert.equal(status, 1, output);
    assert.equal(output.match(/FAILED: /g).length, 1, output);
    assert.match(output, expected);
    assert.match(output, /1\.2\.0 can't be released/);
    assert.deepEqual(tags(), []);
  });
}

/** A checkout of the tag, like a workflow's. */
function asWorkflow() {
  make();
  const origin = mkdtempSync(join(folder, "origin-"));
  git("init", "--quiet", "--bare", origin);
  git("remote", "add", "origin", origin);
  git("tag", "v1.2.0");
  git("push", "--quiet", "origin", "main", "v1.2.0");
  git("switch", "--quiet", "--detach", "v1.2.0");
}

const CHECK = ["--check", "--no-tests"];

test("--check passes at the tag, and creates none", () => {
  asWorkflow();
  const { status, output } = release(CHECK, { GITHUB_REPOSITORY: "example/project" });
  assert.equal(status, 0, output);
  assert.deepEqual(tags(), ["v1.2.0"]);
  assert.match(readFileSync(join(project, "out", "release", "notes.md"), "utf8"), /Something/);
});

test("--check fails at a commit without the tag", () => {
  asWorkflow();
  git("tag", "--delete", "v1.2.0");
  git("tag", "v1.1.9");
  assert.match(release(CHECK).output, /FAILED: this commit does not have the tag v1\.2\.0/);
});

test("--check fails at a commit that is not in main", () => {
  asWorkflow();
  commit({ "src/lib.rs": "pub fn answer() -> u8 { 43 }\n" });
  git("tag", "--force", "v1.2.0");
  assert.match(release(CHECK).output, /FAILED: this commit is not in origin\/main/);
});

test("--check fails in another repository, and if there is a newer tag", () => {
  asWorkflow();
  git("tag", "v1.2.1");
  const { status, output } = release(CHECK, { GITHUB_REPOSITORY: "example/fork" });
  assert.equal(status, 1);
  assert.match(output, /FAILED: 1\.2\.0 is not newer than the tag v1\.2\.1/);
  assert.match(output, /FAILED: package\.json has the repository example\/project, and this is example\/fork/);
});

test("versions are sorted by Semantic Versioning §11", () => {
  const ordered =
    "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 2.0.0 2.1.0 2.1.1 2.10.0";
  assert.equal(ordered.split(" ").reverse().sort(compare).join(" "), ordered);
});

test("the project's own changelog has sections with entries", () => {
  const all = sections(readFileSync(join(root, "CHANGELOG.md"), "utf8"));
  assert.ok(all.some(hasEntries));
  for (const { name, date } of all) assert.ok(name === "Unreleased" || isDate(date), `${name}: ${date}`);
});

test("the release notes change only relative links", () => {
  const body = "[a](https://a.example/) [b](#b) [c](SECURITY.md)";
  const expected = "[a](https://a.example/) [b](#b) [c](https://github.com/o/r/blob/v1.0.0/SECURITY.md)\n";
  assert.equal(notes({ body }, "o/r", "v1.0.0"), expected);
});
