// How the odd shapes end for a user in Chromium, where no page of the authorization server comes back or a browser
// hides what a server said. https://datatracker.ietf.org/doc/html/rfc7591#section-3.2.1 and MCP 2025-03-26.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { PRM, attackedBrowser, attacker, click, outcome, victimTab } from "../attacks/attack.mjs";
import { test } from "../sessions/world.mjs";
import { startServer } from "./server.mjs";

const start = attackedBrowser();

/** An odd server, for the length of a test. */
async function odd(t, changes) {
  const server = await startServer(changes);
  t.after(() => server.close());
  return server;
}

describe("a registration that the server forgot", () => {
  test("costs one click: its popup ends, and the next click registers anew", async (t) => {
    let forgets = false;
    const server = await odd(t, {
      authorize: (asked, good) => {
        const known = !forgets || server.count("register") > 1;
        return known ? good : { status: 400, body: "<!doctype html><title>Error</title>Unknown client." };
      },
    });
    const world = await start(t);
    const tab = await victimTab(world, server.mcpUrl);

    await click(tab);
    assert.equal((await outcome(tab)).error, undefined, "the first sign-in");
    assert.equal(server.count("register"), 1);
    await tab.close();
    forgets = true;

    const again = await victimTab(world, server.mcpUrl);
    const popup = await click(again);
    await popup.getByText("Unknown client.").waitFor();
    // A user reads it before. In a browser without a screen the focus tells nothing, and the watch wants to have seen it.
    await new Promise((done) => setTimeout(done, 1000));
    const closed = Date.now();
    await popup.close();
    const { error } = await outcome(again);
    assert.equal(error?.code, "popup_closed");
    t.diagnostic(`popup_closed ${Date.now() - closed} ms after the popup was closed`);

    await click(again);
    assert.equal((await outcome(again)).error, undefined, "the next sign-in");
    assert.equal(server.count("register"), 2);
  });
});

describe("a server of 2025-03-26 whose 404 a page may not read", () => {
  test("signs in: what can't be read at a well-known place counts as absent", async (t) => {
    // Chromium takes it as it takes a 404 without any CORS header.
    const hidden = () => ({ status: 404, headers: { "Access-Control-Allow-Origin": "https://other.example" } });
    const server = await attacker(t, {
      "/mcp": (url, origin, good) =>
        good.status === 401 ? { status: 401, headers: { "WWW-Authenticate": "Bearer" } } : good,
      [PRM]: hidden,
      "/.well-known/oauth-protected-resource": hidden,
    });
    const world = await start(t);
    const tab = await victimTab(world, server.mcpUrl);
    await click(tab);
    const { error } = await outcome(tab);
    assert.equal(error?.code, undefined, error?.message);
  });
});
