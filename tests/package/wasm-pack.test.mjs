// `wasm-pack build --target web` as it is, by somebody who knows nothing of the scripts, in a clone of its own.

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

/** What `npm publish` would send. */
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
  // The dependencies are compiled once.
  const env = { ...process.env, CARGO_TARGET_DIR: join(root, "target", "wasm-pack") };
  execFileSync("wasm-pack", ["build", "--target", "web", "--mode", "no-install"], {
    cwd: clone,
    env,
    stdio: ["ignore", "ignore", "inherit"],
  });
});

after(() => rmSync(clone, { recursive: true, force: true }));

test("it makes a module to sign in with", async () => {
  const { Authorizer, initSync } = await import(pathToFileURL(join(clone, "pkg", "mcp_authorize.js")).href);
  initSync({ module: readFileSync(join(clone, "pkg", "mcp_authorize_bg.wasm")) });
  assert.equal(typeof Authorizer.prototype.signIn, "function");
});

test("it has no more scripts than wasm-bindgen's test server can send at once", () => {
  // Its pool begins with four threads, and a fifth connection of a burst may wait in its queue without end (tiny_http 0.12):
  // `wasm-pack test --headless` hangs then.
  const scripts = readdirSync(join(clone, "pkg", "snippets"), { encoding: "utf8", recursive: true });
  assert.ok(scripts.filter((name) => name.endsWith(".js")).length <= 4, scripts.join("\n"));
});

test("Git sees no change", () => assert.equal(git("status", "--porcelain"), ""));

test("the published package is the same", () => assert.deepEqual(files(), packed));
