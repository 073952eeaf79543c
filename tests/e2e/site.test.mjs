// The demo as a static site below a path, without servers. The user enters a server.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { site } from "../../scripts/site.mjs";
import { staticServer } from "../../www/servers/static.mjs";
import { callTool, launchBrowser, openPage, signIn, startDemo } from "./browser.mjs";
import { portOf } from "../../www/servers/port.mjs";

let browser, folder;
before(async () => {
  browser = await launchBrowser();
  folder = await mkdtemp(join(tmpdir(), "mcp-authorize-site-"));
});
after(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
});

test("works below a path, with any server", async (t) => {
  await site({ out: folder });
  const web = createServer(staticServer({ folders: { "/some/path/": folder }, made: {} }));
  web.listen(0, "127.0.0.1");
  await once(web, "listening");
  const demo = await startDemo();
  const context = await browser.newContext();
  t.after(async () => {
    await context.close();
    await demo.close();
    web.closeAllConnections();
    web.close();
  });

  const problems = [];
  const pageUrl = `http://127.0.0.1:${portOf(web)}/some/path/`;
  const isOurs = (page) => page?.url().startsWith(pageUrl);
  context.on("weberror", (error) => isOurs(error.page()) && problems.push(String(error.error())));
  // The browser logs the 401 challenge, and 405 for the missing event stream.
  context.on("console", (message) => {
    const isError = ["error", "warning"].includes(message.type()) && !/with a status of 40[15]/.test(message.text());
    if (isError && isOurs(message.page())) problems.push(message.text());
  });
  const page = await openPage(context, { pageUrl });
  assert.equal(await page.locator("#server").inputValue(), "");
  await page.getByText("has no servers of its own").waitFor();
  await page.getByText("Switches", { exact: true }).click();
  assert.ok(await page.getByText("The demo’s servers").isHidden());

  await page.locator("#server").fill(demo.mcpUrl);
  await signIn(page);
  assert.equal(await callTool(page, "add", { a: 20, b: 22 }), "20 + 22 = 42");
  assert.deepEqual(problems, []);
});

test("with a known URL, the site has a client ID metadata document whose client_id is its own URL", async () => {
  await site({ out: folder, url: "https://demo.example/mcp" });
  const document = JSON.parse(await readFile(join(folder, "client.json"), "utf8"));
  assert.equal(document.client_id, "https://demo.example/mcp/client.json");
  assert.deepEqual(document.redirect_uris, ["https://demo.example/mcp/callback.html"]);
  const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
  assert.equal(config.clientIdMetadataUrl, document.client_id);
  await assert.rejects(site({ out: folder, url: "http://demo.example/" }), /https/);
});

test("has only files that a browser loads, and no paths from the root", async () => {
  await site({ out: folder });
  for (const name of ["index.html", "callback.html"]) {
    const html = await readFile(join(folder, name), "utf8");
    assert.match(html, /http-equiv="Content-Security-Policy" content="default-src 'none'/);
    assert.doesNotMatch(html, /(?:src|href)="\/|": "\//);
  }
  await assert.rejects(readFile(join(folder, "serve.mjs")));
});
