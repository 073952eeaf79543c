// examples/yew: the crate in a page of Rust, in Chromium, against the demo's servers.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../../scripts/run.mjs";
import { staticServer } from "../../www/servers/static.mjs";
import { consent, launchBrowser, logIn, popupOf, startDemo } from "../e2e/browser.mjs";
import { page as compiled } from "./programs.mjs";
import { portOf } from "../../www/servers/port.mjs";

test("a page in Yew signs in by popup, and lists the tools", async (t) => {
  const built = await compiled("yew");
  const demo = await startDemo();
  t.after(() => demo.close());
  const example = join(root, "examples", "yew");
  const made = { "/callback.js": readFileSync(join(root, "pkg", "callback.js"), "utf8") };
  for (const file of ["index.html", "callback.html", "start.js"])
    made[`/${file}`] = readFileSync(join(example, file), "utf8");
  const server = createServer(staticServer({ folders: { "/": built }, made }));
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
  await page.getByLabel("MCP server").fill("no URL");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("status").filter({ hasText: "Give a complete URL" }).waitFor();

  await page.getByLabel("MCP server").fill(demo.mcpUrl);
  const popup = await popupOf(page);
  await logIn(popup);
  await consent(popup);
  await page
    .getByRole("status")
    .filter({ hasText: /^Signed in: .*"whoami".*"write_note"/s })
    .waitFor();
  assert.deepEqual(problems, []);
});
