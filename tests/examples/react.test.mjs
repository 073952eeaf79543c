// examples/react: a page of 30 lines, bundled by esbuild, in Chromium against the demo's servers.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import { root } from "../../scripts/run.mjs";
import { consent, logIn, popupOf } from "../e2e/browser.mjs";
import { openExample } from "./page.mjs";

const html = (body) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>React</title>${body}</html>`;

/** The example bundled into a page, for an MCP server. */
async function files(mcpUrl) {
  const { outputFiles } = await build({
    entryPoints: [join(root, "examples", "react", "app.jsx")],
    bundle: true,
    format: "esm",
    jsx: "automatic",
    write: false,
    define: { "process.env.NODE_ENV": '"production"' },
    // Uses the entry with the WebAssembly inside the script, because esbuild copies no files.
    plugins: [
      {
        name: "inline",
        setup: (bundler) =>
          bundler.onResolve({ filter: /^mcp-authorize$/ }, () => ({ path: join(root, "pkg", "inline.js") })),
      },
    ],
  });
  const made = {
    "/index.html": html(
      `<body data-server="${mcpUrl}"><div id="app"></div><script type="module" src="/app.js"></script>`,
    ),
    "/app.js": outputFiles[0].text,
    "/callback.html": html('<script type="module" src="/callback.js"></script>'),
    "/callback.js": readFileSync(join(root, "pkg", "callback.js"), "utf8"),
  };
  return { folders: {}, made };
}

test("a page in React signs in by popup, lists the tools, and signs out", async (t) => {
  const { page, problems } = await openExample(t, files);
  const popup = await popupOf(page);
  await logIn(popup);
  await consent(popup);
  await page.getByText("whoami, add, list_notes, write_note").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  assert.deepEqual(problems, []);
});
