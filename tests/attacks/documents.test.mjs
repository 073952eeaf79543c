// Hostile metadata, registrations and tokens.

import assert from "node:assert/strict";
import { test } from "node:test";
import { errorIn, openPage, popupOf, startDemo } from "../e2e/browser.mjs";
import { AS, attackedBrowser, attacker, click, metadata, pointTo, PRM, refused, victimTab } from "./attack.mjs";

const start = attackedBrowser();

const SCHEMES = [
  "javascript:alert(document.domain)",
  "data:text/html,<script>alert(1)</script>",
  "blob:http://localhost/0b0b0b0b-0000-4000-8000-000000000000",
  "file:///etc/passwd",
  "http://as.example/plain",
  "ws://localhost/socket",
];
const ENDPOINTS = [
  "authorization_endpoint",
  "token_endpoint",
  "registration_endpoint",
  "revocation_endpoint",
  "pushed_authorization_request_endpoint",
];

for (const endpoint of ENDPOINTS) {
  test(`${endpoint} with a forbidden scheme is rejected: insecure_url`, async (t) => {
    const world = await start(t);
    let scheme;
    const hostile = await attacker(
      t,
      metadata(() => ({ [endpoint]: scheme })),
    );
    const tab = await victimTab(world, hostile.mcpUrl);
    for (scheme of SCHEMES) await refused(world, tab, "insecure_url");
    assert.ok(!hostile.requests.some((request) => request.startsWith("POST /register")), "the server was used");
  });
}

test("an authorization server, or the URL of its metadata, with a forbidden scheme is rejected: insecure_url", async (t) => {
  const world = await start(t);
  let scheme;
  const lists = await attacker(t, {
    [PRM]: (url, origin, good) => ({ body: { ...good.body, authorization_servers: [scheme] } }),
  });
  const points = await attacker(t, {
    "/mcp": () => ({ status: 401, headers: { "WWW-Authenticate": `Bearer resource_metadata="${scheme}"` } }),
  });
  const tab = await victimTab(world, lists.mcpUrl);
  for (scheme of SCHEMES) await refused(world, tab, "insecure_url");
  await pointTo(tab, points.mcpUrl);
  for (scheme of SCHEMES) await refused(world, tab, "insecure_url");
});

test("a server that claims to be the victim's resource is rejected: resource_mismatch", async (t) => {
  const world = await start(t);
  const hostile = await attacker(t, {
    [PRM]: () => ({ body: { resource: world.mcpUrl, authorization_servers: [world.issuer] } }),
  });
  const tab = await victimTab(world, hostile.mcpUrl);
  await refused(world, tab, "resource_mismatch");
  assert.equal(world.tokenRequests.length, 0);
});

test("a server that names the victim's authorization server gets no token from it (RFC 8707): authorization_failed", async (t) => {
  const world = await start(t);
  const tab = await world.signedInTab();
  const hostile = await attacker(t, {
    [PRM]: (url, origin, good) => ({ body: { ...good.body, authorization_servers: [world.issuer] } }),
  });
  await pointTo(tab, hostile.mcpUrl);
  const count = world.tokenRequests.length;
  const { serverError } = await refused(world, tab, "authorization_failed");
  assert.equal(serverError, "invalid_target");
  assert.equal(world.tokenRequests.length, count);
  // The victim's session still works, and its token is not sent to the attacker.
  await pointTo(tab, world.mcpUrl);
  assert.equal(await tab.evaluate(() => app.call()), "ok");
  const stolen = await tab.evaluate((url) => app.outcome(app.session.fetch(url)), hostile.mcpUrl);
  assert.equal(stolen.error.code, "wrong_resource");
});

test("metadata of another issuer is rejected: issuer_mismatch", async (t) => {
  const world = await start(t);
  const hostile = await attacker(
    t,
    metadata(() => ({ issuer: world.issuer })),
  );
  const tab = await victimTab(world, hostile.mcpUrl);
  await refused(world, tab, "issuer_mismatch");
});

