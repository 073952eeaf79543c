// Deviations that need a browser: the sign-in page never redirects back, or the page can't read a response.
// https://datatracker.ietf.org/doc/html/rfc7591#section-3.2.1 and MCP 2025-03-26.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { PRM, attackedBrowser, attacker, click, outcome, victimTab } from "../attacks/attack.mjs";
import { test } from "../sessions/world.mjs";
import { startServer } from "./server.mjs";

const start = attackedBrowser();

/** A server with deviations, closed after the test. */
async function deviatingServer(t, changes) {
  const server = await startServer(changes);
  t.after(() => server.close());
  return server;
}

describe("a registration that the server has lost", () => {
  test("fails one sign-in, and the next click registers again", async (t) => {
    let forgets = false;
    const server = await deviatingServer(t, {
      authorize: (request, good) => {
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
    // Wait as if the user reads. In a headless browser the focus says nothing, so the watch must see the popup for some
    // time.
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

describe("a server of 2025-03-26 whose 404 the page can't read", () => {
  test("signs in: unreadable metadata at a well-known URL counts as absent", async (t) => {
    // To the page, this looks like a 404 without any CORS header.
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
