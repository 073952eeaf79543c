// On a clean clone with only Node.js installed, every command prints its options.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { root } from "../../scripts/run.mjs";

const MADE = new Set(["node_modules", "target", "wasm", "out", ".git"]);
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
let clone;

before(() => {
  clone = mkdtempSync(join(tmpdir(), "mcp-authorize-clone-"));
  cpSync(root, clone, { recursive: true, filter: (path) => !MADE.has(basename(path)) });
});

after(() => rmSync(clone, { recursive: true, force: true }));

for (const [name, command] of Object.entries(scripts)) {
  test(`npm run ${name} -- --help works without installed packages`, () => {
    const [program, ...args] = command.split(" ");
    assert.equal(program, "node");
    // Neither npm nor cargo is on this PATH.
    const env = { PATH: clone, HOME: clone };
    const { status, stdout, stderr } = spawnSync(process.execPath, [...args, "--help"], {
      cwd: clone,
      env,
      encoding: "utf8",
      timeout: 60_000,
    });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^Usage: /);
    assert.equal(stderr, "");
  });
}