test("a server on the internet must not name loopback or private addresses: insecure_url, and no request goes there", async (t) => {
  const world = await start(t);
  // A server on the victim's machine.
  const local = await attacker(t, {});
  const publicMcp = "https://mcp.example/mcp";
  const publicIssuer = "https://as.example";
  const requested = [];
  let challenge, issuer, change;
  const documents = {
    [publicMcp]: () => ({ status: 401, headers: { "WWW-Authenticate": `Bearer ${challenge}` } }),
    [`https://mcp.example${PRM}`]: () => ({ json: { resource: publicMcp, authorization_servers: [issuer] } }),
    [`${publicIssuer}${AS}`]: () => ({
      json: {
        issuer: publicIssuer,
        authorization_endpoint: `${publicIssuer}/authorize`,
        token_endpoint: `${publicIssuer}/token`,
        registration_endpoint: `${publicIssuer}/register`,
        code_challenge_methods_supported: ["S256"],
        ...change,
      },
    }),
    [`${publicIssuer}/authorize`]: () => ({ json: "the sign-in page" }),
    [`${publicIssuer}/register`]: () => ({ status: 201, json: { client_id: "public" } }),
  };
  // A stand-in for the internet.
  const headers = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Expose-Headers": "*",
  };
  await world.context.route(/^https:/, (route) => {
    const url = route.request().url();
    requested.push(url);
    const { status = 200, json, headers: more } = documents[url.split("?")[0]]?.() ?? { status: 404 };
    return route.fulfill({ status, json, headers: { ...headers, ...more } });
  });
  const tab = await victimTab(world, publicMcp);
  const privateOrigins = [
    local.origin,
    local.origin.replace("localhost", "127.0.0.1"),
    "https://192.168.0.1",
    "https://10.0.0.1",
    "https://[fd00::1]",
    "https://router",
    "https://nas.local",
  ];
  for (const origin of privateOrigins) {
    [challenge, issuer, change] = [`resource_metadata="${origin}${PRM}"`, publicIssuer, {}];
    await refused(world, tab, "insecure_url");
    [challenge, issuer, change] = ["", origin, {}];
    await refused(world, tab, "insecure_url");
    for (const endpoint of origin.startsWith("http:") ? ENDPOINTS : ["token_endpoint"]) {
      [challenge, issuer, change] = ["", publicIssuer, { [endpoint]: `${origin}/x` }];
      await refused(world, tab, "insecure_url");
    }
  }
  assert.deepEqual(local.requests, []);
  assert.deepEqual(
    requested.filter((url) => !/^https:\/\/(mcp|as)\.example/.test(url)),
    [],
  );

  // Without such addresses, the same servers work.
  [challenge, issuer, change] = ["", publicIssuer, {}];
  const popup = await click(tab);
  await popup.waitForURL(`${publicIssuer}/authorize?**`);
});

test("prototype pollution: __proto__ and constructor in JSON are ordinary members: pkce_unsupported, invalid_response", async (t) => {
  const world = await start(t);
  const json = (text) => ({ headers: { "Content-Type": "application/json" }, body: text });
  const polluting = (members) =>
    `{"__proto__": {${members}, "polluted": true}, "constructor": {"prototype": {${members}, "polluted": true}}`;
  const withoutPkce = await attacker(t, {
    [AS]: (url, origin, { body: { code_challenge_methods_supported: _, ...rest } }) =>
      json(`${polluting('"code_challenge_methods_supported": ["S256"]')}, ${JSON.stringify(rest).slice(1)}`),
  });
  const withoutClient = await attacker(t, { "/register": () => json(`${polluting('"client_id": "polluted"')}}`) });
  const withoutToken = await attacker(t, {
    "/token": () => json(`${polluting('"access_token": "polluted", "token_type": "Bearer"')}}`),
  });
  const tab = await victimTab(world, withoutPkce.mcpUrl);
  await refused(world, tab, "pkce_unsupported");
  await pointTo(tab, withoutClient.mcpUrl);
  await refused(world, tab, "invalid_response");
  await pointTo(tab, withoutToken.mcpUrl);
  await refused(world, tab, "invalid_response");
  assert.equal(await tab.evaluate(() => ({}).polluted === undefined && {}.client_id === undefined), true);
});

const MARKUP = "<img/src=x/onerror=alert(document.domain)><script>alert(1)</script>";

