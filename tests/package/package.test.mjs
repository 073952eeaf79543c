// What `npm install mcp-authorize` brings: the packed tarball, unpacked.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { pack } from "./pack.mjs";

const program = (name) => fileURLToPath(new URL(`../../node_modules/.bin/${name}`, import.meta.url));
let folder;
let tarball;
let files;

before(() => {
  folder = mkdtempSync(join(tmpdir(), "mcp-authorize-"));
  ({ tarball, files } = pack(folder));
  execFileSync("tar", ["xzf", tarball, "-C", folder]);
});

after(() => rmSync(folder, { recursive: true, force: true }));

test("every entry has its script and its types", () => {
  const { exports } = JSON.parse(readFileSync(join(folder, "package", "package.json"), "utf8"));
  const targets = Object.values(exports).flatMap((entry) => (typeof entry === "string" ? entry : Object.values(entry)));
  for (const target of targets) assert.ok(existsSync(join(folder, "package", target)), target);
});

test("publint and arethetypeswrong find nothing", () => {
  const run = (name, ...args) => execFileSync(program(name), [tarball, ...args], { cwd: folder, encoding: "utf8" });
  // A program that finds something ends with another status than 0, and execFileSync throws with what it printed.
  assert.match(run("publint", "--strict"), /All good!/);
  // ESM alone: `require` gets it in Node.js 20.19 and newer. TypeScript's "node10" resolution knows no `exports`.
  run("attw", "--profile", "esm-only");
});

test("it holds the package, its licences and nothing else", () => {
  const expected = /^(pkg\/[\w.-]+\.(js|d\.ts)|pkg\/wasm\/(mcp_authorize|diagnose)[\w.]*\.(js|wasm)|pkg\/wasm\/browser\/\w+\.js|package\.json|README\.md|CHANGELOG\.md|LICENSE-(MIT|APACHE))$/;
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

test("the inline entry needs no file beside it", async () => {
  const entry = join(folder, "package", "pkg", "inline.js");
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, format: "esm", platform: "browser", write: false });
  assert.doesNotMatch(outputFiles[0].text, /import\.meta/);
  const { McpAuthorizer } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
  assert.ok(await McpAuthorizer.create({ clientName: "test", redirectUri: "http://127.0.0.1/callback" }));
});

test("the callback page's script is small and brings no WebAssembly", async () => {
  const entry = join(folder, "package", "pkg", "callback.js");
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, minify: true, format: "esm", write: false });
  assert.ok(outputFiles[0].contents.length < 1500, `${outputFiles[0].contents.length} bytes`);
  assert.doesNotMatch(outputFiles[0].text, /WebAssembly|\.wasm/);
  assert.ok(statSync(entry).size > 0);
});

const NAMES = { "watch.js": "LOADING,watchMcpSession", "element.js": "McpSignInElement" };

test("importing it does nothing: it is safe while a server renders", async () => {
  for (const entry of ["index.js", "inline.js", "node.js", "watch.js", "element.js"]) {
    const url = pathToFileURL(join(folder, "package", "pkg", entry));
    const code = `console.log(Object.keys(await import("${url}")).sort().join())`;
    const printed = execFileSync(process.execPath, ["--input-type=module", "--eval", code], { encoding: "utf8" });
    assert.equal(printed.trim(), NAMES[entry] ?? "McpAuthorizeError,McpAuthorizer,McpAuthorizerEvent,McpSession");
  }
});

test("in Node.js it loads its module from the file", async () => {
  const { McpAuthorizer, McpAuthorizeError } = await import(join(folder, "package", "pkg", "node.js"));
  const authorizer = await McpAuthorizer.create({ clientName: "test", redirectUri: "http://127.0.0.1/callback" });
  assert.equal(await authorizer.restore("http://127.0.0.1/mcp"), null);
  // Without a window there is nothing to open a popup from.
  await assert.rejects(authorizer.signIn("http://127.0.0.1/mcp"), (error) => error instanceof McpAuthorizeError && error.code === "unsupported");
});
