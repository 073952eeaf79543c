// `wasm-pack build --target web` without this project's scripts, in a separate clone.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { root } from "../../scripts/run.mjs";

const OTHERS = new Set(["node_modules", "target", "out", ".git"]);
let clone;
let packed;

const git = (...args) =>
  execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@example.com", ...args], {
    cwd: clone,
    encoding: "utf8",
  });

/** The files that `npm publish` would send. */
function files() {
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const printed = execFileSync("npm", args, { cwd: clone, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return Object.values(JSON.parse(printed)).flatMap(({ files }) => files.map(({ path }) => path));
}

before(() => {
  clone = mkdtempSync(join(tmpdir(), "mcp-authorize-wasm-pack-"));
  cpSync(root, clone, { recursive: true, filter: (path) => !OTHERS.has(basename(path)) });
  git("init", "--quiet");
  git("add", "--all");
  git("commit", "--quiet", "--message", "all");
  packed = files();
  // Shared, so that the dependencies are compiled once.
  const env = { ...process.env, CARGO_TARGET_DIR: join(root, "target", "wasm-pack") };
  execFileSync("wasm-pack", ["build", "--target", "web", "--mode", "no-install"], {
    cwd: clone,
    env,
    stdio: ["ignore", "ignore", "inherit"],
  });
});

after(() => rmSync(clone, { recursive: true, force: true }));

test("wasm-pack builds a module that can sign in", async () => {
  const { Authorizer, initSync } = await import(pathToFileURL(join(clone, "pkg", "mcp_authorize.js")).href);
  initSync({ module: readFileSync(join(clone, "pkg", "mcp_authorize_bg.wasm")) });
  assert.equal(typeof Authorizer.prototype.signIn, "function");
});

test("the module has no more scripts than wasm-bindgen's test server can send at once", () => {
  // The server starts with four threads, and a fifth simultaneous connection may wait forever (tiny_http 0.12). Then
  // `wasm-pack test --headless` hangs.
  const scripts = readdirSync(join(clone, "pkg", "snippets"), { encoding: "utf8", recursive: true });
  assert.ok(scripts.filter((name) => name.endsWith(".js")).length <= 4, scripts.join("\n"));
});

test("Git ignores wasm-pack's output", () => assert.equal(git("status", "--porcelain"), ""));

test("the published package does not contain wasm-pack's output", () => assert.deepEqual(files(), packed));
