// www/app is the code that people copy from the demo. It is short and complete, and contains the README's first
// example.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../../scripts/run.mjs";
import { files, read } from "./markdown.mjs";

const app = files()
  .filter((file) => file.startsWith("www/app/"))
  .map((file) => ({ file, code: readFileSync(join(root, file), "utf8") }));
const all = app.map(({ code }) => code).join("");
const [page, callback] = read("README.md").blocks.filter(
  ({ language, heading }) => language === "js" && heading === "Start",
);

test("www/app has at most 40 lines", () => {
  const lines = all.trimEnd().split("\n").length;
  assert.ok(lines <= 40, `${lines} lines`);
});

test("www/app imports only npm packages, not the demo", () => {
  const imported = [...all.matchAll(/(?:from|import) "(.*?)"/g)].map(([, name]) => name);
  assert.deepEqual(imported.sort(), ["@modelcontextprotocol/client", "mcp-authorize", "mcp-authorize/callback"]);
});

test("www/app has the imports and calls of the README's example", () => {
  const imports = page.code.match(/^import .*$/gm);
  assert.equal(imports.length, 2);
  for (const line of imports) assert.ok(all.includes(line), line);
  const calls = page.code.match(/await [\w.]+(?=\()|new \w+(?=\()|\{ fetch: session\.fetch \}/g);
  assert.deepEqual(calls, [
    "await McpAuthorizer.create",
    "await authorizer.restore",
    "await authorizer.signIn",
    "new Client",
    "await client.connect",
    "new StreamableHTTPClientTransport",
    "new URL",
    "{ fetch: session.fetch }",
    "await client.listTools",
  ]);
  // What a page does with the tools is up to the page.
  for (const call of calls.filter((call) => !call.includes("listTools"))) assert.ok(all.includes(call), call);
});

test("www/app's callback page runs the line of the README", () => {
  const { code } = app.find(({ file }) => file === "www/app/callback.js");
  assert.equal(code.trim(), callback.code.trim());
});
