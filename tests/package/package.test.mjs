// The packed tarball, unpacked like `npm install mcp-authorize` does.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { root } from "../../scripts/run.mjs";
import { read } from "../docs/markdown.mjs";
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

test("publint and arethetypeswrong find no problems", () => {
  const run = (name, ...args) => execFileSync(program(name), [tarball, ...args], { cwd: folder, encoding: "utf8" });
  // If a program finds a problem, its status is not 0, and execFileSync throws with its output.
  assert.match(run("publint", "--strict"), /All good!/);
  // The package is ESM only, which `require` can load in Node.js 20.19 and newer. TypeScript's "node10" resolution does
  // not support `exports`.
  run("attw", "--profile", "esm-only");
});

test("the tarball has the package, its documentation, its licences and nothing else", () => {
  const expected =
    /^(pkg\/[\w.-]+\.(js|d\.ts)|pkg\/wasm\/(mcp_authorize|diagnose|elicitation|enterprise|steps)[\w.]*\.(js|wasm)|pkg\/wasm\/snippets\/mcp-authorize-[0-9a-f]{16}\/src\/browser\/\w+\.js|package\.json|docs\/((servers\/)?[\w-]+\.md|demo\.png)|(README|CHANGELOG|SECURITY)\.md|LICENSE-(MIT|APACHE))$/;
  assert.deepEqual(
    files.filter((file) => !expected.test(file)),
    [],
  );
  for (const file of ["LICENSE-MIT", "LICENSE-APACHE", "README.md", "pkg/wasm/mcp_authorize_bg.wasm"]) {
    assert.ok(files.includes(file), `${file} is missing`);
  }
});

test("every link between the tarball's documents leads to a file in it", () => {
  const broken = [];
  for (const file of files.filter((file) => file.endsWith(".md"))) {
    for (const link of read(file).links.filter((link) => !/^(https:|mailto:)/.test(link))) {
      const [path] = link.split("#");
      if (path && !files.includes(normalize(join(dirname(file), path)))) broken.push(`${file}: ${link}`);
    }
  }
  assert.deepEqual(broken, []);
});

