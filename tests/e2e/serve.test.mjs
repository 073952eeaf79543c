// `npm start`: the ports of the demo's servers, also after a restart.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { portOf } from "../../www/servers/port.mjs";
import {
  callTool,
  consent,
  errorIn,
  launchBrowser,
  logIn,
  openPage,
  popupOf,
  signIn,
  startDemo,
  textIn,
} from "./browser.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

const serve = fileURLToPath(new URL("../../www/serve.mjs", import.meta.url));

/** The command's output up to the line with the page's URL, or its error. */
async function run(t, ...args) {
  const child = spawn(process.execPath, [serve, ...args]);
  t.after(() => child.kill());
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
  const ended = once(child, "close");
  while (!/^The demo is at/m.test(output) && child.exitCode === null) {
    await Promise.race([once(child.stdout, "data"), ended]);
  }
  return { output, close: () => (child.kill(), ended) };
}

/** A port that is in use. */
async function usedPort(t) {
  const server = createServer((request, response) => response.end("somebody else"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return portOf(server);
}

test("--mcp-port: the MCP server uses this port, also after a restart", async (t) => {
  const free = await startDemo();
  const port = Number(new URL(free.mcpUrl).port);
  await free.close();
  for (let times = 0; times < 2; times += 1) {
    const { output, close } = await run(t, "--mcp-port", String(port));
    assert.match(output, new RegExp(`^The MCP server is at http://localhost:${port}/mcp$`, "m"));
    assert.equal((await fetch(`http://127.0.0.1:${port}/mcp`, { method: "POST" })).status, 401);
    await close();
  }
});

test("--mcp-port with a port in use or no number: fails and names the reason", async (t) => {
  const port = await usedPort(t);
  assert.match((await run(t, "--mcp-port", String(port))).output, new RegExp(`EADDRINUSE.*:${port}`));
  assert.match((await run(t, "--mcp-port", "x")).output, /--mcp-port takes a whole number, not "x"/);
});

test("the first free one of several ports is used", async (t) => {
  const port = await usedPort(t);
  const demo = await startDemo({ mcpPorts: [port, 0] });
  t.after(() => demo.close());
  assert.notEqual(new URL(demo.mcpUrl).port, String(port));
  assert.equal((await fetch(demo.mcpUrl, { method: "POST" })).status, 401);
});

test("after a restart at the same URLs, the page reports its dead session and signs in again", async (t) => {
  let demo = await startDemo();
  t.after(() => demo.close());
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await openPage(context, demo);
  await signIn(page);
  const ports = { port: Number(new URL(demo.pageUrl).port), mcpPorts: [Number(new URL(demo.mcpUrl).port)] };
  await demo.close();
  demo = await startDemo(ports);
  await page.reload();
  await page.locator("#start:enabled").waitFor();
  // The authorization server that issued the tokens is gone, with its keys.
  assert.equal((await errorIn(page)).code, "network");
  const popup = await popupOf(page);
  await logIn(popup);
  await consent(popup);
  await textIn(page, "#issuer", demo.issuer);
  assert.equal(await callTool(page, "add", { a: 1, b: 2 }), "1 + 2 = 3");
});
