// Opens an example's page, with a web server, a browser, and the demo's servers.

import { once } from "node:events";
import { createServer } from "node:http";
import { portOf } from "../../www/servers/port.mjs";
import { staticServer } from "../../www/servers/static.mjs";
import { launchBrowser, startDemo } from "../e2e/browser.mjs";

/**
 * @param {import("node:test").TestContext} t ends all of them
 * @param {(mcpUrl: string) => Promise<Parameters<typeof staticServer>[0]>} files the web server's files, for the demo's
 *   MCP server
 * @returns {Promise<{ mcpUrl: string, page: import("playwright-core").Page, problems: string[] }>} `problems` are the
 *   page's errors
 */
export async function openExample(t, files) {
  const demo = await startDemo();
  t.after(() => demo.close());
  const server = createServer(staticServer(await files(demo.mcpUrl)));
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
  return { mcpUrl: demo.mcpUrl, page, problems };
}
