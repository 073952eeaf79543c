// What every test here starts from: a page of this folder, the demo's servers, and a browser.

import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { staticServer } from "../../www/servers/static.mjs";
import { consent, launchBrowser, logIn, popupOf, startDemo } from "../e2e/browser.mjs";

export { consent, launchBrowser, logIn, popupOf };

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));

/**
 * @param {Record<string, string>} [scripts] what is bundled, by URL path
 */
export async function startWorld(scripts = {}) {
  const demo = await startDemo();
  const made = { "/config.json": JSON.stringify({ mcpUrl: demo.mcpUrl }) };
  for (const [path, file] of Object.entries(scripts)) made[path] = await bundle(folder(`./page/${file}`));
  const server = createServer(staticServer({ folders: { "/": folder("./page/"), "/pkg/": folder("../../pkg/") }, made }));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    mcpUrl: demo.mcpUrl,
    url: `http://127.0.0.1:${server.address().port}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await demo.close();
    },
  };
}

/** With React's development build, whose StrictMode runs effects twice. */
async function bundle(file) {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    format: "esm",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"development"' },
    write: false,
    logLevel: "warning",
  });
  return outputFiles[0].text;
}

/** A new profile's page. What goes wrong in it fails the test. */
export async function openPage(t, browser, url) {
  const context = await browser.newContext();
  t.after(() => context.close());
  const problems = [];
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on("pageerror", ({ message }) => problems.push(message));
  page.on("console", (message) => {
    // With 401 the server says that it wants a token. An icon there is not, and access tokens that are JWTs can't be
    // revoked (RFC 7009 §2.2.1).
    const expected = /status of 401/.test(message.text()) || /favicon|\/revocation/.test(message.location().url);
    if (["error", "warning"].includes(message.type()) && !expected) problems.push(message.text());
  });
  await page.goto(url);
  return { page, problems };
}

/** Login and consent, of which a server asks the second time only for consent. */
export async function agree(popup) {
  const login = popup.getByPlaceholder("Enter any login");
  const consenting = popup.getByRole("button", { name: "Continue" });
  await login.or(consenting).first().waitFor();
  if (await login.isVisible()) await logIn(popup);
  await consent(popup);
}
