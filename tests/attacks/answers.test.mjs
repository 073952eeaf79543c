// Responses that never end, are too long, or redirect in circles.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { createGzip } from "node:zlib";
import { AS, attackedBrowser, attacker, click, pointTo, PRM, refusedWith, victimTab } from "./attack.mjs";
import { PATIENCE } from "../patience.mjs";

const start = attackedBrowser();
const STEPS = [PRM, AS, "/register", "/token"];
const GIGABYTE = 2 ** 30;
const BLOCK = Buffer.alloc(2 ** 16, " ");

/** Spaces, which are valid before any JSON, and the number of bytes that were read. */
function* spaces(bytes, sent = { bytes: 0 }) {
  for (; sent.bytes < bytes; sent.bytes += BLOCK.length) yield BLOCK;
}

test("1 GB: response_too_large, and reading stops early", async (t) => {
  const world = await start(t);
  const tab = await victimTab(world, world.mcpUrl);
  for (const path of STEPS) {
    const sent = { bytes: 0 };
    const hostile = await attacker(t, {
      [path]: () => ({ body: (response) => Readable.from(spaces(GIGABYTE, sent)).pipe(response) }),
    });
    await pointTo(tab, hostile.mcpUrl);
    await click(tab);
    await refusedWith(world, tab, "response_too_large");
    assert.ok(sent.bytes < GIGABYTE / 8, `${path}: ${sent.bytes} bytes were sent`);
  }
});

test("a small response that decompresses to 256 MB: response_too_large", async (t) => {
  const world = await start(t);
  const packed = await buffer(Readable.from(spaces(2 ** 28)).pipe(createGzip({ level: 1 })));
  const tab = await victimTab(world, world.mcpUrl);
  for (const path of STEPS) {
    const headers = { "Content-Encoding": "gzip" };
    const hostile = await attacker(t, { [path]: () => ({ headers, body: (response) => response.end(packed) }) });
    await pointTo(tab, hostile.mcpUrl);
    await click(tab);
    await refusedWith(world, tab, "response_too_large");
  }
});

test("endless redirects end soon: network, or http_status for a POST", async (t) => {
  const world = await start(t);
  const tab = await victimTab(world, world.mcpUrl);
  for (const path of STEPS) {
    const hostile = await attacker(t, {
      [path]: (url) => ({ status: 307, headers: { Location: `${path}?n=${Number(url.searchParams.get("n")) + 1}` } }),
    });
    await pointTo(tab, hostile.mcpUrl);
    await click(tab);
    const { error } = await tab.evaluate(() => app.outcome(app.signingIn));
    const isPost = path !== PRM && path !== AS;
    // A browser reports too many redirects like a network that is down or a failed preflight.
    assert.ok((isPost ? ["http_status"] : ["network", "cors_blocked"]).includes(error.code), `${path}: ${error.code}`);
    if (isPost) assert.match(error.message, /redirects .* a POST must not follow/);
    const requested = hostile.requests.filter((request) => request.endsWith(` ${path}`)).length;
    // Fetch §4.4: at most 20 redirects. A POST with a code or a token follows none.
    assert.ok(requested <= (isPost ? 2 : 60), `${path} was requested ${requested} times`);
  }
});

test("metadata behind a redirect to another origin is rejected: invalid_response", async (t) => {
  const world = await start(t);
  const other = await attacker(t, {});
  const hostile = await attacker(t, { [AS]: () => ({ status: 302, headers: { Location: `${other.origin}${AS}` } }) });
  const tab = await victimTab(world, hostile.mcpUrl);
  await click(tab);
  await refusedWith(world, tab, "invalid_response");
});

test("responses that trickle in: timeout after requestTimeout, at each step", async (t) => {
  const world = await start(t);
  const tab = await victimTab(world, world.mcpUrl, { requestTimeout: 2000 });
  const trickle = (response) => {
    const timer = setInterval(() => response.write(" "), 100);
    response.on("close", () => clearInterval(timer));
  };
  const silent = new Promise(() => {});
  for (const path of STEPS) {
    for (const answer of [() => ({ body: trickle }), () => silent]) {
      const hostile = await attacker(t, { [path]: answer });
      await pointTo(tab, hostile.mcpUrl);
      await click(tab);
      const { step } = await refusedWith(world, tab, "timeout");
      assert.notEqual(step, "challenge");
    }
  }
});

test("a server that is slow at every step: timeout after signInTimeout", async (t) => {
  const world = await start(t);
  const slowly = async (url, origin, good) => (await new Promise((done) => setTimeout(done, 600)), good);
  const hostile = await attacker(t, Object.fromEntries(["/mcp", ...STEPS, "/authorize"].map((path) => [path, slowly])));
  const tab = await victimTab(world, hostile.mcpUrl, { signInTimeout: 1500 });
  const started = performance.now();
  await click(tab);
  await refusedWith(world, tab, "timeout");
  assert.ok(performance.now() - started < PATIENCE);
});
