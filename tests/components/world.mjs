// The setting of every test here: a page of this folder, the demo's servers, and a browser.

import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { staticServer } from "../../www/servers/static.mjs";
import { allowButton, consent, launchBrowser, logIn, loginField, popupOf, startDemo } from "../e2e/browser.mjs";
import { portOf } from "../../www/servers/port.mjs";
import { inline, svelte, vue } from "./compilers.mjs";
import { PATIENCE } from "../patience.mjs";

export { allowButton, consent, launchBrowser, logIn, loginField, popupOf };

/** The documentation's example server. */
export const ANY_SERVER = "https://mcp.example.com/mcp";

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The page for a script. */
const html = (script, body) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Components</title>
    <script type="module" src="${script}"></script>
  </head>
  <body>${body}</body>
</html>`;

/**
 * @param {Record<string, string | { file: string, body: string }>} [scripts] scripts to bundle, by URL path; each gets
 *   a page with this body beside it
 * @param {number} [count] how many MCP servers to start, each with its own authorization server
 */
export async function startWorld(scripts = {}, count = 1) {
  const demos = [];
  for (let n = 0; n < count; n++) demos.push(await startDemo());
  const mcpUrls = demos.map(({ mcpUrl }) => mcpUrl);
  const [mcpUrl] = mcpUrls;
  const made = { "/config.json": JSON.stringify({ mcpUrl, mcpUrls }) };
  for (const [path, script] of Object.entries(scripts)) {
    const { file, body } = typeof script === "string" ? { file: script, body: '<div id="root"></div>' } : script;
    made[path] = await bundle(folder(file));
    made[path.replace(/js$/, "html")] = html(path, body.replaceAll(ANY_SERVER, mcpUrl));
  }
  const server = createServer(
    staticServer({ folders: { "/": folder("./page/"), "/pkg/": folder("../../pkg/") }, made }),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    mcpUrl,
    mcpUrls,
    url: `http://127.0.0.1:${portOf(server)}/`,
    /** For one test, the first server's sign-in page cuts its popup off from the app (COOP). */
    async cutOff(t) {
      const set = (signInCoop) =>
        fetch(new URL("/switches", demos[0].pageUrl), { method: "PUT", body: JSON.stringify({ signInCoop }) });
      await set(true);
      t.after(() => set(false));
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      for (const demo of demos) await demo.close();
    },
  };
}

/** Bundles with development builds, in which React's StrictMode runs effects twice. */
async function bundle(file) {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    format: "esm",
    jsx: "automatic",
    plugins: [inline, svelte, vue],
    define: {
      "process.env.NODE_ENV": '"development"',
      __VUE_OPTIONS_API__: "true",
      __VUE_PROD_DEVTOOLS__: "false",
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
    },
    write: false,
    logLevel: "warning",
  });
  return outputFiles[0].text;
}

/** Opens a page in a new profile, and collects its errors and warnings. */
export async function openPage(t, browser, url) {
  const context = await browser.newContext();
  t.after(() => context.close());
  const problems = [];
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.on("pageerror", ({ message }) => problems.push(message));
  page.on("console", (message) => {
    // Expected: the 401 challenge, the missing favicon, and access tokens that can't be revoked because they are JWTs
    // (RFC 7009 §2.2.1).
    const expected = /status of 401/.test(message.text()) || /favicon|\/revocation/.test(message.location().url);
    if (["error", "warning"].includes(message.type()) && !expected) problems.push(message.text());
  });
  await page.goto(url);
  return { page, problems };
}

/** Logs in and consents. The second time, the server asks only for consent. */
export async function agree(popup, name = "alice") {
  const login = loginField(popup);
  const consenting = allowButton(popup);
  await login.or(consenting).first().waitFor();
  if (await login.isVisible()) await logIn(popup, name);
  await consent(popup);
}