test("the crate has its sources, its licences and nothing else", () => {
  const args = ["package", "--list", "--allow-dirty"];
  const listed = execFileSync("cargo", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const expected =
    /^(src\/[\w/]+\.(rs|js)|Cargo\.(toml|toml\.orig|lock)|(README|CHANGELOG)\.md|LICENSE-(MIT|APACHE)|\.cargo_vcs_info\.json)$/;
  const paths = listed.trim().split("\n");
  assert.ok(paths.includes("src/lib.rs"));
  assert.deepEqual(
    paths.filter((path) => !expected.test(path)),
    [],
  );
});

test("a bundler bundles the package without a plugin, and the module beside it is valid", async () => {
  const entry = join(folder, "package", "pkg", "index.js");
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    platform: "browser",
    write: false,
  });
  assert.match(outputFiles[0].text, /new URL\(["']\.\/wasm\/mcp_authorize_bg\.wasm["'], ?import\.meta\.url\)/);
  await WebAssembly.compile(readFileSync(join(folder, "package", "pkg", "wasm", "mcp_authorize_bg.wasm")));
});

test("the inline entry needs no other file", async () => {
  const entry = join(folder, "package", "pkg", "inline.js");
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    platform: "browser",
    write: false,
  });
  assert.doesNotMatch(outputFiles[0].text, /import\.meta/);
  const { McpAuthorizer } = await import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`
  );
  assert.ok(await McpAuthorizer.create({ clientName: "test", redirectUri: "http://127.0.0.1/callback" }));
});

test("the callback page's script is small and has no WebAssembly", async () => {
  const entry = join(folder, "package", "pkg", "callback.js");
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
  });
  assert.ok(outputFiles[0].contents.length < 1500, `${outputFiles[0].contents.length} bytes`);
  assert.doesNotMatch(outputFiles[0].text, /WebAssembly|\.wasm/);
  assert.ok(statSync(entry).size > 0);
});

const STEPS_ENTRIES = ["steps.js", "steps-inline.js", "steps-node.js"];
const STEPS =
  "McpAuthorizeError,beginAuthorization,checkClientMetadataDocument,clientCredentials,clientMetadataDocument," +
  "createDpopKey,createPkce,deviceAuthorization,discover,dpopProof,exchangeToken,finishAuthorization," +
  "finishDeviceAuthorization,jwtBearer,parseChallenge,refresh,register,revoke,scopesForStepUp,selectResource";
const NAMES = {
  "steps.js": STEPS,
  "steps-inline.js": STEPS,
  "steps-node.js": STEPS,
  "watch.js": "LOADING,LOADING_SERVERS,mcpServersStore,mcpSessionStore,watchMcpServers,watchMcpSession",
  "svelte.js": "mcpServers,mcpSession",
  "element.js": "McpSignInElement",
  "elicitation.js": "handleUrlElicitation",
};

/** Bundles an entry. Modules loaded on demand become separate files. */
async function bundled(entry) {
  const { metafile } = await build({
    entryPoints: [join(folder, "package", "pkg", entry)],
    bundle: true,
    splitting: true,
    metafile: true,
    format: "esm",
    platform: "browser",
    outdir: folder,
    write: false,
  });
  return metafile;
}

test("a page that signs in does not download the steps", async () => {
  const metafile = await bundled("index.js");
  const inputs = Object.keys(metafile.inputs);
  assert.ok(inputs.some((path) => path.endsWith("pkg/face.js")));
  assert.deepEqual(
    inputs.filter((path) => path.includes("step")),
    [],
  );
});

test("a page downloads only what it imports: no list for one session, and no other framework", async () => {
  const downloaded = async (name, entry) => {
    const { metafile } = await build({
      stdin: { contents: `export { ${name} } from "./${entry}";`, resolveDir: join(folder, "package", "pkg") },
      bundle: true,
      metafile: true,
      format: "esm",
      external: ["react", "vue", "mcp-authorize"],
      write: false,
    });
    const [{ inputs }] = Object.values(metafile.outputs);
    const parts = Object.entries(inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
    return parts.map(([path]) => path.split("/").at(-1)).sort();
  };
  const one = ["authorizer-source.js", "watch-session.js"];
  const all = [...one, "watch-servers.js"];
  assert.deepEqual(await downloaded("useMcpSession", "react.js"), [...one, "react.js", "store.js"].sort());
  assert.deepEqual(await downloaded("useMcpServers", "react.js"), [...all, "react.js", "store.js"].sort());
  assert.deepEqual(await downloaded("useMcpSession", "vue.js"), [...one, "vue.js"].sort());
  assert.deepEqual(await downloaded("useMcpServers", "vue.js"), [...all, "vue.js"].sort());
  assert.deepEqual(await downloaded("mcpSession", "svelte.js"), [...one, "store.js", "svelte.js"].sort());
  assert.deepEqual(await downloaded("watchMcpSession", "watch.js"), one);
  assert.deepEqual(await downloaded("McpSignInElement", "element.js"), [...one, "element.js"].sort());
  assert.deepEqual(
    await downloaded("McpAuthorizer", "index.js").then((parts) => parts.filter((part) => all.includes(part))),
    [],
  );
});

test("the dialog for URLs is downloaded only when a URL is opened", async () => {
  for (const entry of ["index.js", "inline.js"]) {
    const metafile = await bundled(entry);
    const [, first] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint?.endsWith(entry));
    const atOnce = new Set(Object.keys(first.inputs));
    for (const { path, kind } of first.imports) {
      if (kind === "import-statement") for (const file of Object.keys(metafile.outputs[path].inputs)) atOnce.add(file);
    }
    const asks = (file) => /url-|open-url|elicitation/.test(file);
    assert.ok(Object.keys(metafile.inputs).some(asks));
    assert.deepEqual([...atOnce].filter(asks), []);
  }
});

test("importing an entry has no effects, so it is safe during server rendering", async () => {
  const entries = ["index.js", "inline.js", "node.js", "watch.js", "svelte.js", "element.js", "elicitation.js"];
  for (const entry of [...entries, "enterprise.js", "enterprise-node.js", ...STEPS_ENTRIES]) {
    const url = pathToFileURL(join(folder, "package", "pkg", entry));
    const code = `console.log(Object.keys(await import("${url}")).sort().join())`;
    const printed = execFileSync(process.execPath, ["--input-type=module", "--eval", code], { encoding: "utf8" });
    assert.equal(
      printed.trim(),
      NAMES[entry] ?? "McpAuthorizeError,McpAuthorizer,McpAuthorizerEvent,McpSession,preload",
    );
  }
});

test("in Node.js, the package loads its module from the file", async () => {
  const { McpAuthorizer, McpAuthorizeError } = await import(join(folder, "package", "pkg", "node.js"));
  const authorizer = await McpAuthorizer.create({ clientName: "test", redirectUri: "http://127.0.0.1/callback" });
  assert.equal(await authorizer.restore("http://127.0.0.1/mcp"), null);
  // Without a window, no popup can be opened.
  await assert.rejects(
    authorizer.signIn("http://127.0.0.1/mcp"),
    (/** @type {any} */ error) => error instanceof McpAuthorizeError && error.code === "unsupported",
  );
  // Nor a dialog shown.
  await assert.rejects(
    authorizer.openUrl("http://127.0.0.1/connect", { server: "http://127.0.0.1/mcp", message: "" }),
    (/** @type {any} */ error) => error instanceof McpAuthorizeError && error.code === "unsupported",
  );
});
