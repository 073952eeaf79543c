// examples/terminal: the crate as a native program with a loopback redirect (RFC 8252), against the demo's servers.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { allowButton, launchBrowser, logIn, startDemo } from "../e2e/browser.mjs";
import { native } from "./programs.mjs";

test("signs in with the user's browser, and lists the tools", async (t) => {
  const program = await native("terminal");
  const demo = await startDemo();
  t.after(() => demo.close());
  const browser = await launchBrowser();
  t.after(() => browser.close());

  const child = spawn(program, [demo.mcpUrl], { stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => child.kill());
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const ended = once(child, "exit");
  let url;
  while (!(url = /^http:\S+$/m.exec(output)?.[0]))
    await Promise.race([once(child.stdout, "data"), ended.then(() => assert.fail(output))]);

  const page = await browser.newPage();
  await page.goto(url);
  await logIn(page);
  await allowButton(page).click();
  // RFC 8252 §7.3: back to the port that the program listens at.
  await page.getByText("go back to the app").waitFor();
  assert.match(page.url(), /^http:\/\/127\.0\.0\.1:\d+\/callback\?/);

  const [status] = await ended;
  assert.equal(status, 0, output);
  for (const tool of ["whoami", "add", "list_notes", "write_note"])
    assert.ok(output.includes(`"name":"${tool}"`), output);
  assert.match(output, /POST \S+\/token\/revocation: 200/);
});

test("prints an error with its remedy", async () => {
  const child = spawn(await native("terminal"), ["http://127.0.0.1:9/mcp"], { stdio: ["ignore", "ignore", "pipe"] });
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (output += text));
  const [status] = await once(child, "exit");
  assert.equal(status, 1);
  assert.match(output, /http:\/\/127\.0\.0\.1:9\/mcp could not be reached\.\nCheck that the server runs/);
});
