// examples/react: a page of 30 lines, bundled by esbuild, in Chromium against the demo's servers.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import { root } from "../../scripts/run.mjs";
import { portOf } from "../../www/servers/port.mjs";
import { staticServer } from "../../www/servers/static.mjs";
import { consent, launchBrowser, logIn, popupOf, startDemo } from "../e2e/browser.mjs";

const html = (body) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>React</title>${body}</html>`;

test("a page in React signs in by popup, lists the tools, and signs out", async (t) => {
  const demo = await startDemo();
  t.after(() => demo.close());
  const { outputFiles } = await build({
    entryPoints: [join(root, "examples", "react", "app.jsx")],
    bundle: true,
    format: "esm",
    jsx: "automatic",
    write: false,
    define: { "process.env.NODE_ENV": '"production"' },
    // Its module in the script, as for a page without a bundler that knows assets.
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
      `<body data-server="${demo.mcpUrl}"><div id="app"></div><script type="module" src="/app.js"></script>`,
    ),
    "/app.js": outputFiles[0].text,
    "/callback.html": html('<script type="module" src="/callback.js"></script>'),
    "/callback.js": readFileSync(join(root, "pkg", "callback.js"), "utf8"),
  };
  const server = createServer(staticServer({ folders: {}, made }));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  });
  const browser = await launchBrowser();
  t.after(() => browser.close());
  const page = await browser.newPage();
  const problems = [];
  page.on("pageerror", ({ message }) => problems.push(message));
  await page.goto(`http://127.0.0.1:${portOf(server)}/`);
  const popup = await popupOf(page);
  await logIn(popup);
  await consent(popup);
  await page.getByText("whoami, add, list_notes, write_note").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  assert.deepEqual(problems, []);
});