test("HTML and script in an error are shown as text in the page, the popup and the callback page", async (t) => {
  const world = await start(t);
  const demo = await startDemo();
  t.after(() => demo.close());
  let held;
  const hostile = await attacker(t, {
    "/mcp": async (url, origin, good) => (await held, good),
    "/token": () => ({ status: 400, body: { error: MARKUP, error_description: MARKUP } }),
  });
  const dialogs = [];
  const page = await openPage(world.context, demo);
  world.context.on("dialog", (dialog) => (dialogs.push(dialog.message()), dialog.dismiss()));
  await page.getByLabel("MCP server URL").fill(`${hostile.origin}/${MARKUP}`);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  // The parser percent-encodes it, so it is an ordinary path, and nothing is there.
  assert.equal((await errorIn(page)).code, "authorization_not_required");

  let release;
  held = new Promise((resolve) => (release = resolve));
  await page.getByLabel("MCP server URL").fill(hostile.mcpUrl);
  const popup = await popupOf(page);
  assert.equal(await popup.locator("body *").count(), 0);
  assert.equal(await popup.locator("body").innerText(), `Connecting to ${new URL(hostile.origin).host}…`);
  release();
  await page.getByRole("alert").getByText("token_failed").waitFor();
  const error = await errorIn(page);
  assert.ok(error.text.includes(MARKUP), "the error is not shown as text");
  assert.equal(await page.locator("img, #error script").count(), 0);

  const callback = await world.context.newPage();
  await callback.goto(
    new URL(`/callback.html?code=${MARKUP}&state=${MARKUP}&error=${MARKUP}&error_description=${MARKUP}`, demo.pageUrl)
      .href,
  );
  await callback.locator("html[data-mcp-authorize=no_opener]").waitFor();
  assert.equal(await callback.locator("body *").count(), 1);
  assert.ok(!(await callback.content()).includes("onerror"));
  assert.deepEqual(dialogs, []);
});

test("HTML and script in a session and its tools are shown as text in the demo page", async (t) => {
  const world = await start(t);
  const demo = await startDemo();
  t.after(() => demo.close());
  const tool = {
    name: `tool${MARKUP}`,
    title: MARKUP,
    description: MARKUP,
    inputSchema: {
      type: "object",
      properties: { [MARKUP]: { enum: [MARKUP], description: MARKUP } },
      required: [MARKUP],
    },
  };
  const results = {
    initialize: ({ protocolVersion }) => ({
      protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: MARKUP, version: MARKUP },
      instructions: MARKUP,
    }),
    "tools/list": () => ({ tools: [tool] }),
    "tools/call": () => ({ content: [{ type: "text", text: MARKUP }], isError: true }),
  };
  const hostile = await attacker(t, {
    "/mcp": (url, origin, good, body) => {
      if (good.status === 401) return good;
      const { id, method, params } = JSON.parse(body || "{}");
      if (id === undefined) return { status: body ? 202 : 405 };
      const result = results[method]?.(params);
      return { body: { jsonrpc: "2.0", id, ...(result ? { result } : { error: { code: -32601, message: MARKUP } }) } };
    },
    "/register": () => ({ status: 201, body: { client_id: MARKUP, token_endpoint_auth_method: "none" } }),
    "/token": () => ({
      body: {
        access_token: "mock-token",
        token_type: "Bearer",
        expires_in: 300,
        scope: "<img/src=x/onerror=alert(1)> read",
      },
    }),
  });
  const dialogs = [];
  world.context.on("dialog", (dialog) => (dialogs.push(dialog.message()), dialog.dismiss()));
  const page = await openPage(world.context, demo);
  await page.getByLabel("MCP server URL").fill(hostile.mcpUrl);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.locator("#tool-list details[open]").waitFor();
  assert.equal(await page.locator("#client").innerText(), MARKUP);
  await page.getByRole("button", { name: "Call" }).click();
  await page.locator("#tool-list pre").getByText(MARKUP).waitFor();
  assert.equal(await page.locator("#session img, #session script, #tools img, #tools script, #steps img").count(), 0);
  assert.deepEqual(dialogs, []);
});
