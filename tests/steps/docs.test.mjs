// Runs the backend of docs/steps.md unchanged: a user signs in, the page gets no token, and a forged response does not
// end the user's sign-in.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { root } from "../../scripts/run.mjs";
import { portOf } from "../../www/servers/port.mjs";
import { read } from "../docs/markdown.mjs";
import { startMock } from "../e2e/mock-server.mjs";

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server);
  server.close();
  return port;
}

/** Waits until the backend answers. */
async function started(origin, child) {
  for (;;) {
    assert.equal(child.exitCode, null, "the backend has ended");
    const answers = await fetch(origin).then(
      () => true,
      () => false,
    );
    if (answers) return;
    await new Promise((done) => setTimeout(done, 20));
  }
}

test("the backend of docs/steps.md signs in, rejects forged responses and refreshes once", async (t) => {
  const { code } = read("docs/steps.md").blocks.find(({ code }) => code.includes("createServer"));
  let refreshed = 0;
  const server = await startMock({
    "/token": (url, origin, good, sent) => {
      const isRefresh = sent.includes("grant_type=refresh_token");
      refreshed += isRefresh ? 1 : 0;
      const access_token = isRefresh ? "second" : "first";
      return { body: { ...good.body, access_token, refresh_token: "r", expires_in: isRefresh ? 300 : 0 } };
    },
  });
  t.after(() => server.close());
  const origin = `http://localhost:${await freePort()}`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", code], {
    cwd: root,
    env: { ...process.env, MCP_SERVER: server.mcpUrl, ORIGIN: origin },
    stdio: ["ignore", "inherit", "pipe"],
  });
  t.after(() => child.kill());
  await started(origin, child);

  const get = (path, cookie) => fetch(new URL(path, origin), { redirect: "manual", headers: cookie ? { cookie } : {} });
  const begun = await get("/sign-in");
  const cookie = begun.headers.get("Set-Cookie")?.split(";")[0] ?? "";
  const authorizationUrl = begun.headers.get("Location") ?? "";
  const { state } = Object.fromEntries(new URL(authorizationUrl).searchParams);

  // Forged responses: another state, and the right state in another browser.
  assert.equal((await get("/callback?code=evil&state=other", cookie)).status, 400);
  assert.equal((await get(`/callback?code=evil&state=${state}`, "session=another")).status, 400);

  const back = (await fetch(authorizationUrl, { redirect: "manual" })).headers.get("Location") ?? "";
  const done = await get(back, cookie);
  assert.deepEqual([done.status, done.headers.get("Location")], [302, "/"]);
  // The response can be used only once.
  assert.equal((await get(back, cookie)).status, 400);

  server.requests.length = 0;
  const pings = await Promise.all([get("/ping", cookie), get("/ping", cookie), get("/ping", cookie)]);
  // The mock server rejects the token. The test is that the call arrived there.
  assert.deepEqual(
    pings.map(({ status }) => status),
    [401, 401, 401],
  );
  assert.equal(refreshed, 1);
  assert.equal(server.requests.filter((line) => line === "POST /mcp").length, 3);
  assert.equal((await get("/ping", "session=another")).status, 404);
});
