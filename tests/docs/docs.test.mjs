// Checks the documentation: its links work, its code compiles against the published types, and it has all options and
// errors.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { docs } from "../../scripts/docs.mjs";
import { root } from "../../scripts/run.mjs";
import { files, read } from "./markdown.mjs";

const all = files();
const documents = all.filter((file) => file.endsWith(".md"));

test("every link leads to an existing file and heading", () => {
  const broken = [];
  const exists = (path) => all.some((file) => file === path || file.startsWith(`${path}/`));
  for (const document of documents) {
    for (const link of read(document).links) {
      if (/^(https:|mailto:)/.test(link)) continue;
      const [path, fragment] = link.split("#");
      const target = path ? normalize(join(dirname(document), path)) : document;
      const works = exists(target) && (!fragment || read(target).anchors.has(fragment));
      if (!works) broken.push(`${document}: ${link}`);
    }
  }
  assert.deepEqual(broken, []);
});

test("every document in docs can be reached from the README", () => {
  const seen = new Set();
  const visit = (document) => {
    if (seen.has(document) || !document.endsWith(".md")) return;
    seen.add(document);
    for (const link of read(document).links.filter((link) => !/^https?:/.test(link))) {
      const [path] = link.split("#");
      if (path) visit(normalize(join(dirname(document), path)));
    }
  };
  visit("README.md");
  assert.deepEqual(
    documents.filter((document) => document.startsWith("docs/") && !seen.has(document)),
    [],
  );
});

test("code compiles against the published types", () => {
  const folder = join(root, "out", "docs-code");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  let count = 0;
  for (const document of documents) {
    for (const { language, code, heading } of read(document).blocks) {
      if (!["js", "jsx", "ts", "tsx"].includes(language)) continue;
      const name = `${document} ${heading} ${(count += 1)}`.replace(/[^\w]+/g, "-");
      writeFileSync(
        join(folder, `${name}.tsx`),
        isModule(code) ? code : `export async function block() {\n${code}\n}\n`,
      );
    }
  }
  // A file of the guide that its other examples import.
  writeFileSync(
    join(folder, "authorizer.d.ts"),
    'export const authorizer: () => Promise<import("mcp-authorize").McpAuthorizer>;',
  );
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        strict: true,
        // JavaScript examples have no type annotations.
        noImplicitAny: false,
        useUnknownInCatchVariables: false,
        noEmit: true,
        module: "preserve",
        moduleResolution: "bundler",
        jsx: "react-jsx",
        target: "es2022",
        lib: ["es2022", "dom", "dom.iterable"],
        types: [],
      },
      include: ["*.tsx", "../../tests/docs/*.d.ts"],
    }),
  );
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8", stdio: ["ignore", "inherit", "inherit"] });
  assert.ok(count > 15, `${count} blocks`);
});

const isModule = (code) => /^(import|export) /m.test(code);

/** The members of an interface in index.d.ts. */
function members(name) {
  const types = readFileSync(join(root, "pkg", "index.d.ts"), "utf8");
  const [, body] = new RegExp(`export interface ${name} \\{\\n(.*?)\\n\\}`, "s").exec(types);
  return [...body.matchAll(/^ {2}"?([\w-]+)"?(?=[?(:])/gm)].map(([, member]) => member);
}

test("docs/options.md has every option, and every event", () => {
  const text = readFileSync(join(root, "docs", "options.md"), "utf8");
  const options = ["McpNamedOptions", "McpRedirectOptions", "McpCommonOptions"].flatMap(members);
  const names = [...options, "grant", ...members("McpAuthorizerEventMap")];
  assert.ok(names.length > 20, names.join());
  assert.deepEqual(
    names.filter((name) => !new RegExp(`\`${name}[\`(]`).test(text)),
    [],
  );
});

test("examples show the user an error's `userMessage`", () => {
  // "remedy is for developers": users see neither it nor the message.
  const types = ["react", "vue", "svelte", "watch", "element"].map((name) => `pkg/${name}.d.ts`);
  const examples = [
    ...documents.flatMap((document) => read(document).blocks.map(({ code }) => ({ file: document, code }))),
    ...types.map((file) => ({ file, code: readFileSync(join(root, file), "utf8") })),
  ];
  const shown = /(?:show\(|\{)error\??\.(\w+)|error\?\.(\w+)\}/g;
  const found = examples.flatMap(({ file, code }) =>
    [...code.matchAll(shown)].map(([, called, rendered]) => `${file}: ${called ?? rendered}`),
  );
  assert.deepEqual(
    found.filter((entry) => !entry.endsWith(": userMessage")),
    [],
  );
  for (const file of ["README.md", "docs/guide.md", "docs/frameworks.md", "pkg/react.d.ts"]) {
    assert.ok(found.includes(`${file}: userMessage`), file);
  }
});

test("docs/errors.md has every code", () => {
  const types = readFileSync(join(root, "pkg", "index.d.ts"), "utf8");
  const [, union] = /export type McpAuthorizeErrorCode =\n(.*?);\n\n/s.exec(types);
  const codes = [...union.matchAll(/\| "(\w+)"/g)].map(([, code]) => code);
  const listed = [...readFileSync(join(root, "docs", "errors.md"), "utf8").matchAll(/^\| `(\w+)`/gm)].map(
    ([, code]) => code,
  );
  assert.deepEqual(codes.sort(), listed.sort());
});

test("errors created by the package's scripts have the documented texts of their code", () => {
  const rows = [
    ...readFileSync(join(root, "docs", "errors.md"), "utf8").matchAll(/^\| `(\w+)` \| .* \| (.*) \| (.*) \|$/gm),
  ];
  const table = new Map(rows.map(([, code, remedy, userMessage]) => [code, { remedy, userMessage }]));
  const scripts = readdirSync(join(root, "pkg")).filter((file) => file.endsWith(".js"));
  let found = 0;
  for (const file of scripts) {
    const text = readFileSync(join(root, "pkg", file), "utf8");
    for (const [, code, fields] of text.matchAll(/code: "(\w+)",(.*?)\}\)/gs)) {
      found += 1;
      const [, userMessage] = fields.match(/userMessage:\s*"(.*?)",/);
      assert.equal(userMessage, table.get(code).userMessage, `${file}: ${code}`);
      // This error's remedy depends on what is missing.
      if (code === "unsupported") continue;
      assert.equal(fields.match(/remedy:\s*"(.*?)",/)[1], table.get(code).remedy, `${file}: ${code}`);
    }
  }
  assert.equal(found, 3);
});

test("the reference can be generated, and every link in the types works", async () => {
  await docs();
  assert.match(readFileSync(join(root, "out", "docs", "index.html"), "utf8"), /mcp-authorize/);
});
