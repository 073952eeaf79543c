// What `npm install mcp-authorize` brings: the packed tarball, unpacked.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));
let folder;
let files;

before(() => {
  folder = mkdtempSync(join(tmpdir(), "mcp-authorize-"));
  const printed = execFileSync("npm", ["pack", "--json", "--pack-destination", folder], { cwd: root, stdio: ["ignore", "pipe", "ignore"] });
  // One package: a list of one, or an object by name, as the version of npm has it.
  const [packed] = Object.values(JSON.parse(printed));
  files = packed.files.map(({ path }) => path);
  execFileSync("tar", ["xzf", join(folder, packed.filename), "-C", folder]);
});

after(() => rmSync(folder, { recursive: true, force: true }));

test("every entry has its script and its types", () => {
  const { exports } = JSON.parse(readFileSync(join(folder, "package", "package.json"), "utf8"));
  const targets = Object.values(exports).flatMap((entry) => (typeof entry === "string" ? entry : Object.values(entry)));
  for (const target of targets) assert.ok(existsSync(join(folder, "package", target)), target);
});

test("it holds the package, its licences and nothing else", () => {
  const expected = /^(pkg\/[\w.]+\.(js|d\.ts)|pkg\/wasm\/mcp_authorize[\w.]*\.(js|wasm|d\.ts)|package\.json|README\.md|CHANGELOG\.md|LICENSE-(MIT|APACHE))$/;
  assert.deepEqual(files.filter((file) => !expected.test(file)), []);
  for (const file of ["LICENSE-MIT", "LICENSE-APACHE", "README.md", "pkg/wasm/mcp_authorize_bg.wasm"]) {
    assert.ok(files.includes(file), `${file} is missing`);
  }
});

test("a bundler takes it without a plugin, and the module beside it is a whole one", async () => {
  const entry = join(folder, "package", "pkg", "index.js");
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, format: "esm", platform: "browser", write: false });
  assert.match(outputFiles[0].text, /new URL\(["']\.\/wasm\/mcp_authorize_bg\.wasm["'], ?import\.meta\.url\)/);
  await WebAssembly.compile(readFileSync(join(folder, "package", "pkg", "wasm", "mcp_authorize_bg.wasm")));
});

test("the callback page's script is small and brings no WebAssembly", async () => {
  const entry = join(folder, "package", "pkg", "callback.js");
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, minify: true, format: "esm", write: false });
  assert.ok(outputFiles[0].contents.length < 1500, `${outputFiles[0].contents.length} bytes`);
  assert.doesNotMatch(outputFiles[0].text, /WebAssembly|\.wasm/);
  assert.ok(statSync(entry).size > 0);
});

test("importing it does nothing: it is safe while a server renders", async () => {
  for (const entry of ["index.js", "node.js"]) {
    const module = await import(join(folder, "package", "pkg", entry));
    assert.deepEqual(Object.keys(module).sort(), ["McpAuthorizeError", "McpAuthorizer", "McpAuthorizerEvent", "McpSession"]);
  }
});

test("in Node.js it loads its module from the file", async () => {
  const { McpAuthorizer, McpAuthorizeError } = await import(join(folder, "package", "pkg", "node.js"));
  const authorizer = await McpAuthorizer.create({ clientName: "test", redirectUri: "http://127.0.0.1/callback" });
  assert.equal(await authorizer.restore("http://127.0.0.1/mcp"), null);
  // Without a window there is nothing to open a popup from.
  await assert.rejects(authorizer.signIn("http://127.0.0.1/mcp"), (error) => error instanceof McpAuthorizeError && error.code === "unsupported");
});
